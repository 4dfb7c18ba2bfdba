"""Vectors for whole numbers, such as words."""

from __future__ import annotations

from archcompiler.diagnostics import Fault
from archcompiler.operations.fields import TENSOR_INITIALIZER, Count, Named, field
from archcompiler.operations.operation import Inputs, Operation, Parameter, operation
from archcompiler.operations.shape import Shape

NORMAL = Named("normal", (1.0,))  # PyTorch's own


@operation("embedding")
class Embedding(Operation):
    """Gives each whole number, such as that of a word, a vector of its own, which is learned.

    It reads an input with a `vocabulary`, and gives a sequence: a token for each number.

    Example:
        - {layer: In, type: input, size: 512, vocabulary: 30522}
        - {layer: words, type: embedding, maps: 768, size: 512}
    """

    family = "dense"
    reads_whole = has_other_axes = True

    maps: int = field(Count(), "features of each token")
    initializer: Named = field(TENSOR_INITIALIZER, "how the vectors begin", NORMAL)

    def shape(self, inputs: Inputs) -> Shape:
        """Return a sequence of as many tokens as there are numbers, with `maps` features."""
        self._vocabulary(inputs)
        return Shape(self.maps, (inputs[0].channels,))

    def _vocabulary(self, inputs: Inputs) -> int:
        shape = inputs[0]
        if shape.values.below is None or not shape.is_vector:
            raise Fault(
                "ARC403",
                f"an embedding reads whole numbers, but the input of this layer is {shape}",
                help=["`{type: input, size: 512, vocabulary: 30522}` is 512 of them"],
            )
        return shape.values.below

    def parameters(self, inputs: Inputs) -> tuple[Parameter, ...]:
        """Return the table: a vector for each number below the vocabulary."""
        lengths = (("vocabulary", self._vocabulary(inputs)), ("maps", self.maps))
        return (Parameter("weight", "vocabulary maps", lengths, self.initializer),)

    def reads(self, inputs: Inputs) -> None:
        """Return that a vector of numbers has no places."""
