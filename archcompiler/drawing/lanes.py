"""Columns and lanes of boxes: a column for each rank, a lane for each branch."""

from __future__ import annotations

from typing import NamedTuple

from archcompiler.drawing.outline import Outline


class Seat(NamedTuple):
    """The column and the lane of a box; lane 0 is the longest path, other lanes are below it."""

    rank: int
    lane: int
    is_first: bool  # of its branch
    is_last: bool


def seats(outline: Outline) -> list[Seat]:
    """Return a seat for each node; no two share one.

    A branch occupies its lane from the column after the box that it leaves to the column before
    the box where it ends, so that the edges at its ends meet no other box.
    """
    count = len(outline.nodes)
    before: list[list[int]] = [[] for _ in range(count)]
    after: list[list[int]] = [[] for _ in range(count)]
    for source, target, *_ in outline.edges:
        if source not in before[target]:
            before[target].append(source)
            after[source].append(target)
    ranks = _ranks(before)
    chains = _chains(before, after, ranks, outline.outputs)
    _move_late(chains, before, after, ranks)
    found: dict[int, Seat] = {}
    taken: list[list[tuple[int, int]]] = []
    for chain in chains:
        first, last = chain[0], chain[-1]
        start = min([ranks[node] + 1 for node in before[first]] + [ranks[first]])
        end = max([ranks[node] - 1 for node in after[last]] + [ranks[last]])
        lane = next(
            (
                i
                for i, spans in enumerate(taken)
                if i and all(end < a or b < start for a, b in spans)
            ),
            len(taken),
        )
        if lane == len(taken):
            taken.append([])
        taken[lane].append((start, end))
        for node in chain:
            found[node] = Seat(ranks[node], lane, node == first, node == last)
    return [found[index] for index in range(count)]


def _ranks(before: list[list[int]]) -> list[int]:
    """Return the length of the longest path to each node."""
    ranks: list[int] = []
    for sources in before:
        ranks.append(max((ranks[source] + 1 for source in sources), default=0))
    return ranks


def _chains(
    before: list[list[int]], after: list[list[int]], ranks: list[int], outputs: tuple[int, ...]
) -> list[list[int]]:
    """Return the longest path to the first output, and then the chains that leave it."""
    main = [max(outputs, key=lambda node: ranks[node])]
    while before[main[-1]]:
        main.append(max(before[main[-1]], key=lambda node: ranks[node]))
    chains = [main[::-1]]
    placed = set(main)
    for index in range(len(before)):
        if index in placed:
            continue
        chain = [index]
        placed.add(index)
        while True:
            onward = [
                n for n in after[chain[-1]] if n not in placed and ranks[n] == ranks[chain[-1]] + 1
            ]
            if not onward:
                break
            chain.append(onward[0])
            placed.add(onward[0])
        chains.append(chain)
    return chains


def _move_late(
    chains: list[list[int]], before: list[list[int]], after: list[list[int]], ranks: list[int]
) -> None:
    """Move a branch that begins with an input next to where it is read."""
    for chain in reversed(chains[1:]):
        own = set(chain)
        if any(source not in own for node in chain for source in before[node]):
            continue
        room = [
            ranks[target] - ranks[node] - 1
            for node in chain
            for target in after[node]
            if target not in own
        ]
        for node in chain:
            ranks[node] += min(room, default=0)
