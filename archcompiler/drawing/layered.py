"""The style `layered`: stacks of maps in perspective, in rows from the input to the output."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from archcompiler.drawing.grid import LABEL, LEADING, NAME, Grid, grid
from archcompiler.drawing.legend import (
    MARGIN,
    NARROWEST,
    legend,
    shapes_text,
    text_notes,
    title,
)
from archcompiler.drawing.outline import THIN, Outline, outline, shape_label, spoken
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
from archcompiler.drawing.solids import bearer, funnel, marks, scale_for
from archcompiler.graph import Graph

MOST = 240  # boxes; of more, the middle is left out
JOINED = 8.0  # font size on edges in px
WIRE = Colour("muted")
READ = "from a kernel's window to the cell that it gives"
GIVEN = "from a cell to the window of the output that it gives its value to"


def layered(graph: Graph, depth: int, *, scale: str, heat: str, width: int) -> Scene:
    """Return the picture. `scale` is `linear`, `log` or `clamped`; a `width` of 0 is one row."""
    shown = outline(graph, depth, MOST)
    paint = paint_for(shown.nodes, heat)
    found = grid(shown, scale_for(scale, shown.nodes), width)
    lines, windows = _edges(shown, found, paint)
    groups = [*lines, *_nodes(shown, found, paint), *windows]
    wide = max(found.right + MARGIN, NARROWEST)
    key = legend(shown.nodes, paint, wide - 2 * MARGIN, _notes(found, scale, groups))
    below = key.at(MARGIN, found.bottom + 18)
    high = found.bottom + 18 + key.height + MARGIN
    head = title(graph, wide)
    description = graph.description or f"The layers of {graph.name}"
    return Scene(wide, high, graph.name, description, (head, *groups, below))


def _notes(found: Grid, scale: str, groups: list[Group]) -> Iterator[str]:
    """Yield the notes of the legend that the picture needs."""
    stacks = [placed.stack for placed in found.placed]
    yield _scale_note(scale, [stack.has_maps for stack in stacks])
    if any(stack.has_maps and stack.node.family in THIN for stack in stacks):
        yield "A thin box has as many maps as it reads."
    yield f"Shapes are {shapes_text(shape_label(stack.node.shape) for stack in stacks)}."
    yield from text_notes(groups, "A dashed box has a size that is not known (?).")
    yield from _window_notes(found)
    if not all(wire.is_next for wire in found.wires):
        yield "Thinner arrows pass boxes by, or lead to and from branches."
    if any(group.role == "label" for group in groups):
        yield "On an arrow stands what the block at its end does with it."
    if any(stack.dots for stack in stacks):
        yield "Three dots are copies that are not drawn."


def _scale_note(scale: str, are_maps: list[bool]) -> str:
    sides = "Heights, depths and maps are" if any(are_maps) else "Heights are"
    cells = ["a cell", "four maps"] * any(are_maps) + ["16 features"] * (not all(are_maps))
    return {
        "linear": f"{sides} to scale.",
        "log": f"{sides} on {'logarithmic scales' if any(are_maps) else 'a logarithmic scale'}.",
        "clamped": f"A pixel is {', or '.join(cells)}, within what can be seen.",
    }[scale]


def _window_notes(found: Grid) -> Iterator[str]:
    pairs = [
        (found.placed[wire.edge.source], found.placed[wire.edge.target])
        for wire in found.wires
        if wire.along == "straight"
    ]
    bearers = [(bearer(source, target), source, target) for source, target in pairs]
    lead = [READ] * any(on is source for on, source, _ in bearers)
    lead += [GIVEN] * any(on is target for on, _, target in bearers)
    if lead:
        yield f"Thin lines lead {', or '.join(lead)}."


def _edges(shown: Outline, found: Grid, paint: Paint) -> tuple[list[Group], list[Group]]:
    """Return the edges, painted behind the boxes, and the windows, painted on them."""
    lines, windows, joined = [], [], []
    for wire, way in zip(found.wires, found.ways, strict=True):
        edge = wire.edge
        source, target = found.placed[edge.source], found.placed[edge.target]
        names = f"{shown.nodes[edge.source].name} to {shown.nodes[edge.target].name}"
        name = f"{names}: {shape_label(edge.shape)}"
        window = tuple(funnel(source, target, paint)) if wire.along == "straight" else ()
        if window:
            windows.append(Group(name, window, "edge"))
            continue
        lines.append(Group(name, tuple(_line(way, skips=not wire.is_next)), "edge"))
        if edge.joined and (said := tuple(_joined(edge.joined, way, found.uprights))):
            joined.append(Group(name, said, "label"))
    return lines + joined, windows


def _line(way: list[Point], *, skips: bool) -> Iterator[Mark]:
    """Return an edge with an arrow; an edge that `skips` boxes is thin."""
    x, y = way[-1]
    tip = (x - 1, y)
    yield Path(rounded([*way[:-1], (tip[0] - 3, y)], 5), line=WIRE, thickness=0.9 if skips else 1.3)
    yield arrow(tip, (1.0, 0.0), WIRE)


def _joined(text: str, way: list[Point], uprights: list[float]) -> Iterator[Mark]:
    """Return a text on the longest horizontal part of an edge, if there is room for it."""
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
    own = zip(shown.nodes, found.placed, found.labels, found.texts, strict=True)
    for node, placed, (x, y), texts in own:
        lines: list[Mark] = []
        for index, (text, bold) in enumerate(texts):
            size = NAME if bold else LABEL
            colour = MUTED if index > 1 else Colour("ink")
            lines.append(Text(x, y + index * LEADING, text, size, "middle", bold, colour))
        yield Group(spoken(node), (*marks(placed, paint), *lines), "layer", node.full_name)
