"""Attention: tokens that read each other."""

from __future__ import annotations

from archcompiler.diagnostics import Fault
from archcompiler.operations.fields import Count, Flag, Number, field
from archcompiler.operations.operation import Inputs, Operation, operation
from archcompiler.operations.shape import Shape


@operation("attention")
class Attention(Operation):
    """Gives each query a mean of the values, weighted by how alike its keys are (Vaswani 2017).

    It reads queries, keys and values, three sequences, or one that has all three as its features,
    in this order and in equal parts. Each head takes a part of the features: its weights are the
    softmax of query * key * scale over all keys. What makes queries, keys and values, and what
    joins the heads, are rows of their own: `fully_connected` at each token.

    Example:
        - {layer: In, type: input, maps: 768, size: 197}
        - {layer: qkv, type: fully_connected, maps: 2304}
        - {layer: A1, type: attention, maps: 768, size: 197, heads: 12}
    """

    family = "dense"
    maximum_inputs = 3

    heads: int = field(Count(), "parts of the features, each with weights of its own")
    causal: bool = field(
        Flag(), "whether a query reads its own token and those before alone", False
    )
    scale: float | None = field(
        Number(0, above=True),
        "factor of query * key; without it 1 / root of a head's features",
        None,
    )

    def shape(self, inputs: Inputs) -> Shape:
        """Return as many tokens as there are queries, with the features of the values."""
        query, _, value = self.parts(inputs)
        for name, shape in (("queries", query), ("values", value)):
            if shape.channels % self.heads:
                raise Fault(
                    "ARC405",
                    f"{shape.channels} features of the {name} cannot be split into {self.heads}"
                    " heads",
                    field="heads",
                )
        return Shape(value.channels, query.places)

    def parts(self, inputs: Inputs) -> tuple[Shape, Shape, Shape]:
        """Return the shapes of queries, keys and values.

        Raises:
            Fault: There are none, or they do not fit each other.
        """
        for shape in inputs:
            if shape.rank != 1:
                raise Fault(
                    "ARC403",
                    f"attention reads sequences, but an input of this layer is {shape}",
                    help=["`to_sequence` makes tokens of the cells of maps"],
                )
        if len(inputs) == 1:
            (packed,) = inputs
            if packed.channels % 3:
                raise Fault(
                    "ARC405",
                    f"{packed.channels} features are no queries, keys and values of equal size",
                    help=["a `fully_connected` with 3 * features of a query makes them"],
                )
            part = packed._replace(channels=packed.channels // 3)
            return part, part, part
        if len(inputs) == 2:
            raise Fault(
                "ARC304",
                "attention reads queries, keys and values, or one layer of all; here are two",
                field="from",
            )
        query, key, value = inputs
        if query.channels != key.channels or key.places != value.places:
            raise Fault(
                "ARC410",
                f"queries of {query}, keys of {key} and values of {value} do not fit each other",
                field="from",
                help=["queries and keys have equal features, keys and values equal tokens"],
            )
        return query, key, value

    def reads(self, inputs: Inputs) -> None:
        """Return that a token may read all of them."""

    def multiply_adds(self, inputs: Inputs, output: Shape) -> int | None:
        """Return queries x keys x (features of a key + features of a value)."""
        query, key, value = self.parts(inputs)
        tokens, others = query.places[0], key.places[0]
        if tokens is None or others is None:
            return None
        return tokens * others * (key.channels + value.channels)
