"""A topological order of rows, and the cycles among them."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush

Edges = Sequence[tuple[int, ...]]


def order_of(edges: Edges) -> tuple[Sequence[int], list[list[int]]]:
    """Return an order in which each row comes after those that it reads, and all cycles.

    `edges[i]` are the rows that row i reads. Of possible orders it is the one nearest to that of
    the text. Rows of cycles, and rows that depend on them, are not in the order.
    """
    if all(source < index for index, sources in enumerate(edges) for source in sources):
        return range(len(edges)), []
    waiting = [len(set(sources)) for sources in edges]
    readers: list[list[int]] = [[] for _ in edges]
    for index, sources in enumerate(edges):
        for source in set(sources):
            readers[source].append(index)
    ready = [index for index, count in enumerate(waiting) if count == 0]
    order = []
    while ready:
        index = heappop(ready)
        order.append(index)
        for reader in readers[index]:
            waiting[reader] -= 1
            if waiting[reader] == 0:
                heappush(ready, reader)
    return order, _cycles(edges, {index for index, count in enumerate(waiting) if count})


def _cycles(edges: Edges, stuck: set[int]) -> list[list[int]]:
    """Return each cycle among the rows `stuck` once, as a list in which each reads the next."""
    cycles, seen = [], set[int]()
    for start in sorted(stuck):
        path: list[int] = []
        places: dict[int, int] = {}
        at: int | None = start
        while at is not None and at not in seen:
            seen.add(at)
            places[at] = len(path)
            path.append(at)
            at = next((source for source in edges[at] if source in stuck), None)
        if at is not None and at in places:
            cycles.append(path[places[at] :])
    return cycles
