"""The order in which layers are computed, and the cycles that have none."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush

Edges = Sequence[tuple[int, ...]]


def order_of(edges: Edges) -> tuple[Sequence[int], list[list[int]]]:
    """Return the rows so that each stands after those it reads, and the cycles among the rest.

    `edges[i]` are the rows that row i reads. The author's order is kept wherever it can be.
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
    """Return each cycle among `stuck` once, as the rows that wait for each other in turn."""
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
