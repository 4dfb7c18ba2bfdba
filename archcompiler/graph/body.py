"""The rows of a network with their shapes, as they are written: layers, uses of blocks, copies.

Backends emit source from this tree. Everything else uses the flat list of layers made from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from archcompiler.diagnostics import Source
from archcompiler.graph.layer import Layer
from archcompiler.language.blocks import Block
from archcompiler.language.nodes import Node
from archcompiler.operations import Inputs, Shape

Path = str  # the name of an item, or of an item inside of it: `layer2.0.conv1`


class Use(NamedTuple):
    """A row that uses a block. Uses with equal arguments and input shapes share one `body`."""

    name: str
    block: Block
    arguments: Mapping[str, Any]
    inputs: tuple[Path, ...]
    body: Body
    node: Node  # the row, and the text it stands in
    source: Source

    @property
    def shape(self) -> Shape:
        """The shape of the block's output."""
        return self.body.shape


class Repeat(NamedTuple):
    """A row with `repeat`: the copies are named 0, 1, 2, …, and each reads the one before.

    What the row reads besides its first input, such as a mask, all copies read.
    """

    name: str
    copies: tuple[Layer | Use, ...]
    inputs: tuple[Path, ...]
    node: Node
    source: Source

    @property
    def shape(self) -> Shape:
        """The shape of the last copy."""
        return self.copies[-1].shape


class Passed(NamedTuple):
    """A row that computes nothing: its `when` is false, or it stands for an input of a block."""

    name: str
    inputs: tuple[Path, ...]
    shape: Shape
    node: Node


Item = Layer | Use | Repeat | Passed


class Body:
    """The rows of a network, or of a block on inputs of given shapes, in order of computation.

    `inputs` are the names of the block's inputs. Items and `outputs` name each other by paths
    within the body: `conv1`, or `layer2.0.conv1` for one inside of a block or a repeated row.
    `parameters` are the names that the expressions of the rows know, with their values.
    """

    def __init__(
        self,
        items: Iterable[Item],
        outputs: Iterable[Path],
        inputs: tuple[str, ...] = (),
        input_shapes: Inputs = (),
        parameters: Mapping[str, Any] | None = None,
    ) -> None:
        self.items = tuple(items)
        self.outputs = tuple(outputs)
        self.inputs = inputs
        self.input_shapes = input_shapes
        self.parameters = parameters or {}

    @cached_property
    def is_flat(self) -> bool:
        """Whether all items are layers."""
        return all(isinstance(item, Layer) for item in self.items)

    @cached_property
    def _by_name(self) -> Mapping[str, Item]:
        return {item.name: item for item in self.items}

    @cached_property
    def size(self) -> int:
        """The number of layers, including those in blocks."""
        return sum(map(size_of, self.items))

    @property
    def shape(self) -> Shape:
        """The shape of the first output."""
        shape = self.shape_at(self.outputs[0])
        assert shape is not None
        return shape

    def shape_at(self, path: Path) -> Shape | None:
        """Return the shape at `path`; None if it leads nowhere."""
        if path in self.inputs:
            return self.input_shapes[self.inputs.index(path)]
        name, inside = path, ""
        while name and name not in self._by_name:
            name, _, last = name.rpartition(".")
            inside = f"{last}.{inside}" if inside else last
        return shape_inside(self._by_name[name], inside) if name else None


def row_key(block: str, name: str) -> str:
    """Return a key for a row of `block`; copies of a repeated row (`layer1.0`) have one key."""
    return f"{block}/{name.partition('.')[0]}"


def size_of(item: Item) -> int:
    """Return the number of layers that `item` stands for."""
    match item:
        case Use(body=body):
            return body.size
        case Repeat(copies=copies):
            return sum(map(size_of, copies))
        case Passed():
            return 0
    return 1


def shape_inside(item: Item, path: Path) -> Shape | None:
    """Return the shape at `path` inside of `item`; None if it leads nowhere."""
    if not path:
        return item.shape
    match item:
        case Use(body=body):
            return body.shape_at(path) if path not in body.inputs else None
        case Repeat(copies=copies):
            number, _, rest = path.partition(".")
            known = number.isdecimal() and len(number) < 5 and int(number) < len(copies)
            return shape_inside(copies[int(number)], rest) if known else None
    return None


def flattened(body: Body) -> tuple[tuple[Layer, ...], tuple[str, ...]]:
    """Return all layers with full names such as `layer2.0.conv1`, and the names of the outputs."""
    if body.is_flat:
        return body.items, body.outputs  # type: ignore[return-value]
    found: list[Layer] = []
    real = dict(_flatten(body, "", {}, found))
    return tuple(found), tuple(real[path] for path in body.outputs)


def _flatten(
    body: Body, prefix: str, given: Mapping[Path, str], found: list[Layer]
) -> Iterator[tuple[Path, str]]:
    """Add the layers of `body` to `found`; yield pairs of a path and the layer that computes it."""
    real = dict(given)
    for item in body.items:
        for path, name in _flatten_item(item, prefix, [real[path] for path in item.inputs], found):
            real[path] = name
            yield path, name
    for path in body.outputs:
        yield "", real[path]


def _flatten_item(
    item: Item, prefix: str, inputs: list[str], found: list[Layer]
) -> Iterator[tuple[Path, str]]:
    name, full = item.name, prefix + item.name
    match item:
        case Layer():
            found.append(item._replace(name=full, inputs=tuple(inputs)))
            yield name, full
        case Passed():
            yield name, inputs[0]
        case Use(body=body):
            given = dict(zip(body.inputs, inputs, strict=True))
            for path, layer in _flatten(body, f"{full}.", given, found):
                yield f"{name}.{path}" if path else name, layer
        case Repeat(copies=copies):
            for copy in copies:
                for path, layer in _flatten_item(copy, f"{full}.", inputs, found):
                    yield f"{name}.{path}", layer
                    if path == copy.name:
                        inputs = [layer, *inputs[1:]]
            yield name, inputs[0]
