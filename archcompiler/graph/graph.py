"""A checked network as a value: its layers, totals, and views of it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import NamedTuple

from archcompiler.diagnostics import Source, Span
from archcompiler.graph.body import Body, flattened
from archcompiler.graph.layer import Layer
from archcompiler.language.nodes import field_span
from archcompiler.operations import Dimension
from archcompiler.operations.fields import Named
from archcompiler.operations.training import Training


class Limits(NamedTuple):
    """Bounds on specs, so that a small file cannot take unbounded time or memory.

    `activations` are values per sample, `bytes` is the size of a file, and `layers` bounds the
    layers that blocks and repeated rows make.
    """

    dimension: int = 10**7
    parameters: int = 10**11
    activations: int = 10**11
    layers: int = 10**5
    bytes: int = 64 * 2**20


class Totals(NamedTuple):
    """Sums over all layers; None if a size is not known."""

    parameters: int
    trainable: int
    multiply_adds: int | None
    activations: int | None

    @property
    def not_trainable(self) -> int:
        """Parameters without gradients, such as running means of batch normalization."""
        return self.parameters - self.trainable


class Graph:
    """A checked network: its layers in an order in which each reads only earlier ones."""

    def __init__(
        self,
        name: str,
        body: Body,
        *,
        description: str = "",
        training: Training | None = None,
        source: Source | None = None,
    ) -> None:
        self.name = name
        self.body = body
        self.layers, self.outputs = flattened(body)
        self.description = description
        self.training = training
        self.source = source

    def __getitem__(self, name: str) -> Layer:
        return self._by_name[name]

    @cached_property
    def _by_name(self) -> dict[str, Layer]:
        return {layer.name: layer for layer in self.layers}

    @cached_property
    def readers(self) -> dict[str, list[Layer]]:
        """The layers that read each layer, by its name."""
        readers: dict[str, list[Layer]] = {layer.name: [] for layer in self.layers}
        for layer in self.layers:
            for name in layer.inputs:
                readers[name].append(layer)
        return readers

    def span(self, layer: Layer, *fields: str | None) -> Span:
        """Return the span of the first of `fields` in the row of `layer`, or else of the row."""
        if layer.source is None or layer.node is None:
            return Span(Source(self.name, ""), 0, 1)
        return field_span(layer.node, layer.source, *fields)

    @property
    def inputs(self) -> tuple[Layer, ...]:
        """The input layers of the network."""
        return tuple(layer for layer in self.layers if layer.operation.is_given)

    @cached_property
    def totals(self) -> Totals:
        """Parameters, multiply-adds and activations of all layers."""
        parameters = trainable = 0
        multiply_adds: Dimension = 0
        activations: Dimension = 0
        for layer in self.layers:
            for parameter in layer.parameters:
                parameters += parameter.size
                trainable += parameter.size if parameter.trainable else 0
            multiply_adds = _plus(multiply_adds, layer.multiply_adds)
            activations = _plus(activations, layer.shape.elements)
        return Totals(parameters, trainable, multiply_adds, activations)

    @cached_property
    def fingerprint(self) -> str:
        """A SHA-256 of the layers and outputs: equal for equal networks, whatever their texts.

        Fields at their defaults are left out, so that it stays the same when an operation is given
        a field more.
        """
        import hashlib  # not at the top: `archc validate` does not need it

        digest = hashlib.sha256()
        for layer in self.layers:
            operation = layer.operation
            fields = [
                (name, value)
                for name, value in vars(operation).items()
                if value != operation.fields[name].default
            ]
            told = (layer.name, operation.type, fields, layer.activation, layer.inputs, layer.shape)
            digest.update(repr(told).encode())
        digest.update(repr(self.outputs).encode())
        return digest.hexdigest()

    @property
    def final_activation(self) -> Named | None:
        """The activation of the output; None if it has none, or if there are several outputs."""
        return self[self.outputs[0]].function if len(self.outputs) == 1 else None

    @property
    def has_logits(self) -> bool:
        """Whether the last activation is one that losses include, so that logits precede it."""
        final = self._final_outside_blocks
        return (final is not None and final.name == "softmax") or self.trains_on_logits

    @property
    def _final_outside_blocks(self) -> Named | None:
        """The last activation; None if it is inside of a block, where it cannot be left out."""
        return None if "." in self.outputs[0] else self.final_activation

    @property
    def trains_on_logits(self) -> bool:
        """Whether the loss includes the last activation, so that training leaves that out."""
        final = self._final_outside_blocks
        return (
            final is not None and self.training is not None and self.training.absorbed == final.name
        )

    def flat(self, outputs: Iterable[str] = ()) -> Graph:
        """Return the same network without blocks, and with other `outputs` if any are given.

        Dots in the names of layers become underscores.
        """
        names = self.flat_names
        layers = tuple(
            layer._replace(
                name=names[layer.name], inputs=tuple(names[name] for name in layer.inputs)
            )
            for layer in self.layers
        )
        given = tuple(names[name] for name in outputs or self.outputs)
        body = Body(layers, given)
        return Graph(self.name, body, description=self.description, source=self.source)

    @cached_property
    def flat_names(self) -> dict[str, str]:
        """Unique names without dots, by the names of layers."""
        taken = {layer.name for layer in self.layers}
        names = {}
        for layer in self.layers:
            name = layer.name.replace(".", "_")
            while name != layer.name and name in taken:
                name += "_"
            taken.add(name)
            names[layer.name] = name
        return names

    def without_final_activation(self) -> Graph:
        """Return the same network without its last activation."""
        items = tuple(
            _without_activation(item)
            if isinstance(item, Layer) and item.name == self.outputs[0]
            else item
            for item in self.body.items
        )
        body = Body(items, self.body.outputs, parameters=self.body.parameters)
        return Graph(self.name, body, source=self.source)

    def without_metrics(self) -> Graph:
        """Return the same network with the same training but without metrics."""
        training = self.training._replace(metrics=()) if self.training else None
        return Graph(
            self.name,
            self.body,
            description=self.description,
            training=training,
            source=self.source,
        )


def _without_activation(layer: Layer) -> Layer:
    if layer.activation is None:  # it is an activation itself
        return layer._replace(operation=layer.operation.replaced(activation=Named("linear")))
    return layer._replace(activation=None)


def _plus(total: Dimension, more: Dimension) -> Dimension:
    return None if total is None or more is None else total + more
