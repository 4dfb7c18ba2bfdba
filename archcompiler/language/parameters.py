"""Parameters: of a spec, which have values, and of a block, which have defaults or types.

    params: {maps: int, kernel: 3, start: "${input.maps}", residual: "${start == maps}"}

The default of a block's parameter may rest on the parameters above it and on what the block is
given. It is then `derived`, and computed for each use (`graph/derived.py`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from keyword import kwlist
from typing import Any, NamedTuple

from archcompiler.diagnostics import Source
from archcompiler.language.names import MISSING, RESERVED, of_unknown_shape
from archcompiler.language.nodes import (
    MappingNode,
    Node,
    Provenance,
    ScalarNode,
    SequenceNode,
    describe,
)
from archcompiler.language.scalars import typed
from archcompiler.language.values import ValueReader
from archcompiler.operations import KNOWN_AS, REGISTRY, folded
from archcompiler.operations.fields import Invalid
from archcompiler.operations.words import guessed, nearest

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}\Z")
OF_A_ROW = ("layer", "type", "from", "when", "repeat", "note")  # a block cannot take these fields

# What a parameter without a default may be declared as.
TYPES: Mapping[str, tuple[type, ...]] = {
    "int": (int,),
    "number": (int, float),
    "bool": (bool,),
    "text": (str,),
    "list": (list,),
}
# Other words for these, whatever their case.
_KNOWN_AS = {
    "integer": "int", "whole": "int", "float": "number", "real": "number", "double": "number",
    "numeric": "number", "boolean": "bool", "flag": "bool", "str": "text", "string": "text",
    "array": "list", "tuple": "list", "sequence": "list",
}  # fmt: skip


def type_named(word: str) -> str | None:
    """Return the type that `word` names: `int` for `integer`; None if it names none."""
    word = word.lower()
    return word if word in TYPES else _KNOWN_AS.get(word)


class Declared(NamedTuple):
    """A parameter of a block: its default, or the type that a value must have.

    A `derived` one has no default that is known here: each use computes it (`provenance`).
    """

    default: Any
    type: str = ""
    provenance: Provenance | None = None  # of the default
    derived: bool = False

    @property
    def required(self) -> bool:
        """Whether each use has to give a value."""
        return bool(self.type)

    def accepts(self, value: Any) -> bool:
        """Whether `value` is of the declared type."""
        if not self.type:
            return True
        fits = isinstance(value, TYPES[self.type])
        return fits and (self.type == "bool" or not isinstance(value, bool))


def report_name(reader: ValueReader, node: Node, what: str) -> None:
    """Report an invalid name, and propose the nearest valid one."""
    import unicodedata

    text = node.text if isinstance(node, ScalarNode) else ""
    plain = unicodedata.normalize("NFKD", text[:200]).encode("ascii", "ignore").decode()
    legal = re.sub(r"[^A-Za-z0-9]+", "_", plain).lstrip("_0123456789").rstrip("_")[:64]
    reader.report(
        "ARC205",
        f"{what} is a letter, then letters, digits and underscores, at most 64 characters;"
        f" this is {reader.given(node)}",
        node,
        help=[f"for example `{legal}`" if legal else None],
        fix=legal or None,
        safe=False,  # rows elsewhere may use the name
    )


def named(
    key: ScalarNode, what: str, reader: ValueReader, reserved: Container[str] = RESERVED
) -> bool:
    """Whether `key` is a valid name of a parameter or a block; report it if not."""
    if not NAME.match(key.text):
        report_name(reader, key, f"the name of {what}")
        return False
    if key.text in reserved:
        message = f"`{key.text}` means something else in an expression: {what} needs another name"
        reader.report("ARC205", message, key)
        return False
    return True


def _parameter_named(key: ScalarNode, reader: ValueReader) -> bool:
    """Whether rows can set a parameter `key`, and expressions (Python's syntax) can name it."""
    if key.text in OF_A_ROW:
        message = f"`{key.text}` is a field of every row: a parameter needs another name"
        reader.report("ARC205", message, key)
        return False
    return named(key, "a parameter", reader, (*RESERVED, *kwlist))


def parameters_of(
    mapping: MappingNode | None, reader: ValueReader, settings: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the values of a spec's `params`; an expression may use the parameters above it."""
    values: dict[str, Any] = {}
    reader = ValueReader(reader.source, reader.findings, values)
    for key, node in mapping.items() if mapping else ():
        if not _parameter_named(key, reader):
            values[key.text] = MISSING
        elif key.text in settings:
            values[key.text] = settings[key.text]
        else:
            values[key.text] = reader.argument(f"the parameter `{key.text}`", node)
    return values


def origins_of(
    mapping: MappingNode | None, reader: ValueReader, settings: Container[str]
) -> dict[str, Provenance]:
    """Return where the values of a spec's `params` are written, except those in `settings`."""
    found: dict[str, Provenance] = {}
    reader = ValueReader(reader.source, reader.findings, {}, found)
    for key, node in mapping.items() if mapping else ():
        if key.text not in settings:
            found[key.text] = reader.provenance_of(node)._replace(name=key.text)
    return found


def declared(
    mapping: MappingNode | None,
    reader: ValueReader,
    inputs: Collection[str] = (),
    blocks: Collection[str] = (),
) -> dict[str, Declared]:
    """Return the parameters that a block with these `inputs` declares.

    `blocks` are the names of all blocks of the file, which a default may be.
    """
    found: dict[str, Declared] = {}
    for key, node in mapping.items() if mapping else ():
        if not _parameter_named(key, reader):
            continue
        if key.text in inputs:
            message = f"`{key.text}` is what the block is given: a parameter needs another name"
            reader.report("ARC205", message, key)
            continue
        word = _bare_word(node, reader.source)
        kind = type_named(word)
        if kind is not None:
            found[key.text] = Declared(MISSING, kind)
        elif not word or word in blocks or folded(word) in KNOWN_AS or _is_a_value(word):
            assert mapping is not None
            found[key.text] = _Default(key.text, node, mapping.names, inputs, reader).declared()
        else:
            _report_no_type(key.text, node, word, reader)
            found[key.text] = Declared(MISSING)
    return found


class _Default:
    """The default of a block's parameter `name`, one of `names` in the order of the block."""

    def __init__(
        self,
        name: str,
        node: Node,
        names: Sequence[str],
        inputs: Collection[str],
        reader: ValueReader,
    ) -> None:
        self.name = name
        self.node = node
        self.reader = reader
        at = names.index(name)
        self.above, self.below = names[:at], names[at + 1 :]
        self.shapes = [word for owner in inputs or ("input",) for word in of_unknown_shape(owner)]

    def declared(self) -> Declared:
        """Return the parameter; a fault of its default is reported once, whatever uses it."""
        reader, findings = self.reader, self.reader.findings
        unknown = dict.fromkeys((*self.shapes, *self.above, *self.below), MISSING)
        known = {self.name: MISSING, **reader.names, **unknown}
        quiet = ValueReader(reader.source, findings, known, reader.origins)
        before = findings.found
        value = quiet.argument(f"the parameter `{self.name}`", self.node)
        provenance = reader.provenance_of(self.node)
        if value is not MISSING or findings.found > before:
            return Declared(value, provenance=provenance)
        derived = any(
            not names.isdisjoint((*self.above, *self.shapes)) for _, names in self._named()
        )
        for scalar, names in self._named():
            for name in sorted(names):
                if name in self.below:
                    self._report(scalar, name, f"`{name}` is declared below `{self.name}`")
                elif name == self.name and (derived or name not in reader.names):
                    self._report(scalar, name, f"`{name}` is what this default is for")
        derived = derived and findings.found == before
        return Declared(MISSING, provenance=provenance, derived=derived)

    def _named(self) -> Iterator[tuple[ScalarNode, frozenset[str]]]:
        """Yield the texts of a default that has no faults, with the names in their expressions."""
        from archcompiler.language.expressions import names_in, trees_in

        items = self.node.items if isinstance(self.node, SequenceNode) else [self.node]
        for item in items:
            if isinstance(item, ScalarNode) and "${" in item.text:
                yield item, frozenset().union(*map(names_in, trees_in(item.text)))

    def _report(self, scalar: ScalarNode, name: str, message: str) -> None:
        from archcompiler.language.expressions import ExpressionError

        match = re.search(rf"\b{name}\b", scalar.text)
        assert match is not None
        help_line = "a default may use the parameters above it, and what the block is given"
        error = ExpressionError(message, *match.span(), help_line)
        self.reader.report_expression(scalar, error)


def _bare_word(node: Node, source: Source) -> str:
    """Return the text of a scalar without quotes; an empty text if `node` is anything else."""
    if not isinstance(node, ScalarNode) or "${" in node.text or source.text[node.start] in "\"'|>":
        return ""
    return node.text if isinstance(typed(node.text), str) else ""


def _is_a_value(word: str) -> bool:
    """Whether a field of any operation accepts `word`, so that it may be meant as a default."""
    for operation in REGISTRY.values():
        for item in operation.fields.values():
            try:
                item.kind.parse(word)
            except Invalid:
                continue
            return True
    return False


def _report_no_type(name: str, node: Node, word: str, reader: ValueReader) -> None:
    import json  # slow to import, and needed just for a fault

    guess = nearest(word.lower(), [*TYPES, *_KNOWN_AS])
    quoted = json.dumps(word, ensure_ascii=False)
    types = ", ".join(f"`{each}`" for each in TYPES)
    reader.report(
        "ARC203",
        f"the parameter `{name}` is {describe(node)}, which is no type, and no value of a field",
        node,
        help=[
            f"did you mean `{guess}`?" if guess else f"types are {types}",
            f"a text that is the default stands between quotes: `{quoted[:60]}`",
        ],
        fix=guess or quoted,
        safe=False,
    )


def member_settings(
    mapping: MappingNode | None, known: Iterable[str], reader: ValueReader
) -> dict[str, Any]:
    """Return the parameters that a spec sets of the spec that it names (its family)."""
    values: dict[str, Any] = {}
    known, names = list(known), mapping.names if mapping else ()
    for key, node in mapping.items() if mapping else ():
        if key.text in known:
            values[key.text] = reader.argument(f"the parameter `{key.text}`", node)
        else:
            message = f"the spec that this one names has no parameter `{key.text}`"
            reader.unknown_key(key, message, guessed(key.text, known), known, names)
    return values
