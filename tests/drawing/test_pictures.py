"""Pictures: nothing overlaps, everything is there, and no text of a spec becomes markup."""

import base64
import hashlib
import os
import re
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from itertools import pairwise, product
from pathlib import Path
from typing import get_args
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

import archcompiler
from archcompiler.cli import cli
from archcompiler.drawing import FORMS, MARK, SCALES, STYLES, THEMES, WIDTH, picture, rendered
from archcompiler.drawing.font import FILES, clipped, font, width, wrapped
from archcompiler.drawing.grid import TRACK
from archcompiler.drawing.html import SCRIPT
from archcompiler.drawing.lanes import seats
from archcompiler.drawing.outline import TIMES, Edge, Node, Outline, outline
from archcompiler.drawing.paint import COSTS, FRONT
from archcompiler.drawing.png import zoom_for
from archcompiler.drawing.ranked import chains
from archcompiler.drawing.routes import separated
from archcompiler.drawing.row_breaks import broken
from archcompiler.drawing.scene import INK, Box, Colour, Group, Scene, Text
from archcompiler.drawing.scene import Path as Drawn
from archcompiler.drawing.solids import ASIDE
from archcompiler.drawing.svg import escaped, svg
from archcompiler.drawing.theme import BLOCK, LOOKS, OTHER, READABLE, contrast
from archcompiler.graph import Graph
from archcompiler.operations import KNOWN_AS, REGISTRY, Family
from archcompiler.operations.operation import operation
from scripts.specs import KINDS, spec_path
from tests.conftest import ROOT, sampled
from tests.random_blocks import sound

LAYERS = "archc: 1\nname: Odd\nlayers:\n"
INPUT = "- {layer: In, type: input, maps: 3, size: 32x32}\n"
ODD = {
    "one layer": "- {layer: In, type: input, maps: 1, size: 1x1}\n",
    "wide maps": "- {layer: In, type: input, maps: 2, size: 1x5000}\n"
    "- {layer: C, type: convolution, maps: 4, kernel: 1x3, padding: same}\n",
    "high maps": "- {layer: In, type: input, maps: 2, size: 5000x1}\n"
    "- {layer: P, type: max_pooling, kernel: 5x1}\n",
    "unknown sizes": '- {layer: In, type: input, maps: 3, size: "?x7"}\n'
    "- {layer: C, type: convolution, maps: 4, kernel: 3x3, stride: 2, padding: 1}\n"
    "- {layer: G, type: global_max_pooling}\n",
    "a huge range": "- {layer: In, type: input, maps: 1, size: 4096x4096}\n"
    "- {layer: C, type: convolution, maps: 1, kernel: 4096x4096}\n"
    "- {layer: F, type: fully_connected, size: 100000}\n"
    "- {layer: Out, type: fully_connected, size: 1}\n",
    "vectors": "- {layer: In, type: input, size: 7}\n"
    "- {layer: F, type: fully_connected, size: 3, activation: softmax}\n",
    "depthwise": "- {layer: In, type: input, maps: 512, size: 9x9}\n"
    "- {layer: D, type: convolution, maps: 512, kernel: 3x3, groups: 512, padding: same}\n",
    "long names": f"- {{layer: {'W' * 64}, type: input, maps: 3, size: 8x8}}\n"
    f"- {{layer: {'i' * 64}, type: max_pooling, kernel: 2x2}}\n",
    "many readers": INPUT
    + "".join(f"- {{layer: D{i}, type: dropout, rate: 0.1, from: In}}\n" for i in range(9))
    + f"- {{layer: Out, type: add, from: [{', '.join(f'D{i}' for i in range(9))}]}}\n",
    "long ways": INPUT
    + "".join(f"- {{layer: D{i}, type: dropout, rate: 0.1}}\n" for i in range(6))
    + "- {layer: Out, type: add, from: [In, D0, D1, D2, D3, D4, D5]}\n",
    "branches of many lengths": INPUT
    + "".join(f"- {{layer: D{i}, type: dropout, rate: 0.1}}\n" for i in range(7))
    + "- {layer: A, type: batch_normalization, from: In}\n"
    + "- {layer: B, type: batch_normalization, from: D2}\n"
    + "- {layer: C, type: batch_normalization, from: D4}\n"
    + "- {layer: E, type: add, from: [D4, B]}\n"
    + "- {layer: Out, type: add, from: [D6, A, C, E]}\n",
    "read twice": INPUT + "- {layer: Out, type: add, from: [In, In]}\n",
}
VIEWS = [(style, depth) for style in STYLES for depth in (1, 2, 9)]


def _graphs() -> Iterator[object]:
    for path in KINDS:
        yield pytest.param(lambda path=path: archcompiler.load(path).graph, id=path.stem)
    for name, rows in ODD.items():
        yield pytest.param(lambda rows=rows: archcompiler.loads(LAYERS + rows).graph, id=name)
    for seed in range(20):
        yield pytest.param(lambda seed=seed: archcompiler.loads(sound(seed)).graph, id=f"{seed}")


def _graph(name: str) -> Graph:
    return archcompiler.load(spec_path(name)).graph


def _extent(group: Group) -> Box:
    """Return the room that the areas of a group take."""
    points = [
        point
        for mark in group.marks
        if isinstance(mark, Drawn) and mark.fill
        for _, points in mark.steps
        for point in points
    ]
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return Box(min(xs), min(ys), max(xs), max(ys))


