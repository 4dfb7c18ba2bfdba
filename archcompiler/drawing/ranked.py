"""A layered layout of a directed graph, from the top down, with labels on its lines.

Ranks by the longest path, orders by barycentres, places as near to the neighbours as others let
them; a line that passes ranks by has a straight lane of its own beside what it passes.
"""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from archcompiler.drawing.scene import Point, Step, polyline, rounded

APART = 22.0  # px between two boxes of a rank
LANE = 16.0  # px before a lane
HALF = 7.0  # px from the middle of a label to its top
BARE, LABELLED, SHORT = 24.0, 46.0, 10.0  # px between ranks: bare, with labels, to outputs
JOG = 5.0  # px from one level line between two ranks to the next
PORTS = 16.0  # px between two lines that come to a box
SWEEPS = 8


class Piece(NamedTuple):
    """A box to be placed. `entries` are the x of its inputs, if it has fixed ones; `exit` too.

    `rank` is where it has to be: `top`, `bottom`, or anywhere.
    """

    width: float
    height: float
    entries: tuple[float, ...] = ()
    exit: float | None = None
    rank: str = ""

    @property
    def out(self) -> float:
        """The x where lines leave it."""
        return self.width / 2 if self.exit is None else self.exit


class Link(NamedTuple):
    """A line from piece to piece; `port` counts the inputs of the target; `label` is a width."""

    source: int
    target: int
    port: int
    label: float


class Route(NamedTuple):
    """How a line goes, where it ends and in which direction, and where its label is."""

    steps: tuple[Step, ...]
    tip: Point
    direction: Point
    label: Point  # the middle of the label's left end


class Layout(NamedTuple):
    """The upper left corners of the pieces, a route for each link, and the size of it all."""

    places: list[Point]
    routes: list[Route]
    width: float
    height: float


def layout(pieces: list[Piece], links: list[Link]) -> Layout:
    """Place `pieces`; a link leads to a piece that comes after its source in the list."""
    ranks = _ranks(pieces, links)
    rows = _ordered(pieces, links, ranks)
    lefts = _spread(pieces, links, ranks, rows)
    down = _Down(pieces, links, ranks, len(rows))
    if _ends_upright(pieces, links, lefts):
        down.shorten()
    places = [(lefts[i], down.tops[ranks[i]] + down.inset(i)) for i in range(len(pieces))]
    aside = {
        index
        for index, link in enumerate(links)
        if ranks[link.target] > ranks[link.source] + 1
        and link.target == rows[ranks[link.target]][-1]
        and pieces[link.target].height
        and not pieces[link.target].entries
    }
    entries = _entries(pieces, links, ranks, lefts, aside)
    labels = _labels(pieces, links, ranks, lefts, entries)
    lanes = _lanes(pieces, links, ranks, lefts, labels)
    drawn = _Drawn(pieces, links, ranks, places, rows, entries, labels, lanes, down, aside)
    routes = [drawn.route(index) for index in range(len(links))]
    right = max(
        [x + piece.width for (x, _), piece in zip(places, pieces, strict=True)]
        + [x + links[index].label / 2 for index, x in labels.items()]
        + [x + 6 + links[index].label for index, x in lanes.items()]
    )
    left = min([0.0, *(x - links[index].label / 2 for index, x in labels.items())])
    return _from_zero(Layout(places, routes, right, down.bottom), left)


def _ends_upright(pieces: list[Piece], links: list[Link], lefts: list[float]) -> bool:
    """Whether what leads to the outputs leads straight down."""
    return all(
        abs(lefts[link.source] + pieces[link.source].out - lefts[link.target]) < 0.5
        for link in links
        if pieces[link.target].rank == "bottom"
    )


