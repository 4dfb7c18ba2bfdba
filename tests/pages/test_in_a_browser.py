"""The pages in a real Chromium: what people see, and what happens when they point and type."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import archcompiler
from archcompiler.cli import cli
from archcompiler.drawing.outline import TIMES
from scripts.specs import spec_path
from tests.conftest import ROOT, Served

sync_api = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.slow
expect = sync_api.expect
pytest.importorskip("starlette")

from tests.pages.test_serve import ALEXNET  # noqa: E402

KNOWN = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
OPTIONS = (
    "--no-sandbox",  # pages of our own alone; containers have no user for one
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

# Where text is typed over, Chromium itself keeps its style in an attribute that the policy refuses.
VIOLATIONS = """
document.addEventListener("securitypolicyviolation", event => {
  if (!event.target.closest?.(".cm-content")) console.error("violated: " + event.violatedDirective);
});
"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    path = os.environ.get("ARCHC_BROWSER") or next(filter(None, map(shutil.which, KNOWN)), None)
    if path is None:
        pytest.skip("needs Chromium: ARCHC_BROWSER is its path, or Debian's package chromium")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(OPTIONS))
        yield browser
        browser.close()


@pytest.fixture
def tab(chromium: Any) -> Iterator[Any]:
    """A page of a browser that fails the test if it logs an error or asks another host."""
    context = chromium.new_context(
        viewport={"width": 1400, "height": 900}, permissions=["clipboard-read", "clipboard-write"]
    )
    page = context.new_page()
    page.set_default_timeout(15_000)
    wrong: list[str] = []
    page.add_init_script(VIOLATIONS)

    def hear(said: Any) -> None:
        if said.type == "error" and not said.text.startswith("Applying inline style"):
            wrong.append(said.text)

    page.on("console", hear)
    page.on("pageerror", lambda error: wrong.append(str(error)))

    def watch(request: Any) -> None:
        if not request.url.startswith(("file:", "data:", "blob:", "http://127.0.0.1:")):
            wrong.append(f"asked for {request.url}")

    page.on("request", watch)
    page.refusals = False  # whether the test has the server refuse something
    yield page
    context.close()
    refused = "Failed to load resource" if page.refusals else "\0"
    assert [said for said in wrong if not said.startswith(refused)] == []


def _written(tmp_path: Path, command: str, *arguments: str) -> str:
    output = tmp_path / f"{command}.html"
    result = CliRunner().invoke(cli, [command, *arguments, "-o", str(output)])
    assert result.exit_code == 0, result.output
    return output.as_uri()


def _lit(page: Any, kind: str = "lit") -> set[str]:
    found = page.eval_on_selector_all(
        f".{kind}", "all => all.map(e => e.dataset.layer || e.dataset.row)"
    )
    return set(found)


def test_a_drawn_page_zooms_and_moves(tab: Any, tmp_path: Path) -> None:
    tab.goto(_written(tmp_path, "draw", str(ROOT / "specs" / "alexnet.yaml")))

    def view() -> list[float]:
        return [float(part) for part in tab.get_attribute("svg", "viewBox").split()]

    whole = view()
    tab.mouse.move(700, 450)
    before = tab.evaluate("() => [...document.elementsFromPoint(700, 450)].length")
    assert before
    tab.mouse.wheel(0, -400)
    tab.wait_for_function(
        "w => document.querySelector('svg').viewBox.baseVal.width < w", arg=whole[2]
    )
    near = view()
    assert near[2] / whole[2] == pytest.approx(near[3] / whole[3])
    tab.mouse.down()
    tab.mouse.move(800, 500, steps=4)
    tab.mouse.up()
    moved = view()
    assert moved[0] < near[0]
    assert moved[1] < near[1]
    assert moved[2:] == near[2:]
    tab.keyboard.press("ArrowRight")
    assert view()[0] > moved[0]
    tab.keyboard.press("+")
    assert view()[2] < near[2]
    tab.keyboard.press("-")
    assert view()[2] == pytest.approx(near[2])
    tab.keyboard.press("0")
    assert view() == pytest.approx(whole)
    tab.keyboard.press("+")
    tab.mouse.dblclick(700, 450)
    assert view() == pytest.approx(whole)


