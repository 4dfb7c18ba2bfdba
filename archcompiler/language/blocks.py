"""Blocks: read from the section `blocks`, or from specs in other files."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from archcompiler.diagnostics import Findings, Source
from archcompiler.language.aliases import is_input
from archcompiler.language.named_files import Files
from archcompiler.language.names import READS
from archcompiler.language.nodes import MappingNode, Node, ScalarNode
from archcompiler.language.parameters import NAME, Declared, declared, named, report_name
from archcompiler.language.table import rows_under
from archcompiler.language.values import ValueReader
from archcompiler.operations import BUILT_IN, KNOWN_AS, REGISTRY, folded
from archcompiler.operations.words import nearest

if TYPE_CHECKING:
    from archcompiler.language.spec import Spec


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
        self.derived = {name: it for name, it in parameters.items() if it.derived}

    def arguments(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the values of the parameters in a use with the arguments `given`.

        In a file of its own, defaults that are computed from other parameters use their arguments;
        elsewhere derived parameters are left out, which rest on shapes, too.
        """
        if self.whole and given:
            return {**self.rows(given).parameters, **given}
        known = [name for name in self.parameters if name not in self.derived]
        return {name: self.parameters[name].default for name in known} | dict(given)


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