def _from_zero(found: Layout, left: float) -> Layout:
    """Return the layout with its left end at 0."""
    if left >= 0:
        return found

    def to(point: Point) -> Point:
        return point[0] - left, point[1]

    routes = [
        Route(
            tuple((kind, tuple(map(to, points))) for kind, points in route.steps),
            to(route.tip), route.direction, to(route.label),
        )
        for route in found.routes
    ]  # fmt: skip
    return Layout([to(place) for place in found.places], routes, found.width - left, found.height)


def _ranks(pieces: list[Piece], links: list[Link]) -> list[int]:
    ranks = [0] * len(pieces)
    by_source = sorted(links, key=lambda link: link.source)
    for link in by_source:
        ranks[link.target] = max(ranks[link.target], ranks[link.source] + 1)
    _move_late(pieces, links, ranks)
    last = max(ranks, default=0)
    for index, piece in enumerate(pieces):
        if piece.rank == "bottom":
            ranks[index] = last
    return ranks


def _move_late(pieces: list[Piece], links: list[Link], ranks: list[int]) -> None:
    """Move a branch that begins with an input of the network to where it is read."""
    before: dict[int, list[int]] = defaultdict(list)
    after: dict[int, list[int]] = defaultdict(list)
    for link in links:
        before[link.target].append(link.source)
        after[link.source].append(link.target)
    loose: set[int] = set()
    for index, piece in enumerate(pieces):
        own = before[index]
        if not piece.rank and all(i in loose and len(after[i]) == 1 for i in own):
            loose.add(index)
    for index in reversed(range(len(pieces))):
        if index in loose and after[index]:
            ranks[index] = min(ranks[target] for target in after[index]) - 1


def _ordered(pieces: list[Piece], links: list[Link], ranks: list[int]) -> list[list[int]]:
    """Return the pieces of each rank from left to right, with few crossings of near links."""
    rows: list[list[int]] = [[] for _ in range(max(ranks, default=0) + 1)]
    for index, rank in enumerate(ranks):
        rows[rank].append(index)
    up, down = _near(links, ranks)
    long = {link.source for link in links if ranks[link.target] > ranks[link.source] + 1}
    place = {index: float(at) for row in rows for at, index in enumerate(row)}
    for sweep in range(4):
        near = up if sweep % 2 == 0 else down
        for row in rows if sweep % 2 == 0 else reversed(rows):
            middle = {
                i: sum(place[n] for n in near[i]) / len(near[i]) if near[i] else place[i]
                for i in row
            }
            row.sort(key=lambda i: (i in long, middle[i], i))  # these leave at the right
            place.update((index, float(at)) for at, index in enumerate(row))
    return rows


def _near(
    links: list[Link], ranks: list[int]
) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    """Return the neighbours of each piece one rank above it, and one below."""
    up: dict[int, list[int]] = defaultdict(list)
    down: dict[int, list[int]] = defaultdict(list)
    for link in links:
        if ranks[link.target] == ranks[link.source] + 1:
            up[link.target].append(link.source)
            down[link.source].append(link.target)
    return up, down


def _spread(
    pieces: list[Piece], links: list[Link], ranks: list[int], rows: list[list[int]]
) -> list[float]:
    """Return the left end of each piece: near its neighbours, apart from those beside it."""
    near = [link for link in links if ranks[link.target] == ranks[link.source] + 1]
    up: dict[int, list[Link]] = defaultdict(list)
    down: dict[int, list[Link]] = defaultdict(list)
    for link in near:
        up[link.target].append(link)
        down[link.source].append(link)
    middle = [piece.width / 2 for piece in pieces]
    labels: dict[int, float] = defaultdict(float)
    for link in near:  # side by side there must be room for the labels of lines that come in
        labels[link.target] += link.label + 8
    room = [max(piece.width, labels[i]) for i, piece in enumerate(pieces)]
    for sweep in range(SWEEPS):
        upward = sweep % 2 == 1
        for row in reversed(rows) if upward else rows:
            wanted, weights = [], []
            for i in row:
                ends = down[i] if upward else up[i]
                aims = [_aim(pieces, link, middle, i) for link in ends]
                wanted.append(sum(aims) / len(aims) if aims else middle[i])
                weights.append(4.0 if len(aims) == 1 else 1.0 if aims else 0.2)
            gaps = [
                (room[a] + room[b]) / 2 + APART for a, b in zip(row, row[1:], strict=False)
            ]
            for i, x in zip(row, separated(wanted, weights, gaps), strict=True):
                middle[i] = x
    ends = [index for index, piece in enumerate(pieces) if piece.rank == "bottom"]
    if pieces[0].rank == "top" and len(ends) == 1:  # what goes through stays on one line
        middle[ends[0]] = middle[0]
    lefts = [x - piece.width / 2 for x, piece in zip(middle, pieces, strict=True)]
    least = min(lefts, default=0.0)
    return [x - least for x in lefts]


