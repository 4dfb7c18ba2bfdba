"""Fields of rows: canonical names, one order, and one spelling of sizes."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache

from archcompiler.language.aliases import canonical_names, canonical_words
from archcompiler.language.format.tree import Entry, Group, Text
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
    """Replace aliases: `type: Conv2d` by `type: convolution`, `kernel_size` by `kernel`."""
    kinds = [entry for entry in row.entries if entry.name == "type"]
    if len(kinds) != 1 or not isinstance(kinds[0].value, Text):
        return
    kind = kinds[0].value
    if kind.text not in blocks and "${" not in kind.text and meaning_of(kind.text) is None:
        load_others()
    words = canonical_words(tuple(entry.name for entry in row.entries), kind.text, blocks)
    if words.twice:
        return
    _spell(row.entries, words.names)
    if words.kind != kind.text:
        kinds[0].value = Text(words.kind)
    row.entries += [Entry(Text(field), Text(value)) for field, value in words.said]


def spell_defaults(entry: Entry) -> None:
    """Replace aliases in an entry of `defaults`: its type, and its fields."""
    meaning = meaning_of(entry.name)
    if meaning is None or meaning.fields or not isinstance(entry.value, Group):
        return
    _spell([entry], (meaning.type,))
    fields = [*REGISTRY[meaning.type].fields, "activation"]
    inner = entry.value.entries
    _spell(inner, canonical_names(tuple(each.name for each in inner), fields))
    spell_sizes(inner, meaning.type)


def _spell(entries: list[Entry], names: tuple[str, ...]) -> None:
    for entry, name in zip(entries, names, strict=True):
        if entry.name != name:
            entry.key = Text(name)


def arrange(row: Group) -> None:
    """Sort the fields of a row.

    Name, type and output size come first, as most rows have them; then come the fields of the
    operation, and last `from`, `activation` and others that few rows have. Parameters of a block
    keep their order.
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
    """Return the rank of each field of an operation, and the rank of all other keys."""
    fields = [name for name in REGISTRY[kind].fields if name not in COMMON] if kind else []
    order = [*_FIRST, *fields, *_LAST]
    ranks = {name: rank for rank, name in enumerate(order)}
    return ranks, len(order) if kind else len(_FIRST) - 0.5


def spell_sizes(fields: list[Entry], kind: str) -> None:
    """Write sizes as `55x55`, not `55X55` or `[55, 55]`."""
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
    """Return the standard spelling of a size; None if it has that, or is no size."""
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
