"""Blocks and their parameters: read from the section `blocks`, or from specs in other files."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Container, Iterable, Mapping
from keyword import kwlist
from typing import TYPE_CHECKING, Any, NamedTuple

from archcompiler.diagnostics import Findings, Source
from archcompiler.language.aliases import is_input
from archcompiler.language.named_files import Files
from archcompiler.language.names import MISSING, READS
from archcompiler.language.nodes import MappingNode, Node, Provenance, ScalarNode, describe
from archcompiler.language.scalars import typed
from archcompiler.language.table import rows_under
from archcompiler.language.values import ValueReader
from archcompiler.operations import BUILT_IN, KNOWN_AS, REGISTRY, folded
from archcompiler.operations.fields import Invalid
from archcompiler.operations.words import guessed, nearest

if TYPE_CHECKING:
    from archcompiler.language.spec import Spec

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}\Z")
RESERVED = ("index", "input", READS, "true", "false")  # have a meaning in expressions
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
    """A parameter of a block: its default, or the type that a value must have."""

    default: Any
    type: str = ""
    provenance: Provenance | None = None  # of the default

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


class Block:
    """Rows under a name that other rows use as their type.

    `inputs` are the names by which the rows of the block read what a use passes to it. `rows` maps
    arguments to the rows with these in place of the parameters. A `whole` block is a spec in a
    file of its own; its rows of type input are the inputs.
    """

    def __init__(
        self,
        name: str,
        parameters: Mapping[str, Declared],
        inputs: tuple[str, ...],
        rows: Callable[[Mapping[str, Any]], Spec],
        *,
        whole: bool = False,
        description: str = "",
    ) -> None:
        self.name = name
        self.parameters = parameters
        self.inputs = inputs
        self.rows = rows
        self.whole = whole
        self.description = description

    def arguments(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the values of all parameters in a use with the arguments `given`.

        In a file of its own, defaults that are computed from other parameters use their arguments.
        """
        if self.whole and given:
            return {**self.rows(given).parameters, **given}
        return {name: declared.default for name, declared in self.parameters.items()} | dict(given)


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
    inputs: Container[str] = (),
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
            default = reader.argument(f"the parameter `{key.text}`", node)
            found[key.text] = Declared(default, provenance=reader.provenance_of(node))
        else:
            _report_no_type(key.text, node, word, reader)
            found[key.text] = Declared(MISSING)
    return found


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


Parse = Callable[[Source, Findings, Mapping[str, Any], Files], "Spec"]


class BlockReader:
    """Reads the section `blocks` of one spec; all blocks see its parameters and defaults."""

    def __init__(
        self, spec: Spec, names: Collection[str], findings: Findings, files: Files, parse: Parse
    ) -> None:
        self.parse = parse
        self.names = names  # of all blocks of the spec
        self.spec = spec
        self.findings = findings
        self.files = files
        self.reader = ValueReader(spec.source, findings, spec.parameters, spec.origins)

    def block(self, key: ScalarNode, node: Node) -> Block | None:
        """Return the block called `key`; None if a fault was reported."""
        if not named(key, "a block", self.reader):
            return None
        if key.text in BUILT_IN:
            message = f"`{key.text}` is an operation: a block needs another name"
            self.reader.report("ARC205", message, key)
            return None
        block = self.reader.as_mapping(node, "a block is a mapping with `layers`")
        if block is None:
            return None
        if "spec" in block.names:
            block = self.reader.corrected(block, "a block in a file", ("spec",))
            return self._in_file(key.text, block)
        keys = ["description", "params", "inputs", "layers"]
        keys += [] if "layers" in block.names else ["spec"]
        block = self.reader.corrected(block, "a block", keys)
        read = self._in_file if "spec" in block.names else self._here
        return read(key.text, block)

    def _here(self, name: str, node: MappingNode) -> Block | None:
        inputs = node.get("inputs")
        names = self.reader.layers("inputs", inputs) if inputs is not None else []
        for index, scalar in enumerate(names):
            if not NAME.match(scalar.text):
                report_name(self.reader, scalar, "the name of an input")
            elif scalar.text in [other.text for other in names[:index]]:
                message = f"two inputs of the block are named `{scalar.text}`"
                self.reader.report("ARC303", message, scalar)
            elif scalar.text == READS:
                message = f"`{READS}` is what a row reads: an input needs another name"
                self.reader.report("ARC205", message, scalar)
        taken = [scalar.text for scalar in names]
        parameters = declared(self.reader.mapping(node, "params"), self.reader, taken, self.names)
        rows = rows_under(node, "a block", self.reader)
        if not rows:
            return None
        given = tuple(dict.fromkeys(scalar.text for scalar in names)) or ("input",)
        own = self.spec._replace(name=name, rows=rows, outputs=None, training=None)

        def with_arguments(arguments: Mapping[str, Any]) -> Spec:
            return own._replace(parameters={**own.parameters, **arguments})

        description = self.reader.text(node, "description")
        return Block(name, parameters, given, with_arguments, description=description)

    def _in_file(self, name: str, node: MappingNode) -> Block | None:
        at = node.get("spec")
        assert at is not None
        source = self.files.open(at, self.reader)
        if source is None:
            return None

        def head(arguments: Mapping[str, Any]) -> Spec:
            def read() -> Spec:
                return self.parse(source, self.findings, arguments, self.files)

            return self.files.spec(source, arguments, read)

        def with_arguments(arguments: Mapping[str, Any]) -> Spec:
            spec = head(arguments)
            self.files.finish()
            return spec

        spec = head({})
        if not spec.rows:
            return None
        if spec.outputs is not None and len(spec.outputs) > 1:
            message = "a block gives one value, and this spec has several outputs"
            self.reader.report("ARC309", message, at)
            return None
        parameters = {
            key: Declared(value, provenance=at and at._replace(name=""))
            for key, value in spec.parameters.items()
            for at in [spec.origins.get(key)]
        }
        inputs = tuple(_input_names(spec.rows))
        if not inputs:
            row = "begin its rows with `- {layer: In, type: input, …}`"
            message = "this spec has no input, so that it is no block"
            self.reader.report("ARC309", message, at, help=[row])
            return None
        inputs = inputs if len(inputs) > 1 else ("input",)
        return Block(
            name, parameters, inputs, with_arguments, whole=True, description=spec.description
        )


def _may_be_input(word: str) -> bool:
    """Whether `word` is the type of an input, or a misspelling of it, which the row reports."""
    return is_input(word) or (folded(word) not in KNOWN_AS and nearest(word, REGISTRY) == "input")


def _input_names(rows: Iterable[Node]) -> list[str]:
    names: list[str] = []
    for row in rows:
        kind = row.get("type") if isinstance(row, MappingNode) else None
        if (
            isinstance(row, MappingNode)
            and isinstance(kind, ScalarNode)
            and _may_be_input(kind.text)
        ):
            name = row.get("layer")
            text = name.text if isinstance(name, ScalarNode) and NAME.match(name.text) else ""
            names.append(text or f"input_{len(names) + 1}")
    return names


def blocks_of(
    mapping: MappingNode | None, spec: Spec, findings: Findings, files: Files, parse: Parse
) -> Mapping[str, Block | None]:
    """Return the blocks of the section `blocks`; they are filled in when `files` finishes."""
    blocks: dict[str, Block | None] = {}
    if mapping is not None:
        own = spec._replace(blocks=blocks)
        reader = BlockReader(own, mapping.names, findings, files, parse)
        files.later(
            lambda: blocks.update(
                (key.text, reader.block(key, node)) for key, node in mapping.items()
            )
        )
    return blocks


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
