"""The conditions of signals."""

from structbench.data.alterations import Alteration, Argument
from structbench.data.signals import corruptions

SIGNAL_CONDITIONS: dict[str, Alteration] = {
    "clean": Alteration(corruptions.clean),
    "translate": Alteration(corruptions.translate, (Argument("DX", -1000, 1000, whole=True),)),
    "shift": Alteration(corruptions.shift, (Argument("K", 0, 1000, whole=True),)),
    "gaussian_noise": Alteration(corruptions.gaussian_noise, (Argument("STD", 0, 100),)),
    "gaussian_blur": Alteration(
        corruptions.gaussian_blur, (Argument("SIGMA", 0, 100, low_open=True),)
    ),
    "occlude": Alteration(corruptions.occlude, (Argument("SIZE", 0, 1000, whole=True),)),
    "invert": Alteration(corruptions.invert),
    "contrast": Alteration(corruptions.contrast, (Argument("FACTOR", 0, 100),)),
}
