"""Misspelled keys of rows: each is reported, and the row is checked with the key that is meant."""

from __future__ import annotations

from archcompiler.language.aliases import field_of, is_column, key_meant
from archcompiler.language.blocks import Block
from archcompiler.language.nodes import MappingNode, ScalarNode, texts_of
from archcompiler.language.spec import Spec
from archcompiler.language.values import ValueReader
from archcompiler.operations import REGISTRY, Operation
from archcompiler.operations.meaning import meaning_of, unknown_type
from archcompiler.operations.words import Guess


class KeyCorrector:
    """Corrects the keys of the rows of one spec or block."""

    def __init__(self, spec: Spec, reader: ValueReader) -> None:
        self.spec = spec
        self.reader = reader
        self.sound: set[tuple[str, ...]] = set()  # tuples of keys that are all known

    def corrected(self, row: MappingNode) -> MappingNode:
        """Report misspelled keys of a row, and return it with them corrected."""
        if row.names in self.sound:
            return row
        unknown = [index for index, name in enumerate(row.names) if not self._is_known(name)]
        if not unknown:
            self.sound.add(row.names)
            return row
        for index in unknown:
            of, names, at = self._of(row), list(row.names), row.places[2 * index]
            guess = self._guess(row, index, of)
            if guess.word and guess.word not in names and at >= row.start:
                message = f"unknown {_field(names[index], guess.word, of)}"
                self.reader.unknown_key(ScalarNode(names[index], at), message, guess, (), names)
                names[index] = guess.word
                row = MappingNode(tuple(names), row.contents, row.places, row.start, row.end)
        return row

    def _is_known(self, name: str) -> bool:
        field = field_of(name)
        if name == "type" or (is_column(field) and field != "type"):  # `type` has no aliases
            return True
        blocks = filter(None, self.spec.blocks.values())
        return any(name in block.parameters for block in blocks)

    def _of(self, row: MappingNode) -> type[Operation] | Block | None:
        """Return the operation or block that the row's type names; None if that is not sure."""
        node = row.get("type")
        kind = node.text if isinstance(node, ScalarNode) else ""
        block = self.spec.blocks.get(kind)
        if block or not kind or "${" in kind:
            return block
        meaning = meaning_of(kind)
        guess = unknown_type(kind, self.spec.blocks).guess
        known = meaning.type if meaning else guess.word if guess.sure else None
        return REGISTRY.get(known or "")

    def _guess(self, row: MappingNode, index: int, of: type[Operation] | Block | None) -> Guess:
        """Guess the key that was meant; `Guess(None)` if no guess is good enough."""
        name = row.names[index]
        fields = of.parameters if isinstance(of, Block) else of.fields if of else ()
        guess, near = key_meant(name, fields)
        if near:
            return guess
        values = texts_of(row.contents[index])
        if "type" not in row.names and len(values) == 1 and self._is_type(values[0]):
            return Guess("type")
        return Guess(None)

    def _is_type(self, word: str) -> bool:
        return word in self.spec.blocks or meaning_of(word) is not None


def owner_of(operation: type[Operation]) -> str:
    """Return the words for a layer in a message: `a convolution layer`."""
    article = "an" if operation.type[0] in "aeiou" else "a"
    return f"{article} {operation.type.replace('_', ' ')} layer"


def _field(name: str, meant: str, of: type[Operation] | Block | None) -> str:
    if isinstance(of, Block):
        of_block = f"parameter `{name}` of the block `{of.name}`"
        return of_block if meant in of.parameters else f"field `{name}` of a row"
    return f"field `{name}` of {owner_of(of) if of else 'a row'}"


def has_unknown_column(row: MappingNode) -> bool:
    """Whether a row of a table has a cell in an unknown column, which was reported there."""
    titles = zip(row.names, row.places[::2], strict=True)
    return any(place < row.start and not is_column(name) for name, place in titles)
