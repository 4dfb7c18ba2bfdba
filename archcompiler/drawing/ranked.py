"""A layered layout of a directed acyclic graph, top-down, with labels on edges.

Ranks are longest paths, the order within ranks is by barycentres (Sugiyama's method), and places
are near to neighbours, with the longest path as a straight column. An edge that spans several ranks
has a vertical lane beside the boxes that it passes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

from archcompiler.drawing.routes import (
    FIRM,
    Down,
    Link,
    Piece,
    Route,
    RouteDrawer,
    entries_of,
    labels_of,
    lanes_of,
    separated,
)
from archcompiler.drawing.scene import Point

APART = 22.0  # px between boxes of a rank
SWEEPS = 9  # the last one goes down, so that columns stay straight


class Layout(NamedTuple):
    """The upper left corners of boxes, the routes of edges, and the size of the layout."""

    places: list[Point]
    routes: list[Route]
    width: float
    height: float


def layout(pieces: list[Piece], links: list[Link]) -> Layout:
    """Lay out `pieces`; links lead from earlier to later pieces of the list."""
    ranks = _ranks(pieces, links)
    rows = _ordered(pieces, links, ranks)
    lefts = _spread(pieces, links, ranks, rows)
    down = Down(pieces, links, ranks, len(rows))
    if _ends_upright(pieces, links, lefts):
        down.shorten()
    places = [(left, down.tops[rank]) for left, rank in zip(lefts, ranks, strict=True)]
    aside = {
        index
        for index, link in enumerate(links)
        if ranks[link.target] > ranks[link.source] + 1
        and link.target == rows[ranks[link.target]][-1]
        and pieces[link.target].height
        and not pieces[link.target].entries
    }
    entries = entries_of(pieces, links, ranks, lefts, aside)
    labels = labels_of(pieces, links, ranks, lefts, entries)
    lanes = lanes_of(pieces, links, ranks, lefts, labels)
    drawn = RouteDrawer(pieces, links, ranks, places, rows, entries, labels, lanes, down, aside)
    routes = [drawn.route(index) for index in range(len(links))]
    right = max(
        [x + piece.width for (x, _), piece in zip(places, pieces, strict=True)]
        + [x + links[index].label / 2 for index, x in labels.items()]
        + [x + 6 + links[index].label for index, x in lanes.items()]
    )
    left = min([0.0, *(x - links[index].label / 2 for index, x in labels.items())])
    return _from_zero(Layout(places, routes, right, down.bottom), left)


def _ends_upright(pieces: list[Piece], links: list[Link], lefts: list[float]) -> bool:
    """Whether all edges to outputs are vertical."""
    return all(
        abs(lefts[link.source] + pieces[link.source].out - lefts[link.target]) < 0.5
        for link in links
        if pieces[link.target].rank == "bottom"
    )


def _from_zero(found: Layout, left: float) -> Layout:
    """Return the layout moved so that its left end is at 0."""
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
    """Move a branch that begins with an input of the network next to where it is read."""
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
    """Return the pieces of each rank from left to right, with few crossings of short edges."""
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
            row.sort(key=lambda i: (i in long, middle[i], i))  # long edges leave at the right
            place.update((index, float(at)) for at, index in enumerate(row))
    return rows


def _near(links: list[Link], ranks: list[int]) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    """Return the neighbours of each piece one rank above it, and one below."""
    up: dict[int, list[int]] = defaultdict(list)
    down: dict[int, list[int]] = defaultdict(list)
    for link in links:
        if ranks[link.target] == ranks[link.source] + 1:
            up[link.target].append(link.source)
            down[link.source].append(link.target)
    return up, down


def chains(count: int, pairs: Iterable[tuple[int, int]]) -> list[int]:
    """Return for each of `count` pieces the first piece of its chain.

    `pairs` are the sources and targets of links. A chain goes on from a piece to another if the
    second is on the longest path down from the first, and the first on the longest path up.
    """
    before: list[list[int]] = [[] for _ in range(count)]
    after: list[list[int]] = [[] for _ in range(count)]
    for source, target in sorted(set(pairs)):
        before[target].append(source)
        after[source].append(target)
    above, below = [0] * count, [0] * count
    for index in range(count):
        above[index] = max((above[i] + 1 for i in before[index]), default=0)
    for index in reversed(range(count)):
        below[index] = max((below[i] + 1 for i in after[index]), default=0)
    found = list(range(count))
    for index, sources in enumerate(before):
        if sources:
            source = max(sources, key=lambda i: above[i])
            if max(after[source], key=lambda i: below[i]) == index:
                found[index] = found[source]
    return found


def _spread(
    pieces: list[Piece], links: list[Link], ranks: list[int], rows: list[list[int]]
) -> list[float]:
    """Return the left end of each piece: near its neighbours, without overlaps in its rank."""
    near = [link for link in links if ranks[link.target] == ranks[link.source] + 1]
    up: dict[int, list[Link]] = defaultdict(list)
    down: dict[int, list[Link]] = defaultdict(list)
    for link in near:
        up[link.target].append(link)
        down[link.source].append(link)
    middle = [piece.width / 2 for piece in pieces]
    labels: dict[int, float] = defaultdict(float)
    for link in near:  # room for labels of edges side by side
        labels[link.target] += link.label + 8
    room = [max(piece.width, labels[i]) for i, piece in enumerate(pieces)]
    chain = chains(len(pieces), ((link.source, link.target) for link in links))
    main, _ = Counter(chain).most_common(1)[0]  # the longest chain keeps its column
    for sweep in range(SWEEPS):
        upward = sweep % 2 == 1
        for row in reversed(rows) if upward else rows:
            wanted, weights = [], []
            for i in row:
                near_it = down[i] if upward else up[i]
                own = [n for n in near_it if chain[n.source] == chain[n.target]]
                aims = [_aim(pieces, link, middle, i) for link in own or near_it]
                wanted.append(sum(aims) / len(aims) if aims else middle[i])
                usual = 4.0 if len(aims) == 1 else 1.0 if aims else 0.2
                weights.append(FIRM if chain[i] == main else usual)
            gaps = [(room[a] + room[b]) / 2 + APART for a, b in pairwise(row)]
            for i, x in zip(row, separated(wanted, weights, gaps), strict=True):
                middle[i] = x
    ends = [index for index, piece in enumerate(pieces) if piece.rank == "bottom"]
    if pieces[0].rank == "top" and len(ends) == 1:  # input and output stay on one line
        middle[ends[0]] = middle[0]
    lefts = [x - piece.width / 2 for x, piece in zip(middle, pieces, strict=True)]
    least = min(lefts, default=0.0)
    return [x - least for x in lefts]


def _aim(pieces: list[Piece], link: Link, middle: list[float], piece: int) -> float:
    """Return the middle of `piece` for which `link` is vertical."""
    source, target = pieces[link.source], pieces[link.target]
    out = source.out - source.width / 2
    into = target.entries[link.port] - target.width / 2 if target.entries else 0.0
    if piece == link.target:
        return middle[link.source] + out - into
    return middle[link.target] + into - out
