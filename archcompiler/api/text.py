"""From objects of `archcompiler.api` to the text of a spec."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from numbers import Integral, Real
from typing import Any

from archcompiler.api.part import Part
from archcompiler.language.format.layout import quoted
from archcompiler.language.parameters import TYPES
from archcompiler.operations.numbers import short

# Declared types of parameters: the class `int` is written as the type `int`.
_DECLARED = {types[-1]: name for name, types in TYPES.items()}


def inside(value: Any) -> Any:
    """Return a part or mapping as a dictionary, a sequence as a list, and other values as such."""
    if isinstance(value, Part):
        return value.entries()
    if isinstance(value, Mapping):
        return {_key(key): item for key, item in value.items()}
    return list(value) if isinstance(value, list | tuple) else value


def lines(entries: Mapping[str, Any], indentation: str = "") -> Iterator[str]:
    """Yield the lines of a mapping; rows and nested mappings are on lines of their own."""
    for key, value in entries.items():
        within = inside(value)
        start = f"{indentation}{quoted(key)}:"
        if key == "layers" and isinstance(within, list) and within:
            yield start
            yield from (f"{indentation}- {_short(row)}" for row in within)
        elif isinstance(within, dict) and _is_deep(within):
            yield start
            yield from lines(within, f"{indentation}  ")
        else:
            yield f"{start} {_short(within)}"


def _is_deep(entries: Mapping[str, Any]) -> bool:
    return any(isinstance(inside(value), dict | list) for value in entries.values())


def _short(value: Any) -> str:
    """Return `value` on one line. Other types become texts, which the check reports."""
    match inside(value):
        case dict(entries):
            pairs = (f"{quoted(key)}: {_short(item)}" for key, item in entries.items())
            return f"{{{', '.join(pairs)}}}"
        case list(items):
            return f"[{', '.join(map(_short, items))}]"
        case bool(truth):
            return "true" if truth else "false"
        case Integral() as number:
            return str(int(number))
        case Real() as number:
            return short(float(number))
        case type() as declared if declared in _DECLARED:
            return _DECLARED[declared]
        case None:
            return '""'
    return quoted(str(value))


def _key(key: Any) -> str:
    """Return a key as text; for a class of rows, its type."""
    is_part = isinstance(key, type) and issubclass(key, Part) and "type" in key.model_fields
    return str(key.model_fields["type"].default if is_part else key)
