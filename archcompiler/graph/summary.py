"""The rows of the layer table of a graph, with blocks folded, and the texts of its cells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from archcompiler.graph.body import Item, Passed, Repeat, Use, size_of
from archcompiler.graph.graph import Graph
from archcompiler.graph.layer import Layer
from archcompiler.operations import Dimension, Shape

BYTES = 4  # of a float32


def shape_text(shape: Shape) -> str:
    """Return `shape` for a table: `96 x 55x55` for maps, `4096` for features."""
    return shape.size if shape.is_vector else f"{shape.channels} x {shape.size}"


def number_text(number: Dimension) -> str:
    """Return `number` for a table: `1,234`, or `?` if it is not known."""
    return "?" if number is None else f"{number:,}"


def memory_text(elements: Dimension) -> str:
    """Return the memory of so many float32 values for a table: `12.3 KiB`."""
    return "?" if elements is None else f"{elements * BYTES / 2**10:,.1f} KiB"


class Row(NamedTuple):
    """A row of the table: a layer, or a folded block with sums; `activations` are output values."""

    name: str
    type: str
    activation: str
    shape: Shape
    parameters: int
    multiply_adds: Dimension
    activations: Dimension


def table_rows(graph: Graph, depth: int | None) -> list[Row]:
    """Return the rows of the table.

    Names have at most `depth` parts: with 1, each block is one row; with None, none is folded.
    """
    layers = iter(graph.layers)
    if depth is None:
        return [row_of(layer) for layer in layers]
    return list(_folded(graph.body.items, layers, "", depth))


def _folded(
    items: Iterable[Item], layers: Iterator[Layer], prefix: str, depth: int
) -> Iterator[Row]:
    for item in items:
        name = prefix + item.name
        match item:
            case Passed():
                continue
            case Layer():
                yield row_of(next(layers))
            case Use(body=body) if depth > 1:
                yield from _folded(body.items, layers, f"{name}.", depth - 1)
            case Repeat(copies=copies) if depth > 1:
                yield from _folded(copies, layers, f"{name}.", depth - 1)
            case _:
                yield sum_of(item, name, [next(layers) for _ in range(size_of(item))])


def row_of(layer: Layer) -> Row:
    """Return the row of one layer."""
    return Row(
        layer.name,
        layer.type,
        str(layer.function or ""),
        layer.shape,
        layer.parameter_count,
        layer.multiply_adds,
        layer.shape.elements,
    )


def sum_of(item: Use | Repeat, name: str, layers: list[Layer]) -> Row:
    """Return the row of a block or of copies with these `layers`."""
    costs = [layer.multiply_adds for layer in layers]
    values = [layer.shape.elements for layer in layers]
    return Row(
        name,
        kind_of(item),
        "",
        item.shape,
        sum(layer.parameter_count for layer in layers),
        None if None in costs else sum(cost or 0 for cost in costs),
        None if None in values else sum(value or 0 for value in values),
    )


def kind_of(item: Layer | Use | Repeat) -> str:
    """Return the type of a layer, or the name of a block; with `x 3` if it is repeated."""
    if isinstance(item, Repeat):
        return f"{kind_of(item.copies[0])} x {len(item.copies)}"
    return item.block.name if isinstance(item, Use) else item.type


def table_lines(
    rows: Iterable[tuple[str, ...]], join: str, numbers: range = range(3, 6), widest: int = 10**4
) -> list[str]:
    """Return the lines of a table; the columns in `numbers` are aligned to the right.

    A cell wider than `widest` widens no column, and moves just its own row.
    """
    rows = list(rows)
    widths = [
        max((len(cell) for cell in column if len(cell) <= widest), default=0)
        for column in zip(*rows, strict=True)
    ]
    return [
        join.join(
            cell.rjust(width) if column in numbers else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def bytes_of(elements: Dimension) -> Dimension:
    """Return the memory of so many float32 values in bytes; None if it is not known."""
    return None if elements is None else elements * BYTES
