"""Places of tokens as rotations."""

from __future__ import annotations

from archcompiler.diagnostics import Fault
from archcompiler.operations.fields import Count, Number, field
from archcompiler.operations.operation import Inputs, Operation, operation
from archcompiler.operations.shape import Shape


@operation("rotary_embedding", "rope")
class RotaryEmbedding(Operation):
    """Turns the features of each token by angles that grow with its place (Su et al. 2021).

    A head has two halves; feature i of the first and of the second are a point, which is turned by
    place / base ^ (i / half). It stands behind queries and keys, in front of `attention`. Halves
    are those of transformers; Meta's own files of LLaMA have neighbours for points.

    Example:
        - {layer: In, type: input, maps: 576, size: 64}
        - {layer: query, type: fully_connected, maps: 576}
        - {layer: turned, type: rotary_embedding, maps: 576, size: 64, heads: 9}
    """

    family = "elementwise"

    heads: int = field(Count(), "parts of the features, each with angles from the first on")
    base: float = field(Number(0, above=True), "how much slower the last features turn", 10000.0)

    def shape(self, inputs: Inputs) -> Shape:
        """Return the input's shape: a sequence whose features are two halves for each head."""
        shape = inputs[0]
        if shape.rank != 1:
            raise Fault(
                "ARC403",
                f"a rotary embedding reads a sequence, but the input of this layer is {shape}",
                help=["`to_sequence` makes tokens of the cells of maps"],
            )
        if shape.channels % (2 * self.heads):
            raise Fault(
                "ARC405",
                f"{shape.channels} features cannot be split into two halves for each of"
                f" {self.heads} heads",
                field="heads",
            )
        return shape