def _overlaps(boxes: list[tuple[Box, str]]) -> Iterator[tuple[str, str]]:
    """Return which of them overlap: each with those that begin before it ends."""
    by_top = sorted(boxes, key=lambda each: each[0].top)
    for index, (box, name) in enumerate(by_top):
        for other, other_name in by_top[index + 1 :]:
            if other.top >= box.bottom:
                break
            if box.overlaps(other):
                yield name, other_name


def _check(scene: Scene, graph: Graph, style: str) -> None:
    texts = [(text.box, text.text) for text in scene.texts]
    assert not list(_overlaps(texts))
    for box, text in texts:
        assert box.left >= 0, text
        assert box.top >= 0, text
        assert box.right <= scene.width, text
        assert box.bottom <= scene.height, text
    layers = [(_extent(group), group.title) for group in scene.groups if group.role == "layer"]
    assert not list(_overlaps(layers))
    for box, name in layers:
        assert min(box.left, box.top) >= 0, name
        assert box.right <= scene.width, name
        assert box.bottom <= scene.height, name
    if style != "table":
        _check_labels_keep_off_boxes(scene, layers)
        _check_lines_keep_off(scene, layers)
    _check_all_layers_are_there(graph, scene)


def _check_labels_keep_off_boxes(scene: Scene, layers: list[tuple[Box, str]]) -> None:
    """No label lies on a layer's box, but for what a box of a graph says itself."""
    outside = [
        (text.box, f"label {text.text}")
        for group in scene.groups
        for text in group.marks
        if isinstance(text, Text) and text.on is None
    ]
    named = [(box, f"box {name}") for box, name in layers]
    for one, other in _overlaps([*outside, *named]):
        assert one.split()[0] == other.split()[0], (one, other)


def _along(path: Drawn) -> Iterator[tuple[float, float]]:
    """Return points on a line, close to each other for what labels measure."""
    last = (0.0, 0.0)
    for kind, points in path.steps:
        if kind == "M":
            last = points[0]
            continue
        bends = (last, *points) if kind == "C" else (last, last, points[0], points[0])
        for step in range(65):
            t = step / 64
            parts = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
            x, y = (sum(p * b[axis] for p, b in zip(parts, bends, strict=True)) for axis in (0, 1))
            yield x, y
        last = points[-1]


def _check_lines_keep_off(scene: Scene, layers: list[tuple[Box, str]]) -> None:
    """No line runs through the label of another one, or through a box that it passes by."""
    labels = [
        (mark.box, mark.text, group.title)
        for group in scene.groups
        for mark in group.marks
        if isinstance(mark, Text)
    ]
    boxes = [(box, title, title.partition(": ")[0]) for box, title in layers]
    for group in scene.groups:
        ends = group.title.partition(": ")[0].split(" to ")
        for mark in group.marks:
            if group.role != "edge" or isinstance(mark, Text) or mark.fill:
                continue
            places = [point for _, points in mark.steps for point in points]
            room = Box(*map(min, zip(*places, strict=True)), *map(max, zip(*places, strict=True)))
            near = [
                (box, text)
                for box, text, owner in (*labels, *boxes)
                if owner != group.title and owner not in ends and _meet(box, room)
            ]
            for (x, y), ((left, top, right, bottom), text) in product(
                _along(mark) if near else (), near
            ):
                assert not (left < x < right and top < y < bottom), (group.title, text)


def _meet(one: Box, other: Box) -> bool:
    """Whether they share a point, be it on an edge: a line has no width."""
    across = one.left <= other.right and other.left <= one.right
    return across and one.top <= other.bottom and other.top <= one.bottom


def _shown(titles: list[str]) -> set[str]:
    """Return the full names that boxes and frames have; of `x.1 … x.3` all three."""
    names = set()
    for title in titles:
        first, _, last = title.partition(": ")[0].partition(" … ")
        stem, _, start = first.rpartition(".")
        end = last.rpartition(".")[2]
        counted = last.startswith(f"{stem}.") and start.isdecimal() and end.isdecimal()
        names |= {f"{stem}.{n}" for n in range(int(start), int(end) + 1)} if counted else {first}
    return names


def _check_all_layers_are_there(graph: Graph, scene: Scene) -> None:
    """Each is a box, or in one that is folded, or in one of the copies that a frame stands for."""
    groups = [group for group in scene.groups if group.role in ("layer", "frame")]
    folded = [group.title for group in groups if group.role == "layer" or TIMES in group.title]
    left_out = any(not group.layer for group in groups)
    drawn = _shown(folded)
    for layer in graph.layers:
        parts = layer.name.split(".")
        prefixes = {".".join(parts[: index + 1]) for index in range(len(parts))}
        assert left_out or prefixes & drawn, layer.name


@pytest.mark.parametrize("load", sampled(_graphs(), 20))
@pytest.mark.parametrize(("style", "depth"), VIEWS)
def test_labels_and_boxes_keep_apart_and_all_layers_are_there(
    load: Callable[[], Graph], style: str, depth: int
) -> None:
    graph = load()
    scene = picture(graph, style, depth=depth)
    _check(scene, graph, style)
    document = svg(scene, THEMES["light"])
    root = ElementTree.fromstring(document)
    written = [each.text for each in root.iter("{http://www.w3.org/2000/svg}text")]
    assert written == [text.text for text in scene.texts]
    assert svg(picture(graph, style, depth=depth), THEMES["light"]) == document


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("rows", ODD.values(), ids=ODD)
def test_each_scale_holds_all_sizes(scale: str, rows: str) -> None:
    graph = archcompiler.loads(LAYERS + rows).graph
    _check(picture(graph, "layered", scale=scale), graph, "layered")