def _aim(pieces: list[Piece], link: Link, middle: list[float], piece: int) -> float:
    """Return where the middle of `piece` makes `link` upright."""
    source, target = pieces[link.source], pieces[link.target]
    out = source.out - source.width / 2
    into = target.entries[link.port] - target.width / 2 if target.entries else 0.0
    if piece == link.target:
        return middle[link.source] + out - into
    return middle[link.target] + into - out


def separated(wanted: list[float], weights: list[float], gaps: list[float]) -> list[float]:
    """Return the places nearest to `wanted` (least squares) that are at least `gaps` apart.

    Neighbours that are too close form a block that is placed as one (pool adjacent violators).
    """
    offsets = [0.0]
    for gap in gaps:
        offsets.append(offsets[-1] + gap)
    blocks: list[list[float]] = []  # the place, the weight, how many
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


class _Down:
    """The ranks from top to bottom: their tops, their heights, and the gaps below them."""

    def __init__(
        self, pieces: list[Piece], links: list[Link], ranks: list[int], count: int
    ) -> None:
        self.pieces, self.ranks = pieces, ranks
        self.heights = [0.0] * count
        for piece, rank in zip(pieces, ranks, strict=True):
            self.heights[rank] = max(self.heights[rank], piece.height)
        self.jogs: list[list[tuple[int, str]]] = [[] for _ in range(count)]
        labelled = [False] * count
        for link in links:
            start, end = ranks[link.source], ranks[link.target]
            if end == start + 1:
                labelled[start] = labelled[start] or link.label > 0
                continue
            for gap, jog in ((start, (link.source, "out")), (end - 1, (link.target, "in"))):
                if jog not in self.jogs[gap]:
                    self.jogs[gap].append(jog)
        self.gaps = [
            (LABELLED if labelled[rank] else BARE) + JOG * len(self.jogs[rank])
            for rank in range(count)
        ]
        self.is_bare = count > 1 and not labelled[-2] and not self.jogs[-2]
        self._stack()

    def shorten(self) -> None:
        """Have the last gap, which has only upright lines, take less room."""
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

    def inset(self, index: int) -> float:
        """Return how far below the top of its rank a piece is: in the middle of it."""
        return (self.heights[self.ranks[index]] - self.pieces[index].height) / 2

    def jog(self, gap: int, piece: int, way: str) -> float:
        """Return the height of a level line: out lines at the top of a gap, others at its end."""
        at = self.jogs[gap].index((piece, way))
        top = self.tops[gap] + self.heights[gap]
        return top + 7 + JOG * at if way == "out" else top + self.gaps[gap] - 11 - JOG * at

    def label(self, gap: int) -> float:
        """Return the middle of the labels in a gap."""
        return self.tops[gap] + self.heights[gap] + self.gaps[gap] / 2


def _entries(
    pieces: list[Piece],
    links: list[Link],
    ranks: list[int],
    lefts: list[float],
    aside: set[int],
) -> dict[int, float]:
    """Return for each link the x at which it comes to its target from above."""
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
                ranks[links[i].source] + 1 < ranks[target_index],  # long ones come from the right
                lefts[links[i].source] + pieces[links[i].source].out,
                i,
            )
        )
        step = min(PORTS, target.width / (len(own) + 1))
        for at, index in enumerate(own):
            found[index] = lefts[target_index] + target.width / 2 + (at - (len(own) - 1) / 2) * step
    return found


