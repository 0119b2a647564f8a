"""What a comparison or sweep leaves behind: tables, figures, a page, and its numbers last."""

from os.path import relpath
from pathlib import Path

from structbench.machine.files import write_bytes
from structbench.report.places import Found, warnings
from structbench.report.rows import csv_text
from structbench.report.table import latex, markdown
from structbench.report.tables import tables
from structbench.store.results import write_results
from structbench.store.runs import Store

PAGE = "report.html"


def write_report(found: Found, folder: Path, store: Store, data_folder: Path) -> None:
    """Write tables, figures and page, then comparison.json or sweep.json."""
    from structbench.report.figures.style import png, svg
    from structbench.report.page import page
    from structbench.report.sections import sections
    from structbench.report.sources import read_sources

    parts = sections(found, read_sources(found, store, data_folder))
    html = page(found, parts, Path(relpath(store.root, folder)).as_posix())
    shown, said = tables(found), warnings(found)
    quoted = [f"> {text}\n" for text in said]
    comments = ["% " + " ".join(text.split()) for text in said]
    write_bytes(folder / "table.md", "\n".join([*quoted, *map(markdown, shown)]).encode())
    write_bytes(folder / "table.tex", "\n".join([*comments, *map(latex, shown)]).encode())
    write_bytes(folder / "table.csv", csv_text(found).encode())
    for section in parts:
        for name, figure in section.figures.items():
            write_bytes(folder / "figures" / f"{name}.svg", svg(figure).encode())
            write_bytes(folder / "figures" / f"{name}.png", png(figure))
    write_bytes(folder / PAGE, html.encode())
    write_results(found, folder)