@pytest.mark.slow
@pytest.mark.parametrize("most", [0, 500, WIDTH])
@pytest.mark.parametrize("name", ["vgg16", "googlenet", "resnet50", "unet", "two_inputs"])
def test_rows_are_as_wide_as_asked(name: str, most: int) -> None:
    graph = _graph(name)
    scene = picture(graph, "layered", depth=2, width=most)
    _check(scene, graph, "layered")
    whole = picture(graph, "layered", depth=2, width=0)
    assert {group.title for group in scene.groups} == {group.title for group in whole.groups}
    if most and whole.width > most:
        assert scene.width <= most + 6 * TRACK
        assert scene.height > whole.height
    assert picture(graph, "layered", depth=2, width=10**6) == whole


def test_rows_are_few_then_even_then_crossed_by_few_lines() -> None:
    gaps = [1.0] * 8
    assert broken([4.0] * 8, gaps, [1] * 8, 39.0) == [0] * 8
    assert broken([4.0] * 8, gaps, [1] * 8, 38.0) == [0] * 4 + [1] * 4
    assert broken([4.0] * 8, gaps, [1, 1, 1, 9, 1, 1, 1, 1], 38.0) == [0] * 3 + [1] * 5
    assert broken([4.0, 50.0, 4.0], gaps, [1] * 3, 38.0) == [0, 1, 2]


@pytest.mark.parametrize("heat", COSTS)
@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", ["alexnet", "googlenet", "fully_convolutional", "two_inputs"])
def test_heat_has_a_legend_and_room(heat: str, style: str, name: str) -> None:
    graph = _graph(name)
    scene = picture(graph, style, heat=heat)
    _check(scene, graph, style)
    heats = {mark.fill.heat for mark in scene.marks if isinstance(mark, Drawn) and mark.fill}
    known = [layer for layer in graph.layers if layer.shape.elements]
    assert len(heats) > 2 or not known or heat == "multiply_adds"


def test_heat_is_largest_where_the_cost_is() -> None:
    scene = picture(_graph("alexnet"), "graph", heat="parameters")
    heats = {
        group.title.partition(":")[0]: mark.fill.heat
        for group in scene.groups
        if group.role == "layer"
        for mark in group.marks
        if isinstance(mark, Drawn) and mark.fill
    }
    assert heats["F9"] == 1.0
    assert heats["In"] == heats["S2"] == 0.0
    assert 0 < heats["C1"] < heats["C3"] < heats["F10"] < 1


def test_maps_are_to_scale() -> None:
    """The front of a box is as high, and leads as far back, as its size over the largest."""
    rows = "- {layer: In, type: input, maps: 8, size: 64x32}\n"
    rows += "- {layer: P, type: max_pooling, kernel: 2}\n"
    scene = picture(archcompiler.loads(LAYERS + rows).graph, "layered", scale="linear")
    sizes = []
    for group in scene.groups:
        if group.role == "layer":
            side = [point for _, points in group.marks[1].steps for point in points]
            (left, top), (right, _), _, (_, bottom) = side
            sizes.append((bottom - top, right - left))
    (high, deep), (half, shallow) = sizes
    assert half == pytest.approx(high / 2)
    assert shallow == pytest.approx(deep / 2)
    assert deep / ASIDE == pytest.approx(high / 2)


def test_groups_split_a_box() -> None:
    scene = picture(_graph("alexnet_2012"), "layered")
    fronts = {
        group.title.partition(":")[0]: sum(
            isinstance(mark, Drawn) and mark.fill == Colour("blue", 0.45) for mark in group.marks
        )
        for group in scene.groups
        if group.role == "layer"
    }
    assert (fronts["Conv1"], fronts["Conv2"], fronts["Conv3"]) == (1, 2, 1)
    assert sum(text.text == "2 groups" for text in scene.texts) == 3


def test_repeats_are_folded_with_a_count() -> None:
    texts = [text.text for text in picture(_graph("resnet50"), "layered").texts]
    assert "bottleneck \u00d76" in texts
    deep = picture(_graph("resnet50"), "layered", depth=2)
    assert sum(group.role == "layer" for group in deep.groups) == 22


def test_copies_that_are_equal_are_opened_once() -> None:
    scene = picture(_graph("resnet50"), "graph", depth=3)
    frames = {group.title: group.layer for group in scene.groups if group.role == "frame"}
    assert frames["layer3: bottleneck \u00d76"] == "layer3"
    assert frames["layer3.0: bottleneck"] == "layer3.0"
    assert frames["layer3.1 \u2026 layer3.5: bottleneck \u00d75"] == "layer3.1"
    boxes = {group.layer for group in scene.groups if group.role == "layer"}
    assert "layer3.1.conv1" in boxes
    assert "layer3.2.conv1" not in boxes
    assert "1 \u2026 5" in [text.text for text in scene.texts]
    folded = picture(_graph("resnet50"), "graph", depth=2)
    titles = {group.title.partition(":")[0]: group.layer for group in folded.groups}
    assert titles["layer3.1 \u2026 layer3.5"] == "layer3.1"
    alike = picture(_graph("vgg16"), "graph", depth=3)
    groups = [group for group in alike.groups if group.layer.startswith("stage5")]
    assert [group.title for group in groups if group.role == "frame"] == ["stage5: unit \u00d73"]
    assert [group.layer for group in groups] == ["stage5", "stage5.0.conv", "stage5.0.relu"]


