"""The conditions of images."""

from structbench.data.alterations import Alteration, Argument
from structbench.data.images import affine, corruptions

_DX, _DY = (Argument(name, -1000, 1000, whole=True) for name in ("DX", "DY"))

IMAGE_CONDITIONS: dict[str, Alteration] = {
    "clean": Alteration(corruptions.clean),
    "translate": Alteration(corruptions.translate, (_DX, _DY)),
    "shift": Alteration(corruptions.shift, (Argument("K", 0, 1000, whole=True),)),
    "rotate": Alteration(affine.rotate, (Argument("DEGREES", -360, 360),)),
    "scale": Alteration(affine.scale, (Argument("FACTOR", 0, 100, low_open=True),)),
    "shear": Alteration(affine.shear, (Argument("DEGREES", -80, 80),)),
    "gaussian_noise": Alteration(corruptions.gaussian_noise, (Argument("STD", 0, 100),)),
    "impulse_noise": Alteration(corruptions.impulse_noise, (Argument("FRACTION", 0, 1),)),
    "gaussian_blur": Alteration(
        corruptions.gaussian_blur, (Argument("SIGMA", 0, 100, low_open=True),)
    ),
    "occlude": Alteration(corruptions.occlude, (Argument("SIZE", 0, 1000, whole=True),)),
    "invert": Alteration(corruptions.invert),
    "contrast": Alteration(corruptions.contrast, (Argument("FACTOR", 0, 100),)),
}
