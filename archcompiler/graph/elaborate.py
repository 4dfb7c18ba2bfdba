"""From a spec to a graph with proven shapes, and the checks of the network as a whole."""

from __future__ import annotations

from archcompiler.diagnostics import Diagnostic, Findings, Label
from archcompiler.graph.graph import Graph, Limits
from archcompiler.graph.session import Session
from archcompiler.graph.warnings import warn
from archcompiler.language.nodes import ScalarNode, SequenceNode, field_span, span_of
from archcompiler.language.spec import Section, Spec, training_of
from archcompiler.operations.training import (
    LIKELIEST,
    LOSSES,
    METRICS,
    OF_CLASSES,
    PROBABILITIES,
)


def elaborate(spec: Spec, findings: Findings, limits: Limits) -> Graph:
    """Return the graph of `spec`; warnings are noted in `findings`.

    Raises:
        SpecError: The spec has faults; the error lists all of them.
    """
    with findings.used(*spec.named):
        body = Session(findings, limits).network(spec)
    training = training_of(spec, findings)
    findings.raise_any()
    assert body is not None
    graph = Graph(
        spec.name,
        body,
        description=spec.description,
        training=training,
        source=spec.file,
    )
    _check_totals(graph, findings, limits)
    _check_read(graph, findings)
    _check_outputs(graph, spec, findings)
    _check_training(graph, spec, findings)
    findings.raise_any()
    warn(graph, spec, findings)
    return graph


def _check_training(graph: Graph, spec: Spec, findings: Findings) -> None:
    training, final = graph.training, graph.final_activation
    if training is None or spec.training is None:
        return
    loss = Label(field_span(spec.training.node, spec.training.source, "loss"))
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
    else:
        _check_parameters(graph, loss, findings)
        _check_classes(graph, spec.training, loss, findings)


def _check_parameters(graph: Graph, loss: Label, findings: Findings) -> None:
    """Report training of a network without parameters."""
    if not graph.totals.trainable:
        message = f"`{graph.name}` has no parameters to train"
        findings.add(Diagnostic("ARC203", message, loss, help=("leave `training` out",)))


def _check_classes(graph: Graph, section: Section, loss: Label, findings: Findings) -> None:
    """Report a loss or metrics that need more classes than the output has."""
    training = graph.training
    assert training is not None
    output = graph[graph.outputs[0]]
    classes = output.shape.channels
    if training.loss in OF_CLASSES and classes < 2:
        message = f"`{training.loss}` tells classes apart, and `{output.name}` has just {classes}"
        help_lines = ("one output that says yes or no goes with `binary_crossentropy`",)
        findings.add(Diagnostic("ARC203", message, loss, help=help_lines))
        return
    for metric in training.metrics:
        if LIKELIEST.get(metric, 0) <= classes:
            continue
        written = section.node.get("metrics")
        words = written.items if isinstance(written, SequenceNode) else []
        node = next((w for w in words if isinstance(w, ScalarNode) and w.text == metric), written)
        assert node is not None
        message = (
            f"`{metric}` asks for the {LIKELIEST[metric]} likeliest classes,"
            f" and `{output.name}` has {classes}"
        )
        fits = [f"`{name}`" for name in METRICS if training.loss in METRICS[name]]
        fits.remove(f"`{metric}`")
        help_lines = (f"{' and '.join(fits)} fits any number of classes",)
        label = Label(span_of(node, section.source))
        findings.add(Diagnostic("ARC203", message, label, help=help_lines))


def _check_read(graph: Graph, findings: Findings) -> None:
    """Report layers that are read only by rows that `when` leaves out."""
    if graph.body.is_flat:
        return
    for layer in graph.layers:
        if not graph.readers[layer.name] and layer.name not in graph.outputs:
            findings.add(
                Diagnostic(
                    "ARC306",
                    f"nothing reads `{layer.name}`: the row that does is left out by its `when`",
                    Label(graph.span(layer, "layer")),
                    help=("a row that is left out passes on the first layer that it reads",),
                )
            )


def _check_outputs(graph: Graph, spec: Spec, findings: Findings) -> None:
    """Report two outputs that are one layer, because `when` leaves rows out."""
    first: dict[str, ScalarNode] = {}
    for layer, name in zip(graph.outputs, spec.outputs or (), strict=False):
        other = first.setdefault(layer, name)
        if other is not name:
            message = f"the outputs `{other.text}` and `{name.text}` are the same layer, `{layer}`"
            there = Label(span_of(other, spec.source), "first here")
            here = Label(span_of(name, spec.source), "again here")
            findings.add(
                Diagnostic("ARC303", message, here, (there,), help=("remove one of them",))
            )


def _check_totals(graph: Graph, findings: Findings, limits: Limits) -> None:
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