@pytest.mark.parametrize("most", [0, WIDTH])
def test_a_skip_is_thin_leaves_apart_and_says_what_a_block_does_with_it(most: int) -> None:
    scene = picture(_graph("unet"), "layered", width=most)
    labels = [group for group in scene.groups if group.role == "label"]
    ends = [group.title.partition(":")[0] for group in labels]
    assert sorted(ends) == [f"down{n} to up{n}" for n in (1, 2, 3, 4)]
    said = [mark.text for group in labels for mark in group.marks if isinstance(mark, Text)]
    assert said == ["crop, concatenate"] * 4
    lines = {group.title.partition(":")[0]: group.marks[0] for group in scene.groups}
    skip, main = lines["down4 to up4"], lines["In to down1"]
    assert skip.thickness < main.thickness
    assert skip.steps[0][1][0][1] != lines["bottom to dropout"].steps[0][1][0][1]


def test_a_block_that_reads_in_many_ways_says_none() -> None:
    joined = [edge.joined for edge in outline(_graph("resnet50"), 2, 240).edges]
    assert set(joined) == {""}


def test_of_many_copies_dots_stand_in_the_place_of_one() -> None:
    scene = picture(_graph("resnet50"), "layered")
    fronts = {
        group.layer: sum(
            isinstance(mark, Drawn) and mark.fill == Colour("slate", FRONT) for mark in group.marks
        )
        for group in scene.groups
    }
    assert (fronts["layer2"], fronts["layer3"], fronts["layer4"]) == (4, 4, 3)
    dots = {group.layer: sum(_is_dot(mark) for mark in group.marks) for group in scene.groups}
    assert (dots["layer2"], dots["layer3"], dots["layer4"]) == (0, 3, 0)


def _is_dot(mark: Text | Drawn) -> bool:
    return isinstance(mark, Drawn) and mark.fill == INK


GENERATOR = """\
archc: 1
name: Generator
layers:
- {layer: noise, type: input, maps: 100, size: 1x1}
- {layer: up1, type: transposed_convolution, maps: 64, kernel: 4x4}
- {layer: norm, type: batch_normalization, activation: relu}
- {layer: up2, type: transposed_convolution, maps: 32, kernel: 4x6, stride: 2}
- {layer: up3, type: transposed_convolution, maps: 16, kernel: 9x9, stride: 1}
- {layer: image, type: convolution, maps: 3, kernel: 5x5, activation: tanh}
"""


def _corners(group: Group) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """Return the corners of a window and of the cell that goes with it, if there are any."""
    areas, cells = (
        [
            [point for _, points in mark.steps for point in points]
            for mark in group.marks
            if isinstance(mark, Drawn) and mark.fill and is_kind(mark)
        ]
        for is_kind in (lambda mark: mark.line == INK, _is_dot)
    )
    return (areas[0], cells[0]) if areas else ([], [])


def test_windows_can_be_seen() -> None:
    graphs = [_graph(name) for name in ("vgg16", "resnet50", "googlenet", "alexnet")]
    graphs.append(archcompiler.loads(GENERATOR).graph)
    for graph in graphs:
        edges = [group for group in picture(graph).groups if group.role == "edge"]
        windows = [corners for group in edges if (corners := _corners(group)[0])]
        assert windows
        for corners in windows:
            assert corners[3][1] - corners[0][1] >= 10
            assert corners[1][0] - corners[0][0] >= 5


def _side(group: Group) -> list[tuple[float, float]]:
    """Return the corners of the side of a stack: of its last map."""
    return [point for _, points in group.marks[1].steps for point in points]


@pytest.mark.parametrize("heat", ["", "parameters"])
def test_a_window_lies_on_what_is_read_but_of_transposed_convolutions_on_the_output(
    heat: str,
) -> None:
    """It is as large a part of a map as the kernel is; the cell lies on the other one."""
    graph = archcompiler.loads(GENERATOR).graph
    scene = picture(graph, heat=heat)
    sides = {group.layer: _side(group) for group in scene.groups if group.role == "layer"}
    windows = {
        group.title.partition(": ")[0]: _corners(group)
        for group in scene.groups
        if group.role == "edge"
    }
    assert not windows["up1 to norm"][0]
    for source, target, size in (
        ("noise", "up1", (1.0, 1.0)),
        ("norm", "up2", (4 / 10, 6 / 12)),
        ("up2", "up3", (9 / 18, 9 / 20)),
        ("up3", "image", (5 / 18, 5 / 20)),
    ):
        on, other = (source, target) if target == "image" else (target, source)
        window, cell = windows[f"{source} to {target}"]
        (left, top), (right, upper), _, (_, bottom) = sides[on]
        for x, y in window:  # on the side, which leads back to the right and up
            assert left - 0.01 <= x <= right + 0.01
            back = (x - left) / (right - left) * (top - upper)
            assert top - back - 0.01 <= y <= bottom - back + 0.01
        high = (window[3][1] - window[0][1]) / (bottom - top)
        wide = (window[1][0] - window[0][0]) / (right - left)
        assert (high, wide) == pytest.approx(size, abs=0.001)
        middle = sum(x for x, _ in cell) / len(cell)
        if on == target:  # the cell is on the side of what is read
            assert sides[other][0][0] < middle < sides[other][1][0]
        else:  # the cell is where the lines meet what is given
            assert middle < sides[other][0][0]


def test_a_window_that_copies_would_cover_is_an_arrow() -> None:
    rows = "- {layer: up, type: transposed_convolution, maps: 3, kernel: 3x3, repeat: 3}\n"
    scene = picture(archcompiler.loads(LAYERS + INPUT + rows).graph)
    (edge,) = (group for group in scene.groups if group.role == "edge")
    assert not _corners(edge)[0]
    assert len(edge.marks) == 2  # a line and its head


