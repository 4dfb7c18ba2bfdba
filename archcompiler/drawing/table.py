"""The style `table`: the layer table, typeset."""

from __future__ import annotations

from collections.abc import Iterator

from archcompiler.drawing.font import clipped, width
from archcompiler.drawing.legend import (
    MARGIN,
    NARROWEST,
    TITLE,
    legend,
    shapes_text,
    text_notes,
    title,
)
from archcompiler.drawing.outline import Node, outline, shape_label, spoken, window_text
from archcompiler.drawing.paint import Paint, hatching, look_of, paint_for
from archcompiler.drawing.scene import (
    MUTED,
    RULE,
    Box,
    Colour,
    Group,
    Mark,
    Path,
    Scene,
    Text,
    polyline,
    rectangle,
)
from archcompiler.graph import Graph
from archcompiler.graph.summary import memory_text, number_text

MOST = 400  # rows
SIZE, ROW = 10.0, 19.0  # px: font size, height of a row
APART, CHIP, LONGEST = (
    22.0,
    11.0,
    220.0,
)  # px: between columns, side of the colour chip, longest text
TITLES = ("layer", "type", "output", "window", "parameters", "multiply-adds", "memory")
NUMBERS = range(4, 7)
HEATED = {"parameters": 4, "multiply_adds": 5, "memory": 6}
NOTE = "A multiply-add counts as one. Memory is that of the outputs for one sample in float32."


def table(graph: Graph, depth: int, *, heat: str = "") -> Scene:
    """Return the picture; the numbers of the column `heat` are shaded."""
    shown = outline(graph, depth, MOST)
    paint = paint_for(shown.nodes, heat)
    rows = [_cells(node) for node in shown.nodes]
    total = _total(graph)
    widths = [
        max(width(cell, SIZE, bold=True) for cell in column)
        for column in zip(TITLES, *rows, total, strict=True)
    ]
    widths[0] += CHIP + 8
    starts = [MARGIN + 4 + sum(widths[:index]) + APART * index for index in range(len(widths))]
    right = starts[-1] + widths[-1] + 4
    wide = max(right + MARGIN, NARROWEST)
    y = MARGIN + TITLE + 8
    groups = [title(graph, wide), _rule(y, right, 1.2)]
    groups.append(_line(TITLES, starts, widths, y, bold=True))
    groups.append(_rule(y + ROW, right, 0.7))
    for index, (node, cells) in enumerate(zip(shown.nodes, rows, strict=True)):
        y_row = y + ROW * (index + 1) + 2
        marks = (*_shade(node, paint, starts, widths, y_row), *_chip(node, y_row))
        on = paint.fill(node) if heat else None
        line = _line(cells, starts, widths, y_row, heated=HEATED.get(heat, -1), on=on)
        groups.append(Group(spoken(node), (*marks, *line.marks), "layer", node.full_name))
    y += ROW * (len(rows) + 1) + 4
    groups += [_rule(y, right, 0.7), _line(total, starts, widths, y, bold=True)]
    groups.append(_rule(y + ROW, right, 1.2))
    notes = [
        f"Outputs are {shapes_text(shape_label(node.shape) for node in shown.nodes)}.",
        *text_notes(groups),
        *(["A stronger shade is a larger number."] if paint.most and heat else []),
        NOTE,
    ]
    key = legend((), Paint(), wide - 2 * MARGIN, notes)
    groups.append(key.at(MARGIN, y + ROW + 4))
    description = graph.description or f"The layer table of {graph.name}"
    high = y + ROW + 4 + key.height + MARGIN
    return Scene(wide, high, graph.name, description, tuple(groups))


def _cells(node: Node) -> tuple[str, ...]:
    kind = node.kind
    if node.activation:
        kind += f", {node.activation}"
    if node.groups > 1:
        kind += f", {node.groups} groups"
    costs = node.costs
    return (
        clipped(node.name, SIZE, LONGEST, bold=True),
        clipped(kind, SIZE, LONGEST),
        shape_label(node.shape),
        window_text(node),
        number_text(costs.parameters),
        number_text(costs.multiply_adds),
        memory_text(costs.memory),
    )


def _total(graph: Graph) -> tuple[str, ...]:
    totals = graph.totals
    numbers = number_text(totals.parameters), number_text(totals.multiply_adds)
    return ("total", "", "", "", *numbers, memory_text(totals.activations))


def _line(
    cells: tuple[str, ...],
    starts: list[float],
    widths: list[float],
    top: float,
    *,
    bold: bool = False,
    heated: int = -1,
    on: Colour | None = None,
) -> Group:
    """Return a row; the cell in column `heated` has the background `on`."""
    marks = []
    for index, (cell, start, wide) in enumerate(zip(cells, starts, widths, strict=True)):
        x, anchor = (start + wide, "end") if index in NUMBERS else (start, "start")
        x += 0 if index else CHIP + 8
        ground = on if index == heated else None
        if cell:
            heavy = bold or index == 0
            marks.append(Text(x, top + 13.5, cell, SIZE, anchor, heavy, on=ground))
    return Group("", tuple(marks))


def _rule(y: float, right: float, thickness: float) -> Group:
    return Group("", (Path(polyline(((MARGIN, y), (right, y))), line=MUTED, thickness=thickness),))


def _chip(node: Node, top: float) -> Iterator[Mark]:
    box = Box(MARGIN + 4, top + 4.5, MARGIN + 4 + CHIP, top + 4.5 + CHIP)
    corners = (
        (box.left, box.top),
        (box.right, box.top),
        (box.right, box.bottom),
        (box.left, box.bottom),
    )
    plain = Paint()
    yield Path(rectangle(box), plain.fill(node), plain.line(node), 0.8)
    yield from hatching(corners, look_of(node).hatch, plain.line(node), 3.5)
    if node.is_block:
        inner = Box(box.left + 2.5, box.top + 2.5, box.right - 2.5, box.bottom - 2.5)
        yield Path(rectangle(inner), line=plain.line(node), thickness=0.6)


def _shade(
    node: Node, paint: Paint, starts: list[float], widths: list[float], top: float
) -> Iterator[Mark]:
    """Yield the shade behind the number of the heat, and the rule below the row."""
    right = starts[-1] + widths[-1] + 4
    bottom = top + ROW
    yield Path(polyline(((MARGIN, bottom), (right, bottom))), line=RULE, thickness=0.3)
    if paint.heat:
        column = HEATED[paint.heat]
        left = starts[column] - 6
        box = Box(left, top + 0.5, starts[column] + widths[column] + 6, bottom - 0.5)
        yield Path(rectangle(box), fill=paint.fill(node))
