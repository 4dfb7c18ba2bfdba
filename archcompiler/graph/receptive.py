"""Receptive fields: the cells of the network's inputs that a cell of a layer depends on.

These are theoretical receptive fields: padding counts, and they may be larger than the input.
Source: Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks",
Distill 2019, https://distill.pub/2019/computing-receptive-fields. With several paths, the field is
the smallest window around those of all paths. After a transposed convolution of stride s, cells
have s phases (their index modulo s) that depend on different windows; each phase is computed by
itself, as the phase with the largest field may be another one in the next layer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import lru_cache
from math import gcd, lcm
from typing import NamedTuple

from archcompiler.graph.graph import Graph
from archcompiler.language.yaml_reader import collector_paused
from archcompiler.operations import Reads

PHASES = 256  # at most; hardly any network enlarges maps by more
FARTHEST = 10**9  # cells of an input between neighbouring cells, at most


class Field(NamedTuple):
    """Size and stride of a receptive field in cells of an input, per axis.

    The size counts from the first to the last cell, including those that a dilation skips. Where
    cells differ (after transposed convolutions), it is the largest. The stride is the mean
    distance between the fields of neighbouring cells, a fraction if maps were enlarged.
    """

    size: tuple[int, ...]
    stride: tuple[Fraction, ...]


class _Axis(NamedTuple):
    """The receptive fields of a layer along one axis: first and last input cell of each phase.

    With n phases, the field of cell i + n is that of cell i moved by `step`. First and last cells
    never decrease from cell to cell, so the field of a window runs from the first cell of its
    first cell to the last cell of its last one.
    """

    first: tuple[int, ...] = (0,)
    last: tuple[int, ...] = (0,)
    step: int = 1


_Axes = tuple[_Axis, ...] | None
_HERE = Reads()
_once = lru_cache(32)  # axes are mostly equal, and so are many layers


@collector_paused()
def receptive_fields(graph: Graph) -> dict[str, dict[str, Field | None]]:
    """Return the receptive fields of each layer, by the names of layers and of inputs.

    None stands for the whole input: after a flattening, a fully connected layer or a global
    pooling; for an input that is a vector; and, as an upper bound, if no size holds for all cells:
    if paths of different strides meet (the article calls the network unaligned), a layer has more
    than 256 phases, or its cells are more than 10**9 cells of the input apart.

    Fields are exact except in two cases, where they are upper bounds: after a transposed
    convolution whose kernel is smaller than its stride, as cells that read nothing get the field
    between their neighbours; and where paths meet in maps of unknown size, see `Sliding.reads`.
    """
    seen: dict[str, dict[str, _Axes]] = {}
    for layer in graph.layers:
        if layer.operation.is_given:
            seen[layer.name] = {layer.name: (_Axis(),) * layer.shape.rank or None}
            continue
        reads = layer.operation.reads(layer.input_shapes)
        read = layer.inputs[:1] if layer.operation.takes_sizes else layer.inputs
        merged = _merged([seen[name] for name in read])
        if reads is None or any(each != _HERE for each in reads):
            merged = {name: _through(reads, axes) for name, axes in merged.items()}
        seen[layer.name] = merged
    return {
        layer: {name: _field(axes) if axes else None for name, axes in inputs.items()}
        for layer, inputs in seen.items()
    }


def receptive_text(fields: Mapping[str, Field | None]) -> str:
    """Return receptive fields for a table: `11x11`, `all`; of two inputs, `a: 11x11, b: all`."""
    texts = {name: _size_text(field) for name, field in fields.items()}
    if len(texts) == 1:
        return next(iter(texts.values()))
    return ", ".join(f"{name}: {text}" for name, text in texts.items())


def _size_text(field: Field | None) -> str:
    return "all" if field is None else "x".join(map(str, field.size))


def _field(axes: tuple[_Axis, ...]) -> Field:
    sizes, strides = zip(*map(_extent, axes), strict=True)
    return Field(sizes, strides)


@_once
def _extent(axis: _Axis) -> tuple[int, Fraction]:
    """Return the size and the stride of a field along an axis."""
    spans = [last - first for first, last in zip(axis.first, axis.last, strict=True)]
    return max(-1, *spans) + 1, Fraction(axis.step, len(spans))


def _merged(several: list[dict[str, _Axes]]) -> dict[str, _Axes]:
    """Return the fields around those of several paths."""
    first, *others = several
    if not others:
        return first
    merged = dict(first)
    for other in others:
        for name, axes in other.items():
            merged[name] = _both(merged[name], axes) if name in merged else axes
    return merged


def _both(one: _Axes, other: _Axes) -> _Axes:
    if one is None or other is None:
        return None
    return _all(map(_around, one, other))


@_once
def _around(one: _Axis, other: _Axis) -> _Axis | None:
    """Return the fields around both along an axis; None if their strides differ."""
    count = lcm(len(one.first), len(other.first))
    step = one.step * count // len(one.first)
    if step != other.step * count // len(other.first) or count > PHASES:
        return None
    cells = range(count)
    first = zip(_of(one, one.first, cells), _of(other, other.first, cells), strict=True)
    last = zip(_of(one, one.last, cells), _of(other, other.last, cells), strict=True)
    return _Axis(tuple(map(min, first)), tuple(map(max, last)), step)


def _through(reads: tuple[Reads, ...] | None, axes: _Axes) -> _Axes:
    if reads is None or axes is None:
        return None
    return _all(map(_behind, reads, axes))


def _all(axes: Iterable[_Axis | None]) -> _Axes:
    """Return all axes; None if one of them is not known."""
    found = [*axes]
    known = tuple(axis for axis in found if axis is not None)
    return known if len(known) == len(found) else None


@_once
def _behind(reads: Reads, axis: _Axis) -> _Axis | None:
    """Return the fields of a layer along an axis, from those of the layer that it reads."""
    phases = len(axis.first)
    turns = phases // gcd(phases, reads.step)  # until both patterns repeat
    count, step = turns * reads.parts, turns * reads.step // phases * axis.step
    if count > PHASES or step > count * FARTHEST:
        return None
    places = [cell * reads.step for cell in range(count)]
    first = [(place + reads.first) // reads.parts for place in places]
    last = [(place + reads.last) // reads.parts for place in places]
    return _Axis(tuple(_of(axis, axis.first, first)), tuple(_of(axis, axis.last, last)), step)


def _of(axis: _Axis, ends: tuple[int, ...], cells: Iterable[int]) -> list[int]:
    """Return the first or last cells (`ends`) of the fields of `cells`, also beyond one period."""
    count, step = len(ends), axis.step
    return [ends[cell % count] + cell // count * step for cell in cells]
