"""What moves values about."""

from __future__ import annotations

from archcompiler.backends.backend import unsupported
from archcompiler.backends.code import (
    Expression,
    Group,
    Literal,
    Slice,
    Subscript,
    call,
    expression,
)
from archcompiler.backends.keras.step import Step
from archcompiler.backends.rule import Rule, Rules
from archcompiler.operations.rearranging import (
    ChannelShuffle,
    DepthToSpace,
    Select,
    SliceOfMaps,
    SpaceToDepth,
    ToMaps,
    ToSequence,
)


def _slice(operation: SliceOfMaps, step: Step) -> Expression:
    first, stop = expression(operation.start), expression(operation.start + operation.length)
    is_rest = stop == expression(step.maps.channels)
    kept = Slice(None if first == Literal(0) else first, None if is_rest else stop)
    return Subscript(step.x, Group((Literal(...), kept)))


def _demand_known(step: Step) -> None:
    """Raise a fault where a size is not known: Keras can leave one length open in a reshape."""
    if None in step.maps.places:
        raise unsupported(
            "type",
            f"`keras` cannot rearrange {step.maps}, whose size is not known",
            "state the size at the input",
        )


def _channel_shuffle(operation: ChannelShuffle, step: Step) -> Expression:
    _demand_known(step)
    return call("channel_shuffle", step.x, operation.groups, name=step.name)


def _space_to_depth(operation: SpaceToDepth, step: Step) -> Expression:
    _demand_known(step)
    axes = {"rows": 2, "columns": 4, "maps": 5}
    order = tuple(axes[axis] for axis in operation.axes)
    return call("space_to_depth", step.x, operation.block, order, name=step.name)


def _depth_to_space(operation: DepthToSpace, step: Step) -> Expression:
    _demand_known(step)
    rows, columns = (3 + operation.axes.index(axis) for axis in ("rows", "columns"))
    return call("depth_to_space", step.x, operation.block, rows, columns, name=step.name)


def _to_sequence(operation: ToSequence, step: Step) -> Expression:
    _demand_known(step)
    tokens = step.layer.shape.places[0]
    return call(call("layers.Reshape", (tokens, step.maps.channels), name=step.name), step.x)


def _to_maps(operation: ToMaps, step: Step) -> Expression:
    shape, size = step.layer.shape, operation.size
    if not step.maps.is_vector or all(expression(length) == Literal(1) for length in size):
        return call(call("layers.Reshape", (*size, shape.channels), name=step.name), step.x)
    first = call("layers.Reshape", (shape.channels, *size), name=step.named("reshape"))
    step.before(call(first, step.x))
    order = (*range(2, shape.rank + 2), 1)
    return call(call("layers.Permute", order, name=step.name), step.x)


def _select(operation: Select, step: Step) -> Expression:
    return Subscript(step.x, Group((Slice(), expression(operation.token))))


RULES: Rules = {
    ChannelShuffle: Rule(_channel_shuffle),
    DepthToSpace: Rule(_depth_to_space),
    SliceOfMaps: Rule(_slice),
    Select: Rule(_select),
    SpaceToDepth: Rule(_space_to_depth),
    ToMaps: Rule(_to_maps),
    ToSequence: Rule(_to_sequence),
}