def test_a_layer_lights_up_everywhere(tab: Any, tmp_path: Path) -> None:
    tab.goto(_written(tmp_path, "report", str(ROOT / "specs" / "alexnet.yaml")))
    for where in (
        'tr[data-layer="C3"] .name',
        'g.layer[data-layer="C3"] >> nth=0',
        'g.layer[data-layer="C3"] >> nth=1',
        '.listing [data-row="/C3"] >> nth=0',
        '.listing [data-row="/C3"] >> nth=1',
    ):
        tab.hover(where)
        assert _lit(tab) == {"C3", "/C3"}
        assert tab.locator("svg .lit").count() == 2
        assert tab.locator(".listing .lit").count() >= 4  # the spec, Keras, PyTorch twice
        panes = tab.locator(".listing:has(.lit)").count()
        assert panes == 3
    tab.mouse.move(2, 2)
    assert _lit(tab) == set()
    tab.click('tr[data-layer="Out"] .name')
    tab.mouse.move(2, 2)
    assert _lit(tab) == {"Out", "/Out"}  # a click keeps it, and shows it
    for line in tab.query_selector_all(".listing .lit"):
        assert line.is_visible()
    first = tab.locator(".listing").nth(2).locator(".lit").first
    pane = tab.locator(".listing").nth(2).bounding_box()
    assert pane["y"] <= first.bounding_box()["y"] <= pane["y"] + pane["height"]
    tab.keyboard.press("Escape")
    assert _lit(tab) == set()


def test_blocks_open_and_light_up_what_they_hold(tab: Any, tmp_path: Path) -> None:
    tab.goto(_written(tmp_path, "report", str(spec_path("resnet50"))))
    inner = tab.locator('tr[data-layer="layer1.0.conv1"]')
    assert not inner.is_visible()
    tab.click('tr[data-layer="layer1"] .fold')
    assert tab.locator('tr[data-layer="layer1.2"]').is_visible()
    assert not inner.is_visible()
    tab.click('tr[data-layer="layer1.0"] .fold')
    assert inner.is_visible()
    inner.locator(".name").hover()
    assert _lit(tab) == {"layer1.0.conv1", "bottleneck/conv1"}
    assert _lit(tab, "near") >= {"layer1", "layer1.0"}
    tab.click('tr[data-layer="layer1"] .fold')
    assert not inner.is_visible()
    tab.hover('.listing [data-row="bottleneck/conv1"] >> nth=0')
    assert "layer4.2.conv1" in _lit(tab)
    assert "layer4" in _lit(tab, "near")


def test_pictures_in_a_report_zoom_and_code_is_copied(tab: Any, tmp_path: Path) -> None:
    tab.goto(_written(tmp_path, "report", str(spec_path("googlenet"))))
    stage = tab.locator(".stage").nth(1)
    picture = stage.locator("svg[role=img]")
    first = picture.get_attribute("viewBox")
    stage.locator('[data-do="larger"]').click()
    assert picture.get_attribute("viewBox") != first
    stage.locator('[data-do="reset"]').click()
    width, height = (float(part) for part in picture.get_attribute("viewBox").split()[2:])
    assert height > width  # all of it: a tall graph
    scrolled = tab.evaluate("scrollY")
    picture.hover()
    tab.mouse.wheel(0, 300)
    tab.wait_for_function("y => scrollY > y", arg=scrolled)  # the wheel is the page's here
    code = tab.locator(".code").last
    code.locator("button").click()
    copied = tab.evaluate("() => navigator.clipboard.readText()")
    assert copied == archcompiler.load(spec_path("googlenet")).source("torch")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_reports_are_light_and_dark(chromium: Any, tmp_path: Path, scheme: str) -> None:
    address = _written(tmp_path, "report", str(ROOT / "specs" / "alexnet.yaml"))
    context = chromium.new_context(color_scheme=scheme)
    page = context.new_page()
    page.goto(address)

    def brightness() -> dict[str, int]:
        return dict(
            page.evaluate(
                """() => [["body", getComputedStyle(document.body).backgroundColor],
                ["picture", getComputedStyle(document.querySelector("svg rect")).fill]].map(
                ([name, colour]) => [name, Number(colour.match(/\\d+/)[0])])"""
            )
        )

    values = brightness()
    assert all((value > 200) == (scheme == "light") for value in values.values()), values
    page.click('[data-do="theme"]')
    turned = brightness()
    assert all((value > 200) != (scheme == "light") for value in turned.values()), turned
    context.close()


