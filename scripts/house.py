"""The picture of the house: its rooms, and which of them imports which, read from the code.

What a room imports by way of another is left out, and so are the commands that import nearly all.
"""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

from archcompiler.drawing.ranked import layout
from archcompiler.drawing.routes import Link, Piece, Route
from archcompiler.drawing.scene import (
    MUTED,
    Box,
    Colour,
    Group,
    Mark,
    Scene,
    Text,
    arrow,
    rectangle,
)
from archcompiler.drawing.scene import Path as Line

PACKAGE = Path(__file__).resolve().parent.parent / "archcompiler"
ROOMS = {  # what is in each
    "cli": "arguments in, exit code out",
    "editor": "what editors ask",
    "pages": "reports, the served page",
    "api": "specs in Python",
    "check": "many specs at once",
    "explain": "what a code means",
    "architecture": "the front door from Python",
    "checkpoints": "files of weights",
    "runtime": "live models: run, verify",
    "frameworks": "each framework's part of that",
    "backends": "a graph as source",
    "drawing": "a graph as a picture",
    "diff": "two graphs compared",
    "graph": "rows to layers with proven shapes",
    "language": "a text to rows with places",
    "operations": "each operation, once",
    "diagnostics": "faults, and how they are told",
    "plugins": "what packages bring",
    "documents": "JSON documents",
    "revisions": "files of a git revision",
    "files": "reading and writing",
}
MARGIN, PAD, HIGH = 16.0, 9.0, 36.0  # px
NAME, WHAT = 10.5, 9.0  # px of letters
WIRE, PAPER, EDGE = Colour("muted"), Colour("slate", 0.86), Colour("slate")


def house() -> Scene:
    """Return the picture: a room above all that it imports."""
    links = _without_detours(_imports())
    order = [*TopologicalSorter(links).static_order()][::-1]
    pieces = [Piece(_wide(room), HIGH) for room in order]
    pairs = [(order.index(room), order.index(other)) for room in order for other in links[room]]
    found = layout(pieces, [Link(*pair, 0, 0.0) for pair in sorted(pairs)])
    groups = [
        Group(f"{order[start]} imports {order[end]}", _wire(route), "edge")
        for (start, end), route in zip(sorted(pairs), found.routes, strict=True)
    ]
    groups += [
        Group(room, _box(room, *place), "layer")
        for room, place in zip(order, found.places, strict=True)
    ]
    size = found.width + 2 * MARGIN, found.height + 2 * MARGIN
    title = "The rooms of archc, each above those that it imports"
    return Scene(*size, title, "An arrow leads to what is imported.", tuple(groups))


def _imports() -> dict[str, set[str]]:
    """Return the rooms that each room imports."""
    found: dict[str, set[str]] = {room: set() for room in ROOMS}
    for path in PACKAGE.rglob("*.py"):
        room = _room(".".join(("archcompiler", *path.relative_to(PACKAGE).with_suffix("").parts)))
        for node in ast.walk(ast.parse(path.read_text())):
            if room and isinstance(node, ast.ImportFrom) and node.module:
                found[room].add(_room(node.module) or room)
    return {room: others - {room} for room, others in found.items()}


def _room(module: str) -> str | None:
    parts = module.split(".")
    if parts[:2] == ["archcompiler", "backends"] and "runtime" in parts[3:4]:
        return "frameworks"
    return parts[1] if parts[0] == "archcompiler" and parts[1:2] and parts[1] in ROOMS else None


def _without_detours(links: dict[str, set[str]]) -> dict[str, set[str]]:
    """Return the links without those that others lead to as well."""
    reached: dict[str, set[str]] = {}
    for room in TopologicalSorter(links).static_order():
        reached[room] = links[room].union(*(reached[other] for other in links[room]))
    return {
        room: {other for other in others if not any(other in reached[via] for via in others)}
        for room, others in links.items()
    }


def _texts(room: str) -> tuple[Text, Text]:
    return (
        Text(PAD, 15.5, room, NAME, bold=True, on=PAPER),
        Text(PAD, 28.5, ROOMS[room], WHAT, colour=MUTED, on=PAPER),
    )


def _wide(room: str) -> float:
    return max(text.width for text in _texts(room)) + 2 * PAD


def _box(room: str, x: float, y: float) -> tuple[Mark, ...]:
    left, top = x + MARGIN, y + MARGIN
    box = Box(left, top, left + _wide(room), top + HIGH)
    texts = (text._replace(x=left + text.x, y=top + text.y) for text in _texts(room))
    return Line(rectangle(box, 3), PAPER, EDGE, 0.8), *texts


def _wire(route: Route) -> tuple[Mark, ...]:
    steps = tuple(
        (kind, tuple((x + MARGIN, y + MARGIN) for x, y in points)) for kind, points in route.steps
    )
    tip = route.tip[0] + MARGIN, route.tip[1] + MARGIN
    return Line(steps, line=WIRE, thickness=0.9), arrow(tip, route.direction, WIRE)
