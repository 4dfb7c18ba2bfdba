"""The layout of each value: whether its channels stand before its places, or behind them.

In PyTorch, a convolution reads maps as `(batch, maps, height, width)`, and a layer normalization
as `(batch, height, width, maps)`. A value has the layout of the layer that computes it. Layers
that do not care (a sum, a dropout) pass on that of what they read, and whoever wants the other one
converts it where it reads: so torchvision's ConvNeXt and Swin are written. Besides,

- a layer that does not care and reads both gives that of what its block is given;
- a block is given what the first row that cares wants, whatever its uses have: these convert;
- all copies of a repeated row are given that, and so is what comes behind them; what they read
  besides, each converts.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

from archcompiler.graph import Body, Item, Layer, Passed, Repeat, Use


class Layout(Enum):
    """Where the channels of a value stand. One without places, a vector, has both."""

    FIRST = "channels first"
    LAST = "channels last"


class Wanted(NamedTuple):
    """How a layer wants what it reads, and what it gives; None: it does not care, and as it is."""

    reads: Layout | None = None
    gives: Layout | None = None


class Layouts:
    """The layouts of the values of a network, by their full names: `layer1.0.conv1`."""

    def __init__(self, network: Body, wanted: Callable[[Layer], Wanted], given: Layout) -> None:
        """Find them: `wanted` says what a layer wants, and the network is `given` its inputs so."""
        self._wanted = wanted
        self._values: dict[str, Layout] = {}
        self._known: dict[tuple[int, str], Layout | None] = {}  # what a block wants of an input
        self._rows(network, "", [], given)

    def __getitem__(self, name: str) -> Layout:
        return self._values[name]

    def read_by(self, layer: Layer, full_name: str) -> Layout:
        """Return how a layer reads all its inputs; one that does not care, as it gives them."""
        return self._wanted(layer).reads or self._values[full_name]

    def _rows(self, body: Body, prefix: str, given: list[Layout], otherwise: Layout) -> Layout:
        """Find the layouts of what rows compute; return that of the first output."""
        self._values |= zip((prefix + name for name in body.inputs), given, strict=True)
        of_block = given[0] if given else otherwise
        for item in body.items:
            has = [self._values[prefix + path] for path in item.inputs]
            self._item(item, prefix, has, of_block)
        return self._values[prefix + body.outputs[0]]

    def _item(self, item: Item, prefix: str, has: list[Layout], of_block: Layout) -> Layout:
        full = prefix + item.name
        match item:
            case Layer():
                shapes = zip(has, item.input_shapes, strict=True)
                seen = {layout for layout, shape in shapes if not shape.is_vector}
                passed_on = seen.pop() if len(seen) == 1 else of_block
                found = self._wanted(item).gives or passed_on
            case Use(body=body):
                wanted = [self._asked_of(body, name) for name in body.inputs]
                given = [one or other for one, other in zip(wanted, has, strict=True)]
                found = self._rows(body, f"{full}.", given, of_block)
            case Repeat(copies=copies):
                found = self._asked_by(copies[0], 0) or has[0]
                for copy in copies:
                    self._item(copy, f"{full}.", [found, *has[1:]], of_block)
            case Passed():
                found = has[0]
        self._values[full] = found
        return found

    def _asked_of(self, body: Body, name: str) -> Layout | None:
        """Return what the first row that cares wants of a value of `body`; None if none does."""
        key = id(body), name
        if key not in self._known:
            asked = (
                self._asked_by(item, item.inputs.index(name)) or self._asked_of(body, item.name)
                for item in body.items
                if name in item.inputs
            )
            self._known[key] = next(filter(None, asked), None)
        return self._known[key]

    def _asked_by(self, item: Item, number: int) -> Layout | None:
        """Return what a row wants of what it reads at a `number`; None if it does not care."""
        match item:
            case Layer():
                return self._wanted(item).reads
            case Use(body=body):
                return self._asked_of(body, body.inputs[number])
            case Repeat(copies=copies):
                return self._asked_by(copies[0], number)
        return None
