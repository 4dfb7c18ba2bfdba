"""Convolutions, over all maps or over each by itself."""

from __future__ import annotations

from archcompiler.backends.code import alike, call, options, square
from archcompiler.backends.rule import Rule, Rules
from archcompiler.backends.torch.rules.padding import even, padded
from archcompiler.backends.torch.step import Lowered, Step
from archcompiler.operations.convolution import Convolution
from archcompiler.operations.depthwise import DepthwiseConvolution


def _convolution(operation: Convolution, step: Step) -> Lowered:
    return _convolved(operation, step, operation.maps, operation.groups)


def _depthwise(operation: DepthwiseConvolution, step: Step) -> Lowered:
    return _convolved(operation, step, step.maps.channels, step.maps.channels)


def _convolved(
    operation: Convolution | DepthwiseConvolution, step: Step, outputs: int, groups: int
) -> Lowered:
    maps, x = step.maps, step.x
    axes = operation.sliding.over(maps)
    padding: object
    if operation.padding.mode == "same" and set(operation.stride) == {1}:
        sides = [operation.sliding.same(axis) for axis in range(maps.rank)]
        is_even = all(alike(before, after) for before, after in sides)
        padding = square(tuple(before for before, _ in sides)) if is_even else "same"
    else:
        both_sides = even(axes)
        padding = square(both_sides) if both_sides else 0
        x = x if both_sides else padded(x, axes)
    module = call(
        f"nn.Conv{maps.rank}d",
        maps.channels,
        outputs,
        kernel_size=square(operation.kernel),
        **options(
            stride=(square(operation.stride), 1),
            padding=(padding, 0),
            dilation=(square(operation.dilation), 1),
            groups=(groups, 1),
            bias=(operation.bias, True),
        ),
    )
    return Lowered(call(step.me, x), module)


RULES: Rules = {Convolution: Rule(_convolution), DepthwiseConvolution: Rule(_depthwise)}
