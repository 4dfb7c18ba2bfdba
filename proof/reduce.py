"""Smaller cases that fail in the same way: rows and fields are taken away as long as they do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from time import monotonic
from typing import Any

from proof.case import Case
from proof.spec import lists_of_rows, read, text_of, without_row

SECONDS = 120.0  # that are spent on one case


def reduced(
    case: Case,
    fails: Callable[[Case], bool],
    simpler: Callable[[Case], Iterator[Case]],
    seconds: float = SECONDS,
) -> Case:
    """Return the smallest case that is found to fail as `case` does."""
    end = monotonic() + seconds
    tried = {repr(case)}
    found = True
    while found:
        found = False
        for candidate in simpler(case):
            if monotonic() > end:
                return case
            if repr(candidate) in tried:
                continue
            tried.add(repr(candidate))
            if fails(candidate):
                case, found = candidate, True
                break
    return case


def simpler_spec(case: Case) -> Iterator[Case]:
    """Return a spec with less in it: without blocks, rows, sections, fields; or small numbers."""
    spec = read(case.text)
    if spec is None:
        return
    for text in _simpler(spec, case.text):
        yield case._replace(text=text)


def _simpler(spec: dict[str, Any], text: str) -> Iterator[str]:
    yield from _flat(text)
    for number, rows in enumerate(lists_of_rows(spec)):
        for size in _sizes(len(rows)):
            for start in range(0, len(rows), size):
                copy = deepcopy(spec)
                own = list(lists_of_rows(copy))[number]
                for index in reversed(range(start, min(start + size, len(rows)))):
                    without_row(copy, own, index)
                if own:
                    yield text_of(copy)
    for path in _paths(spec):
        copy = deepcopy(spec)
        owner = _at(copy, path[:-1])
        del owner[path[-1]]
        yield text_of(copy)
    for path in _paths(spec):
        for other in _smaller(_at(spec, path)):
            copy = deepcopy(spec)
            _at(copy, path[:-1])[path[-1]] = other
            yield text_of(copy)


def _sizes(count: int) -> Iterator[int]:
    """Return how many are taken away at once: half, a quarter, …, one."""
    size = (count + 1) // 2
    while size > 1:
        yield size
        size = (size + 1) // 2
    if count:
        yield 1


def _flat(text: str) -> Iterator[str]:
    """Return the spec without blocks, if it is sound and has some."""
    import archcompiler
    from archcompiler.graph.expand import expanded

    if "blocks:" not in text and "repeat:" not in text and "${" not in text:
        return
    try:
        yield expanded(archcompiler.loads(text).graph)
    except Exception:  # whatever it is: this is one of many ways
        return


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Return the ways to all that is in a spec, the outermost first."""
    items: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    for key, _ in items:
        yield (*path, key)
    for key, item in items:
        yield from _paths(item, (*path, key))


def _at(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


def _smaller(value: Any) -> Iterator[str]:
    """Return simpler values in the place of a text that holds a number, or an expression."""
    if not isinstance(value, str):
        return
    if "${" in value:
        yield from ("1", "2", "3", "true", "false", "relu")
    numbers = list(re.finditer(r"\d+", value))
    for match in numbers:
        for other in sorted({1, 2, 3, int(match[0][:18]) // 2}):
            if 0 < other < int(match[0][:18]):
                yield value[: match.start()] + str(other) + value[match.end() :]


def simpler_text(case: Case) -> Iterator[Case]:
    """Return a text with less in it: as a spec if it is one, else lines, words, characters."""
    yield from simpler_spec(case)
    for pattern in (r"[^\n]*\n|[^\n]+\Z", r"\w+|\W", r"."):
        parts = re.findall(pattern, case.text, re.DOTALL)
        if len(parts) > 3000:
            continue
        for size in _sizes(len(parts)):
            for start in range(0, len(parts), size):
                yield case._replace(text="".join([*parts[:start], *parts[start + size :]]))
