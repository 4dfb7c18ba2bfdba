"""Values with their channels first, as PyTorch has them, or last, as Keras does."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archcompiler.runtime.weights import Array


def channels_last(value: Array) -> Array:
    """Return maps with their channels last, anything else as it is."""
    return value.transpose(0, *range(2, value.ndim), 1) if value.ndim > 2 else value


def channels_first(value: Array) -> Array:
    """Return maps with their channels first, anything else as it is."""
    return value.transpose(0, -1, *range(1, value.ndim - 1)) if value.ndim > 2 else value
