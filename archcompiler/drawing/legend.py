"""The title above a picture, and the legend below it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from archcompiler.diagnostics.wording import counted
from archcompiler.drawing.font import clipped, wrapped
from archcompiler.drawing.outline import AXES, TIMES, Node, kind_text
from archcompiler.drawing.paint import Paint, cost_text, hatching, look_of
from archcompiler.drawing.scene import MUTED, PAPER, Box, Colour, Group, Mark, Path, Text, rectangle
from archcompiler.graph import Graph

MARGIN = 24.0  # px around a picture
TITLE = 46.0  # px: height of the title
LINE = 20.0  # px between lines of a legend
SWATCH = 14.0
NARROWEST = 360.0  # px: smallest width of a picture
HEATS = {
    "parameters": "parameters",
    "multiply_adds": "multiply-adds",
    "memory": "memory of outputs",
}
_STRIDE = re.compile(r"\d /\d")


def title(graph: Graph, width: float) -> Group:
    """Return the title: name, number of layers, number of parameters."""
    count, parameters = len(graph.layers), graph.totals.parameters
    said = f"{counted(count, 'layer', ',')} · {counted(parameters, 'parameter', ',')}"
    name = clipped(graph.name, 16, width - 2 * MARGIN, bold=True)
    marks = (
        Text(MARGIN, MARGIN + 12, name, 16, bold=True),
        Text(MARGIN, MARGIN + 29, said, 10.5, colour=MUTED),
    )
    return Group("", marks)


class Legend(NamedTuple):
    """The marks of a legend at (0, 0), and its height."""

    marks: tuple[Mark, ...]
    height: float

    def at(self, x: float, y: float) -> Group:
        """Return the legend at a place."""
        return Group("", tuple(moved(mark, x, y) for mark in self.marks), "legend")


def moved(mark: Mark, x: float, y: float) -> Mark:
    """Return a mark moved by (x, y)."""
    if isinstance(mark, Text):
        return mark._replace(x=mark.x + x, y=mark.y + y)
    steps = tuple(
        (kind, tuple((left + x, top + y) for left, top in points)) for kind, points in mark.steps
    )
    return mark._replace(steps=steps)


def legend(
    nodes: Iterable[Node],
    paint: Paint,
    width: float,
    notes: Iterable[str] = (),
    *,
    looks: bool = True,
) -> Legend:
    """Return the legend of a picture of `nodes`, in lines of at most `width` px.

    Without `looks`, it does not explain the colours of operations, just those of blocks.
    """
    marks: list[Mark] = []
    nodes = list(nodes)
    x, y = 0.0, 0.0
    for words, node in _entries(nodes, paint, looks=looks):
        *most, last = wrapped(words, 10, width - SWATCH - 10, ", ")
        lines = [*(f"{line}," for line in most), last]
        if x and Text(x + SWATCH + 6, 0, lines[0], 10).box.right > width:
            x, y = 0.0, y + LINE
        marks += _swatch(node, x, y, paint)
        texts = [
            Text(x + SWATCH + 6, y + 11 + LINE * row, line, 10) for row, line in enumerate(lines)
        ]
        marks += texts
        x, y = max(text.box.right for text in texts) + 18, y + LINE * len(most)
    y += LINE if marks else 0
    if paint.most and paint.heat:
        marks += [moved(mark, 0, y + 4) for mark in _heat(paint)]
        y += 52
    for line in wrapped(" ".join((*notes, *_heat_notes(nodes, paint))), 9, width):
        marks.append(Text(0, y + 12, line, 9, colour=MUTED))
        y += 14
    return Legend(tuple(marks), y)


def _entries(nodes: list[Node], paint: Paint, *, looks: bool) -> Iterator[tuple[str, Node]]:
    """Yield groups of operations with equal looks, and a node of each; blocks are last.

    Blocks are explained by one with the colour of blocks, if there is one.
    """
    alike: dict[object, tuple[Node, dict[str, None]]] = {}
    for node in nodes:
        if looks and node.family:
            look = look_of(node)  # with heat, just the hatching is shown
            first = node._replace(is_block=False)
            _, types = alike.setdefault(look.hatch if paint.heat else look, (first, {}))
            types.update(dict.fromkeys(node.types))
    for node, types in alike.values():
        yield ", ".join(map(kind_text, types)), node
    if blocks := [node if looks else node._replace(family="") for node in nodes if node.is_block]:
        yield "block of layers", min(blocks, key=lambda node: bool(node.family))


def shapes_text(texts: Iterable[str]) -> str:
    """Return the explanation of shapes, such as `maps x height x width`, for those that occur."""
    ranks = sorted({text.count(TIMES) for text in texts}, reverse=True)
    return ", or ".join(f"maps {TIMES} {AXES[rank]}" if rank else AXES[0] for rank in ranks)


def text_notes(groups: Iterable[Group], unknown: str = "? is not known.") -> Iterator[str]:
    """Yield the explanations of signs in texts; `unknown` explains `?`."""
    texts = [mark.text for group in groups for mark in group.marks if isinstance(mark, Text)]
    if any(_STRIDE.search(text) for text in texts):
        yield "/n is a stride."
    if any("?" in text for text in texts):
        yield unknown


def _swatch(node: Node, x: float, y: float, paint: Paint) -> Iterator[Mark]:
    box = Box(x, y, x + SWATCH, y + SWATCH)
    corners = ((x, y), (box.right, y), (box.right, box.bottom), (x, box.bottom))
    line = paint.line(node)
    fill = PAPER if paint.heat else paint.fill(node)  # no cost, just the hatching
    yield Path(rectangle(box), fill=fill, line=line, thickness=0.8)
    yield from hatching(corners, look_of(node).hatch, line, 4.0)
    if node.is_block:
        inner = Box(x + 3, y + 3, x + SWATCH - 3, y + SWATCH - 3)
        yield Path(rectangle(inner), line=line, thickness=0.6)


def _heat_notes(nodes: Iterable[Node], paint: Paint) -> Iterator[str]:
    """Yield notes about costs that are not on the scale."""
    costs = {paint.cost(node) for node in nodes} if paint.heat else set()
    no_scale = bool(costs) and not paint.most
    if None in costs:
        others = "; other boxes have none" if no_scale and 0 in costs else ""
        yield f"Grey: {HEATS[paint.heat]} that are not known{others}."
    elif no_scale:
        yield f"No box has {HEATS[paint.heat]}."


def _heat(paint: Paint) -> Iterator[Mark]:
    """Return the scale as a bar of steps, with the values of its ends and quarters."""
    yield Text(0, 10, f"{HEATS[paint.heat]} of a box", 10)
    each, steps, top, bottom = 13.0, 20, 17.0, 29.0
    for index in range(steps):
        box = Box(each * index, top, each * (index + 1), bottom)
        yield Path(rectangle(box), fill=Colour("heat", heat=(index + 0.5) / steps))
    yield Path(rectangle(Box(0, top, each * steps, bottom)), line=MUTED, thickness=0.6)
    for quarter in range(5):
        x = each * steps * quarter / 4
        text = cost_text(paint.most * (quarter / 4) ** 2, paint.heat)
        yield Text(x, bottom + 12, text, 9, "middle" if quarter else "start", colour=MUTED)
