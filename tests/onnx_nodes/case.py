"""A case of ONNX as what it takes and gives, and as a spec of one layer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

Array = Any
REAL = ("float32", "float64")


class NotApplicable(Exception):
    """archc has no layer that is this case; the message says why."""


class Layer(NamedTuple):
    """A case as a layer: its row without a name, what it reads, its weights, and what it gives.

    Arrays have the batch first, then the channels, as in PyTorch.
    """

    row: str
    reads: tuple[Array, ...]
    gives: Array
    weights: Mapping[str, Array] = {}

    @property
    def spec(self) -> str:
        """The text of the spec."""
        inputs = [f"- {{layer: In{number}, {_size(x)}}}" for number, x in enumerate(self.reads)]
        named = ", ".join(f"In{number}" for number in range(len(self.reads)))
        row = f"- {{layer: Case, {self.row}, from: [{named}]}}"
        return "\n".join(["archc: 1", "name: Node", "layers:", *inputs, row, ""])


def _size(x: Array) -> str:
    _, channels, *places = x.shape
    if not places:
        return f"type: input, size: {channels}"
    return f'type: input, maps: {channels}, size: "{"x".join(map(str, places))}"'


class Node(NamedTuple):
    """One operator with its attributes, what it is given by the names of its inputs, and gives."""

    operator: str
    attributes: Mapping[str, Any]
    inputs: tuple[Array | None, ...]
    outputs: tuple[Array, ...]
    version: int

    def get(self, name: str, default: Any = None) -> Any:
        """Return an attribute."""
        return self.attributes.get(name, default)

    def input(self, number: int) -> Array | None:
        """Return what it is given at a place; None where it is given nothing."""
        return self.inputs[number] if number < len(self.inputs) else None

    def demand(self, condition: object, reason: str) -> None:
        """Raise `NotApplicable` where the condition is not met."""
        if not condition:
            raise NotApplicable(reason)


def node_of(case: Any) -> Node:
    """Return the node of a case, and its values.

    Raises:
        ValueError: It has several nodes.
    """
    import onnx

    graph = case.model.graph
    (node,) = graph.node
    given, gives = case.data_sets[0]
    values = dict(zip((each.name for each in graph.input), given, strict=True))
    attributes = {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}
    text = {
        name: value.decode() if isinstance(value, bytes) else value
        for name, value in attributes.items()
    }
    version = next(each.version for each in case.model.opset_import if not each.domain)
    inputs = tuple(values.get(name) for name in node.input)
    return Node(node.op_type, text, inputs, tuple(gives), version)


def real(*arrays: Array) -> tuple[Array, ...]:
    """Return arrays of float32 or float64 as float32.

    Raises:
        NotApplicable: One has other numbers.
    """
    for array in arrays:
        kind = str(array.dtype) if isinstance(array, np.ndarray) else "a sequence or an option"
        if kind not in REAL:
            raise NotApplicable(f"computes with {kind}")
    return tuple(array.astype(np.float32) for array in arrays)


def with_channels(array: Array, axis: int = 1) -> Array:
    """Return an array as values of a layer: a batch, channels (which are at `axis`), places."""
    if array.ndim < 2:
        return array.reshape(1, -1)
    if array.ndim > 5:
        raise NotApplicable(f"has {array.ndim} axes, and layers have at most 5")
    axis %= array.ndim
    if axis == 0:  # the batch is no axis that layers compute along
        array, axis = array[None], 1
    return np.moveaxis(array, axis, 1)


def cases() -> Iterator[Any]:
    """Yield ONNX's cases of single operators, by their names."""
    import warnings

    from onnx.backend.test.loader import load_model_tests

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of numpy, where cases are made
        found = load_model_tests(kind="node")
    yield from sorted((case for case in found if case.model is not None), key=lambda c: c.name)