def test_a_report_is_readable_without_scripts(chromium: Any, tmp_path: Path) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(_written(tmp_path, "report", str(spec_path("resnet50"))))
    assert page.locator('tr[data-layer="layer1.0.conv1"]').is_visible()
    context.close()


def test_two_specs_stand_beside_each_other(tab: Any, tmp_path: Path) -> None:
    specs = ROOT / "specs" / "vgg"
    address = _written(
        tmp_path, "report", str(specs / "vgg16.yaml"), "--compare", str(specs / "vgg16_bn.yaml")
    )
    tab.goto(address)
    one, other = (tab.locator("table.layers").nth(index) for index in (0, 1))
    left, right = one.locator("..").bounding_box(), other.locator("..").bounding_box()
    assert left["x"] + left["width"] <= right["x"]
    assert left["y"] == right["y"]
    one.locator('tr[data-layer="fc6"] .name').hover()
    assert tab.locator("tr.lit").count() == 2
    wide = tab.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0


@pytest.fixture
def served(served: Callable[..., Served], tmp_path: Path) -> Callable[..., Served]:
    """The server, in a folder that has AlexNet."""
    (tmp_path / "alexnet.yaml").write_text(ALEXNET)
    return served


@pytest.fixture
def app(tab: Any, served: Callable[..., Served]) -> Iterator[Any]:
    """The page of `archc serve` with AlexNet open, and its picture shown."""
    tab.goto(served().address)
    tab.wait_for_selector('#pane g.layer[data-layer="C1"]')
    yield tab
    tab.close()


def _replace(app: Any, old: str, new: str) -> None:
    """Select `old` in the editor, as if by its search, and type `new`."""
    app.focus(".cm-content")
    app.keyboard.press("Control+f")
    app.wait_for_selector(".cm-search")
    app.keyboard.press("Control+a")
    app.keyboard.type(old)
    app.keyboard.press("Enter")
    app.keyboard.press("Escape")
    app.keyboard.type(new)
    _answered(app)


def _answered(app: Any) -> None:
    """Wait until what is shown is of the text as it is."""
    app.wait_for_selector("#faults[aria-busy=false]")


def test_a_warning_is_underlined_beside_the_picture(app: Any) -> None:
    _replace(app, "classes: 1000", "classes: 1")
    expect(app.locator("#faults .diagnostic.warning")).to_contain_text("warning[ARC601]")
    summaries = app.locator("#faults .summary")
    expect(summaries).to_have_text(["All shapes are proven.", "1 warning in 1 file"])
    expect(app.locator(".cm-lintRange-warning")).to_have_text("softmax")
    expect(app.locator(".cm-lintRange-error")).to_have_count(0)
    assert "stale" not in (app.get_attribute("#pane", "class") or "")


def test_a_fault_is_typed_and_mended(app: Any) -> None:
    assert app.locator("#faults").inner_text() == "All shapes are proven."
    before = app.text_content("#pane")
    _replace(app, "55x55", "56x56")
    fault = app.locator("#faults .diagnostic")
    expect(fault).to_contain_text("error[ARC401]: `C1` is stated as 56x56 but computes to 55x55")
    told = fault.inner_text()
    caret = next(line for line in told.splitlines() if "^" in line)
    row = next(line for line in told.splitlines() if "layer: C1" in line)
    assert row[caret.index("^") : caret.rindex("^") + 1].startswith("56x56")
    underlined = app.locator(".cm-lintRange-error")
    expect(underlined).to_have_text("56x56")
    assert "stale" in app.get_attribute("#pane", "class")
    assert app.text_content("#pane") == before  # what was proven last
    _replace(app, "56x56", "55x55")
    expect(app.locator("#faults .diagnostic")).to_have_count(0)
    _replace(app, "maps: 96,  size: 55x55", "maps: 48,  size: 55x55")
    _replace(app, "maps: 96,  size: 27x27", "maps: 48,  size: 27x27")
    expect(app.locator("#pane")).to_contain_text(f"48 {TIMES} 55{TIMES}55")
    assert app.text_content("#pane") != before
    expect(underlined).to_have_count(0)


def test_a_fix_is_offered_and_made(app: Any) -> None:
    _replace(app, "55x55", "56x56")
    app.wait_for_selector(".cm-lintRange-error")
    app.hover(".cm-lintRange-error")
    app.click(".cm-diagnosticAction >> text=write `55x55`")
    expect(app.locator("#faults .diagnostic")).to_have_count(0)
    assert "size: 55x55" in app.inner_text(".cm-content")


