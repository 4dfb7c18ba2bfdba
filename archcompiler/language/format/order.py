"""Rows in the language's own words and one order of their fields, with sizes in one spelling."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache

from archcompiler.language.format.tree import Entry, Group, Text
from archcompiler.language.own_words import own_names, own_words
from archcompiler.operations import REGISTRY
from archcompiler.operations.fields import Invalid, Kind, Raw
from archcompiler.operations.lengths import PaddingKind, Size, Window
from archcompiler.operations.meaning import meaning_of
from archcompiler.operations.plugins import load as load_others
from archcompiler.operations.shape import MOST_PLACES
from archcompiler.operations.words import COMMON

_FIRST = ("layer", "type", "maps", "size")
_LAST = ("from", "activation", "when", "repeat", "note")


def spell_words(row: Group, blocks: Collection[str]) -> None:
    """Write `type: convolution` for `type: Conv2d`, and `kernel` for `kernel_size`."""
    kinds = [entry for entry in row.entries if entry.name == "type"]
    if len(kinds) != 1 or not isinstance(kinds[0].value, Text):
        return
    kind = kinds[0].value
    if kind.text not in blocks and "${" not in kind.text and meaning_of(kind.text) is None:
        load_others()
    words = own_words(tuple(entry.name for entry in row.entries), kind.text, blocks)
    if words.twice:
        return
    _spell(row.entries, words.names)
    if words.kind != kind.text:
        kinds[0].value = Text(words.kind)
    row.entries += [Entry(Text(field), Text(value)) for field, value in words.said]


def spell_defaults(entry: Entry) -> None:
    """Write the type that defaults are for, and their fields, in the language's own words."""
    meaning = meaning_of(entry.name)
    if meaning is None or meaning.fields or not isinstance(entry.value, Group):
        return
    _spell([entry], (meaning.type,))
    fields = [*REGISTRY[meaning.type].fields, "activation"]
    inner = entry.value.entries
    _spell(inner, own_names(tuple(each.name for each in inner), fields))
    spell_sizes(inner, meaning.type)


def _spell(entries: list[Entry], names: tuple[str, ...]) -> None:
    for entry, name in zip(entries, names, strict=True):
        if entry.name != name:
            entry.key = Text(name)


def arrange(row: Group) -> None:
    """Put the fields of a row in order.

    What the layer is and puts out comes first, since most rows of a table have that in common; what
    sets one row apart from others comes last. Parameters of a block keep their order.
    """
    types = [entry.value for entry in row.entries if entry.name == "type"]
    kind = next((node.text for node in types if isinstance(node, Text)), "")
    kind = kind if kind in REGISTRY else ""
    ranks, others = _ranks(kind)
    row.entries.sort(key=lambda entry: ranks.get(entry.name, others))
    if kind:
        spell_sizes(row.entries, kind)


@cache
def _ranks(kind: str) -> tuple[dict[str, int], float]:
    """Return the ranks of fields in rows of an operation, or of a block, and that of other keys."""
    fields = [name for name in REGISTRY[kind].fields if name not in COMMON] if kind else []
    order = [*_FIRST, *fields, *_LAST]
    ranks = {name: rank for rank, name in enumerate(order)}
    return ranks, len(order) if kind else len(_FIRST) - 0.5


def spell_sizes(fields: list[Entry], kind: str) -> None:
    """Write `55x55` for `55X55` and `[55, 55]` in fields of an operation."""
    windows = _windows(kind)
    for entry in fields:
        field = windows.get(entry.name)
        size = _size(entry.value, field) if field else None
        if size:
            entry.above += entry.value.foot if isinstance(entry.value, Group) else []
            entry.value = Text(size)


@cache
def _windows(kind: str) -> dict[str, Kind]:
    kinds = {"size": Size(), **{name: item.kind for name, item in REGISTRY[kind].fields.items()}}
    return {k: v for k, v in kinds.items() if isinstance(v, Window | Size | PaddingKind)}


def _size(value: Text | Group, kind: Kind) -> str | None:
    """Return another spelling of a size; None if it is none, or has that spelling."""
    raw: Raw
    if isinstance(value, Text):
        raw = value.text
        cells = raw.lower().replace("\u00d7", "x").split("x")
    elif value.mapping:
        return None
    else:
        items = [entry for entry in value.entries if not (entry.above or entry.behind)]
        raw = cells = [entry.value.text for entry in items if isinstance(entry.value, Text)]
        if len(cells) < len(value.entries):
            return None
    size = "x".join(cell.strip() for cell in cells)
    try:
        same = len(cells) <= MOST_PLACES and size != raw and kind.parse(raw) == kind.parse(size)
    except Invalid:
        return None
    return size if same else None
