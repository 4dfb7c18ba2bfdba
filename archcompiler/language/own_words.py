"""Rows in the language's own words: `Conv2d` is a convolution, and its `kernel_size` the kernel.

Only what always means the same is taken; anything else stays as it is, to be reported.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

from archcompiler.language.nodes import Content, MappingNode
from archcompiler.operations import FIELDS, KNOWN_AS, REGISTRY, folded
from archcompiler.operations.meaning import field_meant, meaning_of
from archcompiler.operations.words import COMMON, FIELDS_KNOWN_AS, Guess, guessed

OF_UNITS = ("units", "out_features", "neurons")  # a size where units are counted, nowhere else


def key_meant(name: str, fields: Collection[str]) -> tuple[Guess, bool]:
    """Return what an unknown key of a row with some `fields` was meant to be.

    The second is whether that is near enough for the rest to be checked as if it stood there: a
    slip of the pen in what every row may say is, though another library has a field of that name.
    """
    guess, own = field_meant(name, [*fields, *COMMON]), guessed(name, COMMON)
    if guess.sure:
        return guess, True
    if own.word and (own.sure or sorted(own.word) == sorted(name.lower())):
        return Guess(own.word, sure=folded(own.word) == folded(name)), True
    return guess, False


class Words(NamedTuple):
    """The names of a row's fields, its type, and what the type says besides: fields with values.

    `twice` is such a field that the row states, too: it has what the row says.
    """

    names: tuple[str, ...]
    kind: str
    said: tuple[tuple[str, str], ...] = ()
    twice: str = ""


def field_of(title: str) -> str:
    """Return the field that a word stands for, if it stands for any: `Kernel Size` -> `kernel`."""
    word = re.sub(r"[\s_-]+", "_", title.strip().lower())
    return FIELDS_KNOWN_AS.get(word, word)


def is_input(word: str) -> bool:
    """Whether `word` is the type of an input."""
    known = KNOWN_AS.get(folded(word))
    return known is not None and REGISTRY[known.type].is_given


def own_names(names: tuple[str, ...], known: Collection[str]) -> tuple[str, ...]:
    """Return `names` with each that stands for one of the `known` fields as that field.

    Two that would then be the same stay as they are.
    """
    if all(name in known for name in names):
        return names
    own = [name if name in known else field_of(name) for name in names]
    return tuple(
        field if field in known and own.count(field) == 1 else name
        for field, name in zip(own, names, strict=True)
    )


def own_words(names: tuple[str, ...], kind: str, blocks: Collection[str]) -> Words:
    """Return what a row of the type `kind` with fields of these `names` says in our words.

    The parameters of a block have names of their own.
    """
    if kind in blocks:
        return Words(names, kind)
    meaning = None if "${" in kind else meaning_of(kind, set(map(field_of, names)))
    if meaning is None:
        return Words(own_names(names, COMMON), kind)
    fields = REGISTRY[meaning.type].fields
    if "size" not in fields and any(name.lower() in OF_UNITS for name in names):
        return Words(names, meaning.type)
    own = own_names(names, [*fields, *COMMON])
    said = tuple(meaning.fields.items())
    twice = next((field for field, _ in said if field in own), "")
    return Words(own, meaning.type, () if twice else said, twice)


def in_own_words(row: MappingNode, words: Words) -> MappingNode:
    """Return a row with its names and its type as `words` has them, and with what the type says.

    That stands where the type does.
    """
    at = row.names.index("type")
    contents: list[Content] = list(row.contents)
    contents[at] = words.kind
    contents += [value for _, value in words.said]
    places = [*row.places, *(list(row.places[2 * at : 2 * at + 2]) * len(words.said))]
    names = (*words.names, *(field for field, _ in words.said))
    return MappingNode(names, contents, places, row.start, row.end)


def is_column(name: str) -> bool:
    """Whether a table may have a column for `name`: any operation, or every row, has that field."""
    return name in COMMON or name in FIELDS
