"""The rule of each operation for PyTorch, in a file a family, as operations are."""

from __future__ import annotations

from archcompiler.backends.rule import Rules
from archcompiler.backends.torch.rules import (
    attention,
    convolution,
    crop,
    dense,
    elementwise,
    embedding,
    merge,
    normalization,
    parameter,
    pooling,
    rearranging,
    resize,
    rotary,
    transposed,
)

RULES: Rules = {
    **attention.RULES,
    **convolution.RULES,
    **crop.RULES,
    **dense.RULES,
    **elementwise.RULES,
    **embedding.RULES,
    **merge.RULES,
    **normalization.RULES,
    **parameter.RULES,
    **pooling.RULES,
    **rearranging.RULES,
    **resize.RULES,
    **rotary.RULES,
    **transposed.RULES,
}
