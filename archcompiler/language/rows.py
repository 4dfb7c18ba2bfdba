"""Rows of a spec: each to an operation with its field values, or to a call of a block.

A row whose fields depend on shapes, or that uses a block or `repeat`, is `Deferred`: it is checked
when the walk knows its inputs. Rows of equal fields share one `Checked`, so that they are checked
once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from archcompiler.diagnostics import Findings, Label
from archcompiler.language.aliases import CanonicalWords, canonical_words, with_canonical_words
from archcompiler.language.blocks import Block
from archcompiler.language.defaults import Defaults, read_defaults
from archcompiler.language.expressions import asks_for_shape
from archcompiler.language.key_corrections import KeyCorrector, has_unknown_column, owner_of
from archcompiler.language.names import MISSING
from archcompiler.language.nodes import (
    MappingNode,
    Node,
    Provenance,
    ScalarNode,
    SequenceNode,
    texts_of,
)
from archcompiler.language.parameters import NAME, report_name
from archcompiler.language.spec import Spec
from archcompiler.language.values import ValueReader, given_at
from archcompiler.operations import REGISTRY, Operation
from archcompiler.operations.fields import ACTIVATION, Count, Flag, Named, Raw
from archcompiler.operations.lengths import Size
from archcompiler.operations.meaning import field_meant, meaning_of, unknown_type
from archcompiler.operations.shape import Dimension
from archcompiler.operations.words import COMMON

_STATED = (("maps", Count()), ("size", Size()), ("activation", ACTIVATION))
MOST_COPIES = 1000  # of one row


class Checked:
    """A checked row: its operation, activation, and stated sizes."""

    __slots__ = ("activation", "maps", "operation", "size")

    def __init__(
        self,
        operation: Operation | None,
        activation: Named | None,
        maps: int | None,
        size: tuple[Dimension, ...] | None,
    ) -> None:
        self.operation = operation  # None: faulty, which was reported
        self.activation = activation
        self.maps = maps
        self.size = size

    def unstated(self) -> Checked:
        """Return a copy without stated sizes, for a copy of a row that is not the last."""
        return Checked(self.operation, self.activation, None, None)


FAULTY = Checked(None, None, None, None)


class BlockCall(NamedTuple):
    """A row that uses a block: the arguments, and the stated sizes of the output."""

    block: Block
    arguments: Mapping[str, Any]
    maps: int | None
    size: tuple[Dimension, ...] | None
    provenance: Mapping[str, Provenance]  # of the arguments

    def unstated(self) -> BlockCall:
        """Return a copy without stated sizes, for a copy of a row that is not the last."""
        return self._replace(maps=None, size=None)


class Deferred(NamedTuple):
    """A row to be checked in the walk: it uses a block or `repeat`, or depends on shapes."""

    of: type[Operation] | Block
    repeated: bool


class Row(NamedTuple):
    """One row.

    `name` is empty if the row has none. `reads` are the names in `from`; None stands for the row
    above. `used` is whether `when` keeps the row; None if that depends on a shape. `node` has
    canonical names (see `aliases`), and `translated` tells whether the text has others.
    """

    name: str
    outcome: Checked | Deferred
    reads: list[ScalarNode] | None
    used: bool | None
    node: Node
    translated: bool = False

    @property
    def kind(self) -> str:
        """The type of the row: an operation or a block."""
        match self.outcome:
            case Deferred(of=Block(name=name)):
                return name
            case Deferred(of=operation):
                return operation.type  # type: ignore[union-attr]
            case Checked(operation=Operation() as operation):
                return operation.type
        return "layer"

    @property
    def is_input(self) -> bool:
        """Whether the row is an input of the network."""
        operation = self.outcome.operation if isinstance(self.outcome, Checked) else None
        return operation is not None and operation.is_given


class RowReader:
    """Reads the rows of a spec or a block."""

    def __init__(self, spec: Spec, findings: Findings, defaults: Defaults | None = None) -> None:
        self.spec = spec
        self.values = ValueReader(spec.source, findings, spec.parameters, spec.origins)
        self.findings = findings
        self.known: dict[tuple[Any, ...], Checked | Deferred] = {}
        self.computed: set[str] = set()  # unknown types from expressions, reported once
        self.words: dict[tuple[tuple[str, ...], str], CanonicalWords] = {}
        self.inputs: tuple[str, ...] = ()
        self.keys = KeyCorrector(spec, self.values)
        self.defaults = read_defaults(spec, self.values) if defaults is None else defaults

    def rows(self, inputs: tuple[str, ...] = ()) -> list[Row]:
        """Return all rows; `inputs` are the names of the block's inputs."""
        self.inputs = inputs
        return [self.row(node) for node in self.spec.rows]

    def given(self, names: Mapping[str, Any]) -> RowReader:
        """Return a reader of the same rows whose expressions know these `names` as well."""
        spec = self.spec._replace(parameters={**self.spec.parameters, **names})
        return RowReader(spec, self.findings, self.defaults)

    def row(self, node: Node) -> Row:
        """Return one row; if it is faulty, its outcome is `FAULTY`."""
        hint = "`- {layer: C1, type: convolution, …}`"
        mapping = self.values.as_mapping(node, "a row is a mapping", [hint])
        if mapping is None:
            return Row("", FAULTY, None, True, node)
        written, node = mapping, self.canonical(self.keys.corrected(mapping))
        name, sources = "", None
        used: bool | None = True
        says: list[Any] = []
        for index, key in enumerate(node.names):
            if key == "layer":
                name = self._name(node.value(index))
            elif key == "from":
                sources = self.values.layers("from", node.value(index))
            elif key == "when":
                used = self.used(node)
            elif key != "note":
                content = node.contents[index]
                says.append(content if isinstance(content, str) else _flat(content))
        signature = (node.names, *says)
        outcome = self.known.get(signature)
        if outcome is None:
            before = self.findings.found
            outcome = self._deferred(node)
            if outcome is None:
                outcome = self.check(node)
            reported = self.findings.found > before
            if outcome is FAULTY and not reported:  # because of a fault elsewhere
                self.findings.unchecked += 1
            elif not reported:  # a fault is reported at each row that has it
                self.known[signature] = outcome
        return Row(name, outcome, sources, used, node, node is not written)

    def canonical(self, row: MappingNode) -> MappingNode:
        """Return the row with canonical names of its type and fields (see `aliases`)."""
        at = row.names.index("type") if "type" in row.names else -1
        kind = row.contents[at] if at >= 0 else None
        if not isinstance(kind, str):
            return row
        words = self.words.get((row.names, kind))
        if words is None:
            words = canonical_words(row.names, kind, self.spec.blocks)
            self.words[row.names, kind] = words
        if words.twice:
            message = f"`{words.twice}` is given twice: `type: {kind}` says it, too"
            self.values.report("ARC103", message, row.key(words.twice), help=["remove one of them"])
        elif words.names == row.names and words.kind == kind:
            return row
        return with_canonical_words(row, words)

    def used(self, row: MappingNode, *, inputs_known: bool = False) -> bool | None:
        """Return whether `when` keeps the row; None if that depends on a shape."""
        node = row.get("when")
        if node is None:
            return True
        if (
            not inputs_known
            and isinstance(node, ScalarNode)
            and asks_for_shape(node.text, self.inputs)
        ):
            return None
        return self.values.value("when", Flag(), node) is not False

    def copies(self, row: MappingNode) -> int | None:
        """Return how often the row is repeated; None if a fault was reported."""
        node = row.get("repeat")
        assert node is not None
        count = self.values.value("repeat", Count(), node)
        if count is MISSING:
            return None
        if count > MOST_COPIES:
            message = f"a row is repeated {MOST_COPIES:,} times at most; this is {count:,}"
            self.values.report_value("ARC308", message, node)
            return None
        return int(count)

    def _deferred(self, row: MappingNode) -> Deferred | Checked | None:
        """Return the row as deferred; None if it need not be, `FAULTY` if its type is unknown."""
        block = self._block(row)
        if block is None and "repeat" not in row.names and not self._asks_for_shape(row):
            return None
        of = block or self._operation(row)
        return FAULTY if of is None else Deferred(of, "repeat" in row.names)

    def _asks_for_shape(self, row: MappingNode) -> bool:
        texts = (text for content in row.contents for text in texts_of(content))
        return any(asks_for_shape(text, self.inputs) for text in texts)

    def _block(self, row: MappingNode) -> Block | None:
        node = row.get("type")
        if not self.spec.blocks or not isinstance(node, ScalarNode):
            return None
        name = node.text
        if "${" in name:
            quiet = ValueReader(self.spec.source, Findings(), self.values.names)
            name = str(quiet.raw(node, ""))
        return self.spec.blocks.get(name)

    def block_call(self, row: MappingNode, block: Block) -> BlockCall | None:
        """Return the block with the arguments that `row` gives; None if a fault was reported."""
        before = self.findings.found
        arguments, guessed = dict[str, Any](), set[str | None]()
        provenance = {name: it.provenance for name, it in block.parameters.items() if it.provenance}
        others = [name for name in COMMON if name != "activation"]
        for key, node in row.items():
            name = key.text
            if name in block.parameters:
                arguments[name] = self._argument(name, node, block)
                provenance[name] = self.values.provenance_of(node)
            elif name == "activation":
                message = f"a block has its activations inside: `{block.name}` takes none here"
                self.values.report("ARC202", message, key)
            elif name not in others:
                guess = field_meant(name, [*block.parameters, *others])
                message = f"unknown parameter `{name}` of the block `{block.name}`"
                beside = (*row.names, *guessed)
                self.values.unknown_key(key, message, guess, block.parameters, beside)
                guessed.add(guess.word)
        for name, parameter in block.parameters.items():
            if parameter.required and name not in arguments and name not in guessed:
                message = f"the block `{block.name}` needs `{name}`"
                at = row.get("type") or row
                self.values.report("ARC204", message, at, f"`{name}` is missing")
        stated = {
            name: self.values.value(name, kind, there)
            for name, kind in _STATED[:2]
            if name not in block.parameters and (there := row.get(name)) is not None
        }
        if self.findings.found > before or MISSING in (*arguments.values(), *stated.values()):
            return None
        here = Label(self.values.span(row.get("type") or row), "used here")
        with self.findings.used(here):
            settled = block.arguments(arguments)
        if MISSING in settled.values() and not block.derived:
            return None
        return BlockCall(block, settled, stated.get("maps"), stated.get("size"), provenance)

    def _argument(self, name: str, node: Node, block: Block) -> Any:
        value = self.values.argument(f"the parameter `{name}`", node)
        declared = block.parameters[name]
        if declared.type == "text" and isinstance(node, ScalarNode) and "${" not in node.text:
            return node.text
        if value is not MISSING and not declared.accepts(value):
            message = f"the parameter `{name}` of `{block.name}` is declared as {declared.type};"
            given = given_at(self.values.provenance_of(node).origin(certain=True))
            self.values.report_value("ARC203", f"{message} this is {given}", node)
            return MISSING
        return value

    def _name(self, node: Node) -> str:
        if isinstance(node, ScalarNode) and NAME.match(node.text):
            return node.text
        report_name(self.values, node, "a layer's name")
        return node.text if isinstance(node, ScalarNode) else ""  # rows elsewhere may use the name

    def check(self, row: MappingNode, operation: type[Operation] | None = None) -> Checked:
        """Return the operation of a row with its fields; `FAULTY` if a fault was reported.

        `operation` is the class that the row's type names, if it was looked up before.
        """
        operation = operation or self._operation(row)
        if operation is None:
            return FAULTY
        stated: dict[str, Any] = {}
        defaults = dict(self.defaults.get(operation.type, {}))
        read = row.get("from")
        inputs = len(read.items) if isinstance(read, SequenceNode) else 1
        own = operation.own_fields({*row.names, *defaults}, inputs)
        others = [name for name in COMMON if name not in own]
        if operation.maximum_inputs == 0:  # an input computes nothing
            others.remove("activation")
        for name, kind in _STATED:
            node = row.get(name)
            if node is not None and name in others:
                stated[name] = self.values.value(name, kind, node)
        if "activation" in others:
            stated.setdefault("activation", defaults.pop("activation", None))
        values = self.values.fields(
            row,
            owner_of(operation),
            own,
            others=others,
            given=defaults,
            one_of=operation.needs_one_of,
        )
        if values is None or MISSING in stated.values():
            return FAULTY
        activation = stated.get("activation")
        return Checked(
            operation(**values),
            None if activation is None or activation.name == "linear" else activation,
            stated.get("maps"),
            stated.get("size"),
        )

    def _operation(self, row: MappingNode) -> type[Operation] | None:
        node = row.get("type")
        if node is None:
            if has_unknown_column(row):  # the types may be in it
                return None
            hint = "for example `type: convolution`"
            self.values.report("ARC204", "a row needs `type`", row, "`type` is missing", [hint])
            return None
        raw = self.values.raw(node, "a layer's type is a word")
        if raw is None:
            return None
        meaning = meaning_of(raw) if isinstance(raw, str) else None
        if meaning is not None and not meaning.fields:
            return REGISTRY[meaning.type]
        if isinstance(raw, str) and raw in self.spec.blocks:  # a faulty block, which was reported
            return None
        known = self._unknown_type(node, raw)
        return REGISTRY[known] if known else None

    def _unknown_type(self, node: Node, raw: Raw) -> str | None:
        """Report an unknown type; return the one that it surely means, so that checking goes on."""
        text = raw if isinstance(raw, str) else ""
        unknown = unknown_type(text, self.spec.blocks)
        guess = unknown.guess
        fix, known = guess.word, guess.word if guess.sure and guess.word in REGISTRY else None
        if (
            isinstance(node, ScalarNode) and "${" in node.text
        ):  # report the value of an expression once
            if text in self.computed:
                return known
            self.computed.add(text)
            fix = None
        message = unknown.message if text else "a layer's type is a word"
        self.values.report_value("ARC201", message, node, unknown.help, fix, guess.sure)
        return known


def _flat(node: Node) -> tuple[str, ...] | int:
    if isinstance(node, SequenceNode):
        return tuple(item.text if isinstance(item, ScalarNode) else "" for item in node.items)
    return id(node)
