"""The page, as text and in a browser."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from shutil import which

import pytest

from structbench.report.page import page
from structbench.report.places import Found
from structbench.report.provenance import Origin, Session
from structbench.report.sections import sections
from structbench.report.sentences import headline, sentences
from structbench.report.sources import Sources
from structbench.report.table import Table
from structbench.report.tables import tables
from structbench.results.comparison import Comparison, Excluded
from structbench.results.sweep import Sweep
from tests.made import HOSTILE, made, made_of_counts, made_sources, made_sweep

BROWSER = next(filter(None, map(which, ("chromium", "google-chrome", "chromium-browser"))), "")


def drawn(found: Found, sources: Sources | None = None) -> str:
    return page(found, sections(found, sources or made_sources(found)))


def hostile() -> tuple[Comparison, Sources]:
    """Markup wherever a stranger's file can put a text."""
    comparison, sources = made((HOSTILE, "</script><script>alert(2)</script>"), ablation=True)
    failed = Excluded(run=HOSTILE, model=HOSTILE, seed=9, reason=HOSTILE)
    session = Session(HOSTILE, f"{HOSTILE} --seed", ((HOSTILE, HOSTILE),))
    origin = Origin(f"../{HOSTILE}?x#y", HOSTILE, 0, (session,))
    runs = {"command": HOSTILE, "data": HOSTILE, "excluded": (failed,)}
    model = comparison.models[HOSTILE].model_copy(update={"runs": (HOSTILE, "..", "a/b")})
    models = {**comparison.models, HOSTILE: model}
    comparison = comparison.model_copy(update={**runs, "models": models})
    return comparison, replace(sources, origins=(origin,))


@pytest.mark.parametrize(
    "found",
    [
        made(ablation=True)[0], made(("a", "b", "c"), ablation=True)[0], made(seeds=1)[0],
        made(("cnn",), seeds=1)[0], made_sweep(), made_sweep(("a", "b", "c"), seeds=1),
    ],
    ids=["ablation", "many models", "one seed", "one run", "sweep", "large sweep"],
)  # fmt: skip
def test_the_page_says_all_that_there_is_to_say(found: Found) -> None:
    html = drawn(found)
    for table in tables(found):
        for cell in (c for row in table.rows for c in row):
            assert cell.replace("<", "&lt;") in html
    for said in (headline(found), *sentences(found)):
        assert said.replace("<", "&lt;").replace("'", "&#39;") in html
    points = [p.comparison for p in found.points] if isinstance(found, Sweep) else [found]
    for comparison in points:
        for model in comparison.models.values():
            assert all(f'href="../{run}/"' in html for run in model.runs)
        assert comparison.command in html
    assert "default-src 'none'" in html
    for target in re.findall(r'<a href="#([^"]+)"', html):
        assert f'id="{target}"' in html
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids))


def test_what_is_settled_is_said_to_those_who_do_not_see_the_colour() -> None:
    html = drawn(made_of_counts([10, 12, 11], [50, 90, 20], [60, 61, 63]))
    assert html.count('class="less"') == html.count("(settled: less)") > 0
    assert html.count('class="open"') == html.count("(not settled)") > 0
    assert "<details>" in html
    assert "<details>" not in drawn(made()[0])


def test_a_smoke_run_and_a_failed_one_are_marked() -> None:
    comparison, sources = made()
    assert "Its numbers mean nothing" not in drawn(comparison, sources)
    failed = Excluded(run="cnn-s7-0", model="cnn", seed=7, reason="the loss is nan")
    marked = comparison.model_copy(
        update={"smoke": True, "excluded": (failed,), "recipes_differ": True}
    )
    html = drawn(marked, sources)
    assert "Its numbers mean nothing" in html
    assert "Seed 7 is left out for all models: cnn failed: the loss is nan (cnn-s7-0)" in html
    assert "different recipes, on purpose" in html