FUNCTIONS = ("relu", "leaky_relu(0.1)", "sigmoid", "softmax")


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_an_activation_shows_its_function(function: str, style: str) -> None:
    rows = f"- {{layer: A, type: activation, activation: {function}}}\n"
    rows += f"- {{layer: B, type: activation, activation: {function}, repeat: 3}}\n"
    for load in (LAYERS + INPUT, LAYERS + "- {layer: In, type: input, size: 7}\n"):
        scene = picture(archcompiler.loads(load + rows).graph, style)
        said = {
            group.layer: " ".join(mark.text for mark in group.marks if isinstance(mark, Text))
            for group in scene.groups
            if group.role == "layer"
        }
        assert function in said["A"]
        assert function in said["B"]
        assert f"{TIMES}3" in said["B"]
        assert function not in said["In"]


def test_what_a_look_does_not_tell_the_label_does() -> None:
    """Two operations with windows that look alike say what they are; one alone need not."""
    first = "- {layer: A, type: max_pooling, kernel: 2}\n"
    for second, is_said in (
        ("- {layer: B, type: global_average_pooling}\n", False),
        ("- {layer: B, type: max_pooling, kernel: 3}\n", False),
        ("- {layer: B, type: convolution, maps: 3, kernel: 3}\n", False),
        ("- {layer: B, type: average_pooling, kernel: 3}\n", True),
    ):
        scene = picture(archcompiler.loads(LAYERS + INPUT + first + second).graph)
        (group,) = (group for group in scene.groups if group.layer == "A")
        said = [mark.text for mark in group.marks if isinstance(mark, Text)]
        assert ("max pooling" in said) == is_said


@pytest.mark.parametrize(
    ("name", "colour"), [("vgg16", "blue"), ("resnet50", "slate"), ("unet", "slate")]
)
def test_a_legend_has_the_colour_of_blocks_that_are_there(name: str, colour: str) -> None:
    legend = picture(_graph(name), "layered").groups[-1].marks
    place = next(
        i for i, mark in enumerate(legend) if getattr(mark, "text", "") == "block of layers"
    )
    fills = [mark.fill for mark in legend[:place] if isinstance(mark, Drawn) and mark.fill]
    assert fills[-1] == Colour(colour, FRONT)


def test_the_longest_way_is_a_column_and_outputs_end_below_their_boxes() -> None:
    scene = picture(_graph("googlenet"), "graph")
    boxes = {group.layer: _extent(group) for group in scene.groups if group.role == "layer"}
    heads = [boxes.pop("aux1"), boxes.pop("aux2")]
    assert len({(round(box.left, 1), round(box.right, 1)) for box in boxes.values()}) == 1
    assert all(head.left > boxes["In"].right for head in heads)
    ends = {group.title: _extent(group) for group in scene.groups if group.role == "edge"}
    assert ends["aux1 to output: 1000"].bottom == boxes["inception4c"].top
    gaps = [b.top - a.bottom for a, b in pairwise(boxes.values())]
    assert max(gaps) < 1.5 * boxes["In"].height
    for name, main in (("unet", "down1"), ("two_inputs", "picture")):
        edges = [group for group in picture(_graph(name), "graph").groups if group.role == "edge"]
        first = next(group for group in edges if group.title.startswith(f"{main} to "))
        (_, (start,)), (_, (end,)) = first.marks[0].steps
        assert start[0] == pytest.approx(end[0])


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([(0, 1), (1, 2)], [0, 0, 0]),
        ([(0, 1), (0, 2), (2, 3)], [0, 1, 0, 0]),
        ([(0, 3), (1, 2), (2, 3)], [0, 1, 1, 1]),
        ([(0, 1), (1, 3), (0, 2), (2, 3)], [0, 0, 2, 0]),
        ([], [0, 1]),
    ],
)
def test_a_chain_is_on_the_longest_way(pairs: list[tuple[int, int]], expected: list[int]) -> None:
    assert chains(len(expected), pairs) == expected


def test_a_graph_has_the_shape_on_each_line() -> None:
    for name in ("alexnet", "unet", "googlenet"):
        graph = _graph(name)
        scene = picture(graph, "graph")
        edges = [group.title for group in scene.groups if group.role == "edge"]
        labels = [group for group in scene.groups if group.role == "label"]
        assert edges == [group.title for group in labels]
        assert len(edges) >= len(graph.outputs) + 11
        for group in labels:
            said = group.title.partition(": ")[2]
            assert [mark.text for mark in group.marks if isinstance(mark, Text)] == [said]


@pytest.mark.slow
def test_every_branch_has_a_seat_of_its_own() -> None:
    for path in KINDS:
        for depth in (1, 2):
            shown = outline(archcompiler.load(path).graph, depth, 240)
            places = [(seat.rank, seat.lane) for seat in seats(shown)]
            assert len(set(places)) == len(places) == len(shown.nodes)
            for edge in shown.edges:
                assert places[edge.source][0] < places[edge.target][0]


def test_separated_keeps_distances_and_moves_least() -> None:
    assert separated([0.0, 10.0], [1.0, 1.0], [4.0]) == [0.0, 10.0]
    assert separated([5.0, 5.0], [1.0, 1.0], [4.0]) == [3.0, 7.0]
    assert separated([5.0, 5.0], [3.0, 1.0], [4.0]) == [4.0, 8.0]
    places = separated([9.0, 3.0, 3.0, 0.0], [1.0] * 4, [2.0] * 3)
    assert all(b - a >= 2.0 - 1e-9 for a, b in pairwise(places))


# Many layers


