"""What works on each value by itself."""

from __future__ import annotations

from archcompiler.backends.code import (
    Attribute,
    Binary,
    Expression,
    Group,
    Literal,
    Slice,
    Subscript,
    call,
    expression,
    tidy,
)
from archcompiler.backends.layouts import Layout, Wanted
from archcompiler.backends.rule import Rule, Rules
from archcompiler.backends.torch.activations import activated
from archcompiler.backends.torch.step import Lowered, Step
from archcompiler.graph import Layer
from archcompiler.operations.elementwise import (
    Activate,
    Dropout,
    PReLU,
    Rescale,
    StochasticDepth,
)
from archcompiler.operations.fields import QUARTER


def _activate(operation: Activate, step: Step) -> Lowered:
    return Lowered(activated(operation.activation, step.x, channels=step.channels))


def _dropout(operation: Dropout, step: Step) -> Lowered:
    kind = f"nn.Dropout{step.maps.rank}d" if operation.spatial else "nn.Dropout"
    return Lowered(call(step.me, step.x), call(kind, operation.rate))


def _stochastic_depth(operation: StochasticDepth, step: Step) -> Lowered:
    return Lowered(call(step.me, step.x), call("StochasticDepth", operation.rate))


def _prelu(operation: PReLU, step: Step) -> Lowered:
    return Lowered(call(step.me, step.x), call("nn.PReLU", step.maps.channels))


def _rescale(operation: Rescale, step: Step) -> Lowered:
    value = step.x
    if operation.scale != (1.0,):
        value = Binary(value, "*", _numbers(operation.scale, step))
    if operation.offset != (0.0,):
        value = Binary(value, "+", _numbers(operation.offset, step))
    return Lowered(value)


def _numbers(values: tuple[float, ...], step: Step) -> Expression:
    """Return a number, or numbers as maps with one cell: `x.new_tensor([1, 2])[:, None, None]`."""
    if len(values) == 1:
        return tidy(values[0])
    numbers = call(Attribute(step.x, "new_tensor"), Group(tuple(map(expression, values)), "[]"))
    if step.layout is Layout.LAST or step.maps.is_vector:
        return numbers
    return Subscript(numbers, Group((Slice(), *(Literal(None),) * step.maps.rank)))


def _layout_of_dropout(layer: Layer) -> Wanted:
    """Return that whole maps are dropped of channels first, and single values of anything."""
    spatial = getattr(layer.operation, "spatial", False)
    return Wanted(Layout.FIRST, Layout.FIRST) if spatial else Wanted()


RULES: Rules = {
    Activate: Rule(_activate, layout=None),
    Dropout: Rule(_dropout, layout=_layout_of_dropout),
    PReLU: Rule(_prelu, begins={"weight": QUARTER}),
    Rescale: Rule(_rescale, layout=None),
    StochasticDepth: Rule(_stochastic_depth, layout=None),
}
