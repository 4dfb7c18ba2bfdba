"""What works on each value by itself."""

from __future__ import annotations

from archcompiler.backends.code import (
    Choice,
    Expression,
    Group,
    Name,
    call,
    expression,
    options,
    tidy,
    together,
)
from archcompiler.backends.keras.activations import activation_call
from archcompiler.backends.keras.initializers import initializer_of
from archcompiler.backends.keras.step import Step
from archcompiler.backends.rule import Kept, Rule, Rules
from archcompiler.graph import Layer
from archcompiler.operations.elementwise import (
    Activate,
    Dropout,
    PReLU,
    Rescale,
    StochasticDepth,
)
from archcompiler.operations.fields import ZEROS


def _activate(operation: Activate, step: Step) -> Expression:
    value = activation_call(operation.activation, step.x, step.name)
    return Choice(step.x, Name("logits"), value) if step.gives_logits else value


def _dropout(operation: Dropout, step: Step) -> Expression:
    kind = f"layers.SpatialDropout{step.maps.rank}D" if operation.spatial else "layers.Dropout"
    return call(call(kind, operation.rate, name=step.name), step.x)


def _stochastic_depth(operation: StochasticDepth, step: Step) -> Expression:
    samples = (None, *(1,) * (step.maps.rank + 1))
    layer = call("layers.Dropout", operation.rate, noise_shape=samples, name=step.name)
    return call(layer, step.x)


def _prelu(operation: PReLU, step: Step) -> Expression:
    axes = Group(tuple(expression(axis) for axis in range(1, 1 + step.maps.rank)), "[]")
    (slopes,) = step.layer.parameters
    drawn = {}
    if slopes.initializer != ZEROS:  # as Keras begins by itself
        drawn["alpha_initializer"] = initializer_of(slopes, (0, 0))
    shared = {"shared_axes": axes} if step.maps.rank else {}
    return call(call("layers.PReLU", **drawn, **shared, name=step.name), step.x)


def _rescale(operation: Rescale, step: Step) -> Expression:
    def numbers(values: tuple[float, ...]) -> Expression:
        return together(tuple(map(expression, values)), "[]") if values[1:] else tidy(values[0])

    offset = options(offset=(numbers(operation.offset), numbers((0.0,))))
    layer = call("layers.Rescaling", numbers(operation.scale), **offset, name=step.name)
    return call(layer, step.x)


def _slopes(layer: Layer) -> dict[str, Kept]:
    """Return that slopes have an axis of length 1 for each axis of the places, in front."""
    return {"weight": Kept("alpha", "1 " * layer.shape.rank + "*")}


RULES: Rules = {
    Activate: Rule(_activate),
    Dropout: Rule(_dropout),
    PReLU: Rule(_prelu, _slopes),
    Rescale: Rule(_rescale),
    StochasticDepth: Rule(_stochastic_depth),
}
