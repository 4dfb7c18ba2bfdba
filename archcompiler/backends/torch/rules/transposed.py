"""Transposed convolutions."""

from __future__ import annotations

from archcompiler.backends.code import Expression, call, options, square
from archcompiler.backends.rule import Rule, Rules
from archcompiler.backends.torch.step import Lowered, Step
from archcompiler.operations.transposed import TransposedConvolution


def _transposed(operation: TransposedConvolution, step: Step) -> Lowered:
    maps = step.maps
    # PyTorch cuts alike on both sides, and adds cells behind; what is left to cut is cut after it.
    padding = tuple(max(min(sides), 0) for sides in operation.cuts)
    added = tuple(max(-after, 0) for _, after in operation.cuts)
    left = tuple(
        (before - cut, max(after, 0) - cut)
        for (before, after), cut in zip(operation.cuts, padding, strict=True)
    )
    module = call(
        f"nn.ConvTranspose{maps.rank}d",
        maps.channels,
        operation.maps,
        kernel_size=square(operation.kernel),
        **options(
            stride=(square(operation.stride), 1),
            padding=(square(padding), 0),
            output_padding=(square(added), 0),
            bias=(operation.bias, True),
        ),
    )
    return Lowered(_cropped(call(step.me, step.x), left), module)


def _cropped(x: Expression, cuts: tuple[tuple[int, int], ...]) -> Expression:
    """Return `x` without cells at its sides: PyTorch's padding below 0."""
    cells = tuple(-cell for sides in reversed(cuts) for cell in sides)
    return call("F.pad", x, cells) if any(cells) else x


RULES: Rules = {TransposedConvolution: Rule(_transposed)}
