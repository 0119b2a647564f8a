"""The figures of a comparison. Each carries a caption that says what its marks are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from structbench.report.exhibits import Answer, Exhibits, FirstLayer, Gallery, focus
from structbench.report.plates import (
    INK,
    MUTED,
    PANELS,
    SEEDS,
    SERIES,
    STEPS,
    WIDTH,
    CaptionedFigure,
    Look,
    axes_at,
    drawn_figure,
    end_labels,
    looks,
    room_for,
    short,
)
from structbench.report.text import percent
from structbench.results.comparison import Comparison, Misclassification

COLUMNS, TILES = 4, 8
# Classes whose counts have room in the cells of a confusion matrix.
COUNTED_CLASSES = 12


def figures(comparison: Comparison, exhibits: Exhibits) -> dict[str, Figure]:
    """All figures that this comparison has something for."""
    drawn: dict[str, Figure] = {
        "misclassification": misclassification(comparison),
        "training_loss": training_loss(comparison, exhibits),
        "confusion": confusion(comparison, exhibits),
    }
    if exhibits.gallery.pictures:
        drawn["gallery"] = gallery(comparison, exhibits)
    if exhibits.first_layers:
        drawn["first_layers"] = first_layers(exhibits)
    if comparison.without_structure:
        drawn["structure"] = structure(comparison)
    return drawn


def _left_out(comparison: Comparison) -> str:
    """What does not fit, in words."""
    parts = []
    if len(comparison.conditions) > PANELS:
        parts.append(f" The first {PANELS} of {len(comparison.conditions)} conditions.")
    if len(comparison.seeds) > SEEDS:
        parts.append(f" Drawn one by one: the first {SEEDS} seeds.")
    return "".join(parts)


def misclassification(comparison: Comparison) -> CaptionedFigure:
    """A panel a condition, a row a model: each seed, the mean and its interval."""
    models, conditions = comparison.models, comparison.conditions[:PANELS]
    look, row = looks(list(models)), 0.42
    panel, left = 0.85 + row * len(models), 0.1 + room_for(models)
    width = WIDTH - left - 0.85

    def draw(plate: CaptionedFigure) -> None:
        for i, condition in enumerate(conditions):
            axes = axes_at(plate, left, i * panel + 0.35, width, row * len(models))
            axes.set_title(condition, loc="left", x=-left / width, size=11, weight="bold")
            for y, (name, model) in enumerate(models.items()):
                _row(axes, y, short(name), model.misclassification[condition], look[name])
            _percent_axis(axes, [model.misclassification[condition] for model in models.values()])
            axes.set_ylim(len(models) - 0.5, -0.5)

    plate = drawn_figure(WIDTH, panel * len(conditions), draw)
    interval = next(iter(models.values())).misclassification[conditions[0]].interval
    images = f"{comparison.examples:,} test images"
    plate.caption = (
        f"Share of the {images} misclassified. "
        + (
            f"Each small mark is one seed (n = {len(comparison.seeds)}); the large mark is their "
            f"mean, the bar the mean's {interval.label}."
            if len(comparison.seeds) > 1
            else f"The mark is one trained network (seed {comparison.seeds[0]}), the bar its "
            f"{interval.label}."
        )
        + (" Each panel has its own scale." if len(conditions) > 1 else "")
        + _left_out(comparison)
    )
    plate.alt = f"Misclassification. {_in_words(comparison, conditions)}"
    return plate


def _in_words(comparison: Comparison, conditions: Sequence[str]) -> str:
    return " ".join(
        f"{condition}: "
        + ", ".join(
            f"{name} {percent(model.misclassification[condition].mean)}"
            for name, model in comparison.models.items()
        )
        + "."
        for condition in conditions
    )


def _row(axes: Axes, y: int, name: str, found: Misclassification, look: Look) -> None:
    """One model: its seeds above, mean and interval beneath."""
    shares = 100 * np.array(found.by_seed[:SEEDS])
    below = y + 0.16 if len(shares) > 1 else float(y)
    if len(shares) > 1:
        axes.plot(
            shares, np.full(len(shares), y - 0.16), look.marker, color=look.colour, ms=4.5,
            mew=0, alpha=0.55, clip_on=False,
        )  # fmt: skip
    limits = (max(0.0, 100 * found.interval.low), 100 * found.interval.high)
    axes.plot(limits, (below, below), color=look.colour, lw=2.2, alpha=0.9)
    axes.plot(100 * found.mean, below, look.marker, color=look.colour, ms=8, mew=0, clip_on=False)
    edge = axes.get_yaxis_transform()
    axes.annotate(
        name,
        (0, y),
        (-8, 0),
        xycoords=edge,
        textcoords="offset points",
        ha="right",
        va="center",
        size=10,
    )
    mean = percent(found.mean)
    axes.annotate(
        mean,
        (1, y),
        (8, 0),
        xycoords=edge,
        textcoords="offset points",
        ha="left",
        va="center",
        size=10,
        weight="bold",
    )


def _percent_axis(axes: Axes, shown: Sequence[Misclassification]) -> None:
    most = max(max(found.interval.high, *found.by_seed, 0.0) for found in shown)
    axes.set_xlim(0, 105 * most if most else 1)
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=STEPS))
    axes.xaxis.set_major_formatter("{x:g} %")
    axes.grid(axis="x")
    axes.set_axisbelow(True)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.tick_params(length=0, labelsize=9)


def training_loss(comparison: Comparison, exhibits: Exhibits) -> CaptionedFigure:
    """Loss against epoch, a line a seed."""
    look = looks(list(comparison.models))
    epochs = max(len(losses) for group in exhibits.losses.values() for losses in group)
    most = max(losses.max() for group in exhibits.losses.values() for losses in group)

    def draw(plate: CaptionedFigure) -> None:
        axes = axes_at(plate, 0.45, 0.35, WIDTH - 0.75 - room_for(look, 14), 2.5)
        for name, group in exhibits.losses.items():
            for losses in group[:SEEDS]:
                mark = look[name].marker if epochs <= 10 else ""
                x = np.arange(1, len(losses) + 1)
                axes.plot(
                    x,
                    losses,
                    color=look[name].colour,
                    lw=1.1,
                    alpha=0.8,
                    marker=mark,
                    ms=3.5,
                    mew=0,
                )
        axes.set_ylim(0, 1.08 * most or 1)
        axes.set_xlim(1 - 0.03 * epochs, epochs + 0.02 * epochs)
        axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
        axes.yaxis.set_major_locator(MaxNLocator(5, steps=STEPS))
        axes.set_xlabel("epoch", size=9)
        axes.set_title("training loss", loc="left", size=9, color=MUTED, x=-0.1)
        axes.grid(axis="y")
        axes.tick_params(length=0, labelsize=9)
        axes.spines["left"].set_visible(False)
        ends = {n: float(np.mean([x[-1] for x in group])) for n, group in exhibits.losses.items()}
        end_labels(axes, ends, look, 0.075 * 1.08 * most)

    plate = drawn_figure(WIDTH, 3.3, draw)
    n = len(comparison.seeds)
    each = f"a thin line for each seed (n = {n})" if n > 1 else f"seed {comparison.seeds[0]}"
    plate.caption = (
        f"Mean cross-entropy over the training examples of each epoch, each as it was learned "
        f"from; {each}, a colour for each model.{_left_out(comparison)}"
    )
    final = ", ".join(f"{m} {found.train_loss.mean:.4f}" for m, found in comparison.models.items())
    plate.alt = f"Training loss by epoch. Of the weights that are kept: {final}."
    return plate


def confusion(comparison: Comparison, exhibits: Exhibits) -> CaptionedFigure:
    """Matrices side by side; the colour is for errors alone."""
    condition = focus(comparison)
    shown = [c for c in exhibits.confusions if c.condition == condition]
    look, side, errors = looks(list(comparison.models)), 3.2, [_errors(c.counts) for c in shown]
    most = max(1, *(int(found.max()) for found in errors))

    def draw(plate: CaptionedFigure) -> None:
        for i, (found, wrong) in enumerate(zip(shown, errors, strict=True)):
            across, down = i % 2, i // 2
            axes = axes_at(plate, 0.45 + across * 3.7, 0.4 + down * 4.0, side, side)
            alpha = (0.75 * np.sqrt(wrong / most))[..., None]
            tint = np.broadcast_to(to_rgb(look[found.model].colour), (*wrong.shape, 3))
            axes.imshow(np.concatenate([tint, alpha], axis=2), interpolation="none")
            axes.set_title(short(found.model), loc="left", size=11, weight="bold")
            _matrix_axes(axes, found.counts, first=across == 0)

    rows = (len(shown) + 1) // 2
    plate = drawn_figure(7.5 if len(shown) > 1 else 3.85, 4.0 * rows, draw)
    plate.caption = (
        f"Test images of condition {condition}, counted by true class (row) and answer (column), "
        f"for one trained network each (seed {exhibits.seed}). Errors are coloured, the darkest "
        f"cell being {most:,} images; right answers are grey."
    )
    worst = [
        f"{c.model} most often answers {wrong.argmax() % len(wrong)} where "
        f"{wrong.argmax() // len(wrong)} is true, {int(wrong.max()):,} times"
        for c, wrong in zip(shown, errors, strict=True)
        if wrong.any()
    ]
    plate.alt = f"Confusion matrices, {condition}. {'; '.join(worst) or 'No errors'}."
    return plate


def _errors(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    return counts * ~np.eye(len(counts), dtype=bool)


def _matrix_axes(axes: Axes, counts: NDArray[np.int64], first: bool) -> None:
    classes = len(counts)
    ticks = range(0, classes, 1 if classes <= COUNTED_CLASSES else -(-classes // 10))
    _frame(axes)
    axes.set_xticks(ticks)
    axes.set_yticks(ticks)
    axes.tick_params(length=0, labelsize=8)
    axes.set_xlabel("answer", size=9)
    if first:
        axes.set_ylabel("true class", size=9)
    if classes > COUNTED_CLASSES:
        return
    for (true, answer), count in np.ndenumerate(counts):
        # Below 2 in 100 of its class a cell stays empty, so that the pattern is seen.
        if true == answer or count >= max(1, 0.02 * counts[true].sum()):
            colour = MUTED if true == answer else INK
            axes.text(answer, true, str(count), ha="center", va="center", size=6.5, color=colour)


def _frame(axes: Axes) -> None:
    """A line around, and nothing on it: the image's edge is to be seen on any ground."""
    axes.set_xticks([])
    axes.set_yticks([])
    for edge in axes.spines.values():
        edge.set_visible(True)