def test_words_are_offered(app: Any) -> None:
    app.focus(".cm-content")
    app.keyboard.press("Control+End")
    app.keyboard.type("- {layer: X, type: conv")
    app.wait_for_timeout(200)  # by then it has asked
    offered = app.locator(".cm-tooltip-autocomplete:not(.cm-tooltip-autocomplete-disabled)")
    expect(offered.locator("[aria-selected] .cm-completionLabel")).to_have_text("convolution")
    app.wait_for_timeout(200)  # keys that are pressed as it opens are the text's
    app.keyboard.press("Enter")
    expect(app.locator(".cm-line").last).to_have_text(re.compile(r"type: convolution\}?$"))


def test_what_stands_under_the_pointer_is_explained(app: Any) -> None:
    app.hover('.cm-line:has-text("layer: C3") >> text=convolution')
    app.wait_for_selector(".cm-tooltip-hover")
    assert "256" in app.inner_text(".cm-tooltip-hover")


def test_every_pane(app: Any) -> None:
    for show, selector in (
        ("graph", 'g.layer[data-layer="C1"]'),
        ("table", 'tr[data-layer="C1"]'),
        ("keras", '.listing [data-row="/C1"]'),
        ("torch", '.listing [data-row="/C1"]'),
        ("layered", 'g.layer[data-layer="C1"]'),
    ):
        app.click(f'[role=tab][data-show="{show}"]')
        app.wait_for_selector(f"#pane[data-show={show}] {selector}")
        app.hover(f"#pane {selector} >> nth=0")
        app.wait_for_selector(".cm-lit")
        assert "layer: C1" in app.inner_text(".cm-lit")
        app.hover('.cm-line:has-text("layer: S4")')
        app.wait_for_selector("#pane .lit")
        assert _lit(app) <= {"S4", "/S4"}


def test_what_one_looked_at_stays_while_one_types(app: Any) -> None:
    app.click('[role=tab][data-show="graph"]')
    app.wait_for_selector("#pane[data-show=graph] svg[aria-label=AlexNet]")
    for _ in range(3):
        app.click('[data-do="larger"]')
    seen = app.get_attribute("#pane svg[role=img]", "viewBox")
    app.evaluate("document.querySelector('#pane svg').dataset.old = 1")
    _replace(app, "name: AlexNet", "name: Other")
    app.wait_for_selector("#pane svg[aria-label=Other]")
    assert app.get_attribute("#pane svg[role=img]", "viewBox") == seen


def test_open_save_and_download(app: Any, tmp_path: Path) -> None:
    _replace(app, "name: AlexNet", "name: Mine")
    expect(app).to_have_title(re.compile("^Mine"))
    expect(app.locator("#state")).to_have_text("alexnet.yaml, not saved")
    app.keyboard.press("Control+s")
    expect(app.locator("#state")).to_have_text("alexnet.yaml, saved")
    assert "name: Mine" in (tmp_path / "alexnet.yaml").read_text()
    app.refusals = True
    app.click("#save-as")
    app.fill("#name-text", f"../{tmp_path.name}.yaml")
    app.click("#name-save")
    app.wait_for_selector("#state.bad")
    assert not (tmp_path.parent / f"{tmp_path.name}.yaml").exists()
    app.click("#save-as")
    app.fill("#name-text", "inner/copy.yaml")
    app.click("#name-save")
    expect(app.locator("#files")).to_have_value("inner/copy.yaml")
    assert (tmp_path / "inner" / "copy.yaml").read_text() == (tmp_path / "alexnet.yaml").read_text()
    app.select_option("#files", "alexnet.yaml")
    expect(app.locator("#state")).to_have_text("alexnet.yaml, saved")
    for what, name, start in (
        ("spec", "alexnet.yaml", "# yaml"),
        ("torch", "alexnet_torch.py", '"""Mine.'),
        ("svg", "alexnet_layered.svg", "<svg"),
        ("report", "alexnet.html", "<!doctype"),
    ):
        with app.expect_download() as download:
            app.select_option("#download", what)
        assert download.value.suggested_filename == name
        assert Path(download.value.path()).read_text().startswith(start)


