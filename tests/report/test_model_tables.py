"""The listing of families, whatever a user's own are like."""

from __future__ import annotations

import io
from typing import Any, ClassVar, Literal

import pytest
from pydantic import model_validator
from rich.console import Console
from torch import nn

from structbench.models import MODELS
from structbench.models.gcn import GCN
from structbench.models.layer_table import LayerRow, LayerTable, follow
from structbench.models.layers import AvgPool, Conv, Module, Worked
from structbench.models.residual_layers import Residual, Shortcut
from structbench.models.resnet import ResNet
from structbench.models.spec import ModelSpec
from structbench.models.torch_model import TorchModel
from structbench.models.zoo import PublishedNetwork
from structbench.problem import Problem
from structbench.report.console import titled
from structbench.report.model_tables import layers_table, models_table
from structbench.report.table import latex, markdown


class Net:
    def network(self, problem: Problem) -> nn.Module:
        return nn.Sequential(nn.Flatten(), nn.Linear(784, problem.classes))


class NoDoc(Net, TorchModel):
    family: Literal["own"] = "own"


class SecondLine(Net, TorchModel):
    """
    Begins on the second line.
    """

    family: Literal["own"] = "own"


class Blank(Net, TorchModel):
    """ """

    family: Literal["own"] = "own"


class Markup(Net, TorchModel):
    """Has [bold]x[/nope] :smile: in its name."""

    family: Literal["[bold]x[/nope] :smile:"] = "[bold]x[/nope] :smile:"


class Needs(Net, TorchModel):
    """Has no default."""

    family: Literal["own"] = "own"
    width: int
    depth: int


class Fails(TorchModel):
    family: Literal["own"] = "own"

    def network(self, problem: Problem) -> nn.Module:
        raise RuntimeError("no [/b] room\nin two lines")


class FailsItself(Net, TorchModel):
    family: Literal["own"] = "own"

    def layer_table(self, problem: Problem) -> LayerTable:
        raise KeyError("[/b]")


class Refused(Net, TorchModel):
    """Refuses itself."""

    family: Literal["own"] = "own"

    @model_validator(mode="after")
    def _never(self) -> Refused:
        raise ValueError("width 3 is odd")


class Videos(Net, TorchModel):
    """Takes no images."""

    takes: ClassVar[frozenset[Any]] = frozenset({"video"})
    family: Literal["own"] = "own"


def shown(families: dict[str, type[ModelSpec]]) -> list[tuple[str, str, str]]:
    """Of each row the name, the numbers and what it is."""
    console = Console(width=200, file=(screen := io.StringIO()))
    console.print(models_table(families))
    head, *rows, _ = (line.rstrip() for line in screen.getvalue().splitlines())
    first, last = head.index("  parameters"), head.index("what it is")
    return [(row[:first].rstrip(), row[first:last].strip(), row[last:]) for row in rows]


@pytest.mark.parametrize(
    ("family", "numbers", "told"),
    [
        (NoDoc, "7,850  7,840", ""),
        (Blank, "7,850  7,840", ""),
        (SecondLine, "7,850  7,840", "Begins on the second line."),
        (Markup, "7,850  7,840", "Has [bold]x[/nope] :smile: in its name."),
        (Needs, "", "Has no default. (needs width and depth)"),
        (Fails, "", "does not fit mnist: cannot be used: RuntimeError: no [/b] room"),
        (FailsItself, "", "does not fit mnist: KeyError: '[/b]'"),
        (Refused, "", "Refuses itself. (its defaults are refused: width 3 is odd)"),
        (Videos, "", "Takes no images. (for videos only)"),
    ],
)
def test_a_family_has_its_row_and_the_others_theirs(
    family: type[ModelSpec], numbers: str, told: str
) -> None:
    name = family.model_fields["family"].default
    *built_in, own = shown({**MODELS, name: family})
    assert (own[0], "  ".join(own[1].split()), own[2]) == (name, numbers, told)
    assert [row[0] for row in built_in] == list(MODELS)
    for row in built_in:
        # Those of a library are not counted here: the library would be imported.
        published = issubclass(MODELS[row[0]], PublishedNetwork)
        assert [bool(cell.strip()) for cell in row] == [True, not published, True]


ROW = LayerRow("fc", Module("Linear"), (5,), (3,), Worked(1_000), 2_000, None)


def test_parameters_that_are_not_trained_are_told_apart() -> None:
    assert layers_table("own", LayerTable((ROW,))).title == "own: 1,000 parameters"
    some = layers_table("own", LayerTable((ROW,), frozen=500))
    assert some.title == "own: 1,500 parameters, of which 1,000 are trained"
    assert some.rows[-1] == ("total", "", "", "", "1,000", "", "2,000", "")


