"""Named axes of weights: a layout is a pattern such as `kh kw in out` or `(h w c) out`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from archcompiler.operations.shape import MOST_PLACES

if TYPE_CHECKING:
    from numpy.typing import NDArray


ONE = "1"  # an axis of length 1
_PLACES = "dhw"  # depth, height, width: maps have the last of them


def place_axes(rank: int) -> tuple[str, ...]:
    """Return what the axes of the places of maps are called: `h` and `w` for a rank of 2."""
    return tuple(_PLACES[MOST_PLACES - rank :])


def kernel_axes(rank: int) -> tuple[str, ...]:
    """Return what the axes of a kernel are called: `kh` and `kw` for a rank of 2."""
    return tuple(f"k{axis}" for axis in place_axes(rank))


def axes_of(pattern: str) -> list[str]:
    """Return the axes of `pattern` as they stand there: `(h w c)` and `out`."""
    return re.findall(r"\([^)]*\)|\S+", pattern)


def groups_of(pattern: str) -> list[list[str]]:
    """Return the axes of `pattern`, each as the list of its factors."""
    return [axis.strip("()").split() for axis in axes_of(pattern)]


def shape_of(pattern: str, lengths: Mapping[str, int]) -> tuple[int, ...]:
    """Return the shape of a tensor laid out as `pattern`."""
    known = {ONE: 1, **lengths}
    return tuple(prod(known[axis] for axis in group) for group in groups_of(pattern))


class Rearrangement(NamedTuple):
    """How to carry a tensor from one layout to another: reshape, permute, reshape."""

    split: tuple[int, ...]
    order: tuple[int, ...]
    shape: tuple[int, ...]


def rearrangement(source: str, target: str, lengths: Mapping[str, int]) -> Rearrangement:
    """Derive the way from layout `source` to layout `target`; both name the same axes."""
    before, after = (
        [axis for group in groups_of(layout) for axis in group if axis != ONE]
        for layout in (source, target)
    )
    if sorted(before) != sorted(after):
        raise ValueError(f"the layouts `{source}` and `{target}` name different axes")
    return Rearrangement(
        tuple(lengths[axis] for axis in before),
        tuple(before.index(axis) for axis in after),
        shape_of(target, lengths),
    )


def rearranged(
    tensor: NDArray[Any], source: str, target: str, lengths: Mapping[str, int]
) -> NDArray[Any]:
    """Return a tensor that is laid out as `source` in the layout `target`."""
    way = rearrangement(source, target, lengths)
    return tensor.reshape(way.split).transpose(way.order).reshape(way.shape)