def test_a_row_opens_in_a_body_of_its_own_without_a_script() -> None:
    inside = ((HOSTILE, "1"), ("added: its input", ""))
    rows = (("Linear", "2"), ("Block: two", "3"), ("total", "5"))
    table = Table("layers", "net", ("layer", "parameters"), rows, inside={1: inside})
    comparison, sources = made(("net",), seeds=1)
    html = drawn(comparison, replace(sources, layers=(table,), pictures=()))
    shown = html[html.index('<section id="layers"') :]
    bodies = re.findall(r"<tbody>(.*?)</tbody>", shown[: shown.index("</table>")], re.DOTALL)
    assert [body.count("<tr") for body in bodies] == [1, 3, 1]
    assert [body.count('type="checkbox"') for body in bodies] == [0, 1, 0]
    assert [body.count('class="inside"') for body in bodies] == [0, 2, 0]
    label = re.search(r"<label>(.*?)</label>", bodies[1], re.DOTALL)
    assert label
    assert label[1].endswith("Block: two"), "a screen reader says what opens"
    assert "tbody:has(:checked) tr.inside" in html
    assert "<script" not in html
    assert "<img" not in html


def test_hostile_names_are_text() -> None:
    html = drawn(*hostile())
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;img src=x onerror=alert(1)&gt;" in html
    assert 'href="../%3Cimg%20src%3Dx%20onerror%3Dalert%281%29%3E/"' in html
    assert 'href="../a%2Fb/"' in html


def test_hostile_names_in_a_sweep_are_text() -> None:
    failed = Excluded(run=HOSTILE, model=HOSTILE, seed=7, reason=HOSTILE)
    sweep = made_sweep(names=(HOSTILE, "b"), title=HOSTILE, excluded=(failed,))
    point = sweep.points[0].model_copy(update={"levels": {"data.train_size": HOSTILE}})
    sweep = sweep.model_copy(
        update={"command": HOSTILE, "points": (point, *sweep.points[1:]), "smoke": True}
    )
    html = drawn(sweep)
    assert "<img" not in html
    assert "&lt;img src=x onerror=alert(1)&gt;" in html
    assert "Its numbers mean nothing" in html
    assert "Seed 7 is left out" in html


def browse(path: Path, folder: Path) -> tuple[str, list[str], set[str]]:
    """The page's text as the browser made it, its console messages, and what it asked for."""
    log = folder / "net.json"
    done = subprocess.run(
        [
            BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
            "--disable-background-networking", "--disable-component-update",
            f"--user-data-dir={folder / 'profile'}", "--enable-logging=stderr", "--v=0",
            f"--log-net-log={log}", "--net-log-capture-mode=Everything", "--window-size=400,800",
            "--virtual-time-budget=3000", "--dump-dom", path.as_uri(),
        ],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    events = [event.get("params", {}) for event in json.loads(log.read_text())["events"]]
    # What the browser asks of its maker's servers on its own account has no origin.
    asked = {
        event["url"]
        for event in events
        if event.get("initiator", "not an origin") != "not an origin"
        and not event.get("url", "").startswith(("file:", "data:"))
    }
    return done.stdout, console, asked


@pytest.mark.skipif(not BROWSER, reason="no Chromium here")
def test_in_a_browser_nothing_is_loaded_and_nothing_goes_wrong(tmp_path: Path) -> None:
    html = drawn(*hostile())
    path = tmp_path / "report.html"
    path.write_text(html)
    dom, console, asked = browse(path, tmp_path)
    assert console == []
    assert asked == set()
    assert "<img src" not in dom
    assert HOSTILE.replace("<", "&lt;").replace(">", "&gt;") in dom


@pytest.mark.skipif(not BROWSER, reason="no Chromium here")
def test_the_page_forbids_the_browser_what_it_should_not_need(tmp_path: Path) -> None:
    # What the test above looks for is seen where it is there.
    bad = '<img src="http://127.0.0.1:9/evil.png"><script>console.error("evil")</script>'
    path = tmp_path / "open.html"
    path.write_text(f"<!DOCTYPE html><body>{bad}</body>")
    _, console, asked = browse(path, tmp_path)
    assert any("evil" in line for line in console)
    assert asked == {"http://127.0.0.1:9/evil.png"}
    # And the page's own policy stops both.
    path.write_text(drawn(made()[0]).replace("</main>", f"{bad}</main>"))
    _, console, asked = browse(path, tmp_path)
    assert asked == set()
    assert all("Content Security Policy" in line for line in console)
    assert len(console) == 2