def test_what_was_not_counted_is_said_beside_the_total() -> None:
    layers = LayerTable((ROW,), not_counted=("aten::_fft_r2c", "mine::scale"))
    total = layers_table("own", layers).rows[-1]
    assert total[0] == "total (not counted: aten::_fft_r2c, mine::scale)"
    assert total[6] == "2,000"


class Uncounted(Net, TorchModel):
    family: Literal["own"] = "own"

    def layer_table(self, problem: Problem) -> LayerTable:
        return LayerTable((ROW,), not_counted=("mine::scale",))


def test_counts_that_lack_something_are_lower_bounds() -> None:
    assert shown({"own": Uncounted})[0][1].split() == ["1,000", "at", "least", "2,000"]


def test_a_graphs_layers_say_that_they_are_counted_for_all_nodes_and_how_far_they_see() -> None:
    problem = Problem("graph", (34,), 2, nodes=34, edges=78, values=34)
    table = layers_table("gcn", GCN().layer_table(problem))
    assert table.rows[1] == (
        "Graph convolution 64", "", "34×64", "", "2,240", "34·64 + 64", "14,336", "1",
    )  # fmt: skip
    assert [row[-1] for row in table.rows] == ["0", "1", "1", "1", "2", "2", ""]
    assert "one forward pass over the whole graph" in table.note
    assert "how many edges away" in table.note
    own = layers_table("own", LayerTable((ROW,), of_graph=True))
    assert (own.rows[0][-1], own.note) == ("", table.note)


def test_it_is_said_which_families_are_counted_for_all_nodes() -> None:
    console = Console(width=200, file=(screen := io.StringIO()))
    console.print(models_table(MODELS))
    assert "on mnist and karate (all nodes in one pass), with default" in screen.getvalue()


MNIST = Problem("image", (1, 28, 28), 10)
BLOCKS = layers_table("resnet", ResNet(depth=8, width=2, squeeze=True).layer_table(MNIST))


def number(cell: str) -> int:
    return int(cell.replace(",", "") or 0)


def test_a_block_is_a_row_that_opens_to_its_layers() -> None:
    assert [row[0].split(":")[0] for row in BLOCKS.rows[3:6]] == ["Block"] * 3
    assert sorted(BLOCKS.inside) == [3, 4, 5]
    for place, inside in BLOCKS.inside.items():
        block = BLOCKS.rows[place]
        assert sum(number(row[4]) for row in inside) == number(block[4])
        assert sum(number(row[6]) for row in inside) == number(block[6])
        assert block[5] == " + ".join(row[4] for row in inside if row[4]), "only the sum"
        assert inside[-1][0] == "ReLU"
    first, second, _ = BLOCKS.inside.values()
    assert first[-2][:3] == ("added: its input", "", "2×28×28")
    assert second[-2][0] == "added: every second place of its input, and 2 maps of zeros"
    assert first[0][5] == "2·(2·3·3)"
    assert layers_table("gcn", LayerTable((ROW,))).inside == {}


def test_what_is_added_is_told_of_any_shortcut() -> None:
    table = follow((Residual((Conv(4, kernel_size=3, padding=1),), Shortcut(4, 1)),), (3, 9, 9))
    assert layers_table("own", table).inside[0][-1][0] == "added: its input, and 1 map of zeros"
    table = follow((Residual((AvgPool(kernel_size=1, stride=4),), Shortcut(3, 4)),), (3, 9, 9))
    assert layers_table("own", table).inside[0][-1][0] == "added: every 4th place of its input"


def test_opened_it_has_the_rows_inside_indented_and_elsewhere_it_is_closed() -> None:
    opened = BLOCKS.opened
    inside = sum(map(len, BLOCKS.inside.values()))
    assert len(opened.rows) == len(BLOCKS.rows) + inside
    assert opened.rows[4][0] == "  Conv 2 of 3×3"
    assert opened.rows[-1] == BLOCKS.rows[-1]
    assert opened.opened == opened
    for text in (markdown(BLOCKS), latex(BLOCKS)):
        assert "added: " not in text


@pytest.mark.parametrize("width", [80, 160])
def test_where_it_is_narrow_long_names_leave_room_for_the_numbers(width: int) -> None:
    console = Console(width=width, file=(screen := io.StringIO()))
    console.print(titled(BLOCKS))
    lines = screen.getvalue().splitlines()
    heads = [line.split() for line in lines if line.startswith("layer ")]
    assert heads[0][:4] == ["layer", "window", "output", "size"]
    assert len(heads) <= 3
    assert sum("window" in head for head in heads) == 1, "only what names the row is repeated"
    ends = [line.find(text) + len(text) for text in ("parameters", "1,365") for line in lines
            if line.startswith(("layer", "total")) and text in line]  # fmt: skip
    assert len(ends) == 2
    assert ends[0] == ends[1], "numbers are aligned to the right"
