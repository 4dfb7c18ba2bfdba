"""What moves values about."""

from __future__ import annotations

from archcompiler.backends.code import (
    Attribute,
    Call,
    Expression,
    Group,
    Literal,
    Slice,
    Subscript,
    call,
    expression,
)
from archcompiler.backends.layouts import Layout, Wanted
from archcompiler.backends.rule import Rule, Rules
from archcompiler.backends.torch.step import Lowered, Step
from archcompiler.graph import Layer
from archcompiler.operations.rearranging import (
    ChannelShuffle,
    DepthToSpace,
    Select,
    SliceOfMaps,
    SpaceToDepth,
    ToMaps,
    ToSequence,
)

PYTORCH = ("maps", "rows", "columns")  # the order of its pixel shuffles


def _slice(operation: SliceOfMaps, step: Step) -> Lowered:
    kept = _part(operation.start, operation.length, step.maps.channels)
    if step.layout is Layout.LAST and step.maps.rank:
        return Lowered(Subscript(step.x, Group((Literal(...), kept))))
    return Lowered(Subscript(step.x, Group((Slice(), kept))))


def _part(start: int, length: int, of: int) -> Slice:
    """Return the slice of `length` of `of` values from `start` on, as people write it."""
    stop = expression(start + length)
    rest = stop == expression(of)
    first = expression(start)
    return Slice(None if first == Literal(0) else first, None if rest else stop)


def _channel_shuffle(operation: ChannelShuffle, step: Step) -> Lowered:
    return Lowered(call("F.channel_shuffle", step.x, operation.groups))


def _space_to_depth(operation: SpaceToDepth, step: Step) -> Lowered:
    if operation.axes == PYTORCH:
        return Lowered(call("F.pixel_unshuffle", step.x, operation.block))
    axes = {"rows": 2, "columns": 4, "maps": 5}
    order = tuple(axes[axis] for axis in operation.axes)
    return Lowered(call("space_to_depth", step.x, operation.block, order))


def _depth_to_space(operation: DepthToSpace, step: Step) -> Lowered:
    if operation.axes == PYTORCH:
        return Lowered(call("F.pixel_shuffle", step.x, operation.block))
    rows, columns = (3 + operation.axes.index(axis) for axis in ("rows", "columns"))
    return Lowered(call("depth_to_space", step.x, operation.block, rows, columns))


def _layout_of_blocks(layer: Layer) -> Wanted:
    """Return that PyTorch's own order is for channels first; the others end in the channels."""
    first = getattr(layer.operation, "axes", PYTORCH) == PYTORCH
    layout = Layout.FIRST if first else Layout.LAST
    return Wanted(layout, layout)


def _to_sequence(operation: ToSequence, step: Step) -> Lowered:
    flat = call("torch.flatten", step.x, 2) if step.maps.rank > 1 else step.x
    return Lowered(Call(Attribute(flat, "transpose"), (expression(1), expression(2))))


def _to_maps(operation: ToMaps, step: Step) -> Lowered:
    shape = step.layer.shape
    if step.maps.is_vector:
        if all(expression(length) == Literal(1) for length in operation.size):
            ones = (Literal(None),) * shape.rank
            return Lowered(Subscript(step.x, Group((Slice(), Slice(), *ones))))
        return Lowered(call("torch.unflatten", step.x, 1, (shape.channels, *operation.size)))
    return Lowered(call("torch.unflatten", _transposed(step.x), 2, operation.size))


def _transposed(x: Expression) -> Expression:
    return Call(Attribute(x, "transpose"), (expression(1), expression(2)))


def _layout_of_maps(layer: Layer) -> Wanted:
    reads = None if layer.input_shapes[0].is_vector else Layout.LAST
    return Wanted(reads, Layout.FIRST)


def _select(operation: Select, step: Step) -> Lowered:
    return Lowered(Subscript(step.x, Group((Slice(), expression(operation.token)))))


RULES: Rules = {
    ChannelShuffle: Rule(_channel_shuffle),
    DepthToSpace: Rule(_depth_to_space, layout=_layout_of_blocks),
    Select: Rule(_select, layout=lambda _: Wanted(Layout.LAST)),
    SpaceToDepth: Rule(_space_to_depth, layout=_layout_of_blocks),
    ToMaps: Rule(_to_maps, layout=_layout_of_maps),
    ToSequence: Rule(_to_sequence, layout=lambda _: Wanted(Layout.FIRST, Layout.LAST)),
    SliceOfMaps: Rule(_slice, layout=None),
}
