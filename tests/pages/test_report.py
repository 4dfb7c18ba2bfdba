"""The report: one page that holds all about a spec, and lets nothing of it become markup."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import archcompiler
from archcompiler.cli import cli
from archcompiler.pages.layer_table import MOST
from archcompiler.pages.report import MARK, report
from archcompiler.pages.view import read
from scripts.specs import KINDS, SPECS, spec_path
from tests.conftest import ROOT, sampled

VOID = {"meta", "link", "br", "img", "input"}
WRONG = """\
archc: 1
name: Wrong
layers:
- {layer: In, type: input, maps: 3, size: 224x224}
- {layer: C1, type: convolution, maps: 96, size: 55x55, kernel: 11x11, stride: 4, padding: same}
- {layer: S2, type: max_poling, kernel: 3x3, stride: 2}
"""


class Page(HTMLParser):
    """A page taken apart: every element with its attributes, every script and style."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.inside: dict[str, list[str]] = {"script": [], "style": []}
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in self.inside:
            self.inside[self.open[-1]].append(data)

    def values(self, attribute: str, tag: str = "") -> list[str]:
        return [
            attributes[attribute] or ""
            for name, attributes in self.elements
            if attribute in attributes and tag in ("", name)
        ]


def _run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, ["report", *map(str, arguments)])


def _page(path: Path, *others: Path) -> Page:
    return Page(report(*(read(each) for each in (path, *others))))


@pytest.mark.parametrize("path", sampled(KINDS, 6), ids=lambda path: path.stem)
def test_every_layer_is_everywhere(path: Path) -> None:
    page = _page(path)
    assert page.open == []
    network = archcompiler.load(path)
    named = page.values("data-layer", "tr")
    assert len(named) == len(set(named))
    assert {layer.name for layer in network.layers} <= set(named)
    drawn = page.values("data-layer", "g")
    assert set(drawn) <= set(named)
    for name in named:  # itself, or a block that it is in, is in the pictures
        parts = name.split(".")
        assert {".".join(parts[:end]) for end in range(1, len(parts) + 1)} & set(drawn)
    keys, lines = set(page.values("data-row", "tr")), set(page.values("data-row", "span"))
    assert lines == keys | lines
    assert keys - lines == set()


@pytest.mark.parametrize("path", sampled(KINDS, 6), ids=lambda path: path.stem)
def test_it_loads_nothing_and_runs_what_is_its_own(path: Path) -> None:
    page = _page(path)
    [policy] = [a["content"] or "" for _, a in page.elements if "http-equiv" in a]
    [script], [style] = page.inside["script"], page.inside["style"]
    for name, text in (("script-src", script), ("style-src", style)):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{name} 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none';")
    assert not page.values("src")
    assert not page.values("href")
    assert not page.values("style")
    assert not [name for _, found in page.elements for name in found if name.startswith("on")]
    assert "http" not in re.sub(r"@font-face.*?}", "", style)


def test_stated_and_proven_sizes_and_shares() -> None:
    page = _page(ROOT / "specs" / "alexnet.yaml")
    row = page.text[page.text.index('<tr data-layer="C3"') :].partition("</tr>")[0]
    cells = [html.unescape(re.sub(r"<[^>]+>", "", cell)).strip() for cell in row.split("<td")[1:]]
    texts = [cell.rpartition(">")[2].strip() for cell in cells]
    assert texts[:3] == ["convolution, relu", "256 x 27x27", "256 x 27x27"]
    assert texts[3] == "51x51"  # 11 + 4 * (3 - 1) + 8 * (5 - 1)
    assert texts[4:] == ["614,656", "447,897,600", "729.0 KiB"]
    shares = re.findall(r'<rect width="([\d.]+)"', row)
    assert shares == ["0.99", "39.45", "19.93"]  # 614,656 / 62,378,344 and so on


def test_blocks_are_folded_in_the_table() -> None:
    page = _page(spec_path("resnet50"))
    levels = dict(zip(page.values("data-layer", "tr"), page.values("data-level"), strict=True))
    assert levels["layer1"] == "0"
    assert levels["layer1.2"] == "1"
    assert levels["layer1.2.conv3"] == "2"
    keys = dict(zip(page.values("data-layer", "tr"), page.values("data-row", "tr"), strict=True))
    assert keys["layer1"] == keys["layer1.2"] == "/layer1"
    assert keys["layer1.2.conv3"] == "bottleneck/conv3"
    assert keys["layer1.0.downsample.conv"] == "projection/conv"
    assert "resnet.yaml" in page.text  # the file that the rows stand in


@pytest.mark.slow
def test_a_table_of_many_lines_is_cut(tmp_path: Path) -> None:
    rows = "".join(f"- {{layer: D{i}, type: dropout, rate: 0.1}}\n" for i in range(MOST + 7))
    path = tmp_path / "deep.yaml"
    path.write_text(f"archc: 1\nname: Deep\nlayers:\n- {{layer: In, type: input, size: 9}}\n{rows}")
    page = _page(path)
    assert len(page.values("data-level")) == MOST
    assert "8 more layers are in the sums" in page.text


def test_a_faulty_spec_has_its_page(tmp_path: Path) -> None:
    path, output = tmp_path / "wrong.yaml", tmp_path / "wrong.html"
    path.write_text(WRONG)
    result = _run(path, "-o", output)
    assert result.exit_code == 1
    assert "error[ARC401]" in result.stderr
    page = Page(output.read_text())
    assert page.open == []
    shown = html.unescape(re.sub(r"<[^>]+>", "", page.text))
    for fault in result.stderr.split("\n\n")[:2]:
        for line in fault.splitlines():
            assert line in shown
    marked = [a.get("class") for name, a in page.elements if name == "span"]
    assert marked.count("l fault") == 2


