"""What a comparison leaves behind: tables, figures, a page, and comparison.json last."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from os.path import relpath
from pathlib import Path

from pydantic import ValidationError

from structbench.comparison import COMPARISON, FORMAT, Comparison
from structbench.errors import RunFolderError
from structbench.files import sealed, unsealed, write_bytes, write_json
from structbench.report.grids import grids, latex, markdown
from structbench.statistics import Interval
from structbench.store import Store

PAGE = "report.html"
CSV_COLUMNS = (
    "what", "model", "baseline", "condition", "seed", "value", "sd", "low", "high", "method",
    "over", "p_value",
)  # fmt: skip


def read_comparison(folder: Path) -> Comparison:
    """The comparison in a folder; RunFolderError where there is none, or it is damaged."""
    path = folder / COMPARISON
    content = unsealed(path, FORMAT)
    try:
        return Comparison.model_validate_json(json.dumps(content))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise RunFolderError(f"{path} is no comparison: {place}: {first['msg']}") from None


def is_current(comparison: Comparison, folder: Path) -> bool:
    """Whether the folder holds the report of this comparison, whatever command asked for it."""
    try:
        written = read_comparison(folder)
    except RunFolderError:
        return False
    ours = {"command": comparison.command, "format": comparison.format}
    return written.model_copy(update=ours) == comparison


def write_report(comparison: Comparison, folder: Path, store: Store, data_folder: Path) -> None:
    """Write tables, figures and page, then comparison.json."""
    from structbench.report.exhibits import gather
    from structbench.report.figures import figures, png, svg
    from structbench.report.page import page

    tables = grids(comparison, verbose=True)
    write_bytes(folder / "table.md", "\n".join(map(markdown, tables)).encode())
    write_bytes(folder / "table.tex", "\n".join(map(latex, tables)).encode())
    write_bytes(folder / "table.csv", _csv(comparison).encode())
    exhibits = gather(comparison, store, data_folder)
    drawn = figures(comparison, exhibits)
    for name, figure in drawn.items():
        write_bytes(folder / "figures" / f"{name}.svg", svg(figure).encode())
        write_bytes(folder / "figures" / f"{name}.png", png(figure))
    html = page(comparison, exhibits, drawn, Path(relpath(store.root, folder)).as_posix())
    write_bytes(folder / PAGE, html.encode())
    content = comparison.model_copy(update={"format": FORMAT}).model_dump(mode="json")
    write_json(folder / COMPARISON, sealed(content))


def _csv(comparison: Comparison) -> str:
    """One number a line, with its interval where it has one; shares, not per cent."""
    text = io.StringIO()
    writer = csv.DictWriter(text, CSV_COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(_csv_rows(comparison))
    return text.getvalue()


def _csv_rows(comparison: Comparison) -> Iterator[dict[str, object]]:
    groups = {"": comparison.models}
    if comparison.structure:
        groups[" permuted"] = comparison.structure.models
    for suffix, models in groups.items():
        for name, model in models.items():
            yield {"what": "parameters", "model": name + suffix, "value": model.parameters}
            yield {"what": "macs", "model": name + suffix, "value": model.macs}
            for condition, found in model.misclassification.items():
                row = {"what": "misclassification", "model": name + suffix, "condition": condition}
                yield {**row, "sd": found.sd, **_interval(found.interval), "value": found.mean}
                for seed, value in zip(comparison.seeds, found.by_seed, strict=True):
                    yield {**row, "seed": seed, "value": value}
    for d in comparison.differences:
        row = {"model": d.model, "baseline": d.baseline, "condition": d.condition}
        p = d.tests.paired_t_holm if d.tests else d.two_networks.mcnemar.p_value
        yield {"what": "difference", **row, **_interval(d.interval), "p_value": p}
    for w in comparison.structure.worth if comparison.structure else ():
        row = {"model": w.model, "baseline": w.baseline, "condition": w.condition}
        for what in ("intact", "permuted", "difference_of_differences"):
            yield {"what": what, **row, **_interval(getattr(w, what))}


def _interval(interval: Interval) -> dict[str, object]:
    return {
        "value": interval.estimate,
        "low": interval.low,
        "high": interval.high,
        "method": f"{100 * interval.confidence:g} % {interval.method}",
        "over": interval.sample,
    }