def test_the_dialog_saves_with_enter(app: Any, tmp_path: Path) -> None:
    app.click("#save-as")
    app.keyboard.press("Control+a")
    app.keyboard.type("copy")
    app.keyboard.press("Enter")
    expect(app.locator("#state")).to_have_text("copy.yaml, saved")
    assert (tmp_path / "copy.yaml").read_text() == ALEXNET
    app.click("#save-as")
    app.click("#name-cancel")
    assert not app.locator("#name").is_visible()


def test_a_row_stays_lit_along_its_whole_line(app: Any) -> None:
    line = app.locator('.cm-line:has-text("layer: C5")')
    box = line.bounding_box()
    for step in range(8):
        app.mouse.move(box["x"] + 10 + step * 60, box["y"] + box["height"] / 2)
        expect(app.locator("#pane .lit")).to_have_attribute("data-layer", "C5")


def test_another_file_begins_anew(app: Any, tmp_path: Path) -> None:
    (tmp_path / "faulty.yaml").write_text(ALEXNET.replace("55x55", "56x56"))
    (tmp_path / "unet.yaml").write_text(spec_path("unet").read_text())
    app.reload()
    app.wait_for_selector("#pane g.layer")
    for _ in range(6):
        app.click('[data-do="larger"]')
    app.select_option("#files", "unet.yaml")
    app.wait_for_selector("#pane svg[aria-label=UNet]")
    assert app.get_attribute("#pane svg[role=img]", "data-seen") == "first"
    app.select_option("#files", "faulty.yaml")
    app.wait_for_selector("#faults .diagnostic")
    assert app.inner_text("#facts") == ""
    assert app.inner_text("#pane").startswith("There is no picture yet: this spec has a fault.")
    assert app.locator("#pane svg").count() == 0
    expect(app).to_have_title("faulty.yaml - archc")
    app.click('[role=tab][data-show="table"]')
    app.reload()  # the same file, and the same pane
    app.wait_for_selector("#faults .diagnostic")
    assert app.input_value("#files") == "faulty.yaml"
    assert app.get_attribute('[data-show="table"]', "aria-selected") == "true"


def test_a_faulty_spec_says_so_until_its_picture_comes(
    tab: Any, served: Callable[..., Served], tmp_path: Path
) -> None:
    (tmp_path / "alexnet.yaml").write_text(ALEXNET.replace("55x55", "56x56"))
    tab.goto(served("alexnet.yaml").address)
    pane = tab.locator("#pane")
    expect(pane).to_contain_text("There is no picture yet: this spec has a fault.")
    assert not tab.locator("#outdated").is_visible()  # nothing was proven
    tab.click("#pane [data-from]")
    tab.keyboard.type("x")
    _answered(tab)
    expect(tab.locator('.cm-line:has-text("layer: C1")')).to_contain_text("size: x")
    tab.keyboard.press("Backspace")
    _replace(tab, "type: max_pooling", "type: max_poolong")
    expect(pane).to_contain_text("this spec has 2 faults.")
    tab.click('[role=tab][data-show="table"]')
    expect(pane).to_contain_text("There is no table yet")
    _replace(tab, "max_poolong", "max_pooling")
    expect(pane).to_contain_text("There is no table yet: this spec has a fault.")
    tab.click('[role=tab][data-show="layered"]')
    _replace(tab, "56x56", "55x55")
    tab.wait_for_selector('#pane g.layer[data-layer="C1"]')
    expect(pane).not_to_contain_text("There is no")
    _replace(tab, "55x55", "56x56")
    expect(tab.locator("#outdated")).to_be_visible()
    expect(pane).not_to_contain_text("There is no")  # but the picture as it was
    _answered(tab)  # what is still asked for would be refused by a server that is gone


def test_a_file_that_is_no_text_says_so_where_the_picture_would_be(
    tab: Any, served: Callable[..., Served], tmp_path: Path
) -> None:
    tab.refusals = True
    (tmp_path / "a.yaml").write_bytes(b"archc: 1\nname: \xe9\n")
    tab.goto(served().address)
    expect(tab.locator("#pane")).to_have_text(
        "a.yaml cannot be opened: the byte 0xE9 is not UTF-8 text."
    )
    tab.select_option("#files", "alexnet.yaml")
    tab.wait_for_selector('#pane g.layer[data-layer="C1"]')
    _answered(tab)


