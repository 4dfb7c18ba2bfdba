"""The layout of the style `layered`: rows of columns, lanes, and the routes of edges.

Boxes stand in columns by rank and in lanes by branch (`lanes`); the columns are broken into rows
(`row_breaks`). Edges go straight to the next box, or through gaps between columns and along tracks
above or below lanes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import accumulate, pairwise
from typing import NamedTuple

from archcompiler.drawing.font import clipped, width, wrapped
from archcompiler.drawing.lanes import Seat, seats
from archcompiler.drawing.legend import MARGIN, TITLE
from archcompiler.drawing.outline import Edge, Node, Outline, shape_label, window_text
from archcompiler.drawing.row_breaks import Span, broken, packed
from archcompiler.drawing.scene import Point
from archcompiler.drawing.solids import Placed, Scale, stack_of

GAP, SLOT, TRACK = (
    26.0,
    6.0,
    9.0,
)  # px: between columns, between vertical lines, between horizontal lines
LABEL, NAME = 9.5, 10.5  # font sizes in px
LEADING = 12.5  # px between lines of a label
NARROW, LONGEST = 74.0, 118.0  # px: width at which labels are wrapped, longest label
APART = 14.0  # px between edges at the side of a box
ROW = 12.0  # px below the last edge between two rows
Gap = tuple[
    int, int
]  # a row, and the column before the gap (of another row if the gap begins the row)
Lane = tuple[int, int]  # row and lane
Lines = list[tuple[str, bool]]  # texts, and whether they are bold
End = tuple[int, str]  # a box, and "out", "in", or "next" for the edge from the box before it


def labels_of(nodes: Iterable[Node]) -> list[Lines]:
    """Return the label lines of each box.

    A box whose look shows its type has no type as text, unless other types have that look.
    """
    nodes = list(nodes)
    alike: dict[str, set[str]] = defaultdict(set)
    for node in nodes:
        if _is_plain(node):
            alike[node.family].add(node.type)
    return [_lines(node, says=not _is_plain(node) or len(alike[node.family]) > 1) for node in nodes]


def _is_plain(node: Node) -> bool:
    """Whether the look of a box shows its type: layers with windows, inputs, dense layers."""
    is_one = not node.is_block and node.copies == 1
    return is_one and (node.kernel is not None or node.family in ("input", "dense"))


def _lines(node: Node, *, says: bool) -> Lines:
    name = node.name if node.type else "…"
    while "." in name and width(name, NAME, bold=True) > LONGEST:  # the end of the name is kept
        name = "…" + name.lstrip("…").partition(".")[2]
    lines = [(name, True), (shape_label(node.shape), False)]
    if says:
        kind = node.own_function or node.kind
        lines += [(line, False) for line in wrapped(kind, LABEL, NARROW)]
    if window := window_text(node):
        lines.append((window, False))
    if node.groups > 1:
        lines.append((f"{node.groups} groups", False))
    return [
        (clipped(text, NAME if bold else LABEL, LONGEST, bold=bold), bold) for text, bold in lines
    ]


class Wire(NamedTuple):
    """The course of an edge.

    `along` is `straight` (box to box), `over` (on a track above the lane), `source` or `target`
    (along the lane of that box), or `rows` (below its row, and on to another row).
    """

    edge: Edge
    along: str
    is_next: bool  # whether the target is the next box in the lane of the source

    @property
    def into(self) -> End:
        """Its vertical line before the target; edges that are not from the box before share it."""
        return self.edge.target, "next" if self.is_next else "in"


class Grid(NamedTuple):
    """The places of boxes, labels and edges."""

    wires: list[Wire]
    placed: list[Placed]
    labels: list[Point]  # middle of the column, baseline of the first line
    texts: list[Lines]  # labels below each box
    ways: list[list[Point]]  # the corners of each edge
    uprights: list[float]  # the x of vertical lines
    right: float
    bottom: float


def grid(shown: Outline, sizes: Scale, most: float) -> Grid:
    """Return the layout, in rows of at most `most` px; in one row if that is 0."""
    return Plan(shown, sizes, most).grid()


class Plan:
    """The steps of the layout; each uses the results of the ones before."""

    def __init__(self, shown: Outline, sizes: Scale, most: float) -> None:
        self.places: list[Seat] = seats(shown)
        self.stacks = [stack_of(node, sizes) for node in shown.nodes]
        self.texts = labels_of(shown.nodes)
        self.pairs: dict[tuple[int, int], Edge] = {}
        for edge in shown.edges:
            self.pairs.setdefault((edge.source, edge.target), edge)
        self.columns = self._columns()
        self.rows = [0] * len(self.columns)
        self._lead()
        if most:
            self.rows = self._broken(most)
            self._lead()
        self.leading = {wire.edge.source for wire in self.wires if wire.is_next}
        self.lanes = [(self.rows[seat.rank], seat.lane) for seat in self.places]
        self.highs: dict[Lane, float] = defaultdict(float)
        for lane, stack in zip(self.lanes, self.stacks, strict=True):
            self.highs[lane] = max(self.highs[lane], stack.height)
        self.middles, self.slots, self.right = self._across()
        self.asides = self._asides()
        self.between = self._between()
        self.over = self._over()
        self.levels, self.baselines, self.tops, self.bottom = self._down()

    def _columns(self) -> list[float]:
        """Return the width of each column."""
        columns = [0.0] * (max(seat.rank for seat in self.places) + 1)
        for seat, stack, lines in zip(self.places, self.stacks, self.texts, strict=True):
            widest = max(width(text, NAME if bold else LABEL, bold=bold) for text, bold in lines)
            columns[seat.rank] = max(columns[seat.rank], widest, stack.width)
        return columns

    def _lead(self) -> None:
        """Find the course of each edge, and the vertical lines in each gap.

        Each vertical line belongs to an end of a box.
        """
        self.wires = [self._wire(edge) for edge in self.pairs.values()]
        self.gaps: dict[Gap, list[End]] = defaultdict(list)
        for wire in self.wires:
            edge, along, _ = wire
            source, target = self.places[edge.source].rank, self.places[edge.target].rank
            ends: list[tuple[Gap, End]] = []
            if along in ("over", "target", "rows"):
                ends.append(((self.rows[source], source), (edge.source, "out")))
            if along in ("over", "source", "rows"):
                ends.append(((self.rows[target], target - 1), wire.into))
            for gap, end in ends:
                if end not in self.gaps[gap]:
                    self.gaps[gap].append(end)

    def _wire(self, edge: Edge) -> Wire:
        source, target = self.places[edge.source], self.places[edge.target]
        is_next = source.lane == target.lane and target.rank == source.rank + 1
        if self.rows[source.rank] != self.rows[target.rank]:
            along = "rows"
        elif source.lane == target.lane:
            along = "straight" if is_next else "over"
        elif target.is_first:
            along = "target"
        else:
            near = source.is_last or target.rank == source.rank + 1
            along = "source" if near else "over"
        return Wire(edge, along, is_next)

    def _broken(self, most: float) -> list[int]:
        """Return the row of each column."""
        gaps = [GAP + self._slots((0, rank)) for rank in range(len(self.columns))]
        if sum(self.columns) + sum(gaps[:-1]) + 2 * MARGIN <= most:
            return self.rows
        steps = [0] * len(self.columns)  # change of the number of passing edges at each column
        for edge in self.pairs.values():
            steps[self.places[edge.source].rank] += 1
            steps[self.places[edge.target].rank] -= 1
        # Edges between rows take room at both ends.
        return broken(self.columns, gaps, list(accumulate(steps)), most - 2 * MARGIN - 2 * GAP)

    def _slots(self, gap: Gap) -> float:
        """Return the width that the vertical lines of a gap need."""
        return max(len(self.gaps.get(gap, ())) - 1, 0) * SLOT

    def grid(self) -> Grid:
        """Return the layout."""
        placed, labels = [], []
        for seat, stack, lane in zip(self.places, self.stacks, self.lanes, strict=True):
            middle = self.middles[seat.rank]
            placed.append(Placed(stack, middle - stack.width / 2, self.levels[lane]))
            labels.append((middle, self.baselines[lane]))
        entries = self._entries(placed)
        ways = [self._way(wire, placed, entries[wire.edge]) for wire in self.wires]
        uprights = sorted({*self.slots.values(), *self.asides.values()})
        right = max([self.right, *self.asides.values()])
        texts = self.texts
        return Grid(self.wires, placed, labels, texts, ways, uprights, right, self.bottom)

    def _way(self, wire: Wire, placed: list[Placed], y: float) -> list[Point]:
        """Return the corners of an edge that enters its target at the height `y`."""
        edge, along, _ = wire
        start, end = self._start(wire, placed[edge.source]), placed[edge.target].entry(y)
        out = self.slots.get((edge.source, "out"), start[0])
        into = self.slots.get(wire.into, end[0])
        lane, (last, _) = self.lanes[edge.source], self.lanes[edge.target]
        match along:
            case "over":
                level = self.levels[lane] - self.highs[lane] / 2 - TRACK * (self.over[edge] + 1)
                bends = [(out, start[1]), (out, level), (into, level), (into, y)]
            case "target":
                bends = [(out, start[1]), (out, y)]
            case "source":
                bends = [(into, start[1]), (into, y)]
            case "rows":
                down, up = (
                    self.tops[row] + TRACK * self.between[row][edge] for row in (lane[0], last - 1)
                )
                x = self.asides.get(edge, into)
                bends = [(out, start[1]), (out, down), (x, down), (x, up), (into, up), (into, y)]
            case _:
                bends = [(end[0] - 10, start[1]), (end[0] - 10, y)] if start[1] != y else []
        return [start, *bends, end]

    def _start(self, wire: Wire, source: Placed) -> Point:
        """Return the start of an edge: above or below the edge to the next box."""
        x, y = source.exit()
        if wire.is_next or wire.edge.source not in self.leading:
            return x, y
        apart = min(APART, source.stack.solids[-1].height / 4)
        return x, y - apart if wire.along == "over" else y + apart

    def _across(self) -> tuple[list[float], dict[End, float], float]:
        """Return the middles of columns, the x of vertical lines, and the right end."""
        firsts = [
            (row, rank - 1)
            for rank, (before, row) in enumerate(pairwise(self.rows), 1)
            if before != row
        ]
        left = MARGIN
        if firsts:
            left += GAP / 2 + max(map(self._slots, firsts))
        middles: list[float] = []
        slots: dict[End, float] = {}
        right = x = left
        for gap in firsts:
            for index, end in enumerate(self.gaps[gap]):
                slots[end] = left - GAP / 2 - index * SLOT
        for rank, (column, row) in enumerate(zip(self.columns, self.rows, strict=True)):
            if (row, rank - 1) in firsts:
                x = left
            middles.append(x + column / 2)
            x += column
            lines = self.gaps.get((row, rank), [])
            for index, end in enumerate(lines):
                slots[end] = x + GAP / 2 + index * SLOT
            right = max([right, x, *(slots[end] for end in lines)])
            x += GAP + self._slots((row, rank))
        return middles, slots, right

    def _asides(self) -> dict[Edge, float]:
        """Return the x, beside all rows, of each edge that skips rows."""
        spans = []
        for edge, along, _ in self.wires:
            start, end = self.lanes[edge.source][0], self.lanes[edge.target][0]
            if along == "rows" and end > start + 1:
                spans.append(Span(start, end, edge))
        return {edge: self.right + TRACK * (1 + track) for edge, track in packed(spans).items()}

    def _between(self) -> dict[int, dict[Edge, int]]:
        """Return the tracks of horizontal edges below each row."""
        spans: dict[int, list[Span]] = defaultdict(list)
        for wire in self.wires:
            edge, along, _ = wire
            if along != "rows":
                continue
            out, into = self.slots[edge.source, "out"], self.slots[wire.into]
            start, end = self.lanes[edge.source][0], self.lanes[edge.target][0]
            aside = self.asides.get(edge)
            legs = [(start, out, into if aside is None else aside)]
            if aside is not None:
                legs.append((end - 1, into, aside))
            for row, *ends in legs:
                spans[row].append(Span(min(ends), max(ends), edge))
        return {row: packed(own) for row, own in spans.items()}

    def _over(self) -> dict[Edge, int]:
        """Return the tracks of edges above lanes."""
        spans: dict[Lane, list[Span]] = defaultdict(list)
        for edge, along, _ in self.wires:
            if along == "over":
                ends = self.places[edge.source].rank, self.places[edge.target].rank
                spans[self.lanes[edge.source]].append(Span(*ends, edge))
        return {edge: track for own in spans.values() for edge, track in packed(own).items()}

    def _down(self) -> tuple[dict[Lane, float], dict[Lane, float], dict[int, float], float]:
        """Return the vertical places.

        These are the middle of each lane, the baseline of its labels, the height of the first
        track below each row, and the bottom of the picture.
        """
        lines: dict[Lane, int] = defaultdict(int)
        for lane, text in zip(self.lanes, self.texts, strict=True):
            lines[lane] = max(lines[lane], len(text))
        tracks: dict[Lane, int] = defaultdict(int)
        for edge, track in self.over.items():
            lane = self.lanes[edge.source]
            tracks[lane] = max(tracks[lane], track + 1)
        levels, baselines, tops, y = {}, {}, {}, MARGIN + TITLE
        for before, lane in pairwise([(0, 0), *sorted(self.highs)]):
            row, _ = before
            if lane[0] > row:
                tops[row] = y
                y += TRACK * (max(self.between.get(row, {}).values(), default=-1) + 1) + ROW
            y += TRACK * tracks[lane] + (6 if tracks[lane] else 0)
            levels[lane] = y + self.highs[lane] / 2
            baselines[lane] = y + self.highs[lane] + 20
            y = baselines[lane] + LEADING * (lines[lane] - 1) + 26
        return levels, baselines, tops, y - 22

    def _entries(self, placed: list[Placed]) -> dict[Edge, float]:
        """Return the height at which each edge enters: straight in the middle, others around it."""
        above: dict[int, int] = defaultdict(int)
        below: dict[int, int] = defaultdict(int)
        count = Counter(wire.edge.target for wire in self.wires)
        found = {}
        for edge, along, is_next in self.wires:
            target = placed[edge.target]
            step, half = 0, target.stack.solids[0].height / 2 - 2
            if along == "over" or (along == "rows" and not is_next):
                above[edge.target] += 1
                step = -above[edge.target]
            elif along == "source":
                below[edge.target] += 1
                step = below[edge.target]
            apart = min(7.0, half / count[edge.target]) if count[edge.target] > 1 else 0.0
            found[edge] = target.y + step * apart
        return found
