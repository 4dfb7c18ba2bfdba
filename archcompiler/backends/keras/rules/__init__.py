"""The rule of each operation for Keras, in a file a family, as operations are."""

from __future__ import annotations

from archcompiler.backends.keras.rules import (
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
from archcompiler.backends.rule import Rules

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
