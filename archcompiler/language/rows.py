"""A row of the table to an operation and what the row says of itself.

Rows that say the same share one `Prepared`: a thousand equal rows are checked once.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from archcompiler.diagnostics import Findings
from archcompiler.language.nodes import Mapping, Node, Scalar, Sequence, describe
from archcompiler.language.spec import NAME, Spec, report_name
from archcompiler.language.values import COMMON, LATER, MISSING, Reader
from archcompiler.operations import KNOWN_AS, REGISTRY, Operation, folded
from archcompiler.operations.fields import ACTIVATION, Count, Flag, Named, Size
from archcompiler.operations.shape import Dimension
from archcompiler.operations.words import meant, nearest

OWN = ("layer", "from", "note", "when")  # what a row says of itself alone
_STATED = (("maps", Count()), ("size", Size()), ("activation", ACTIVATION))


class Prepared:
    """An operation with its activation and stated sizes."""

    __slots__ = ("activation", "maps", "operation", "size")

    def __init__(
        self,
        operation: Operation | None,
        activation: Named | None,
        maps: int | None,
        size: tuple[Dimension, ...] | None,
    ) -> None:
        self.operation = operation  # None: faulty, and reported
        self.activation = activation
        self.maps = maps
        self.size = size


FAULTY = Prepared(None, None, None, None)


class Row(NamedTuple):
    """One row of the table. `name` is empty where the row has none; `reads` is None for "above"."""

    name: str
    prepared: Prepared
    reads: list[Scalar] | None
    used: bool
    node: Node


def read_rows(spec: Spec, findings: Findings) -> list[Row]:
    """Return what each row of `spec` says."""
    reader = _RowReader(spec, findings)
    return [reader.row(node) for node in spec.rows]


class _RowReader:
    """Reads the rows of one spec."""

    def __init__(self, spec: Spec, findings: Findings) -> None:
        self.reads = Reader(spec.source, findings, spec.parameters)
        self.findings = findings
        self.known: dict[tuple[Any, ...], Prepared] = {}
        self.defaults = self._defaults(spec.defaults)

    def row(self, node: Node) -> Row:
        """Return what `node` says."""
        if not isinstance(node, Mapping):
            self.reads.report(
                "ARC106",
                f"a row is a mapping; this is {describe(node)}",
                node,
                help=["`- {layer: C1, type: convolution, …}`"],
            )
            return Row("", FAULTY, None, True, node)
        name, sources, used = "", None, True
        says: list[Any] = []
        for index, key in enumerate(node.names):
            if key == "layer":
                name = self._name(node.value(index))
            elif key == "from":
                sources = self.reads.layers("from", node.value(index))
            elif key == "when":
                used = self.reads.value("when", Flag(), node.value(index)) is not False
            elif key != "note":
                content = node.contents[index]
                says.append(content if isinstance(content, str) else _flat(content))
        signature = (node.names, *says)
        prepared = self.known.get(signature)
        if prepared is None:
            before = len(self.findings.diagnostics)
            prepared = self._prepare(node)
            reported = len(self.findings.diagnostics) > before
            if prepared is FAULTY and not reported:  # it rests on a fault elsewhere
                self.findings.unchecked += 1
            elif not reported:  # a fault is reported at each row that has it
                self.known[signature] = prepared
        return Row(name, prepared, sources, used, node)

    def _name(self, node: Node) -> str:
        if isinstance(node, Scalar) and NAME.match(node.text):
            return node.text
        report_name(self.reads, node, "a layer's name")
        return node.text if isinstance(node, Scalar) else ""  # others may read it by that name

    def _prepare(self, row: Mapping) -> Prepared:
        operation = self._operation(row)
        if operation is None:
            return FAULTY
        article = "an" if operation.type[0] in "aeiou" else "a"
        owner = f"{article} {operation.type.replace('_', ' ')} layer"
        stated: dict[str, Any] = {}
        others = [name for name in COMMON if name not in operation.fields]
        if operation.maximum_inputs == 0:  # an input computes nothing
            others.remove("activation")
        for name, kind in _STATED:
            node = row.get(name)
            if node is not None and name in others:
                stated[name] = self.reads.value(name, kind, node)
        defaults = dict(self.defaults.get(operation.type, {}))
        if "activation" in others:
            stated.setdefault("activation", defaults.pop("activation", None))
        values = self.reads.fields(
            row, owner, operation.fields, others=(*others, *LATER), given=defaults
        )
        for name in LATER:
            if name in row.names:
                message = f"this version of archc has no `{name}` yet"
                self.reads.report("ARC107", message, row.key(name))
                return FAULTY
        if values is None or MISSING in stated.values():
            return FAULTY
        activation = stated.get("activation")
        return Prepared(
            operation(**values),
            None if activation is None or activation.name == "linear" else activation,
            stated.get("maps"),
            stated.get("size"),
        )

    def _operation(self, row: Mapping) -> type[Operation] | None:
        node = row.get("type")
        if node is None:
            hint = "for example `type: convolution`"
            self.reads.report("ARC204", "a row needs `type`", row, "`type` is missing", [hint])
            return None
        raw = self.reads.raw(node, "a layer's type is a word")
        if raw is None:
            return None
        if isinstance(raw, str) and raw in REGISTRY:
            return REGISTRY[raw]
        known = self._unknown_type(node)
        return REGISTRY[known] if known else None

    def _unknown_type(self, node: Node) -> str | None:
        """Report a type that is none; return the one that was meant, if any is near, to go on."""
        text = node.text if isinstance(node, Scalar) else ""
        known = KNOWN_AS.get(folded(text)) or nearest(text.lower(), REGISTRY)
        if known is None:
            alias = nearest(folded(text), KNOWN_AS)
            known = KNOWN_AS[alias] if alias else None
        choices = ", ".join(f"`{name}`" for name in REGISTRY)
        hint = f"did you mean `{known}`?" if known else f"one of {choices}"
        message = f"unknown layer type `{text}`" if text else "a layer's type is a word"
        self.reads.report("ARC201", message, node, help=[hint], fix=known)
        return known

    def _defaults(self, section: Mapping | None) -> dict[str, dict[str, Any]]:
        defaults: dict[str, dict[str, Any]] = {}
        for key, node in section.items() if section else ():
            known = key.text if key.text in REGISTRY else self._unknown_type(key)
            if known is None:
                continue
            if not isinstance(node, Mapping):
                message = f"the defaults of a type are a mapping; this is {describe(node)}"
                self.reads.report("ARC106", message, node)
                continue
            defaults.setdefault(known, {}).update(self._default_values(known, node))
        return defaults

    def _default_values(self, type_name: str, section: Mapping) -> dict[str, Any]:
        fields = REGISTRY[type_name].fields
        kinds = {name: item.kind for name, item in fields.items()}
        if REGISTRY[type_name].maximum_inputs != 0:
            kinds.setdefault("activation", ACTIVATION)
        values: dict[str, Any] = {}
        for key, node in section.items():
            if key.text in kinds:
                values[key.text] = self.reads.value(key.text, kinds[key.text], node)
            else:
                message = f"unknown field `{key.text}` of the defaults of `{type_name}`"
                known = meant(key.text, kinds)
                self.reads.unknown_key(key, message, known, kinds)
                if known:
                    values.setdefault(known, MISSING)
        return values  # what is MISSING was reported: rows that rest on it stay silent


def _flat(node: Node) -> tuple[str, ...] | int:
    if isinstance(node, Sequence):
        return tuple(item.text if isinstance(item, Scalar) else "" for item in node.items)
    return id(node)
