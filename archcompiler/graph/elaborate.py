"""A spec to a graph: names, order, shapes and the check of every stated size, in one walk."""

from __future__ import annotations

from typing import NamedTuple

from archcompiler.diagnostics import Diagnostic, Fault, Findings, Label, Span
from archcompiler.graph.connect import Connections, connect
from archcompiler.graph.graph import Graph, Layer, Limits
from archcompiler.graph.stated import stated_faults, stated_shape
from archcompiler.language.nodes import field_span
from archcompiler.language.rows import Prepared, Row, read_rows
from archcompiler.language.spec import Spec, training_of
from archcompiler.operations import Inputs, Maps, Parameter, Shape
from archcompiler.operations.training import LOSSES, PROBABILITIES


def elaborate(spec: Spec, findings: Findings, limits: Limits) -> Graph:
    """Return the graph of `spec`; raise `SpecError` with all faults if there are any."""
    rows = read_rows(spec, findings)
    connections = connect(spec, rows, findings)
    training = training_of(spec, findings)
    walk = _Walk(spec, rows, connections, findings, limits)
    layers = walk.layers()
    findings.raise_any()
    graph = Graph(
        spec.name,
        layers,
        connections.outputs,
        description=spec.description,
        training=training,
        source=spec.source,
    )
    _check_totals(graph, spec, findings, limits)
    _check_training(graph, spec, findings)
    findings.raise_any()
    return graph


class _Inferred(NamedTuple):
    shape: Shape
    parameters: tuple[Parameter, ...]
    multiply_adds: int | None


class _Walk:
    """Computes shapes row by row. A row that failed has no layer, and its readers stay silent.

    Where a row states another shape than it computes to, its readers may go by either of the two:
    `doubted` holds what was computed, the layer has what was stated.
    """

    def __init__(
        self,
        spec: Spec,
        rows: list[Row],
        connections: Connections,
        findings: Findings,
        limits: Limits,
    ) -> None:
        self.source = spec.source
        self.rows = rows
        self.connections = connections
        self.findings = findings
        self.limits = limits
        self.made: list[Layer | None] = [None] * len(rows)
        self.known: dict[tuple[Prepared, Inputs], _Inferred] = {}
        self.doubted: dict[int, Shape] = {}

    def layers(self) -> list[Layer]:
        """Return the layers of all rows that are sound."""
        names, edges, made = self.connections.names, self.connections.edges, self.made
        layers = []
        for index in self.connections.order:
            row = self.rows[index]
            if not row.used:
                continue
            sources = edges[index]
            if sources is None or row.prepared.operation is None:
                continue  # reported already
            inputs = [made[source] for source in sources]
            if None in inputs:
                self.findings.unchecked += 1
                continue
            shapes = tuple(layer.shape for layer in inputs if layer)
            inferred = self._infer(index, shapes)
            if inferred is None:
                continue
            layer = Layer(
                names[index],
                row.prepared.operation,
                row.prepared.activation,
                tuple(layer.name for layer in inputs if layer),
                shapes,
                inferred.shape,
                inferred.parameters,
                inferred.multiply_adds,
                row.node,
            )
            made[index] = layer
            layers.append(layer)
        self.findings.unchecked += len(self.connections.stuck)
        return layers

    def _infer(self, index: int, inputs: Inputs) -> _Inferred | None:
        """Return what equal rows on equal inputs share; None if a fault was reported."""
        prepared = self.rows[index].prepared
        otherwise = self._otherwise(index, prepared) if self.doubted else None
        inferred = self.known.get((prepared, inputs))
        if inferred is None:
            try:
                inferred = self._computed(prepared, inputs)
            except Fault as fault:
                if otherwise is None:
                    self._report(index, fault)
                return otherwise
            shape = inferred.shape
            wanted = stated_shape(prepared, shape)
            if wanted != shape:
                if otherwise is not None:
                    return otherwise
                self._report_stated(index, inputs, shape, wanted)
                self.doubted[index] = shape
                return inferred._replace(shape=wanted) if type(wanted) is type(shape) else inferred
            self.known[prepared, inputs] = inferred
        if otherwise is not None:
            self.doubted[index] = otherwise.shape
        return inferred

    def _computed(self, prepared: Prepared, inputs: Inputs) -> _Inferred:
        operation = prepared.operation
        assert operation is not None
        _check_arity(operation.minimum_inputs, operation.maximum_inputs, len(inputs))
        shape = operation.shape(inputs)
        self._check_limits(shape)
        parameters = operation.parameters(inputs)
        return _Inferred(shape, parameters, operation.multiply_adds(inputs, shape))

    def _otherwise(self, index: int, prepared: Prepared) -> _Inferred | None:
        """Return what the row is on what its inputs compute to, if it states just that."""
        sources = self.connections.edges[index] or ()
        if not any(source in self.doubted for source in sources):
            return None
        layers = [self.made[source] for source in sources]
        inputs = tuple(
            self.doubted.get(source, layer.shape)
            for source, layer in zip(sources, layers, strict=True)
            if layer
        )
        try:
            inferred = self._computed(prepared, inputs)
        except Fault:
            return None
        return inferred if stated_shape(prepared, inferred.shape) == inferred.shape else None

    def _check_limits(self, shape: Shape) -> None:
        lengths = [length for length in shape[:3] if isinstance(length, int)]
        if max(lengths) > self.limits.dimension:
            maps_are = isinstance(shape, Maps) and shape.maps == max(lengths)
            raise Fault(
                "ARC406",
                f"a dimension of this layer is {max(lengths):,}, over the limit of"
                f" {self.limits.dimension:,}",
                field="maps" if maps_are else "size",
                help=["`--limit dimension=NUMBER` raises the limit"],
            )
        if (shape.elements or 0) > self.limits.activations:
            raise Fault(
                "ARC406",
                f"the output of this layer is {shape.elements:,} values, over the limit of"
                f" {self.limits.activations:,}",
                help=["`--limit activations=NUMBER` raises the limit"],
            )

    def _place(self, index: int, field: str | None) -> Span:
        return field_span(self.rows[index].node, self.source, field, "type", "layer")

    def _inputs_labels(self, index: int) -> list[Label]:
        labels = []
        for source in dict.fromkeys(self.connections.edges[index] or ()):
            layer = self.made[source]
            if layer is not None:
                text = f"`{layer.name}` gives {layer.shape}"
                labels.append(Label(self._place(source, "size"), text))
        return labels

    def _report(self, index: int, fault: Fault) -> None:
        name = f"`{self.connections.names[index]}`"
        fault.message = fault.message.replace("this layer", name)
        place = self._place(index, fault.field)
        self.findings.add(fault.at(place, *self._inputs_labels(index)))

    def _report_stated(self, index: int, inputs: Inputs, shape: Shape, wanted: Shape) -> None:
        sources = [self.made[source] for source in self.connections.edges[index] or ()]
        reads_input = any(layer is not None and layer.type == "input" for layer in sources)
        faults = stated_faults(
            self.rows[index].prepared, inputs, shape, wanted, reads_input=reads_input
        )
        for fault in faults:
            self._report(index, fault)


