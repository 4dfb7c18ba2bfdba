"""A spec as data, and as a text: what generators build and what reduction takes apart."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

import yaml

# What stands without quotes, in braces too. What looks like more than a text is quoted as well.
_PLAIN = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.() -]*(?<! )")
ROWS = "layers"
Row = dict[str, Any]  # or a whole spec


def text_of(spec: dict[str, Any]) -> str:
    """Return a spec as a file: a row a line."""
    return "".join(_lines(spec, ""))


def _lines(mapping: dict[str, Any], indent: str) -> Iterator[str]:
    for key, value in mapping.items():
        if isinstance(value, list) and any(isinstance(item, dict) for item in value):
            yield f"{indent}{_scalar(key)}:\n"
            yield from (f"{indent}- {inline(item)}\n" for item in value)
        elif isinstance(value, dict) and any(isinstance(item, dict) for item in value.values()):
            yield f"{indent}{_scalar(key)}:\n"
            yield from _lines(value, indent + "  ")
        else:
            yield f"{indent}{_scalar(key)}: {inline(value)}\n"


def inline(value: Any) -> str:
    """Return a value in one line, with braces and brackets."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_scalar(key)}: {inline(item)}' for key, item in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(inline, value))}]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    text = str(value)
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)


class _Loader(yaml.BaseLoader):
    """Reads every scalar as a text."""


def read(text: str) -> dict[str, Any] | None:
    """Return the spec that `text` holds as data, scalars as texts; None if it is no mapping."""
    try:
        found = yaml.load(text, Loader=_Loader)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and _is_plain(found) else None


def _is_plain(value: Any) -> bool:
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_plain(item) for key, item in value.items())
    if isinstance(value, list):
        return all(map(_is_plain, value))
    return isinstance(value, str)


def lists_of_rows(spec: dict[str, Any]) -> Iterator[list[Any]]:
    """Return the rows of the network, then those of each block."""
    blocks = spec.get("blocks")
    for owner in (spec, *(blocks.values() if isinstance(blocks, dict) else ())):
        rows = owner.get(ROWS) if isinstance(owner, dict) else None
        if isinstance(rows, list):
            yield rows


def sources(row: Any) -> list[str]:
    """Return what a row says that it reads."""
    found = row.get("from", []) if isinstance(row, dict) else []
    return [found] if isinstance(found, str) else found


def without_row(spec: dict[str, Any], rows: list[Any], index: int) -> None:
    """Take a row out: what names it reads what it read, or else the row above."""
    row = rows.pop(index)
    if not isinstance(row, dict) or not isinstance(row.get("layer"), str):
        return
    above = rows[index - 1] if index and isinstance(rows[index - 1], dict) else {}
    other = next(iter(sources(row)), above.get("layer"))
    if other is None:
        above["layer"] = row["layer"]  # one without a name takes it over
        return
    for reader in rows:
        if isinstance(reader, dict) and "from" in reader:
            reader["from"] = _replaced(reader["from"], row["layer"], other)
    if "outputs" in spec and rows is spec.get(ROWS):
        spec["outputs"] = list(dict.fromkeys(_replaced(spec["outputs"], row["layer"], other)))


def _replaced(names: Any, old: str, new: str) -> Any:
    if isinstance(names, str):
        return new if names == old else names
    return [new if name == old else name for name in names]


def names_in(rows: Iterable[Any]) -> list[str]:
    """Return the names of rows."""
    return [row["layer"] for row in rows if isinstance(row, dict) and "layer" in row]


def unread(rows: list[Row]) -> list[str]:
    """Return the names of the rows that no other reads, the last row's last."""
    read = {name for row in rows for name in sources(row)}
    for above, row in pairwise(rows):
        if "from" not in row and row.get("type") != "input":
            read.add(above["layer"])
    return [name for name in names_in(rows) if name not in read]


def renamed(value: Any, old: str, new: str) -> Any:
    """Return a spec in which a row, a block or the network is called `new`."""
    if isinstance(value, dict):
        return {new if key == old else key: renamed(item, old, new) for key, item in value.items()}
    if isinstance(value, list):
        return [renamed(item, old, new) for item in value]
    return new if value == old else value
