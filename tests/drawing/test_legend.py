"""Legends explain all that is in a picture, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

import pytest

import archcompiler
from archcompiler.drawing import SCALES, STYLES, picture
from archcompiler.drawing.outline import AXES, TIMES
from archcompiler.drawing.paint import COSTS, FRONT
from archcompiler.drawing.scene import INK, MUTED, Box, Colour, Group, Path, Scene, Text
from archcompiler.drawing.theme import LOOKS
from archcompiler.graph import Graph
from archcompiler.operations import REGISTRY
from scripts.specs import KINDS, spec_path
from tests.conftest import sampled

HEAD = "archc: 1\nname: Own\nlayers:\n- {layer: In, type: input, maps: 3, size: 32x32}\n"
OWN = {  # what no spec of ours has
    "up": HEAD + "- {layer: C, type: convolution, maps: 4, kernel: 3x3, stride: 2}\n"
    "- {layer: up, type: transposed_convolution, maps: 4, kernel: 4x4, stride: 2}\n",
    "only up": HEAD + "- {layer: up, type: transposed_convolution, maps: 4, kernel: 2x2}\n",
    "copies of up": HEAD
    + "- {layer: up, type: transposed_convolution, maps: 3, kernel: 2x2, repeat: 7}\n",
    "vectors": "archc: 1\nname: Own\nlayers:\n- {layer: In, type: input, size: 9}\n"
    "- {layer: F, type: fully_connected, size: 3}\n- {layer: S, type: activation, "
    "activation: softmax}\n",
    "nothing costs": HEAD + "- {layer: P, type: max_pooling, kernel: 2x2}\n",
    "some of unknown cost": HEAD.replace("32x32", '"?x7"')
    + "- {layer: C, type: convolution, maps: 4, kernel: 3x3}\n"
    "- {layer: G, type: global_average_pooling}\n- {layer: F, type: fully_connected, size: 3}\n",
    "all poolings": HEAD + "- {layer: M, type: max_pooling, kernel: 2x2}\n"
    "- {layer: A, type: average_pooling, kernel: 2x2}\n- {layer: G, type: global_max_pooling}\n"
    "- {layer: H, type: global_average_pooling, from: A}\n"
    "- {layer: both, type: concatenate, from: [G, H]}\n",
    "one": HEAD,
    "blocks of one operation": "archc: 1\nname: Own\nblocks:\n"
    "  dense: {layers: [{layer: F, type: fully_connected, size: 5, activation: relu}]}\n"
    "layers:\n- {layer: In, type: input, size: 9}\n- {layer: hidden, type: dense}\n",
}

THIN = {
    name.replace("_", " ")
    for name, each in REGISTRY.items()
    if each.family in ("normalization", "elementwise")
}


def _graph(name: str) -> Graph:
    if name in OWN:
        return archcompiler.loads(OWN[name]).graph
    return archcompiler.load(spec_path(name)).graph


class Swatch(NamedTuple):
    """What boxes of a look have, in a legend or in a picture."""

    fill: Colour
    hatch: frozenset[str]  # the directions of its lines
    is_framed: bool


def _swatch(fill: Colour, marks: list[Path]) -> Swatch:
    """Return the swatch with all `marks` that have no area."""
    lines = [mark for mark in marks if mark.fill is None and mark.line]
    frames = [mark for mark in lines if mark.steps[-1][0] == "Z"]
    hatch = frozenset(_direction(mark) for mark in lines if mark not in frames)
    return Swatch(fill, hatch, bool(frames))


def _direction(mark: Path) -> str:
    (x, y), (to_x, to_y) = (points[0] for _, points in mark.steps[:2])
    across, down = round(to_x - x, 3), round(to_y - y, 3)
    if not across or not down:
        return "-" if across else "|"
    return "\\" if across * down > 0 else "/"


def _legend(scene: Scene) -> Group:
    (found,) = (group for group in scene.groups if group.role == "legend")
    return found


def _swatches(scene: Scene) -> dict[str, Swatch]:
    """Return the swatches of a legend by their words."""
    found: list[tuple[Colour, list[Path], list[str]]] = []
    for mark in _legend(scene).marks:
        if isinstance(mark, Path) and mark.fill and mark.thickness == 0.8:
            found.append((mark.fill, [], []))
        elif isinstance(mark, Path) and mark.thickness == 0.6 and mark.line != MUTED:
            found[-1][1].append(mark)
        elif isinstance(mark, Text) and mark.size == 10 and not mark.text.endswith(" of a box"):
            found[-1][2].append(mark.text)
    return {" ".join(words): _swatch(fill, marks) for fill, marks, words in found}


def _notes(scene: Scene) -> list[str]:
    """Return the sentences of a legend, without the numbers of a scale."""
    texts = [mark.text for mark in _legend(scene).marks if getattr(mark, "colour", None) == MUTED]
    number = r"[\d.]+( [kKMGT]?(i?B)?)?"
    said = " ".join(text for text in texts if not re.fullmatch(number, text))
    return re.split(r"(?<=\.) ", said) if said else []


def _boxes(scene: Scene) -> dict[str, Group]:
    return {group.title: group for group in scene.groups if group.role == "layer"}


def _texts(scene: Scene) -> list[str]:
    """Return all texts outside of the legend."""
    groups = [group for group in scene.groups if group.role != "legend"]
    return [mark.text for group in groups for mark in group.marks if isinstance(mark, Text)]


def _extent(marks: list[Path]) -> Box:
    points = [point for mark in marks for _, points in mark.steps for point in points]
    xs, ys = zip(*points, strict=True)
    return Box(min(xs), min(ys), max(xs), max(ys))


class Window(NamedTuple):
    """A window in a picture, the cell that goes with it, and what is at both ends of its lines."""

    area: Box
    cell: Box
    source: Box
    target: Box


def _windows(scene: Scene) -> Iterator[Window]:
    boxes = {
        title.partition(": ")[0]: _extent([m for m in group.marks if isinstance(m, Path)])
        for title, group in _boxes(scene).items()
    }
    for group in scene.groups:
        areas = [m for m in group.marks if isinstance(m, Path) and m.fill and m.line == INK]
        if group.role == "edge" and areas:
            cells = [m for m in group.marks if isinstance(m, Path) and m.fill == INK]
            ends = group.title.partition(": ")[0].split(" to ")
            source, target = (_end(boxes, name) for name in ends)
            yield Window(_extent(areas), _extent(cells), source, target)


def _end(boxes: dict[str, Box], name: str) -> Box:
    return next(box for title, box in boxes.items() if title.partition(" … ")[0] == name)


def _holds(box: Box, other: Box) -> bool:
    near = 2.0  # a cell is a dot on the edge of what it lies on
    return (
        box.left - near <= other.left <= other.right <= box.right + near
        and box.top - near <= other.top <= other.bottom <= box.bottom + near
    )


def _is_read(window: Window) -> bool:
    on_source = _holds(window.source, window.area)
    assert on_source != _holds(window.target, window.area)
    assert _holds(window.target if on_source else window.source, window.cell)
    return on_source


def _kind_and_shape(title: str) -> tuple[str, str]:
    """Return what a box is, without the number of its copies, and what it puts out."""
    kind, *_, shape, _ = title.partition(": ")[2].split(", ")
    return kind.partition(f" {TIMES}")[0], shape


def _is_thin(title: str) -> bool:
    kind, shape = _kind_and_shape(title)
    return kind in THIN and TIMES in shape


def _shapes(texts: list[str]) -> str:
    said = {3: "depth×height×width", 2: "height×width", 1: "length"}  # noqa: RUF001
    kinds = [
        f"maps {TIMES} {words}"
        for rank, words in said.items()
        if any(text.count(TIMES) == rank for text in texts)
    ]
    kinds += ["features"] * any(TIMES not in text for text in texts)
    return ", or ".join(kinds)


def _shape_labels(scene: Scene, style: str) -> list[str]:
    """Return the shapes that are written."""
    shape = rf"\d+( {TIMES} [\d?]+({TIMES}[\d?]+)*)?"
    role = "label" if style == "graph" else "layer"
    column = {"layered": 1, "graph": 0, "table": 2}[style]
    found = [
        [mark.text for mark in group.marks if isinstance(mark, Text)][column]
        for group in scene.groups
        if group.role == role
    ]
    assert all(re.fullmatch(shape, text) for text in found)
    return found


def _fills(scene: Scene) -> list[Colour]:
    return [
        mark.fill
        for group in _boxes(scene).values()
        for mark in group.marks
        if isinstance(mark, Path) and mark.fill
    ]


def _expected(scene: Scene, style: str, scale: str, heat: str) -> dict[str, bool]:
    """Return what a legend may say, and whether it is to say so."""
    texts, fills = _texts(scene), _fills(scene)
    reads = [_is_read(window) for window in _windows(scene)] if style == "layered" else []
    shapes = _shapes(_shape_labels(scene, style))
    where = {"layered": "Shapes are", "graph": "On lines:", "table": "Outputs are"}[style]
    unknown = any("?" in text for text in texts)
    hot = any(fill.heat for fill in fills)
    grey = bool(heat) and any(fill.name == "grey" and fill.mix >= 0.8 for fill in fills)
    free = heat and any(fill.name == "heat" for fill in fills) and not hot
    cost = {"multiply_adds": "multiply-adds", "memory": "memory of outputs"}.get(heat, heat)
    found = {
        f"{where} {shapes}.": True,
        "/n is a stride.": any(re.search(r"\d /\d", text) for text in texts),
    }
    if style == "table":
        return found | {
            "? is not known.": unknown,
            "A stronger shade is a larger number.": hot,
            "A multiply-add counts as one.": True,
            "Memory is that of the outputs for one sample in float32.": True,
        }
    found |= {
        f"Grey: {cost} that are not known.": grey and not free,
        f"Grey: {cost} that are not known; other boxes have none.": grey and bool(free),
        f"No box has {cost}.": bool(free) and not grey,
    }
    if style == "graph":
        return found | {"? is not known.": unknown}
    assert any(getattr(mark, "dashes", ()) for mark in scene.marks) == unknown
    maps, features = "maps" in shapes, "features" in shapes
    cells = ", or ".join(["a cell", "four maps"] * maps + ["16 features"] * features)
    sides = "Heights, depths and maps are" if maps else "Heights are"
    window, spread = (
        "from a kernel's window to the cell that it gives",
        "from a cell to the window of the output that it gives its value to",
    )
    edges = [group for group in scene.groups if group.role == "edge"]
    return found | {
        f"{sides} on {'logarithmic scales' if maps else 'a logarithmic scale'}.": scale == "log",
        f"{sides} to scale.": scale == "linear",
        f"A pixel is {cells}, within what can be seen.": scale == "clamped",
        "A thin box has as many maps as it reads.": any(map(_is_thin, _boxes(scene))),
        "A dashed box has a size that is not known (?).": unknown,
        f"Thin lines lead {window}.": bool(reads) and all(reads),
        f"Thin lines lead {spread}.": bool(reads) and not any(reads),
        f"Thin lines lead {window}, or {spread}.": len(set(reads)) == 2,
        "Thinner arrows pass boxes by, or lead to and from branches.": any(
            getattr(group.marks[0], "thickness", 0) == 0.9 for group in edges
        ),
        "On an arrow stands what the block at its end does with it.": any(
            group.role == "label" for group in scene.groups
        ),
        "Three dots are copies that are not drawn.": any(
            sum(getattr(mark, "fill", None) == INK for mark in group.marks) == 3
            for group in _boxes(scene).values()
        ),
    }


def _looks(scene: Scene, *, heat: bool) -> dict[str, Swatch]:
    """Return how each box looks, by its title."""
    found = {}
    for title, group in _boxes(scene).items():
        marks = [mark for mark in group.marks if isinstance(mark, Path)]
        fronts = [mark.fill for mark in marks if mark.fill and (heat or mark.fill.mix == FRONT)]
        found[title] = _swatch(fronts[0], marks)
    return found


def _check_swatches(scene: Scene, *, heat: bool, is_small: bool) -> None:
    """Check what stands beside swatches; boxes that are small have not room for all their lines."""
    swatches, looks = _swatches(scene), _looks(scene, heat=heat)
    framed = swatches.pop("block of layers", None)
    assert (framed is not None) == any(look.is_framed for look in looks.values())
    assert not any(swatch.is_framed for swatch in swatches.values())

    def seen(look: Swatch) -> object:
        return look.hatch if heat else (look.fill, bool(look.hatch))

    of_one, of_many = (
        {seen(look) for look in looks.values() if look.is_framed == is_framed}
        for is_framed in (False, True)
    )
    explained = {seen(swatch) for swatch in swatches.values()}
    assert len(explained) == len(swatches)  # what looks alike has one entry
    assert of_one <= explained <= of_one | of_many
    assert of_many <= explained | ({seen(framed)} if framed else set())
    if framed:
        assert framed.is_framed
        assert seen(framed) in of_many
    for words, swatch in swatches.items():
        alike = {title: look for title, look in looks.items() if seen(look) == seen(swatch)}
        drawn = frozenset().union(*(look.hatch for look in alike.values()))
        assert swatch.hatch == drawn or (is_small and drawn < swatch.hatch)
        types = {REGISTRY[word.replace(" ", "_")] for word in words.split(", ")}
        for type_ in types:
            look = LOOKS[type_.family]
            assert heat or (look.colour, bool(look.hatch)) == (swatch.fill.name, bool(swatch.hatch))
        kinds = {_kind_and_shape(title)[0] for title, look in alike.items() if not look.is_framed}
        assert kinds <= set(words.split(", "))
        assert kinds == set(words.split(", ")) or any(look.is_framed for look in alike.values())


def _check(scene: Scene, style: str, heat: str, scale: str = "log") -> None:
    said, expected = _notes(scene), _expected(scene, style, scale, heat)
    assert len(said) == len(set(said))
    assert set(said) == {note for note, is_so in expected.items() if is_so}
    swatches = _swatches(scene)
    if style == "table":
        assert not swatches  # each row says what it is
    elif style == "graph" and heat:  # each box does
        framed = [look for look in _looks(scene, heat=True).values() if look.is_framed]
        assert list(swatches) == ["block of layers"] * bool(framed)
    else:
        _check_swatches(scene, heat=bool(heat), is_small=scale != "log")
    scales = [m for m in _legend(scene).marks if isinstance(m, Path) and m.fill and m.fill.heat]
    assert bool(scales) == (style != "table" and any(fill.heat for fill in _fills(scene)))


@pytest.mark.parametrize("name", sampled([*(path.stem for path in KINDS), *OWN], 5))
def test_a_legend_explains_what_is_there_and_nothing_else(name: str) -> None:
    graph = _graph(name)
    for style, depth, heat in product(STYLES, (1, 2), ("", "multiply_adds")):
        _check(picture(graph, style, depth=depth, heat=heat), style, heat)


@pytest.mark.parametrize("name", ["resnet50", "fully_convolutional", *OWN])
def test_a_legend_of_every_cost_and_scale(name: str) -> None:
    graph = _graph(name)
    for style, heat in product(STYLES, COSTS):
        _check(picture(graph, style, heat=heat), style, heat)
    for scale in SCALES:
        _check(picture(graph, scale=scale), "layered", "", scale)


SAID_OF_SOME = (
    "/n is a stride", "? is not known", "A stronger shade", "multiply-adds that are not known.",
    "multiply-adds that are not known; other", "No box has", "A thin box", "A dashed box",
    "Thin lines lead from a kernel's", "Thin lines lead from a cell", ", or from a cell",
    "Thinner arrows", "On an arrow", "Three dots", f"{AXES[2]}, or features",
    " features.",
)  # fmt: skip


def test_each_note_is_in_one_legend_and_not_in_another() -> None:
    """Or the tests above would not see one that is always there, or never."""
    said = [
        " ".join(_notes(picture(_graph(name), style, heat=heat)))
        for name in ("unet", "resnet50", "fully_convolutional", *OWN)
        for style in STYLES
        for heat in ("", "multiply_adds")
    ]
    for note in SAID_OF_SOME:
        assert 0 < sum(note in each for each in said) < len(said), note


def test_what_looks_alike_is_told_in_as_many_lines_as_it_takes() -> None:
    scene = picture(_graph("all poolings"), "graph")
    *lines, others = (mark for mark in _legend(scene).marks if isinstance(mark, Text))
    assert [text.text for text in lines][1:3] == [
        "max pooling, average pooling, global max pooling,",
        "global average pooling",
    ]
    assert all(text.box.right <= scene.width for text in lines)
    assert others.text.startswith("On lines")


def test_a_block_of_one_family_is_told_with_all_its_operations() -> None:
    text = (
        "archc: 1\nname: Own\nblocks:\n  smaller:\n    layers:\n"
        "    - {layer: M, type: max_pooling, kernel: 2}\n"
        "    - {layer: N, type: batch_normalization}\n"
        "    - {layer: A, type: average_pooling, kernel: 2}\nlayers:\n"
        "- {layer: In, type: input, maps: 3, size: 32x32}\n- {layer: S, type: smaller}\n"
    )
    graph = archcompiler.loads(text).graph
    for style in ("layered", "graph"):
        swatches = _swatches(picture(graph, style))
        assert list(swatches) == ["input", "max pooling, average pooling", "block of layers"]
        assert swatches["max pooling, average pooling"].fill.name == "vermilion"
