"""The style `layered`: stacks of maps in perspective, in a row from the input to the output."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from archcompiler.drawing.font import clipped, width, wrapped
from archcompiler.drawing.lanes import Seat, seats
from archcompiler.drawing.legend import MARGIN, NARROWEST, TITLE, legend, title
from archcompiler.drawing.outline import (
    MAPS,
    Edge,
    Node,
    Outline,
    outline,
    shape_text,
    told,
    window_text,
)
from archcompiler.drawing.paint import Paint, paint_for
from archcompiler.drawing.scene import (
    MUTED,
    Colour,
    Group,
    Mark,
    Path,
    Point,
    Scene,
    Text,
    arrow,
    rounded,
)
from archcompiler.drawing.solids import Placed, Scale, Stack, funnel, marks, scale_for, stack_of
from archcompiler.graph import Graph
from archcompiler.operations import Maps

MOST = 60  # boxes; more leave out the middle
GAP, SLOT, TRACK = 26.0, 6.0, 9.0  # px: between columns, between upright and level lines
LABEL, NAME = 9.5, 10.5  # px of the letters
LEADING = 12.5  # px from line to line
NARROW, LONGEST = 74.0, 118.0  # px: where words of a label go to the next line; of a label
WIRE = Colour("muted")


def layered(graph: Graph, depth: int, *, scale: str = "log", heat: str = "") -> Scene:
    """Return the picture. `scale` is `linear`, `log` or `clamped`."""
    shown = outline(graph, depth, MOST)
    places = seats(shown)
    sizes = scale_for(scale, shown.nodes)
    paint = paint_for(shown.nodes, heat)
    wires = _wires(shown, places)
    grid = _grid(shown, places, sizes, wires)
    lines, windows = _edges(shown, grid, wires, paint)
    groups = [*lines, *_nodes(shown, grid, paint), *windows]
    wide = max(grid.right + MARGIN, NARROWEST)
    key = legend(shown.nodes, paint, wide - 2 * MARGIN, _notes(shown, scale))
    below = key.at(MARGIN, grid.bottom + 18)
    high = grid.bottom + 18 + key.height + MARGIN
    head = title(graph, wide)
    description = graph.description or f"The layers of {graph.name}"
    return Scene(wide, high, graph.name, description, (head, *groups, below))


def _notes(shown: Outline, scale: str) -> list[str]:
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
    return [f"{said[scale]} Shapes are {shapes}; /n is a stride.{open_sizes}"]


def labels_of(node: Node) -> list[tuple[str, bool]]:
    """Return the lines below a box, and whether they are bold."""
    name = node.name if node.type else "…"
    while "." in name and width(name, NAME, bold=True) > LONGEST:  # its end tells it apart
        name = "…" + name.lstrip("…").partition(".")[2]
    lines = [(name, True), (shape_text(node.shape), False)]
    window = window_text(node)
    plain = not window and node.type not in ("input", "fully_connected")
    if node.is_block or node.copies > 1 or plain:
        lines += [(line, False) for line in wrapped(node.kind, LABEL, NARROW)]
    if window:
        lines.append((window, False))
    if node.groups > 1:
        lines.append((f"{node.groups} groups", False))
    return [
        (clipped(text, NAME if bold else LABEL, LONGEST, bold=bold), bold) for text, bold in lines
    ]


class Wire(NamedTuple):
    """How an edge goes: from box to box, or out into a gap, along, and in from another gap.

    `along` is `straight`, `over` (a track above the lane), `source` or `target` (that one's lane).
    """

    edge: Edge
    along: str
    lane: int


def _wires(shown: Outline, places: list[Seat]) -> list[Wire]:
    """Return a wire for each pair of boxes."""
    pairs: dict[tuple[int, int], Edge] = {}
    for edge in shown.edges:
        pairs.setdefault((edge.source, edge.target), edge)
    return [_wire(edge, places) for edge in pairs.values()]


def _wire(edge: Edge, places: list[Seat]) -> Wire:
    source, target = places[edge.source], places[edge.target]
    if source.lane == target.lane:
        near = target.rank == source.rank + 1
        return Wire(edge, "straight" if near else "over", source.lane)
    if target.is_first:
        return Wire(edge, "target", target.lane)
    if source.is_last or target.rank == source.rank + 1:
        return Wire(edge, "source", source.lane)
    return Wire(edge, "over", source.lane)


class Grid(NamedTuple):
    """Where everything is: boxes, labels' baselines, slots of gaps and tracks of lanes."""

    placed: list[Placed]
    labels: list[Point]  # the middle of a column, and the baseline of the first label
    slots: dict[tuple[int, str], float]  # x of the upright line that leaves or enters a box
    tracks: dict[Edge, float]  # y of the level line over a lane
    entries: dict[tuple[int, int], float]  # y at which an edge comes to its target
    right: float
    bottom: float


def _grid(shown: Outline, places: list[Seat], sizes: Scale, wires: list[Wire]) -> Grid:
    stacks = [stack_of(node, sizes) for node in shown.nodes]
    texts = [labels_of(node) for node in shown.nodes]
    columns: dict[int, float] = defaultdict(float)
    for seat, stack, lines in zip(places, stacks, texts, strict=True):
        widest = max(width(text, NAME if bold else LABEL, bold=bold) for text, bold in lines)
        columns[seat.rank] = max(columns[seat.rank], widest, stack.width)
    gaps = _gaps(places, wires)
    middles, slots, right = _across(columns, gaps)
    tracks = _tracks(places, wires)
    lanes, baselines, bottom = _down(places, stacks, texts, tracks)
    placed = [
        Placed(stack, middles[seat.rank] - stack.width / 2, lanes[seat.lane])
        for seat, stack in zip(places, stacks, strict=True)
    ]
    labels = [(middles[seat.rank], baselines[seat.lane]) for seat in places]
    over = {
        edge: lanes_top - TRACK * track
        for edge, (lanes_top, track) in _over(places, stacks, lanes, wires, tracks).items()
    }
    return Grid(placed, labels, slots, over, _entries(wires, placed), right, bottom)


def _gaps(places: list[Seat], wires: list[Wire]) -> dict[int, list[tuple[int, str]]]:
    """Return the upright lines in the gap after each column: each is a box's way out or in."""
    gaps: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for edge, along, _ in wires:
        ends = []
        if along in ("over", "target"):
            ends.append((places[edge.source].rank, (edge.source, "out")))
        if along in ("over", "source"):
            ends.append((places[edge.target].rank - 1, (edge.target, "in")))
        for rank, end in ends:
            if end not in gaps[rank]:
                gaps[rank].append(end)
    return gaps


def _across(
    columns: dict[int, float], gaps: dict[int, list[tuple[int, str]]]
) -> tuple[dict[int, float], dict[tuple[int, str], float], float]:
    """Return the middle of each column, the slots, and the right end."""
    middles, slots, x = {}, {}, MARGIN
    for rank in range(max(columns) + 1):
        middles[rank] = x + columns[rank] / 2
        x += columns[rank]
        lines = gaps.get(rank, [])
        for index, end in enumerate(lines):
            slots[end] = x + GAP / 2 + index * SLOT
        x += GAP + max(len(lines) - 1, 0) * SLOT
    return middles, slots, x - GAP


def _tracks(places: list[Seat], wires: list[Wire]) -> dict[Edge, int]:
    """Return which track over its lane an edge has: shorter ones lie lower, none meets another."""
    spans = sorted(
        (places[w.edge.target].rank - places[w.edge.source].rank, w.edge.source, w.edge.target, w)
        for w in wires
        if w.along == "over"
    )
    taken: dict[int, list[list[tuple[int, int, int]]]] = defaultdict(list)
    tracks: dict[Edge, int] = {}
    for _, source, target, wire in spans:
        start, end = places[source].rank, places[target].rank
        lines = taken[wire.lane]
        free = (
            index
            for index, line in enumerate(lines)
            if all(end <= a or b <= start or own == source for a, b, own in line)
        )
        index = next(free, len(lines))
        if index == len(lines):
            lines.append([])
        lines[index].append((start, end, source))
        tracks[wire.edge] = index + 1
    return tracks


def _down(
    places: list[Seat],
    stacks: list[Stack],
    texts: list[list[tuple[str, bool]]],
    tracks: dict[Edge, int],
) -> tuple[dict[int, float], dict[int, float], float]:
    """Return the middle of each lane, the baseline of its first labels, and the bottom."""
    lanes, baselines, y = {}, {}, MARGIN + TITLE
    for lane in range(max(seat.lane for seat in places) + 1):
        own = [index for index, seat in enumerate(places) if seat.lane == lane]
        high = max(stacks[index].height for index in own)
        lines = max(len(texts[index]) for index in own)
        over = max((t for edge, t in tracks.items() if places[edge.source].lane == lane), default=0)
        y += TRACK * over + (6 if over else 0)
        lanes[lane] = y + high / 2
        baselines[lane] = y + high + 20
        y = baselines[lane] + LEADING * (lines - 1) + 26
    return lanes, baselines, y - 22


def _over(
    places: list[Seat],
    stacks: list[Stack],
    lanes: dict[int, float],
    wires: list[Wire],
    tracks: dict[Edge, int],
) -> dict[Edge, tuple[float, int]]:
    """Return for each edge over a lane the top of what it passes, and its track."""
    found = {}
    for edge, along, lane in wires:
        if along == "over":
            high = max(
                s.height for s, seat in zip(stacks, places, strict=True) if seat.lane == lane
            )
            found[edge] = (lanes[lane] - high / 2, tracks[edge])
    return found


def _entries(wires: list[Wire], placed: list[Placed]) -> dict[tuple[int, int], float]:
    """Return at which height each edge comes in: straight in the middle, others around it."""
    above: dict[int, int] = defaultdict(int)
    below: dict[int, int] = defaultdict(int)
    count = Counter(wire.edge.target for wire in wires)
    found = {}
    for edge, along, _ in wires:
        target = placed[edge.target]
        step, half = 0, target.stack.solids[0].height / 2 - 2
        if along == "over":
            above[edge.target] += 1
            step = -above[edge.target]
        elif along == "source":
            below[edge.target] += 1
            step = below[edge.target]
        apart = min(7.0, half / count[edge.target]) if count[edge.target] > 1 else 0.0
        found[edge.source, edge.target] = target.y + step * apart
    return found


def _edges(
    shown: Outline, grid: Grid, wires: list[Wire], paint: Paint
) -> tuple[list[Group], list[Group]]:
    """Return the lines that lie behind the boxes, and the windows that lie on them."""
    lines, windows = [], []
    for edge, along, _ in wires:
        source, target = grid.placed[edge.source], grid.placed[edge.target]
        names = f"{shown.nodes[edge.source].name} to {shown.nodes[edge.target].name}"
        name = f"{names}: {shape_text(edge.shape)}"
        window = tuple(funnel(source, target, paint)) if along == "straight" else ()
        if window:
            windows.append(Group(name, window, "edge"))
        else:
            lines.append(Group(name, tuple(_line(edge, along, grid)), "edge"))
    return lines, windows


def _line(edge: Edge, along: str, grid: Grid) -> Iterator[Mark]:
    """Return a line with an arrow at its end."""
    source, target = grid.placed[edge.source], grid.placed[edge.target]
    start = source.exit()
    y = grid.entries[edge.source, edge.target]
    end = target.entry(y)
    points = [start]
    out = grid.slots.get((edge.source, "out"), start[0])
    into = grid.slots.get((edge.target, "in"), end[0])
    if along == "over":
        level = grid.tracks[edge]
        points += [(out, start[1]), (out, level), (into, level), (into, y)]
    elif along == "target":
        points += [(out, start[1]), (out, y)]
    elif along == "source":
        points += [(into, start[1]), (into, y)]
    elif abs(y - start[1]) > 0.5:
        points += [(end[0] - 10, start[1]), (end[0] - 10, y)]
    tip = (end[0] - 1, end[1])
    yield Path(rounded([*points, (tip[0] - 3, tip[1])], 5), line=WIRE, thickness=0.9)
    yield arrow(tip, (1.0, 0.0), WIRE)


def _nodes(shown: Outline, grid: Grid, paint: Paint) -> Iterator[Group]:
    for node, placed, (x, y) in zip(shown.nodes, grid.placed, grid.labels, strict=True):
        lines: list[Mark] = []
        for index, (text, bold) in enumerate(labels_of(node)):
            size = NAME if bold else LABEL
            colour = MUTED if index > 1 else Colour("ink")
            lines.append(Text(x, y + index * LEADING, text, size, "middle", bold, colour))
        yield Group(told(node), (*marks(placed, paint), *lines), "layer", node.full_name)