def _labels(
    pieces: list[Piece],
    links: list[Link],
    ranks: list[int],
    lefts: list[float],
    entries: dict[int, float],
) -> dict[int, float]:
    """Return the middle of the label of each link to the next rank, apart from its neighbours."""
    by_gap: dict[int, list[tuple[float, int]]] = defaultdict(list)
    for index, link in enumerate(links):
        if ranks[link.target] == ranks[link.source] + 1:
            start = lefts[link.source] + pieces[link.source].out
            by_gap[ranks[link.source]].append(((start + entries[index]) / 2, index))
    found = {}
    for own in by_gap.values():
        own.sort()
        widths = [links[index].label for _, index in own]
        gaps = [
            (a + b) / 2 + (10 if a and b else 4) for a, b in zip(widths, widths[1:], strict=False)
        ]
        places = separated([x for x, _ in own], [1.0] * len(own), gaps)
        found.update((index, x) for (_, index), x in zip(own, places, strict=True))
    return found


def _lanes(
    pieces: list[Piece],
    links: list[Link],
    ranks: list[int],
    lefts: list[float],
    labels: dict[int, float],
) -> dict[int, float]:
    """Return the x of the lane of each link that passes ranks by; short ones lie inside."""
    reach: dict[int, float] = defaultdict(float)  # of a rank, and of the gap below it (+ 0.5)
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
        # Side by side with the boxes at its ends, too: there it may leave and come in sideways.
        passed = range(2 * ranks[link.source], 2 * ranks[link.target] + 1)
        x = max(reach[level] for level in passed) + LANE
        found[index] = x
        for level in passed:
            reach[level] = x + (link.label + 8 if link.label else 0)
    return found


class _Drawn:
    """Draws the routes when everything has its place."""

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
        down: _Down,
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
        if index in self.labels:
            end = (self.entries[index], self.places[link.target][1])
            return self._near(index, start, end)
        return self._far(index, start, source, target)

    def _near(self, index: int, start: Point, end: Point) -> Route:
        link, x = self.links[index], self.labels[index]
        gap = self.ranks[link.source]
        y = self.down.label(gap)
        label = (x - link.label / 2, y)
        below = self.down.tops[gap] + self.down.heights[gap]
        stop = (end[0], end[1] - 4)
        if abs(start[0] - end[0]) < 0.5 and abs(x - end[0]) < 0.5:
            return Route(polyline((start, stop)), end, (0.0, 1.0), label)
        upper, lower = (x, y - HALF), (x, y + HALF)
        above = self.down.tops[gap + 1]
        first, last = (start[0], below), (end[0], max(above, end[1]) - 4 if end[1] > above else stop[1])
        half = (upper[1] - first[1]) / 2
        rest = (last[1] - lower[1]) / 2
        steps: tuple[Step, ...] = (
            ("M", (start,)),
            ("L", (first,)),
            ("C", ((first[0], first[1] + half), (x, upper[1] - half), upper)),
            ("L", (lower,)),
            ("C", ((x, lower[1] + rest), (last[0], last[1] - rest), last)),
        )
        return Route(steps, end, (0.0, 1.0), label)

    def _far(self, index: int, start: Point, source: Piece, target: Piece) -> Route:
        link, x = self.links[index], self.lanes[index]
        points: list[Point] = []
        if link.source in self.last and source.exit is None:  # out of the side
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
        """Return how far from the middle of its side a target is met: each line by itself."""
        link = self.links[index]
        own = [i for i in self.aside if self.links[i].target == link.target]
        own.sort(key=lambda i: (self.lanes[i], i))
        step = min(6.0, self.pieces[link.target].height / (len(own) + 1))
        return (own.index(index) - (len(own) - 1) / 2) * step
