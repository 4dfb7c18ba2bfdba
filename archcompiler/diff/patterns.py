"""Many dotted names as few patterns.

    layer1.0.conv, layer1.1.conv, layer2.0.conv, layer2.1.conv  ->  layer{1,2}.*.conv

where `*` stands for all names that there are at that place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import groupby

SHOWN = 12  # words in braces
FEW = 2  # up to so many names without dots are not merged

Parts = tuple[tuple[str, ...], ...]  # for each part of a name, the alternatives

_NUMBERED = re.compile(r"(.*?)(0|[1-9][0-9]*)\Z")


def copies_in(names: Iterable[str]) -> dict[str, int]:
    """Return for each repeated row the number of its copies, from the names of all layers."""
    copies: dict[str, set[str]] = {}
    for name in names:
        for at in re.finditer(r"\.([0-9]+)(?=\.|\Z)", name):
            copies.setdefault(name[: at.start()], set()).add(at[1])
    return {path: len(numbers) for path, numbers in copies.items()}


def patterns(names: Iterable[str], counts: Mapping[str, int]) -> list[str]:
    """Return patterns that match exactly `names`, in their order.

    `counts` are the numbers of names below a prefix: if all of them occur, they become `*`.
    """
    rows: list[Parts] = [
        tuple((word,) for word in name.split(".")) for name in dict.fromkeys(names)
    ]
    for at in reversed(range(max(map(len, rows), default=0))):
        alike: dict[tuple[Parts, Parts, str], list[tuple[str, ...]]] = {}
        for row in rows:
            before, here, after = row[:at], row[at : at + 1], row[at + 1 :]
            stem = _stem(here[0][0]) if here and not before and not after else ""
            alike.setdefault((before, after, stem), []).extend(here)
        rows = [
            row
            for (before, after, _), words in alike.items()
            for row in _merged(before, words, after, counts)
        ]
    return [".".join(map(_either, row)) for row in rows]


def _merged(
    before: Parts, words: list[tuple[str, ...]], after: Parts, counts: Mapping[str, int]
) -> list[Parts]:
    """Merge names that differ in one part only into one; not if they are few without dots."""
    if not words:
        return [before + after]
    if not before and not after and len(words) <= FEW:
        return [(word,) for word in words]
    several = tuple(dict.fromkeys(word for some in words for word in some))
    if len(several) > 1 and len(several) == counts.get(".".join(word for word, *_ in before)):
        several = ("*",)
    return [(*before, several, *after)]


def _stem(word: str) -> str:
    numbered = _NUMBERED.match(word)
    return numbered[1] if numbered else word


def _either(words: tuple[str, ...]) -> str:
    if len(words) == 1:
        return words[0]
    found = [_NUMBERED.match(word) for word in words]
    stems = {match[1] if match else None for match in found}
    if len(stems) == 1 and None not in stems:
        return f"{stems.pop()}{{{_ranges(sorted(int(match[2]) for match in found if match))}}}"
    more = f",+{len(words) - SHOWN}" if len(words) > SHOWN else ""
    return f"{{{','.join(words[:SHOWN])}{more}}}"


def _ranges(numbers: list[int]) -> str:
    """Return `1,2` or `0-3,7`."""
    texts = []
    for _, run in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0]):
        run_of = [number for _, number in run]
        long = len(run_of) > 2
        texts += [f"{run_of[0]}-{run_of[-1]}"] if long else [str(number) for number in run_of]
    return ",".join(texts)