def _check_arity(minimum: int, maximum: int, given: int) -> None:
    if minimum <= given <= maximum:
        return
    if maximum == 0:
        raise Fault("ARC304", "this layer is an input, which reads no other layer", field="from")
    wanted = "1 input" if maximum == 1 else f"{minimum} to {maximum} inputs"
    hint = (
        "`from: [a, b]` reads two layers" if minimum > 1 else "`concatenate` or `add` joins several"
    )
    raise Fault(
        "ARC304", f"this layer reads {wanted}, but is given {given}", field="from", help=[hint]
    )


def _check_training(graph: Graph, spec: Spec, findings: Findings) -> None:
    training, final = graph.training, graph.final_activation
    if training is None or spec.training is None:
        return
    loss = Label(field_span(spec.training, spec.source, "loss"))
    if len(graph.outputs) > 1:
        message = f"a loss is of one output, and the network has {len(graph.outputs)}"
        findings.add(Diagnostic("ARC203", message, loss))
    elif final and training.absorbed not in (None, final.name) and final.name in PROBABILITIES:
        message = (
            f"`{training.loss}` is for a last {training.absorbed}, and the last is {final.name}"
        )
        fits = [name for name, absorbed in LOSSES.items() if absorbed == final.name]
        findings.add(
            Diagnostic("ARC203", message, loss, help=(f"{final.name} goes with `{fits[0]}`",))
        )


def _check_totals(graph: Graph, spec: Spec, findings: Findings, limits: Limits) -> None:
    totals = graph.totals
    pairs = (("parameters", totals.parameters), ("activations", totals.activations))
    for name, total in pairs:
        limit = getattr(limits, name)
        if total is not None and total > limit:
            largest = max(
                graph.layers,
                key=lambda layer: (
                    layer.parameter_count if name == "parameters" else layer.shape.elements or 0
                ),
            )
            findings.add(
                Diagnostic(
                    "ARC406",
                    f"{total:,} {name} are over the limit of {limit:,}",
                    Label(graph.span(largest, "type"), "most of them are here"),
                    help=(f"`--limit {name}=NUMBER` raises the limit",),
                )
            )
