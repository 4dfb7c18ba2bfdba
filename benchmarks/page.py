"""How long the page of `archc serve` takes from a key to what is shown, in a real browser."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from statistics import median, quantiles
from typing import Any

from benchmarks.measure import ROOT, environment, say, table
from scripts.specs import spec_path

SPECS = ("alexnet", "googlenet", "resnet50", "densenet201")
PANES = {"layered": "picture", "table": "table", "torch": "PyTorch source"}
# From the key to the frame in which the answer was painted.
WATCH = """
() => {
  window.times = [];
  let start = 0;
  addEventListener("keydown", () => { start = performance.now(); }, true);
  new MutationObserver(() => requestAnimationFrame(() => setTimeout(() => {
    if (start) times.push(performance.now() - start);
    start = 0;
  }))).observe(document.querySelector("#pane"), {childList: true});
}
"""


def report(*, quick: bool) -> str:
    """Return the table of times for keys typed one by one."""
    path = os.environ.get("ARCHC_BROWSER") or shutil.which("chromium")
    if not path or find_spec("playwright") is None or find_spec("starlette") is None:
        say("no Chromium, or not the packages playwright and starlette: the page is left out")
        return ""
    from playwright.sync_api import sync_playwright

    keys = 5 if quick else 20
    rows = []
    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=path, args=options)
        for spec in SPECS[:1] if quick else SPECS:
            rows.append((spec, *(_text(_times(browser, spec, pane, keys)) for pane in PANES)))
        browser.close()
    titles = ("key to page, ms: median (95%)", *PANES.values())
    return "**Typing in `archc serve`**\n\n" + table(titles, rows)


def _times(browser: Any, spec: str, pane: str, keys: int) -> list[float]:
    """Return the milliseconds that each of some keys took, in a comment of the spec."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(spec_path(spec).parent, folder, dirs_exist_ok=True)
        server = subprocess.Popen(
            [sys.executable, "-m", "archcompiler", "serve", "--no-open", f"{spec}.yaml"],
            cwd=folder,
            env=environment(PYTHONPATH=str(ROOT), PYTHONUNBUFFERED="1"),
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert server.stdout
            page = browser.new_page()
            page.goto(server.stdout.readline().strip())
            page.wait_for_selector("#pane svg")
            page.click(f'[role=tab][data-show="{pane}"]')
            page.wait_for_selector(f"#pane[data-show={pane}]")
            page.evaluate(WATCH.strip())
            page.click(".cm-content")
            page.keyboard.press("Control+End")
            page.keyboard.type("#")
            for _ in range(keys):
                page.keyboard.type("x")
                page.wait_for_timeout(400 if spec in SPECS[1:] else 150)  # as a person types
            found: list[float] = page.evaluate("times")
            page.close()
            return found
        finally:
            server.kill()
            server.wait()


def _text(times: list[float]) -> str:
    return f"{median(times):.0f} ({quantiles(times, n=20)[-1]:.0f})"
