"""The longest common subsequence of two sequences, with a bound on time."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Iterator, Sequence
from itertools import pairwise
from typing import TypeVar

MOST = 10**5  # pairs of equal elements that are considered, beyond one per element

T = TypeVar("T")
Pairs = list[tuple[int, int]]


def matching_pairs(old: Sequence[Hashable], new: Sequence[Hashable]) -> Pairs:
    """Return the pairs of indices of a longest common subsequence.

    Exchanging the sequences gives the same pairs, exchanged. Common beginnings and ends are found
    at any length; if more than `MOST` pairs are equal between them, that part has no pairs.
    """
    shorter = min(len(old), len(new))
    start = 0
    while start < shorter and old[start] == new[start]:
        start += 1
    end = 0
    while end < shorter - start and old[-1 - end] == new[-1 - end]:
        end += 1
    middle = _between(old[start : len(old) - end], new[start : len(new) - end])
    return [
        *((index, index) for index in range(start)),
        *((start + i, start + j) for i, j in middle),
        *((len(old) - index, len(new) - index) for index in range(end, 0, -1)),
    ]


def gaps(
    old: Sequence[T], new: Sequence[T], pairs: Pairs
) -> Iterator[tuple[Sequence[T], Sequence[T]]]:
    """Yield the parts of `old` and `new` before, between and after `pairs`."""
    for (i, j), (next_i, next_j) in pairwise([(-1, -1), *pairs, (len(old), len(new))]):
        if i + 1 < next_i or j + 1 < next_j:
            yield old[i + 1 : next_i], new[j + 1 : next_j]


def _between(old: Sequence[Hashable], new: Sequence[Hashable]) -> Pairs:
    """Align sequences whose first elements differ (Hunt and Szymanski, CACM 1977)."""
    if not old or not new:
        return []
    if repr(new[0]) < repr(old[0]):  # the result must not depend on which is `old`
        return [(i, j) for j, i in _between(new, old)]
    places: dict[Hashable, list[int]] = {}
    for j in reversed(range(len(new))):
        places.setdefault(new[j], []).append(j)
    found = [places.get(element, []) for element in old]
    if sum(map(len, found)) > MOST + len(old) + len(new):
        return []
    return _longest_rising([(i, j) for i, there in enumerate(found) for j in there])


def _longest_rising(pairs: Pairs) -> Pairs:
    """Return the longest subsequence of `pairs` that increases in both numbers.

    The pairs are sorted by the first number, and of equal ones by decreasing second number.
    """
    lasts: list[int] = []  # for each length, the smallest last number of a subsequence
    ends: list[int] = []  # and the index of its last pair
    before: list[int] = []  # for each pair, the index of the one before it
    for index, (_, j) in enumerate(pairs):
        length = bisect_left(lasts, j)
        before.append(ends[length - 1] if length else -1)
        lasts[length : length + 1] = [j]
        ends[length : length + 1] = [index]
    rising: Pairs = []
    at = ends[-1] if ends else -1
    while at >= 0:
        rising.append(pairs[at])
        at = before[at]
    return rising[::-1]
