"""What a rule for Keras works with."""

from __future__ import annotations

from functools import partial

from archcompiler.backends.code import (
    Assign,
    Choice,
    Expression,
    If,
    Literal,
    Name,
    Statement,
    expression,
)
from archcompiler.backends.keras.activations import activation_string
from archcompiler.backends.keras.names import Names
from archcompiler.graph import Graph, Layer
from archcompiler.operations import Shape

CHAIN = "x"  # the variable of a value that only the next statement reads


class Step:
    """A layer with the code for what it reads, its name, and the statements made so far.

    `fused` is set where the layer's own activation went into the call of its operation.
    """

    def __init__(
        self, graph: Graph, layer: Layer, values: list[Name], names: Names, full_name: str
    ) -> None:
        self.graph = graph
        self.full_name = full_name
        self.layer = layer
        self.values: list[Expression] = [*values]
        self.name = names[layer.name]
        self.named = partial(names.step, layer.name)
        self.statements: list[Statement] = []
        self.fused = False

    @property
    def x(self) -> Expression:
        """The only input."""
        return self.values[0]

    @property
    def maps(self) -> Shape:
        """The shape of the only input, which is maps."""
        return self.layer.input_shapes[0]

    @property
    def gives_logits(self) -> bool:
        """Whether the model can be built without the layer's activation."""
        return self.graph.has_logits and self.full_name == self.graph.outputs[0]

    def before(self, value: Expression, size: str = "", where: int = 1) -> None:
        """Add a statement in front of the layer's own, whose input it becomes.

        The chain's variable is free for it: what it held is read by this layer or by none. Uses of
        a block where its number `where` is 0 go without the statement.
        """
        own, test = Assign(CHAIN, value, size), expression(where)
        if isinstance(test, Literal):
            self.statements.append(own)
        else:
            if self.x != Name(CHAIN):
                self.statements.append(Assign(CHAIN, self.x))
            self.statements.append(If(test, (own,)))
        self.values = [Name(CHAIN)]

    def activation(self) -> dict[str, object]:
        """Return the activation as an argument, if Keras has a string for it."""
        known = activation_string(self.layer.activation)
        if known is None:
            return {}
        self.fused = True
        if self.gives_logits:
            return {"activation": Choice(expression(None), Name("logits"), expression(known))}
        return {"activation": known}
