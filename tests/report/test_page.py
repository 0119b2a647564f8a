"""The page, as text and in a browser."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from shutil import which

import pytest

from structbench.report.grids import grids
from structbench.report.page import page
from structbench.report.provenance import Origin, Session
from structbench.report.sentences import sentences
from structbench.results.comparison import Comparison, Excluded
from tests.made import HOSTILE, Shown, made

BROWSER = next(filter(None, map(which, ("chromium", "google-chrome", "chromium-browser"))), "")


def drawn(made_up: tuple[Comparison, Shown]) -> str:
    comparison, shown = made_up
    return page(comparison, shown.figures, shown.exhibits, shown.layers, shown.origins)


def hostile() -> tuple[Comparison, Shown]:
    """Markup wherever a stranger's file can put a text."""
    comparison, exhibits = made((HOSTILE, "</script><script>alert(2)</script>"), ablation=True)
    failed = Excluded(run=HOSTILE, model=HOSTILE, seed=9, reason=HOSTILE)
    session = Session(HOSTILE, f"{HOSTILE} --seed", ((HOSTILE, HOSTILE),))
    origin = Origin(f"../{HOSTILE}?x#y", HOSTILE, 0, (session,))
    runs = {"command": HOSTILE, "data": HOSTILE, "excluded": (failed,)}
    model = comparison.models[HOSTILE].model_copy(update={"runs": (HOSTILE, "..", "a/b")})
    models = {**comparison.models, HOSTILE: model}
    comparison = comparison.model_copy(update={**runs, "models": models})
    return comparison, replace(exhibits, origins=(origin,))


def test_the_page_says_all_that_the_comparison_says() -> None:
    comparison, exhibits = made(ablation=True)
    html = drawn((comparison, exhibits))
    for grid in grids(comparison, verbose=True):
        for cell in (c for row in grid.rows for c in row):
            assert cell.replace("<", "&lt;") in html
    for said in sentences(comparison):
        assert said in html
    for model in comparison.models.values():
        assert all(f'href="../{run}/"' in html for run in model.runs)
    assert comparison.command in html


def test_every_section_that_is_named_is_there() -> None:
    for arguments in ({"ablation": True}, {"seeds": 1}, {"names": ("cnn",), "seeds": 1}):
        html = drawn(made(**arguments))
        for target in re.findall(r'<a href="#([^"]+)"', html):
            assert f'id="{target}"' in html
        ids = re.findall(r' id="([^"]+)"', html)
        assert len(ids) == len(set(ids))


def test_a_smoke_run_and_a_failed_one_are_marked() -> None:
    comparison, exhibits = made()
    assert "Its numbers mean nothing" not in drawn((comparison, exhibits))
    failed = Excluded(run="cnn-s7-0", model="cnn", seed=7, reason="the loss is nan")
    marked = comparison.model_copy(
        update={"smoke": True, "excluded": (failed,), "recipes_differ": True}
    )
    html = drawn((marked, exhibits))
    assert "Its numbers mean nothing" in html
    assert "Seed 7 is left out for all models: cnn (cnn-s7-0) failed: the loss is nan" in html
    assert "different recipes, on purpose" in html


def test_hostile_names_are_text() -> None:
    html = drawn(hostile())
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;img src=x onerror=alert(1)&gt;" in html
    assert 'href="../%3Cimg%20src%3Dx%20onerror%3Dalert%281%29%3E/"' in html
    assert 'href="../a%2Fb/"' in html


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
    html = drawn(hostile())
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
    path.write_text(drawn(made()).replace("</main>", f"{bad}</main>"))
    _, console, asked = browse(path, tmp_path)
    assert asked == set()
    assert all("Content Security Policy" in line for line in console)
    assert len(console) == 2