def test_what_a_backend_cannot_express_is_told(tmp_path: Path) -> None:
    path = tmp_path / "odd.yaml"
    path.write_text(
        "archc: 1\nname: Odd\nlayers:\n- {layer: In, type: input, maps: 4, size: '?x9'}\n"
        "- {layer: P, type: max_pooling, kernel: 3x3, stride: 2, rounding: ceil}\n"
    )
    assert "ARC501" in _page(path).text
    assert _run(path, "-o", tmp_path / "odd.html").exit_code == 0


def test_two_specs_beside_each_other(tmp_path: Path) -> None:
    output = tmp_path / "both.html"
    specs = ROOT / "specs" / "vgg"
    result = _run(specs / "vgg16.yaml", "--compare", specs / "vgg16_bn.yaml", "-o", output)
    assert result.exit_code == 0, result.output
    page = Page(output.read_text())
    tables = page.text.split('<table class="layers">')[1:]
    assert len(tables) == 2
    assert 'data-layer="stage1.0.bn"' not in tables[0]
    added = re.search(r'<tr data-layer="stage1.0.bn"[^>]*class="([^"]*)"', tables[1])
    assert added
    assert "new" in added[1]
    assert "138,374,440" in page.text
    assert "An old checkpoint does not load" in page.text
    marks = [a.get("class") for name, a in page.elements if name == "span"]
    assert marks.count("l old") > 3
    assert marks.count("l new") > 3
    same = Page(report(read(specs / "vgg16.yaml"), read(specs / "vgg16.yaml")))
    kinds = {a.get("class") for name, a in same.elements if name in ("span", "tr")}
    assert not {"l old", "l new"} & kinds


def test_a_faulty_one_beside_a_sound_one(tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(WRONG)
    for pair in ((path, SPECS[0]), (SPECS[0], path), (path, path)):
        page = _page(*pair)
        assert page.open == []
        assert "ARC401" in page.text


HOSTILE = "</script><script>alert(1)</script><style>*{}</style>\"'&<!--{{ 7 * 7 }}\u202e"


def test_no_text_of_a_spec_becomes_markup(tmp_path: Path) -> None:
    path = tmp_path / "odd.yaml"
    text = json.dumps(HOSTILE)
    path.write_text(
        f"# {HOSTILE}\narchc: 1\nname: Odd\ndescription: {text}\nlayers:\n"
        f"- {{layer: In, type: input, maps: 3, size: 8x8, note: {text}}}\n"
    )
    sound = _page(path)
    assert sound.open == []
    assert len(sound.inside["script"]) == len(sound.inside["style"]) == 1
    assert "49" not in sound.text.partition("{{ 7 * 7 }}")[0][-200:]
    path.write_text(path.read_text() + f"- {{layer: {text}, type: {text}}}\n")
    assert len(_page(path).inside["script"]) == 1
    name = tmp_path / "<img src=x>.yaml"
    name.write_text(path.read_text())
    assert "<img" not in _page(name, path).text


@pytest.mark.slow
def test_the_same_bytes_whatever_the_hash_seed(tmp_path: Path) -> None:
    made = []
    for seed in ("0", "1"):
        output = tmp_path / f"{seed}.html"
        arguments = ["report", "specs/inception/googlenet.yaml", "-o", str(output)]
        subprocess.run(
            [sys.executable, "-m", "archcompiler", *arguments],
            check=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            stdout=subprocess.DEVNULL,
        )
        made.append(output.read_bytes())
    assert made[0] == made[1]


def test_the_command(tmp_path: Path) -> None:
    spec, output = ROOT / "specs" / "alexnet.yaml", tmp_path / "out.html"
    result = _run(spec, "-o", output)
    assert (result.exit_code, result.output) == (0, f"{output.as_posix()}\n")
    assert MARK in output.read_text()[:200]
    assert _run(spec, "-o", output).exit_code == 0  # ours
    output.write_text("mine")
    refused = _run(spec, "-o", output)
    assert refused.exit_code == 2
    assert "was not written by archc; `--force` overwrites it" in refused.stderr
    assert output.read_text() == "mine"
    assert _run(spec, "-o", output, "--force").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-o", "out.svg"], "ends in .html"),
        (["-o", "/dev/null/x.html"], "cannot write"),
        (["-o", "out.html", "--compare", "missing.yaml"], "cannot read missing.yaml"),
        (["-o", "out.html", "-p", "nothing=1"], "nothing"),
        ([], "Missing option"),
    ],
)
def test_wrong_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = _run(ROOT / "specs" / "alexnet.yaml", *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert not list(tmp_path.iterdir())


def test_no_framework_is_imported() -> None:
    code = "import sys, archcompiler.pages.report\n"
    code += "print({'keras', 'torch', 'numpy'} & {*sys.modules})"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert found.stdout.strip() == "set()"


@pytest.mark.parametrize("function", ["relu", "leaky_relu(0.1)", "softmax"])
def test_an_activation_shows_its_function(function: str, tmp_path: Path) -> None:
    path = tmp_path / "activated.yaml"
    path.write_text(
        "archc: 1\nname: Activated\nlayers:\n- {layer: In, type: input, size: 7}\n"
        f"- {{layer: A, type: activation, activation: {function}}}\n"
        f"- {{layer: F, type: fully_connected, size: 3, activation: {function}}}\n"
    )
    table = read(path).table_html()
    for said in (f"activation, {function}", f"fully_connected, {function}"):
        assert f"<td>{said}</td>" in table
        assert said in CliRunner().invoke(cli, ["summary", str(path)]).stdout
    layers = json.loads(CliRunner().invoke(cli, ["summary", str(path), "--format", "json"]).stdout)[
        "layers"
    ]
    assert [layer["activation"] for layer in layers] == [None, function, function]