@pytest.fixture(scope="module")
def long() -> Graph:
    rows = "".join(f"- {{layer: D{i}, type: dropout, rate: 0.1}}\n" for i in range(99_999))
    return archcompiler.loads(LAYERS + INPUT + rows).graph


@pytest.mark.slow
@pytest.mark.parametrize("style", STYLES)
def test_100_000_layers_give_a_picture_in_seconds(long: Graph, style: str) -> None:
    start = time.perf_counter()
    scene = picture(long, style)
    assert len(svg(scene, THEMES["light"])) < 2**21
    assert time.perf_counter() - start < 10
    assert any(re.search(r"99,\d\d\d layers", text.text) for text in scene.texts)
    assert not list(_overlaps([(text.box, text.text) for text in scene.texts]))


@pytest.mark.slow
def test_too_many_boxes_at_a_depth_are_folded_again() -> None:
    scene = picture(_graph("densenet201"), "graph", depth=9)
    assert 5 < sum(group.role == "layer" for group in scene.groups) <= 600


def test_a_png_has_bounds() -> None:
    assert zoom_for(Scene(100, 100, "", "", ())) == 2
    for size in ((100.0, 50_000.0), (10_000.0, 10_000.0)):
        zoom = zoom_for(Scene(*size, "", "", ()))
        assert max(size) * zoom <= 30_000
        assert size[0] * size[1] * zoom**2 <= 40 * 10**6 * 1.001


# Text and colours


def test_widths_are_those_of_the_font_files() -> None:
    """The file's own tables, read another way: the glyph of a letter, and its advance."""
    assert width("", 10) == 0
    assert width("ii", 10) == pytest.approx(2 * width("i", 10))
    assert width("W", 10, bold=True) > width("W", 10) > width("i", 10)
    for bold in FILES:
        letters = font(bold)
        assert letters.units == 2048
        assert {ord(c) for c in "AZaz09 \u00d7\u00b7\u2026?/"} <= set(letters.advances)
    assert FILES[False].parent.joinpath("LICENSE.txt").read_text().count("SIL OPEN FONT LICENSE")


def test_clipped_and_wrapped_hold_their_width() -> None:
    for most in (10.0, 33.0, 80.0):
        assert width(clipped("inception4a_branch2", 10, most), 10) <= max(most, width("…", 10))
    assert clipped("short", 10, 100) == "short"
    assert wrapped("global average pooling", 9.5, 74) == ["global average", "pooling"]


def test_families_are_told_apart_without_colours() -> None:
    assert {each.family for each in REGISTRY.values()} == set(LOOKS) == set(get_args(Family))
    hatches = ["".join(sorted(look.hatch)) for look in LOOKS.values() if look.hatch]
    assert len(set(hatches)) == len(hatches)
    plain = [*(look for look in LOOKS.values() if not look.hatch), BLOCK]
    greys = {look.colour: THEMES["print"].colours[look.colour] for look in plain}
    assert len(set(greys.values())) == len(plain) == 3
    assert OTHER not in LOOKS.values()
    for colours in THEMES["print"].colours.values():
        assert len(set(colours)) == 1


