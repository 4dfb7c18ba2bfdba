"""The style `graph`: a top-down graph of layers, with blocks as frames and shapes on edges."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from archcompiler.drawing.font import clipped, width
from archcompiler.drawing.frames import Frame, frame_of
from archcompiler.drawing.legend import (
    MARGIN,
    NARROWEST,
    TITLE,
    legend,
    moved,
    shapes_text,
    text_notes,
    title,
)
from archcompiler.drawing.outline import Node, shape_label, span_text, spoken, window_text
from archcompiler.drawing.paint import Paint, hatching, look_of, paint_for
from archcompiler.drawing.ranked import Layout, chains, layout
from archcompiler.drawing.routes import Link, Piece, Route
from archcompiler.drawing.scene import (
    MUTED,
    PAPER,
    Box,
    Colour,
    Group,
    Mark,
    Path,
    Scene,
    Text,
    arrow,
    polygon,
    rectangle,
)
from archcompiler.graph import Graph

NAME, KIND, LABEL = 10.5, 9.0, 8.5  # font sizes in px: both lines of a box, labels of edges
HIGH, STRIP, PAD = 36.0, 9.0, 9.0  # px: height of a box, width of its coloured end, padding
SHEET = 3.0  # px: offset of the second sheet of a repeated box
LONGEST = 190.0  # px: longest text in a box
HEAD, INSET = 16.0, 12.0  # px: height of the head of a frame, inset of its content
WIRE = Colour("muted")


class Drawn(NamedTuple):
    """A box or frame drawn at (0, 0), with the ends of its incoming and outgoing edges."""

    piece: Piece
    groups: tuple[Group, ...]


def dag(graph: Graph, depth: int, *, heat: str = "") -> Scene:
    """Return the picture, with blocks opened up to `depth`."""
    frame = frame_of(graph, depth)
    nodes = list(frame.nodes)
    paint = paint_for(nodes, heat)
    found, groups = _arranged(frame, paint, 0)
    wide = max(found.width + 2 * MARGIN, NARROWEST)
    labels = [mark.text for group in groups if group.role == "label" for mark in _texts(group)]
    notes = [f"On lines: {shapes_text(labels)}.", *text_notes(groups)]
    # With heat, boxes have no hatching, and each has its type as text.
    key = legend(nodes, paint, wide - 2 * MARGIN, notes, looks=not heat)
    left, top = (wide - found.width) / 2, MARGIN + TITLE
    below = top + found.height + 24
    high = below + key.height + MARGIN
    description = graph.description or f"The graph of {graph.name}"
    body = (_moved(group, left, top) for group in groups)
    whole = (title(graph, wide), *body, key.at(MARGIN, below))
    return Scene(wide, high, graph.name, description, whole)


def _texts(group: Group) -> list[Text]:
    return [mark for mark in group.marks if isinstance(mark, Text)]


def _moved(group: Group, x: float, y: float) -> Group:
    return group._replace(marks=tuple(moved(mark, x, y) for mark in group.marks))


def _arranged(frame: Frame, paint: Paint, level: int) -> tuple[Layout, list[Group]]:
    """Return the layout of the members of a frame, and their drawing.

    Inputs are points at the top and outputs points at the bottom; an output of the network is
    below the box that computes it.
    """
    members = [
        _opened(member, paint, level + 1)
        if isinstance(member, Frame)
        else _boxed(member, paint, wide)
        for member, wide in zip(frame.members, _widths(frame), strict=True)
    ]
    points = [Piece(0.0, 0.0, rank="top")] * frame.inputs
    ends = [Piece(0.0, 0.0, rank="bottom" if level else "")] * len(frame.outputs)
    pieces = [*points, *(member.piece for member in members), *ends]
    shift = frame.inputs
    links: list[Link] = []
    names: list[tuple[str, str, str]] = []
    for source, target, port, shape in frame.wires:
        # Shapes of inputs are written outside of the frame.
        text = shape_label(shape) if source >= 0 else ""
        place = shift + source if source >= 0 else -1 - source
        links.append(Link(place, shift + target, port, _wide(text)))
        names.append((_name(frame, source), _name(frame, target), text))
    for end, (source, shape) in enumerate(frame.outputs):
        text = "" if level else shape_label(shape)
        place = shift + source if source >= 0 else -1 - source
        links.append(Link(place, shift + len(members) + end, 0, _wide(text)))
        names.append((_name(frame, source), "output", text))
    found = layout(pieces, links)
    groups: list[Group] = []
    for member, (x, y) in zip(members, found.places[shift:], strict=False):
        groups += [_moved(group, x, y) for group in member.groups]
    last = len(links) - len(frame.outputs)
    labels: list[Group] = []  # painted after all edges
    for index, (route, (start, stop, text)) in enumerate(zip(found.routes, names, strict=True)):
        tip = index < last or not level
        said = f"{start} to {stop}" + (f": {text}" if text else "")
        groups.append(Group(said, tuple(_line(route, tip=tip)), "edge"))
        if text:
            labels.append(Group(said, _label(route, text, _ground(level)), "label"))
    return found, groups + labels


def _ground(level: int) -> Colour:
    """Return the background of a frame; it differs from that of the frame around it."""
    return Colour("slate", 0.93 if level % 2 else 0.86) if level else PAPER


def _wide(text: str) -> float:
    return width(text, LABEL) if text else 0.0


def _name(frame: Frame, index: int) -> str:
    return frame.members[index].names if index >= 0 else f"input of {frame.name}"


def _line(route: Route, *, tip: bool) -> Iterator[Mark]:
    """Return an edge with its arrow head."""
    yield Path(route.steps, line=WIRE, thickness=0.9)
    if tip:
        yield arrow(route.tip, route.direction, WIRE)
    else:
        x, y = route.tip
        yield Path((("M", ((x, y - 4),)), ("L", ((x, y),))), line=WIRE, thickness=0.9)


def _label(route: Route, text: str, ground: Colour) -> tuple[Mark, ...]:
    """Return a label on a patch of the background."""
    x, y = route.label
    label = Text(x, y + LABEL * 0.36, text, LABEL, colour=MUTED)
    left, top, right, bottom = label.box
    patch = Box(left - 2, top - 1, right + 2, bottom + 1)
    return Path(rectangle(patch, 2), fill=ground), label


def _own(name: str) -> str:
    """Return a name without the prefix of blocks."""
    return name.rpartition(".")[2]


def _said(node: Node) -> tuple[Text, Text]:
    """Return the two lines of a box at (0, 0): its name and its type."""
    name = span_text(_own(node.name), _own(node.last)) if node.type else node.name
    said = [node.kind, window_text(node), f"{node.groups} groups" if node.groups > 1 else ""]
    line = ", ".join(part for part in (*said, node.activation) if part)
    return (
        Text(0, 15.5, clipped(name, NAME, LONGEST, bold=True), NAME, bold=True),
        Text(0, 28.5, clipped(line, KIND, LONGEST), KIND),
    )


def _widths(frame: Frame) -> list[float]:
    """Return the width of each box with its sheet: that of the widest box of its chain."""
    widths = [
        0.0
        if isinstance(member, Frame)
        else max(text.width for text in _said(member)) + (SHEET if member.copies > 1 else 0.0)
        for member in frame.members
    ]
    pairs = ((wire.source, wire.target) for wire in frame.wires if wire.source >= 0)
    chain = chains(len(widths), pairs)
    widest = [0.0] * len(widths)
    for index, wide in zip(chain, widths, strict=True):
        widest[index] = max(widest[index], wide)
    return [widest[index] for index in chain]


def _boxed(node: Node, paint: Paint, text: float) -> Drawn:
    """Return a box with `text` px for its lines, a coloured end, and a sheet if it is repeated."""
    x = PAD if paint.heat else STRIP + PAD
    top = SHEET if node.copies > 1 else 0.0
    box = Box(0.0, top, x + text + PAD - top, top + HIGH)
    ground = paint.fill(node) if paint.heat else Colour(look_of(node).colour, 0.84)
    edge = paint.line(node)
    marks: list[Mark] = []
    if node.copies > 1:  # a second sheet behind the first
        marks.append(Path(rectangle(box.moved(SHEET, -SHEET), 3), ground, edge, 0.8))
    marks.append(Path(rectangle(box, 3), ground, edge, 0.8))
    if not paint.heat:
        strip = ((0.0, top), (STRIP, top), (STRIP, box.bottom), (0.0, box.bottom))
        marks.append(Path(polygon(strip), paint.fill(node), edge, 0.8))
        marks += hatching(strip, look_of(node).hatch, edge, 4.0)
    if node.is_block:
        inner = Box(x - PAD + 2.5, top + 2.5, box.right - 2.5, box.bottom - 2.5)
        marks.append(Path(rectangle(inner, 2), line=edge, thickness=0.5))
    marks += [line._replace(x=x, y=top + line.y, on=ground) for line in _said(node)]
    wide = box.right + top  # including the second sheet
    return Drawn(
        Piece(wide, box.bottom),
        (Group(spoken(node), tuple(marks), "layer", node.full_name),),
    )


def _opened(frame: Frame, paint: Paint, level: int) -> Drawn:
    """Return a frame with its members; its name is left of the incoming edges."""
    found, groups = _arranged(frame, paint, level)
    name = span_text(_own(frame.name), _own(frame.last)) if level > 1 else frame.name
    upper = Text(INSET, 14, clipped(name, 9.5, LONGEST, bold=True), 9.5, bold=True)
    lower = Text(upper.box.right + 6, 14, clipped(frame.kind, 9, LONGEST), 9, colour=MUTED)
    entries = [x for x, _ in found.places[: frame.inputs]]
    leads = min(entries, default=found.width)
    left = max(INSET, lower.box.right + 10 - leads)
    wide = max(left + found.width + INSET, lower.box.right + INSET)
    high = HEAD + found.height + 10
    sheet = Box(0, 0, wide, high)
    edge = Colour("muted", 0.5)
    behind: list[Mark] = [
        Path(rectangle(sheet.moved(SHEET * step, -SHEET * step), 6), _ground(level), edge, 0.8)
        for step in range(2 if frame.copies > 1 else 1)
    ]
    head = (*behind[::-1], upper, lower)
    outs = [x for x, _ in found.places[len(found.places) - len(frame.outputs) :]]
    top = -SHEET if frame.copies > 1 else 0.0
    lines: list[Mark] = [
        Path((("M", ((left + x, top),)), ("L", ((left + x, HEAD),))), line=WIRE, thickness=0.9)
        for x in entries
    ]
    lines += [
        Path(
            (("M", ((left + x, high - 10),)), ("L", ((left + x, high),))), line=WIRE, thickness=0.9
        )
        for x in outs[:1]
    ]
    inside = tuple(_moved(group, left, HEAD) for group in groups)
    said = f"{frame.names}: {frame.kind}"
    whole = Group(said, head, "frame", frame.name)
    drawn = (whole, *inside, Group("", tuple(lines)))
    piece = Piece(wide - top, high - top, tuple(left + x for x in entries), left + outs[0])
    return Drawn(piece, tuple(_moved(group, 0.0, -top) for group in drawn))
