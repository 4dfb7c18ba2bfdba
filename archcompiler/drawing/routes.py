"""The routes of edges in a layered layout: ends, labels, lanes and bends."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from archcompiler.drawing.scene import Point, Step, polyline, rounded

LANE = 16.0  # px of room for a lane
HALF = 7.0  # px: half the height of a label
BARE, LABELLED, SHORT = (
    20.0,
    34.0,
    10.0,
)  # px between ranks: without labels, with labels, before outputs
BEND = 10.0  # further px if edges go sideways
JOG = 5.0  # px between horizontal lines between two ranks
FIRM = 1e6  # the weight of a piece that keeps its place
PORTS = 16.0  # px between edges at the top of a box


class Piece(NamedTuple):
    """A box to be placed. `entries` and `exit` are fixed x for its inputs and its output.

    `rank` is `top`, `bottom`, or empty for any rank.
    """

    width: float
    height: float
    entries: tuple[float, ...] = ()
    exit: float | None = None
    rank: str = ""

    @property
    def out(self) -> float:
        """The x where edges leave it."""
        return self.width / 2 if self.exit is None else self.exit


class Link(NamedTuple):
    """An edge between pieces; `port` is the input of the target, `label` the width of a label."""

    source: int
    target: int
    port: int
    label: float


class Route(NamedTuple):
    """The course of an edge: its path, tip and direction, and the place of its label."""

    steps: tuple[Step, ...]
    tip: Point
    direction: Point
    label: Point  # middle of its left end


def separated(wanted: list[float], weights: list[float], gaps: list[float]) -> list[float]:
    """Return the places nearest to `wanted` by weighted least squares, at least `gaps` apart.

    Neighbours that are too close form a block that is placed as one: the pool adjacent violators
    algorithm for isotonic regression.
    """
    offsets = [0.0]
    for gap in gaps:
        offsets.append(offsets[-1] + gap)
    blocks: list[list[float]] = []  # place, weight, number of members
    for want, weight, offset in zip(wanted, weights, offsets, strict=False):
        blocks.append([want - offset, weight, 1])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            place, mass, count = blocks.pop()
            before = blocks[-1]
            before[0] = (before[0] * before[1] + place * mass) / (before[1] + mass)
            before[1] += mass
            before[2] += count
    places = [place for place, _, count in blocks for _ in range(int(count))]
    return [place + offset for place, offset in zip(places, offsets, strict=False)]


class Down:
    """The vertical places of ranks: tops, heights, and the gaps below."""

    def __init__(
        self, pieces: list[Piece], links: list[Link], ranks: list[int], count: int
    ) -> None:

        self.heights = [0.0] * count
        for piece, rank in zip(pieces, ranks, strict=True):
            self.heights[rank] = max(self.heights[rank], piece.height)
        self.jogs: list[list[tuple[int, str]]] = [[] for _ in range(count)]
        labelled = [False] * count
        ends: list[Counter[int]] = [Counter() for _ in range(count)]
        for link in links:
            start, end = ranks[link.source], ranks[link.target]
            if end == start + 1:
                labelled[start] = labelled[start] or link.label > 0
                ends[start].update((link.source, link.target))
                continue
            for gap, jog in ((start, (link.source, "out")), (end - 1, (link.target, "in"))):
                if jog not in self.jogs[gap]:
                    self.jogs[gap].append(jog)
        self.gaps = [
            (LABELLED if labelled[rank] else BARE)
            + (BEND if any(lines > 1 for lines in ends[rank].values()) else 0.0)
            + JOG * len(self.jogs[rank])
            for rank in range(count)
        ]
        self.is_bare = count > 1 and not labelled[-2] and not self.jogs[-2]
        self._stack()

    def shorten(self) -> None:
        """Shorten the last gap, which has just vertical edges."""
        if self.is_bare:
            self.gaps[-2] = SHORT
            self._stack()

    def _stack(self) -> None:
        self.tops: list[float] = []
        y = 0.0
        for height, gap in zip(self.heights, self.gaps, strict=True):
            self.tops.append(y)
            y += height + gap
        self.bottom = y - self.gaps[-1]

    def jog(self, gap: int, piece: int, way: str) -> float:
        """Return the height of a horizontal line: outgoing ones at the top of a gap."""
        at = self.jogs[gap].index((piece, way))
        top = self.tops[gap] + self.heights[gap]
        return top + 7 + JOG * at if way == "out" else top + self.gaps[gap] - 11 - JOG * at

    def label(self, gap: int) -> float:
        """Return the middle of the labels in a gap."""
        return self.tops[gap] + self.heights[gap] + self.gaps[gap] / 2


def entries_of(
    pieces: list[Piece],
    links: list[Link],
    ranks: list[int],
    lefts: list[float],
    aside: set[int],
) -> dict[int, float]:
    """Return the x at which each link enters its target from above."""
    by_target: dict[int, list[int]] = defaultdict(list)
    found = {}
    for index, link in enumerate(links):
        target = pieces[link.target]
        if target.entries:
            found[index] = lefts[link.target] + target.entries[link.port]
        elif index not in aside:
            by_target[link.target].append(index)
    for target_index, own in by_target.items():
        target = pieces[target_index]
        own.sort(
            key=lambda i: (
                ranks[links[i].source] + 1 < ranks[target_index],  # long edges come from the right
                lefts[links[i].source] + pieces[links[i].source].out,
                i,
            )
        )
        middle = lefts[target_index] + target.width / 2
        starts = [lefts[links[i].source] + pieces[links[i].source].out for i in own]
        upright = [at for at, x in enumerate(starts) if abs(x - middle) < 0.5]
        first = upright[0] if upright else (len(own) - 1) / 2  # this one is in the middle
        step = min(PORTS, target.width / 2 / (max(first, len(own) - 1 - first) + 1))
        for at, index in enumerate(own):
            found[index] = middle + (at - first) * step
    return found


def labels_of(
    pieces: list[Piece],
    links: list[Link],
    ranks: list[int],
    lefts: list[float],
    entries: dict[int, float],
) -> dict[int, float]:
    """Return the middle of the label of each link to the next rank, without overlaps.

    A label is above the target if that has one input, else below the source if that has one reader.
    """
    near = [i for i, link in enumerate(links) if ranks[link.target] == ranks[link.source] + 1]
    outs = Counter(links[index].source for index in near)
    ins = Counter(links[index].target for index in near)
    by_gap: dict[int, list[tuple[float, int]]] = defaultdict(list)
    upright = set()
    for index in near:
        link, end = links[index], entries[index]
        start = lefts[link.source] + pieces[link.source].out
        if abs(start - end) < 0.5:
            upright.add(index)
        if link.label:
            x = end if ins[link.target] == 1 else start if outs[link.source] == 1 else None
            by_gap[ranks[link.source]].append(((start + end) / 2 if x is None else x, index))
    found: dict[int, float] = {}
    for own in by_gap.values():
        own.sort()
        widths = [links[index].label for _, index in own]
        gaps = [(a + b) / 2 + (10 if a and b else 4) for a, b in pairwise(widths)]
        weights = [FIRM if index in upright else 1.0 for _, index in own]
        places = separated([x for x, _ in own], weights, gaps)
        found.update((index, x) for (_, index), x in zip(own, places, strict=True))
    return found


def lanes_of(
    pieces: list[Piece],
    links: list[Link],
    ranks: list[int],
    lefts: list[float],
    labels: dict[int, float],
) -> dict[int, float]:
    """Return the x of the lane of each link that spans ranks; short ones are inside."""
    reach: dict[int, float] = defaultdict(
        float
    )  # right end of a rank, and of the gap below it (rank + 0.5)
    for piece, rank, left in zip(pieces, ranks, lefts, strict=True):
        reach[2 * rank] = max(reach[2 * rank], left + piece.width)
    for index, x in labels.items():
        gap = 2 * ranks[links[index].source] + 1
        reach[gap] = max(reach[gap], x + links[index].label / 2)
    long = [
        (ranks[link.target] - ranks[link.source], index)
        for index, link in enumerate(links)
        if ranks[link.target] > ranks[link.source] + 1
    ]
    found = {}
    for _, index in sorted(long):
        link = links[index]
        # Also beside the boxes at its ends, where it may leave and enter sideways.
        passed = range(2 * ranks[link.source], 2 * ranks[link.target] + 1)
        x = max(reach[level] for level in passed) + LANE
        found[index] = x
        for level in passed:
            reach[level] = x + (link.label + 8 if link.label else 0)
    return found


def _curved(points: tuple[Point, ...]) -> Iterator[Step]:
    """Return a curve through points that is vertical at each of them."""
    yield "M", points[:1]
    for (x, y), (to_x, to_y) in pairwise(points):
        if x == to_x:
            yield "L", ((to_x, to_y),)
        else:
            half = (y + to_y) / 2
            yield "C", ((x, half), (to_x, half), (to_x, to_y))


class RouteDrawer:
    """Draws the routes when all places are known."""

    def __init__(
        self,
        pieces: list[Piece],
        links: list[Link],
        ranks: list[int],
        places: list[Point],
        rows: list[list[int]],
        entries: dict[int, float],
        labels: dict[int, float],
        lanes: dict[int, float],
        down: Down,
        aside: set[int],
    ) -> None:
        self.pieces, self.links, self.ranks, self.places = pieces, links, ranks, places
        self.entries, self.labels, self.lanes, self.down = entries, labels, lanes, down
        self.last = {row[-1] for row in rows if row}
        self.aside = aside

    def route(self, index: int) -> Route:
        """Return the route of a link."""
        link = self.links[index]
        source, target = self.pieces[link.source], self.pieces[link.target]
        left, top = self.places[link.source]
        start = (left + source.out, top + source.height)
        if self.ranks[link.target] == self.ranks[link.source] + 1:
            end = (self.entries[index], self.places[link.target][1])
            return self._near(index, start, end)
        return self._far(index, start, source, target)

    def _near(self, index: int, start: Point, end: Point) -> Route:
        """Return an edge to the next rank: vertical, or a curve through its label."""
        link, x = self.links[index], self.labels.get(index, end[0])
        gap = self.ranks[link.source]
        y = self.down.label(gap)
        label = (x - link.label / 2, y)
        begin = (start[0], self.down.tops[gap] + self.down.heights[gap])
        stop = (end[0], self.down.tops[gap + 1] - (4 if end[1] == self.down.tops[gap + 1] else 0))
        by = ((x, y - HALF), (x, y + HALF)) if index in self.labels else ()
        points = (start, begin, *by, stop, (end[0], end[1] - 4))
        if all(abs(point[0] - end[0]) < 0.5 for point in points):
            return Route(polyline((start, points[-1])), end, (0.0, 1.0), label)
        return Route(tuple(_curved(points)), end, (0.0, 1.0), label)

    def _far(self, index: int, start: Point, source: Piece, target: Piece) -> Route:
        link, x = self.links[index], self.lanes[index]
        points: list[Point] = []
        if link.source in self.last and source.exit is None:  # leaves at the side
            left, top = self.places[link.source]
            begin = (left + source.width, top + source.height / 2)
            points += [begin, (x, begin[1])]
        else:
            y = self.down.jog(self.ranks[link.source], link.source, "out")
            points += [start, (start[0], y), (x, y)]
        if index in self.aside:
            left, top = self.places[link.target]
            tip = (left + target.width, top + target.height / 2 + self._apart(index))
            points += [(x, tip[1]), (tip[0] + 4, tip[1])]
            direction = (-1.0, 0.0)
        else:
            tip = (self.entries[index], self.places[link.target][1])
            y = self.down.jog(self.ranks[link.target] - 1, link.target, "in")
            points += [(x, y), (tip[0], y), (tip[0], tip[1] - 4)]
            direction = (0.0, 1.0)
        uprights = [point[1] for point in points if point[0] == x]
        label = (x + 6, (min(uprights) + max(uprights)) / 2)
        return Route(rounded(points, 6), tip, direction, label)

    def _apart(self, index: int) -> float:
        """Return the distance from the middle of the side at which a link enters its target."""
        link = self.links[index]
        own = [i for i in self.aside if self.links[i].target == link.target]
        own.sort(key=lambda i: (self.lanes[i], i))
        step = min(6.0, self.pieces[link.target].height / (len(own) + 1))
        return (own.index(index) - (len(own) - 1) / 2) * step
