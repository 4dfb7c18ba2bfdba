"""Sizes along none to three axes, in every form that archc prints them in, and back again."""

import csv
import io
import json
import re
from pathlib import Path

import pytest

import archcompiler
from archcompiler import Architecture
from archcompiler.diagnostics import Source
from archcompiler.diff import compare
from archcompiler.diff.formats import FORMATS as DIFFS
from archcompiler.editor.document import Document
from archcompiler.editor.hover import hover
from archcompiler.graph.expand import expanded
from archcompiler.graph.formats import FORMATS
from archcompiler.language.format import formatted
from archcompiler.operations import Shape

# what is read, what a convolution or a dense layer of it gives, and another size of it
CASES = {
    "a vector": ("size: 7", "fully_connected, size: 5", Shape(7), Shape(5)),
    "one axis": (
        "maps: 2, size: 9",
        "convolution, maps: 4, kernel: 3",
        Shape(2, (9,)),
        Shape(4, (7,)),
    ),
    "two axes": (
        "maps: 2, size: 9x8",
        "convolution, maps: 4, kernel: 3x2",
        Shape(2, (9, 8)),
        Shape(4, (7, 7)),
    ),
    "three axes": (
        "maps: 2, size: 9x8x7",
        "convolution, maps: 4, kernel: 3x2x1",
        Shape(2, (9, 8, 7)),
        Shape(4, (7, 7, 7)),
    ),
    "unknown along one": (
        'maps: 2, size: "?"',
        "convolution, maps: 4, kernel: 3, padding: same",
        Shape(2, (None,)),
        Shape(4, (None,)),
    ),
    "unknown along one of three": (
        "maps: 2, size: 4x?x6",
        "convolution, maps: 4, kernel: 1",
        Shape(2, (4, None, 6)),
        Shape(4, (4, None, 6)),
    ),
}
EACH = pytest.mark.parametrize("case", CASES)


def text_of(given: str, row: str) -> str:
    return (
        "archc: 1\nname: Net\nlayers:\n"
        f"- {{layer: In, type: input, {given}}}\n- {{layer: L, type: {row}}}\n"
    )


def network(case: str) -> Architecture:
    return archcompiler.loads(text_of(*CASES[case][:2]))


def said(shape: Shape, times: str = "x") -> str:
    """Return a shape as tables say it: maps x lengths, or features."""
    lengths = times.join("?" if length is None else str(length) for length in shape.places)
    return f"{shape.channels} {times} {lengths}" if lengths else str(shape.channels)


@EACH
def test_what_is_stated_is_what_is_proven(case: str) -> None:
    given, row, before, after = CASES[case]
    layers = network(case)
    assert (layers["In"].shape, layers["L"].shape) == (before, after)
    size = f'"{after.size}"' if "?" in after.size else after.size
    if not after.is_vector:
        stated = archcompiler.loads(text_of(given, f"{row}, size: {size}"))
        assert stated["L"].shape == after
    longer = after.places[-1:] or (after.channels,)
    wrong = Shape(after.channels, (*after.places, *longer)).size  # along an axis more
    with pytest.raises(archcompiler.SpecError):
        archcompiler.loads(text_of(given, f'{row}, maps: 4, size: "{wrong}"'))


@EACH
def test_text_and_markdown(case: str) -> None:
    layers = network(case)
    for form in ("text", "markdown"):
        table = FORMATS[form](layers.graph, None)
        for layer in layers.layers:
            line = next(
                line for line in table.splitlines() if re.search(rf"\b{layer.name}\b", line)
            )
            assert f" {said(layer.shape)} " in line


@EACH
def test_json_and_csv(case: str) -> None:
    layers = network(case)
    listed = json.loads(FORMATS["json"](layers.graph, None))["layers"]
    assert [row["output"] for row in listed] == [[*layer.shape.lengths] for layer in layers.layers]
    rows = csv.DictReader(io.StringIO(FORMATS["csv"](layers.graph, None)))
    assert [row["output"] for row in rows] == [said(layer.shape) for layer in layers.layers]


@EACH
def test_pictures(case: str) -> None:
    layers = network(case)
    for style in ("dag", "layered"):
        picture = layers.draw(style=style)
        for layer in layers.layers:
            assert said(layer.shape, "\u00d7") in picture


@EACH
def test_hover(case: str, tmp_path: Path) -> None:
    given, row, before, after = CASES[case]
    document = Document(str(tmp_path / "net.yaml"), text_of(given, row))
    found = hover(document, document.source.text.index("layer: L") + 7)
    assert found is not None
    assert f"{before} \u2192 {after}" in found[0]


@EACH
def test_differences(case: str) -> None:
    old, new = network(case), archcompiler.loads(text_of("size: 3", "fully_connected, size: 2"))
    changes = compare(old.graph, new.graph)
    lengths = [*old["In"].shape.lengths]
    layers = json.loads(DIFFS["json"](changes))["layers"]
    assert lengths in [layer["old"]["output"] for layer in layers if layer["old"]]
    for form in ("text", "markdown"):
        assert old["In"].shape.size in DIFFS[form](changes)


@EACH
def test_the_flat_spec_and_the_layout_keep_it(case: str) -> None:
    layers = network(case)
    text = expanded(layers.graph)
    again = archcompiler.loads(text)
    assert [layer.shape for layer in again.layers] == [layer.shape for layer in layers.layers]
    assert again.fingerprint == layers.fingerprint
    written = text_of(*CASES[case][:2])
    assert archcompiler.loads(formatted(Source("net", written))).fingerprint == layers.fingerprint
