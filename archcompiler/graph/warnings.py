"""Warnings: what is valid, but most likely not what was meant.

They are looked for in networks without faults. A comment at the row silences one (`ignores`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from archcompiler.diagnostics import Fault, Findings, Label, Source, Span
from archcompiler.diagnostics.diagnostic import MAXIMUM
from archcompiler.graph.body import Body, Item, Passed, Repeat, Use
from archcompiler.graph.graph import Graph
from archcompiler.graph.layer import Layer
from archcompiler.language.aliases import canonical_names
from archcompiler.language.nodes import MappingNode, Node, field_span, span_of
from archcompiler.language.spec import Spec
from archcompiler.operations.meaning import meaning_of
from archcompiler.operations.training import PROBABILITIES

if TYPE_CHECKING:
    from archcompiler.language.ignores import Ignores

Rows = Callable[[], Spec | None]  # returns the spec or block that the current rows are from


def warn(graph: Graph, spec: Spec, findings: Findings) -> None:
    """Add the warnings of a network to `findings`, also those of useless `ignore` comments."""
    warnings = _Warnings(findings)
    with findings.used(*spec.named):
        warnings.look(graph.body, lambda: spec)
        warnings.look_at_training(graph, spec)
    if "ignore" in spec.file.text and not warnings.full:
        for diagnostic in warnings.ignores_in(spec.file).useless(warnings.rows_in(spec.file)):
            findings.add(diagnostic)


class _Warnings:
    """Checks the rows of a network, and the rows of each block once."""

    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        self.bodies: dict[int, Body] = {}  # that were checked, by id
        self.ignores: dict[Source, Ignores] = {}

    @property
    def full(self) -> bool:
        """Whether the limit of listed warnings is reached."""
        return len(self.findings.warnings) >= MAXIMUM

    def ignores_in(self, source: Source) -> Ignores:
        """Return the `ignore` comments of a text."""
        from archcompiler.language.ignores import Ignores  # few texts have any

        return self.ignores.setdefault(source, Ignores(source))

    def rows_in(self, source: Source) -> Iterator[Span]:
        """Return the spans of the checked rows that stand in `source`."""
        for body in self.bodies.values():
            for item in body.items:
                if not isinstance(item, Passed) and item.source is source and item.node:
                    yield span_of(item.node, source)

    def look(self, body: Body, rows: Rows, path: str = "") -> None:
        """Check the rows of `body`; `path` is the prefix of their names."""
        if id(body) not in self.bodies:
            self.bodies[id(body)] = body
            for item in body.items:
                self._item(item, rows, path)
                if self.full:
                    break

    def _item(self, item: Item, rows: Rows, path: str) -> None:
        match item:
            case Layer():
                for fault in (*item.operation.warnings(), *_of_activation(item)):
                    self._tell(item, fault, rows)
            case Use(block=block, arguments=arguments):
                full = path + item.name
                at = field_span(item.node, item.source, "type", "layer")
                with self.findings.used(Label(at, f"in `{full}`, used here")):
                    self.look(item.body, lambda: block.rows(arguments), f"{full}.")
            case Repeat(copies=copies):
                for copy in copies:
                    self._item(copy._replace(name=f"{item.name}.{copy.name}"), rows, path)

    def look_at_training(self, graph: Graph, spec: Spec) -> None:
        """Warn of activations whose probabilities a loss takes for logits."""
        training, section = graph.training, spec.training
        if training is None or section is None or training.absorbed is None:
            return
        loss = Label(field_span(section.node, section.source, "loss"), "takes logits")
        last = graph.outputs[0]
        for layer in _reaching(graph, PROBABILITIES):
            if graph.trains_on_logits:
                hint = f"leave it out: `{last}` has the last {training.absorbed}"
            elif "." in last:
                row = f"- {{type: activation, activation: {training.absorbed}}}"
                hint = f"leave it out there: `{row}` as the last row is left out in training"
            else:
                hint = f"leave it out: `activation: {training.absorbed}` in the last row, `{last}`,"
                hint += " is left out in training"
            message = f"`{training.loss}` takes the probabilities of `{layer.name}` for logits"
            fault = Fault("ARC602", message, field="activation", help=[hint])
            self._tell(layer, fault, lambda: None, loss)

    def _tell(self, layer: Layer, fault: Fault, rows: Rows, *labels: Label) -> None:
        """Add the warning of a layer at its field, unless a comment silences it."""
        node, source = layer.node, layer.source
        assert node is not None
        assert source is not None
        place = field_span(node, source, fault.field, "type", "layer")
        row = span_of(node, source)
        own = isinstance(node, MappingNode) and fault.field in node.names
        if not own:
            spec = rows()
            default = _default(spec.defaults, layer.type, fault.field) if spec else None
            place = span_of(default, source) if default else place
        if not own or "${" in place.text:
            fault.fix = None  # other rows or values may need the text
        spans = (row, place, *(label.span for label in labels))
        silenced = [self.ignores_in(span.source).silence(fault.code, span) for span in spans]
        if not any(silenced):
            self.findings.add(fault.at(place, *labels))


def _default(section: MappingNode | None, kind: str, field: str | None) -> Node | None:
    """Return the node of a field in the defaults of a type."""
    for key, node in section.items() if section else ():
        meaning = meaning_of(key.text)
        if field and meaning and meaning.type == kind and isinstance(node, MappingNode):
            names = canonical_names(node.names, [field])
            if field in names:
                return node.value(names.index(field))
    return None


def _of_activation(layer: Layer) -> Iterator[Fault]:
    """Yield the warnings of the activation of a layer."""
    function = layer.function
    if function is None or function.name != "softmax" or layer.shape.channels != 1:
        return
    maps = not layer.shape.is_vector
    yield Fault(
        "ARC601",
        f"`{layer.name}` is 1, whatever it reads: softmax over one {'map' if maps else 'unit'}",
        field="activation",
        notes=["softmax is over maps, not over rows and columns"] if maps else [],
        help=["`activation: sigmoid` gives the probability of one class"],
        fix="sigmoid",
    )


def _reaching(graph: Graph, functions: Sequence[str]) -> Iterator[Layer]:
    """Yield the layers with one of the `functions` as activation whose values reach the loss.

    The search ends at layers with weights, and at products in which the values are weights.
    """
    waiting, seen = [graph.outputs[0]], set[str]()
    while waiting:
        layer = graph[waiting.pop()]
        if layer.name in seen:
            continue
        left_out = graph.trains_on_logits and not seen
        seen.add(layer.name)
        if layer.function and layer.function.name in functions and not left_out:
            yield layer
        elif layer.multiply_adds == 0 and not layer.operation.weighs:
            waiting += layer.inputs
