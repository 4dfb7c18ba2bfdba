"""Conversion between channels first (N C H W, as in PyTorch) and channels last (N H W C)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archcompiler.runtime.weights import Array


def channels_last(value: Array) -> Array:
    """Convert maps with channels first to channels last; other arrays are returned as they are."""
    return value.transpose(0, *range(2, value.ndim), 1) if value.ndim > 2 else value


def channels_first(value: Array) -> Array:
    """Convert maps with channels last to channels first; other arrays are returned as they are."""
    return value.transpose(0, -1, *range(1, value.ndim - 1)) if value.ndim > 2 else value
