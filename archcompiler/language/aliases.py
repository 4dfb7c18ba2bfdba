"""Names of types and fields from articles and libraries, to the canonical ones of the language.

    {type: Conv2d, kernel_size: 3}  ->  {type: convolution, kernel: 3}
    {type: ReLU}                    ->  {type: activation, activation: relu}

Only names of one meaning are translated. Others are kept, and reported as unknown.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

from archcompiler.language.nodes import Content, MappingNode
from archcompiler.operations import FIELDS, KNOWN_AS, REGISTRY, folded
from archcompiler.operations.meaning import field_meant, meaning_of
from archcompiler.operations.words import COMMON, FIELDS_KNOWN_AS, Guess, guessed

OF_UNITS = ("units", "out_features", "neurons")  # aliases of `size` for layers of units only


def key_meant(name: str, fields: Collection[str]) -> tuple[Guess, bool]:
    """Guess the key that an unknown key of a row with these `fields` stands for.

    The second value is whether the guess is good enough to check the row with it: either it is
    sure, or a misspelling of a key that all rows have.
    """
    guess, own = field_meant(name, [*fields, *COMMON]), guessed(name, COMMON)
    if guess.sure:
        return guess, True
    if own.word and (own.sure or sorted(own.word) == sorted(name.lower())):
        return Guess(own.word, sure=folded(own.word) == folded(name)), True
    return guess, False


class CanonicalWords(NamedTuple):
    """Canonical names of a row: those of its fields, and its type.

    `said` are fields with values that the type implies, such as `activation: relu` for `ReLU`.
    `twice` is one of them that the row has itself, which is a fault; else it is empty.
    """

    names: tuple[str, ...]
    kind: str
    said: tuple[tuple[str, str], ...] = ()
    twice: str = ""


def field_of(title: str) -> str:
    """Return the canonical name of a field: `Kernel Size` -> `kernel`; others in lower case."""
    word = re.sub(r"[\s_-]+", "_", title.strip().lower())
    return FIELDS_KNOWN_AS.get(word, word)


def is_input(word: str) -> bool:
    """Whether `word` is the type of an input."""
    known = KNOWN_AS.get(folded(word))
    return known is not None and REGISTRY[known.type].is_given


def canonical_names(names: tuple[str, ...], known: Collection[str]) -> tuple[str, ...]:
    """Replace aliases of the `known` fields in `names`.

    Two names that would become the same field are kept as they are.
    """
    if all(name in known for name in names):
        return names
    own = [name if name in known else field_of(name) for name in names]
    return tuple(
        field if field in known and own.count(field) == 1 else name
        for field, name in zip(own, names, strict=True)
    )


def canonical_words(names: tuple[str, ...], kind: str, blocks: Collection[str]) -> CanonicalWords:
    """Return the canonical words of a row of type `kind` with fields of these `names`.

    A row that uses a block is not translated: parameters of blocks have names of their own.
    """
    if kind in blocks:
        return CanonicalWords(names, kind)
    meaning = None if "${" in kind else meaning_of(kind, set(map(field_of, names)))
    if meaning is None:
        return CanonicalWords(canonical_names(names, COMMON), kind)
    fields = REGISTRY[meaning.type].fields
    if "size" not in fields and any(name.lower() in OF_UNITS for name in names):
        return CanonicalWords(names, meaning.type)
    own = canonical_names(names, [*fields, *COMMON])
    said = tuple(meaning.fields.items())
    twice = next((field for field, _ in said if field in own), "")
    return CanonicalWords(own, meaning.type, () if twice else said, twice)


def with_canonical_words(row: MappingNode, words: CanonicalWords) -> MappingNode:
    """Return a row with the names and type of `words`, and the fields that the type implies.

    Those have the place of the type.
    """
    at = row.names.index("type")
    contents: list[Content] = list(row.contents)
    contents[at] = words.kind
    contents += [value for _, value in words.said]
    places = [*row.places, *(list(row.places[2 * at : 2 * at + 2]) * len(words.said))]
    names = (*words.names, *(field for field, _ in words.said))
    return MappingNode(names, contents, places, row.start, row.end)


def is_column(name: str) -> bool:
    """Whether `name` is a field of rows, or of any operation, so that a table may have it."""
    return name in COMMON or name in FIELDS