@pytest.mark.parametrize("style", STYLES)
def test_a_new_operation_looks_as_its_family(style: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(REGISTRY, "dilated_convolution", REGISTRY["convolution"])
    monkeypatch.setitem(KNOWN_AS, "dilatedconvolution", "dilated_convolution")
    del REGISTRY["dilated_convolution"], KNOWN_AS["dilatedconvolution"]  # forgotten at the end
    operation("dilated_convolution")(type("Dilated", (REGISTRY["convolution"],), {}))
    rows = "".join(
        f"- {{layer: C{i}, type: {kind}convolution, maps: 3, kernel: 3x3, padding: same}}\n"
        for i, kind in enumerate(("", "dilated_"))
    )
    scene = picture(archcompiler.loads(LAYERS + INPUT + rows).graph, style)
    fills = {
        group.layer: [mark.fill for mark in group.marks if isinstance(mark, Drawn)]
        for group in scene.groups
        if group.role == "layer"
    }
    assert fills["C0"] == fills["C1"] != fills["In"]
    texts = [text.text for text in scene.texts]
    assert style == "table" or "convolution, dilated convolution" in texts
    assert sum("dilated" in text for text in texts) == (1 if style == "table" else 2)


@pytest.mark.parametrize("heat", ["", *COSTS])
@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", ["unet", "fully_convolutional", "two_inputs"])
def test_every_colour_is_one_of_the_theme(name: str, style: str, heat: str) -> None:
    for mark in picture(_graph(name), style, heat=heat).marks:
        for colour in [mark.colour] if isinstance(mark, Text) else [mark.fill, mark.line]:
            assert colour is None or (-1 <= colour.mix <= 1 and 0 <= colour.heat <= 1), colour


@pytest.mark.slow
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("heat", ["", "parameters"])
def test_text_stands_out_in_every_theme(theme: str, style: str, heat: str) -> None:
    colours = THEMES[theme]
    for text in picture(_graph("googlenet"), style, depth=2, heat=heat).texts:
        ground = colours.rgb(text.on) if text.on else colours.colours["paper"]
        assert contrast(colours.text(text.colour, text.on), ground) >= READABLE, text


@pytest.mark.slow
def test_the_same_bytes_whatever_the_hash_seed() -> None:
    script = (
        "import sys, archcompiler\n"
        "from archcompiler.drawing import FORMS, STYLES, picture, rendered\n"
        "graph = archcompiler.load('specs/segmentation/unet.yaml').graph\n"
        "for style in STYLES:\n"
        "    for form in ('svg', 'html', 'pdf'):\n"
        "        sys.stdout.buffer.write(rendered(picture(graph, style, depth=2), form))\n"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", script],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(found) == 1


@pytest.mark.parametrize("style", ["layered", "graph"])
@pytest.mark.parametrize("name", ["alexnet_2012", "two_inputs"])
def test_golden(style: str, name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"draw/{name}_{style}.svg", svg(picture(_graph(name), style), THEMES["light"]))


@pytest.mark.slow
def test_pictures_of_the_documentation_are_current(request: pytest.FixtureRequest) -> None:
    arguments = [] if request.config.getoption("--update-golden") else ["--check"]
    script = [sys.executable, ROOT / "scripts" / "pictures", *arguments]
    done = subprocess.run(script, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


# Hostile text

HOSTILE = "</desc></svg><script>alert(1)</script><!-- ]]> &amp; \" ' \u202e\u2066 \x85 -->"


@pytest.fixture
def hostile() -> Graph:
    graph = _graph("two_inputs")
    return Graph(f"N{HOSTILE}", graph.body, description=HOSTILE)


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.scripts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1] == "script":
            self.scripts.append(data)


@pytest.mark.parametrize("style", STYLES)
def test_no_text_becomes_markup(hostile: Graph, style: str) -> None:
    document = rendered(picture(hostile, style), "svg").decode()
    root = ElementTree.fromstring(document)
    tags = {each.tag.rpartition("}")[2] for each in root.iter()}
    assert tags <= {"svg", "title", "desc", "rect", "g", "path", "text"}
    names = {name for each in root.iter() for name in each.attrib}
    assert not [name for name in names if name.startswith("on") or "href" in name]
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x80-\x9f]", document)
    shown = root.find("{http://www.w3.org/2000/svg}desc").text
    assert shown.startswith("</desc></svg><script>alert(1)</script>")


def test_escaped_text_is_what_it_was() -> None:
    every = "".join(map(chr, [*range(32, 127), *range(160, 400), 0x4E00, 0x1F600]))
    assert ElementTree.fromstring(f'<a b="{escaped(every)}">{escaped(every)}</a>').text == every
    for code in (0, 8, 11, 31, 0x7F, 0x85, 0xD800, 0xFFFE, 0xFFFF, 0x202E):
        assert escaped(chr(code)) == "\ufffd"


@pytest.mark.parametrize("style", STYLES)
def test_a_page_runs_its_own_script_alone(hostile: Graph, style: str) -> None:
    text = rendered(picture(hostile, style), "html").decode()
    page = _Page()
    page.feed(text)
    assert page.tags.count("script") == 1
    assert "".join(page.scripts).startswith(SCRIPT)
    assert not [name for name in page.attributes if name.startswith("on") or name == "style"]
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1]
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy
    style_text = re.search(r"<style>(.*?)</style>", text, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style_text.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy
    assert "http://" not in text.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in re.sub(r"<desc.*?</desc>", "", text)


# Forms


def test_a_pdf_holds_its_text_and_its_tables_are_right(hostile: Graph) -> None:
    for graph in (_graph("alexnet"), hostile):
        data = rendered(picture(graph), "pdf")
        assert data.startswith(b"%PDF-1.7\n")
        start = int(re.search(rb"startxref\n(\d+)\n%%EOF\n$", data)[1])
        assert data[start:].startswith(b"xref\n")
        places = [int(line) for line in re.findall(rb"(\d{10}) 00000 n", data[start:])]
        for number, place in enumerate(places, 1):
            assert data[place:].startswith(b"%d 0 obj\n" % number)
        for match in re.finditer(rb"/Length (\d+)[^>]*>>\nstream\n", data):
            assert data[match.end() + int(match[1]) :].startswith(b"\nendstream")
    shown = re.findall(rb"\((.*?)(?<!\\)\) Tj", rendered(picture(_graph("alexnet")), "pdf"))
    texts = [text.text for text in picture(_graph("alexnet")).texts]
    assert [text.decode("cp1252") for text in shown] == texts


def _pixels(data: bytes) -> tuple[int, int, bytes]:
    """Return the width, the height and the values of a PNG of 8 bits a channel."""
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    wide, high, bits, kind = struct.unpack_from(">IIBB", data, 16)
    assert (bits, kind) == (8, 6)
    place, packed = 8, b""
    while place < len(data):
        length, tag = struct.unpack_from(">I4s", data, place)
        if tag == b"IDAT":
            packed += data[place + 8 : place + 8 + length]
        assert (
            zlib.crc32(data[place + 4 : place + 8 + length])
            == struct.unpack_from(">I", data, place + 8 + length)[0]
        )
        place += 12 + length
    raw, stride, above, rows = zlib.decompress(packed), wide * 4, bytes(wide * 4), []
    for row in range(high):
        start = row * (stride + 1)
        above = _unfiltered(raw[start], bytearray(raw[start + 1 : start + 1 + stride]), above)
        rows.append(above)
    return wide, high, b"".join(rows)


def _unfiltered(kind: int, line: bytearray, above: bytes) -> bytes:
    for i in range(len(line) if kind else 0):
        left = line[i - 4] if i >= 4 else 0
        corner = above[i - 4] if i >= 4 else 0
        if kind == 1:
            guess = left
        elif kind == 2:
            guess = above[i]
        elif kind == 3:
            guess = (left + above[i]) // 2
        else:
            p = left + above[i] - corner
            guess = min((left, above[i], corner), key=lambda value: abs(p - value))
        line[i] = (line[i] + guess) & 255
    return bytes(line)


@pytest.mark.slow
@pytest.mark.parametrize("theme", sampled(THEMES, 3))
def test_a_png_shows_every_text(theme: str) -> None:
    """Where a text is, pixels differ from the picture without it; there is no other text."""
    pytest.importorskip("resvg_py")
    rows = "- {layer: C, type: convolution, maps: 4, kernel: 3x3}\n"
    scene = picture(archcompiler.loads(LAYERS + INPUT + rows).graph)
    bare = tuple(
        group._replace(marks=tuple(m for m in group.marks if not isinstance(m, Text)))
        for group in scene.groups
    )
    wide, _, full = _pixels(rendered(scene, "png", theme))
    _, _, empty = _pixels(rendered(scene._replace(groups=bare), "png", theme))
    zoom = zoom_for(scene)
    rooms = [(text.text, text.box) for text in scene.texts]
    differ = {
        (i // 4 % wide, i // 4 // wide)
        for i in range(0, len(full), 4)
        if full[i : i + 4] != empty[i : i + 4]
    }
    for text, box in rooms:
        inside = [
            (x, y)
            for x, y in differ
            if box.left * zoom - 2 <= x <= box.right * zoom + 2
            and box.top * zoom - 2 <= y <= box.bottom * zoom + 2
        ]
        assert len(inside) > 8 * len(text.replace(" ", "")), text
        drawn = (max(x for x, _ in inside) - min(x for x, _ in inside)) / zoom
        assert drawn == pytest.approx(box.width, abs=2.5), text  # the font that was measured
        differ -= set(inside)
    assert not differ


# The command


def _run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(cli, ["draw", *map(str, arguments)])
    return result.exit_code, result.output


SPEC = ROOT / "specs" / "alexnet.yaml"


@pytest.mark.parametrize("form", FORMS)
def test_a_file_of_ours_is_replaced_another_is_not(tmp_path: Path, form: str) -> None:
    if form == "png":
        pytest.importorskip("resvg_py")
    path = tmp_path / "new" / f"picture.{form}"
    assert _run(SPEC, "-o", path) == (0, f"{path.as_posix()}\n")
    first = path.read_bytes()
    assert MARK.encode() in first[:1024]
    assert _run(SPEC, "-o", path)[0] == 0
    assert path.read_bytes() == first
    path.write_bytes(b"mine")
    code, output = _run(SPEC, "-o", path)
    assert code == 2
    assert "was not written by archc; `--force` overwrites it" in output
    assert path.read_bytes() == b"mine"
    assert _run(SPEC, "-o", path, "--force")[0] == 0
    assert path.read_bytes() == first


def test_wrong_use_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, output = _run(SPEC, "-o", tmp_path / "a.jpg")
    assert code == 2
    assert "known are .svg, .png, .pdf, .html" in output
    code, output = _run(SPEC, "-o", tmp_path / "a.svg", "--style", "table", "--scale", "log")
    assert code == 2
    assert "`--scale` is of `--style layered`" in output
    code, output = _run(SPEC, "-o", tmp_path / "a.svg", "--style", "graph", "--width", 0)
    assert code == 2
    assert "`--width` is of `--style layered`" in output
    (tmp_path / "folder.svg").mkdir()
    code, output = _run(SPEC, "-o", tmp_path / "folder.svg")
    assert code == 2
    assert "cannot write" in output
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    code, output = _run(SPEC, "-o", tmp_path / "a.png")
    assert code == 2
    assert "pip install 'archcompiler[draw]'" in output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder.svg"]


def test_faults_of_a_spec_are_told_and_nothing_is_written(tmp_path: Path) -> None:
    spec = tmp_path / "wrong.yaml"
    spec.write_text(LAYERS + INPUT + "- {layer: C, type: convolution, kernel: 99}\n")
    code, output = _run(spec, "-o", tmp_path / "a.svg")
    assert code == 1
    assert "error[ARC" in output
    assert not (tmp_path / "a.svg").exists()


def test_parameters_of_a_spec_are_drawn(tmp_path: Path) -> None:
    spec = ROOT / "specs" / "alexnet_2012.yaml"
    assert _run(spec, "-o", tmp_path / "a.svg", "-p", "classes=7", "--theme", "dark")[0] == 0
    root = ElementTree.parse(tmp_path / "a.svg").getroot()
    texts = [each.text for each in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "7" in texts


def test_validate_imports_no_picture() -> None:
    script = (
        "import sys\nfrom click.testing import CliRunner\nfrom archcompiler.cli import cli\n"
        "assert CliRunner().invoke(cli, ['validate', 'specs/alexnet.yaml']).exit_code == 0\n"
        "assert not [name for name in sys.modules if 'drawing' in name or 'resvg' in name]\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=environment, check=True)


def test_a_graph_without_edges_has_seats() -> None:
    graph = _graph("alexnet")
    nodes: tuple[Node, ...] = outline(graph, 1, 60).nodes
    alone = Outline(nodes[:2], (Edge(0, 1, nodes[0].shape),), (1,))
    assert [seat.rank for seat in seats(alone)] == [0, 1]


@pytest.mark.parametrize("name", ["alexnet", "googlenet"])
def test_a_notebook_shows_the_picture_and_the_table(name: str) -> None:
    network = archcompiler.load(spec_path(name))
    html = network._repr_html_()
    assert "<?xml" not in html
    shown = ElementTree.fromstring(f"<div>{html}</div>")
    assert [child.tag for child in shown] == ["div", "div"]
    texts = [" ".join(child.itertext()) for child in shown]
    assert all(network.name in text for text in texts)
    assert html.count("<svg") == 2
