"""The style `layered`: stacks of maps in perspective, in rows from the input to the output."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from archcompiler.drawing.grid import LABEL, LEADING, NAME, Grid, grid, labels_of
from archcompiler.drawing.legend import MARGIN, NARROWEST, legend, title
from archcompiler.drawing.outline import MAPS, Outline, outline, shape_text, told
from archcompiler.drawing.paint import Paint, paint_for
from archcompiler.drawing.scene import (
    MUTED,
    PAPER,
    Box,
    Colour,
    Group,
    Mark,
    Path,
    Point,
    Scene,
    Text,
    arrow,
    rectangle,
    rounded,
)
from archcompiler.drawing.solids import funnel, marks, scale_for
from archcompiler.graph import Graph
from archcompiler.operations import Maps

MOST = 240  # boxes; more leave out the middle
JOINED = 8.0  # px of the letters on a line
WIRE = Colour("muted")


def layered(graph: Graph, depth: int, *, scale: str, heat: str, width: int) -> Scene:
    """Return the picture. `scale` is `linear`, `log` or `clamped`; a `width` of 0 is one row."""
    shown = outline(graph, depth, MOST)
    paint = paint_for(shown.nodes, heat)
    found = grid(shown, scale_for(scale, shown.nodes), width)
    lines, windows = _edges(shown, found, paint)
    groups = [*lines, *_nodes(shown, found, paint), *windows]
    wide = max(found.right + MARGIN, NARROWEST)
    key = legend(shown.nodes, paint, wide - 2 * MARGIN, _notes(shown, scale, windows=bool(windows)))
    below = key.at(MARGIN, found.bottom + 18)
    high = found.bottom + 18 + key.height + MARGIN
    head = title(graph, wide)
    description = graph.description or f"The layers of {graph.name}"
    return Scene(wide, high, graph.name, description, (head, *groups, below))


def _notes(shown: Outline, scale: str, *, windows: bool) -> list[str]:
    said = {
        "linear": "Heights and depths are to scale.",
        "log": "Heights, depths and maps are on logarithmic scales.",
        "clamped": "A pixel is a cell, or four maps, within what can be seen.",
    }
    maps = [node.shape for node in shown.nodes if isinstance(node.shape, Maps)]
    shapes = MAPS if maps else "features"
    open_sizes = (
        " A dashed box has a size that is not known (?)."
        if any(None in shape for shape in maps)
        else ""
    )
    seen = " Thin lines lead from a kernel's window to the cell that it gives." if windows else ""
    return [f"{said[scale]} Shapes are {shapes}; /n is a stride.{seen}{open_sizes}"]


def _edges(shown: Outline, found: Grid, paint: Paint) -> tuple[list[Group], list[Group]]:
    """Return the lines that lie behind the boxes, and the windows that lie on them."""
    lines, windows, joined = [], [], []
    for wire, way in zip(found.wires, found.ways, strict=True):
        edge = wire.edge
        source, target = found.placed[edge.source], found.placed[edge.target]
        names = f"{shown.nodes[edge.source].name} to {shown.nodes[edge.target].name}"
        name = f"{names}: {shape_text(edge.shape)}"
        window = tuple(funnel(source, target, paint)) if wire.along == "straight" else ()
        if window:
            windows.append(Group(name, window, "edge"))
            continue
        lines.append(Group(name, tuple(_line(way, skips=not wire.is_next)), "edge"))
        if edge.joined and (said := tuple(_joined(edge.joined, way, found.uprights))):
            joined.append(Group(name, said, "label"))
    return lines + joined, windows


def _line(way: list[Point], *, skips: bool) -> Iterator[Mark]:
    """Return a line with an arrow at its end; what `skips` boxes is thin."""
    x, y = way[-1]
    tip = (x - 1, y)
    yield Path(rounded([*way[:-1], (tip[0] - 3, y)], 5), line=WIRE, thickness=0.9 if skips else 1.3)
    yield arrow(tip, (1.0, 0.0), WIRE)


def _joined(text: str, way: list[Point], uprights: list[float]) -> Iterator[Mark]:
    """Return a text on the longest level part of a line, if it has room between upright lines."""
    level = [(start, end) for start, end in pairwise(way) if start[1] == end[1]]
    start, end = max(level, key=lambda part: abs(part[1][0] - part[0][0]))
    left, right = sorted((start[0], end[0]))
    ends = [left, *(x for x in uprights if left < x < right), right]
    low, high = max(pairwise(ends), key=lambda gap: gap[1] - gap[0])
    label = Text((low + high) / 2, start[1] + JOINED * 0.27, text, JOINED, "middle", colour=MUTED)
    if label.width + 8 < high - low:
        left, top, right, bottom = label.box
        yield Path(rectangle(Box(left - 3, top, right + 3, bottom)), fill=PAPER)
        yield label


def _nodes(shown: Outline, found: Grid, paint: Paint) -> Iterator[Group]:
    for node, placed, (x, y) in zip(shown.nodes, found.placed, found.labels, strict=True):
        lines: list[Mark] = []
        for index, (text, bold) in enumerate(labels_of(node)):
            size = NAME if bold else LABEL
            colour = MUTED if index > 1 else Colour("ink")
            lines.append(Text(x, y + index * LEADING, text, size, "middle", bold, colour))
        yield Group(told(node), (*marks(placed, paint), *lines), "layer", node.full_name)