def gallery(comparison: Comparison, exhibits: Exhibits) -> CaptionedFigure:
    """Test images with what each network says of them."""
    shown, look = exhibits.gallery, looks(list(comparison.models))
    tile, lines = 1.18, 1 + len(shown.pictures[0].answers)
    height = tile + 0.13 + 0.17 * lines + 0.16
    rows = -(-len(shown.pictures) // COLUMNS)

    def draw(plate: CaptionedFigure) -> None:
        for i, picture in enumerate(shown.pictures):
            left, top = (i % COLUMNS) * 1.32 + 0.04, (i // COLUMNS) * height + 0.04
            axes = axes_at(plate, left, top, tile, tile)
            axes.imshow(_visible(picture.image), cmap="gray", vmin=0, vmax=1, interpolation="none")
            _frame(axes)
            _answers(plate, left, top + tile + 0.13, picture.label, picture.answers, look)

    plate = drawn_figure(WIDTH, height * rows, draw)
    plate.caption = _gallery_caption(shown, exhibits)
    plate.alt = "Test images: " + "; ".join(
        f"true {p.label}, " + ", ".join(f"{a.model} says {a.predicted}" for a in p.answers)
        for p in shown.pictures
    )
    return plate


def _answers(
    plate: CaptionedFigure, left: float, top: float, label: int, answers: Sequence[Answer],
    look: Mapping[str, Look],
) -> None:  # fmt: skip
    across, down = plate.get_figwidth(), plate.get_figheight()
    plate.text(left / across, 1 - top / down, f"true {label}", va="center", size=8, color=MUTED)
    for i, answer in enumerate(answers, 1):
        y = 1 - (top + 0.17 * i) / down
        axes = axes_at(plate, left, top + 0.17 * i - 0.05, 0.1, 0.1)
        axes.plot(0, 0, look[answer.model].marker, color=look[answer.model].colour, ms=5, mew=0)
        axes.set_axis_off()
        right = answer.predicted == label
        text = f"{short(answer.model, 7)} {answer.predicted}"
        plate.text(
            (left + 0.15) / across, y, text, va="center", size=8, weight="bold" if right else 400
        )
        sure = "> 99 %" if answer.confidence > 0.995 else f"{100 * answer.confidence:.0f} %"
        plate.text((left + 1.18) / across, y, sure, va="center", ha="right", size=8, color=MUTED)


def _gallery_caption(shown: Gallery, exhibits: Exhibits) -> str:
    some = (
        f"{len(shown.pictures)} of the {shown.total:,} test images of condition {shown.condition}"
    )
    pixels = ", with their pixels permuted as the networks saw them" if exhibits.permuted else ""
    sure = "The percentage is the probability that a network gives to its answer"
    if shown.baseline is None:
        return (
            f"{some}{pixels} that {shown.model} (seed {exhibits.seed}) gets wrong, chosen for "
            f"being those of each class that it is surest of. {sure}."
        )
    return (
        f"{some}{pixels} that {shown.model} gets right and {shown.baseline} wrong (seed "
        f"{exhibits.seed}), chosen for being those of each class that {shown.baseline} is surest "
        f"of. The other way round, {shown.baseline} alone is right on {shown.reverse:,}. {sure}; "
        "right answers are bold."
    )


def _visible(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """[channels, height, width] → what imshow takes: [height, width, 3] or [height, width]."""
    clipped: NDArray[np.float32] = image.clip(0, 1)
    return clipped.transpose(1, 2, 0) if len(image) == 3 else clipped[0]


def first_layers(exhibits: Exhibits) -> CaptionedFigure:
    """What the weights that read the pixels look like."""
    shown = exhibits.first_layers
    montages = [_montage(layer) for layer in shown]
    heights = [2.4 * m.shape[0] / m.shape[1] + 0.55 for m in montages]
    tops = np.cumsum([0.0] + [max(heights[i : i + 2]) for i in range(0, len(heights), 2)])

    def draw(plate: CaptionedFigure) -> None:
        for i, (layer, montage) in enumerate(zip(shown, montages, strict=True)):
            axes = axes_at(plate, 0.04 + (i % 2) * 2.7, tops[i // 2] + 0.5, 2.4, heights[i] - 0.55)
            axes.imshow(montage, interpolation="none")
            axes.set_axis_off()
            axes.set_title(short(layer.model), loc="left", size=11, weight="bold", pad=18)
            axes.text(
                0, 1, f"{short(layer.layer, 30)}\n", transform=axes.transAxes, size=9,
                color=MUTED, va="bottom", linespacing=0.5,
            )  # fmt: skip

    plate = drawn_figure(WIDTH, float(tops[-1]), draw)
    parts = [
        f"{layer.model}: "
        + (
            f"all {layer.total}"
            if layer.total == len(layer.weights)
            else f"the {len(layer.weights)} of {layer.total:,} with the largest norm"
        )
        for layer in shown
    ]
    colours = any(layer.weights.shape[1] == 3 for layer in shown)
    plate.caption = (
        f"Weights of the first layer, a square for each filter or unit (seed {exhibits.seed}; "
        f"{'; '.join(parts)}). Orange is positive, blue negative, transparent zero, each model on "
        "a scale of its own."
        + (" Weights of three channels are shown as a colour." if colours else "")
    )
    plate.alt = "First-layer weights. " + "; ".join(f"{x.model}, {x.layer}" for x in shown)
    return plate


def _montage(layer: FirstLayer) -> NDArray[np.float32]:
    """float32 [height, width, 4]: the filters in rows, framed, each about 28 pixels wide."""
    scale = max(float(np.abs(layer.weights).max()), 1e-12)
    pictures = [_weights_picture(weights / scale) for weights in layer.weights]
    factor = max(1, 28 // pictures[0].shape[0])
    framed = [
        np.pad(_framed(p.repeat(factor, 0).repeat(factor, 1)), ((2, 2), (2, 2), (0, 0)))
        for p in pictures
    ]
    columns = min(TILES, len(framed))
    framed += [np.zeros_like(framed[0])] * (-len(framed) % columns)
    lines = [np.concatenate(framed[i : i + columns], 1) for i in range(0, len(framed), columns)]
    return np.concatenate(lines, 0)


def _weights_picture(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Weights in [-1, 1], [channels, height, width] → RGBA [height, width, 4]."""
    if len(weights) == 3:
        colours = 0.5 + weights.transpose(1, 2, 0) / 2
        return np.concatenate([colours, np.ones_like(colours[..., :1])], 2)
    first = weights[0][..., None]
    tint = np.where(first > 0, to_rgb(SERIES[1]), to_rgb(SERIES[0]))
    return np.concatenate([tint, np.abs(first)], 2).astype(np.float32)


def _framed(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    frame = np.array([0.5, 0.5, 0.5, 0.45], np.float32)
    edges = ((1, 1), (1, 1))
    padded = [np.pad(picture[..., i], edges, constant_values=frame[i]) for i in range(4)]
    return np.stack(padded, 2)


def structure(comparison: Comparison) -> CaptionedFigure:
    """Intact against permuted pixels: a line a seed, a panel a condition."""
    without = comparison.without_structure
    assert without
    conditions = comparison.conditions[:PANELS]
    seeds = [seed for seed in comparison.seeds if seed in without.seeds][:SEEDS]
    look, room = looks(list(comparison.models)), 0.2 + room_for(comparison.models, 14)
    across = 2 if room < 1 and len(conditions) > 1 else 1
    panel = WIDTH / 2 if room < 1 else WIDTH

    def draw(plate: CaptionedFigure) -> None:
        for i, condition in enumerate(conditions):
            left, top = 0.5 + (i % across) * panel, 0.45 + (i // across) * 3.1
            axes = axes_at(plate, left, top, panel - 0.6 - room, 2.2)
            axes.set_title(condition, loc="left", size=11, weight="bold", pad=10)
            ends = {}
            for name, model in comparison.models.items():
                after = without.models[name].misclassification[condition]
                lines = [
                    [100 * found.by_seed[of.seeds.index(seed)] for seed in seeds]
                    for of, found in (
                        (comparison, model.misclassification[condition]),
                        (without, after),
                    )
                ]
                axes.plot(
                    (0, 1), lines, color=look[name].colour, lw=1.1, alpha=0.75,
                    marker=look[name].marker, ms=5, mew=0, clip_on=False,
                )  # fmt: skip
                ends[name] = 100 * after.mean
            _slope_axes(axes)
            end_labels(axes, ends, look, 0.085 * axes.get_ylim()[1])

    plate = drawn_figure(across * panel, 3.1 * -(-len(conditions) // across), draw)
    plate.caption = (
        "Share of the test images misclassified, with the pixels in place and with the same "
        "pixels in a fixed random order in training and test; a line joins the two networks of a "
        f"seed (n = {len(comparison.seeds)})."
        + (" Each panel has its own scale." if len(conditions) > 1 else "")
        + _left_out(comparison)
    )
    plate.alt = (
        f"Intact: {_in_words(comparison, conditions)} Permuted: {_in_words(without, conditions)}"
    )
    return plate


def _slope_axes(axes: Axes) -> None:
    axes.set_xlim(-0.12, 1.12)
    axes.set_ylim(0, max(1e-9, axes.get_ylim()[1]))
    axes.set_xticks((0, 1), ("intact", "permuted"))
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=STEPS))
    axes.yaxis.set_major_formatter("{x:g} %")
    axes.grid(axis="y")
    axes.set_axisbelow(True)
    axes.tick_params(length=0, labelsize=9)
    axes.tick_params(axis="x", pad=8)
    axes.spines["left"].set_visible(False)
