from __future__ import annotations

import io

from rich.console import Console

from structbench.outcome import Epoch
from structbench.report.progress import training_progress
from structbench.training.progress import Progress


def test_a_terminal_shows_a_bar_with_epoch_loss_speed_and_time_left() -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=120)
    with training_progress(console, "cnn") as show:
        show(Progress(2, 3, 500, 938, 0.1234, 6543.2))
    for text in ("cnn", "epoch 2/3", "loss 0.1234", "6,543 examples/s", ":"):
        assert text in screen.getvalue()


def test_the_name_of_a_model_is_no_markup() -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=160)
    with training_progress(console, "[bold]x[/nope]") as show:
        show(Progress(2, 3, 500, 938, 0.1234, 6543.2))
    assert "[bold]x[/nope]" in screen.getvalue()


def test_elsewhere_a_line_an_epoch() -> None:
    screen = io.StringIO()
    epoch = Epoch(
        epoch=1, train_loss=0.5, seconds=2.0, validation_loss=0.25, validation_misclassification=0.1
    )
    with training_progress(Console(file=screen), "cnn") as show:
        show(Progress(1, 3, 938, 938, 0.4, 6000.0))
        show(Progress(1, 3, 938, 938, 0.5, 6000.0, (epoch,)))
    assert (
        screen.getvalue()
        == "epoch 1/3  loss 0.5000  validation loss 0.2500  6,000 examples/s  2.0 s\n"
    )