def test_the_keyboard_is_enough(app: Any) -> None:
    _replace(app, "55x55", "56x56")
    fault = app.locator("#faults .diagnostic")
    expect(fault).to_contain_text("is stated as 56x56")
    expect(app.locator("#announced")).to_have_text("1 error in 1 file")
    for key in ("Enter", "Space"):
        app.keyboard.press("Control+Home")
        fault.focus()
        app.keyboard.press(key)
        app.keyboard.type("9")
        _answered(app)
    expect(app.locator('.cm-line:has-text("layer: C1")')).to_contain_text("size: 9956x56,")
    app.focus('[role=tab][data-show="layered"]')
    app.keyboard.press("ArrowRight")
    assert app.evaluate("document.activeElement.dataset.show") == "graph"


def test_a_fault_keeps_the_focus_when_it_is_told_anew(app: Any) -> None:
    _replace(app, "55x55", "56x56")
    fault = app.locator("#faults .diagnostic")
    fault.focus()
    app.evaluate("document.activeElement.dataset.old = 1")
    app.evaluate("dispatchEvent(new Event('resize'))")  # asks anew
    expect(app.locator("#faults [data-old]")).to_have_count(0)
    expect(fault).to_be_focused()


def test_a_file_that_another_program_wrote_is_not_lost(app: Any, tmp_path: Path) -> None:
    app.refusals = True
    (tmp_path / "alexnet.yaml").write_text("archc: 1\n")
    _replace(app, "name: AlexNet", "name: Mine")
    app.click("#save")
    app.wait_for_selector("#state.bad")
    assert "changed by another program" in app.inner_text("#state")  # and nobody overwrote it
    app.evaluate("dispatchEvent(new Event('resize'))")
    _answered(app)
    assert "changed by another program" in app.inner_text("#state")  # whatever is answered since
    assert (tmp_path / "alexnet.yaml").read_text() == "archc: 1\n"
    app.once("dialog", lambda dialog: dialog.accept())
    app.click("#save")
    expect(app.locator("#state")).to_have_text("alexnet.yaml, saved")
    assert "name: Mine" in (tmp_path / "alexnet.yaml").read_text()


def test_a_new_spec_and_its_layout(app: Any) -> None:
    app.click("#new")
    expect(app).to_have_title(re.compile("^Network"))
    _replace(app, "layer: In,  type", "layer:    In, type")
    app.click("#layout")
    expect(app.locator(".cm-content")).to_contain_text("- {layer: In,  type: input,")


def test_letters_beyond_the_first_plane_keep_their_places(app: Any) -> None:
    _replace(app, "name: AlexNet", "name: AlexNet # 😀😀")
    _replace(app, "55x55", "56x56")
    app.wait_for_selector(".cm-lintRange-error")
    assert app.locator(".cm-lintRange-error").inner_text() == "56x56"
    app.wait_for_selector("#faults .diagnostic")


def test_without_the_token_nothing_is_shown(tab: Any, served: Callable[..., Served]) -> None:
    tab.refusals = True
    tab.goto(served().root)
    tab.wait_for_selector("#state.bad")
    assert "open the address" in tab.inner_text("#state")


def test_the_page_says_when_the_server_has_ended(app: Any, served: Callable[..., Served]) -> None:
    app.wait_for_selector("#pane svg")
    app.refusals = True
    app.route("**/ask/**", lambda route: route.abort())
    _replace(app, "name: AlexNet", "name: Mine")
    app.wait_for_selector("#state.bad")
    assert "archc serve has ended" in app.inner_text("#state")


def test_another_site_cannot_drive_it(
    chromium: Any, served: Callable[..., Served], tmp_path: Path
) -> None:
    """A page of another origin that even knows the token gets nothing, and changes nothing."""
    one, other = served(), served()
    context = chromium.new_context()
    page = context.new_page()
    page.goto(other.root)  # a page of another port is one of another origin
    tried = page.evaluate(
        """async ([root, token]) => {
          const text = JSON.stringify({name: "alexnet.yaml", text: "gone", version: ""});
          const tries = [
            {method: "POST", body: text, headers: {"X-Archc-Token": token}},
            {method: "POST", body: text, mode: "no-cors"},
            {method: "GET", mode: "no-cors"},
          ];
          const found = [];
          for (const options of tries) {
            try {
              const reply = await fetch(root + "ask/save", options);
              found.push(`${reply.type} ${reply.status}`);
            } catch (error) { found.push("refused"); }
          }
          return found;
        }""",
        [one.root, one.token],
    )
    assert not [each for each in tried if "200" in each], tried
    assert (tmp_path / "alexnet.yaml").read_text() == ALEXNET
    context.close()
