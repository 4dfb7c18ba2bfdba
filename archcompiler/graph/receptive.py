"""Receptive fields: what of the network's inputs a cell of a layer depends on.

They are those of the theory: padding counts, and they may be larger than the input. Source: Araujo,
Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks", Distill 2019,
https://distill.pub/2019/computing-receptive-fields. Where there are several paths, the field is
the least window around those of all paths. Behind transposed convolutions cells differ by phase,
their place in what one input cell is spread over. Each phase is followed by itself, as the one
that sees most of a layer need not be the one that sees most of the layer before.
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

PHASES = 256  # that are followed at most: hardly any network enlarges maps by more
FARTHEST = 10**9  # cells of an input between neighbours at most: no input has as many


class Field(NamedTuple):
    """Cells of an input that a cell depends on, axis by axis, and those between two neighbours.

    They are counted from the first to the last, with those that a dilation leaves out. Of cells
    that see different numbers (behind transposed convolutions) it is one that sees most; the
    stride is the mean, a fraction where maps were enlarged.
    """

    size: tuple[int, ...]
    stride: tuple[Fraction, ...]


class _Axis(NamedTuple):
    """Along an axis: the first and the last cell of the input that each phase of a layer sees.

    Cell i + phases sees what cell i does, `step` cells further. Both never fall from cell to
    cell, so the ends of a window are those of its first and its last cell.
    """

    first: tuple[int, ...] = (0,)
    last: tuple[int, ...] = (0,)
    step: int = 1


_Axes = tuple[_Axis, ...] | None
_HERE = Reads()
_once = lru_cache(32)  # columns are mostly like rows, and many layers like the one before


@collector_paused()
def receptive_fields(graph: Graph) -> dict[str, dict[str, Field | None]]:
    """Return for each layer the inputs that it depends on, and what a cell of it sees of each.

    None is all of the input: behind a flattening, a fully connected layer or a global pooling; of
    an input that is a vector; and, as a bound, where no one size holds for all cells: paths of
    different strides meet (the article calls the network unaligned), a layer has more than 256
    phases, or its cells are over 10**9 cells of the input apart.

    A field is exact but for two cases. It is a bound behind a transposed convolution whose kernel
    is smaller than its stride: cells that read nothing are taken to see what is between those
    beside them. And where paths meet in maps of unknown size, see `Sliding.reads`.
    """
    seen: dict[str, dict[str, _Axes]] = {}
    for layer in graph.layers:
        if layer.operation.is_given:
            seen[layer.name] = {layer.name: (_Axis(),) * layer.shape.rank or None}
            continue
        reads = layer.operation.reads(layer.input_shapes)
        merged = _merged([seen[name] for name in layer.inputs])
        if reads is None or any(each != _HERE for each in reads):
            merged = {name: _through(reads, axes) for name, axes in merged.items()}
        seen[layer.name] = merged
    return {
        layer: {name: _field(axes) if axes else None for name, axes in inputs.items()}
        for layer, inputs in seen.items()
    }


def field_text(fields: Mapping[str, Field | None]) -> str:
    """Return what a layer sees, for a table: `11x11`, `all`, or `a: 11x11, b: all` of several."""
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
    """Return the size and the stride along an axis."""
    spans = [last - first for first, last in zip(axis.first, axis.last, strict=True)]
    return max(-1, *spans) + 1, Fraction(axis.step, len(spans))


def _merged(several: list[dict[str, _Axes]]) -> dict[str, _Axes]:
    """Return what is seen along all of several paths."""
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
    """Return what spans both along an axis; None if they drift apart, cell by cell."""
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
    """Return what is seen along all axes; None if it is not known along one."""
    found = [*axes]
    known = tuple(axis for axis in found if axis is not None)
    return known if len(known) == len(found) else None


@_once
def _behind(reads: Reads, axis: _Axis) -> _Axis | None:
    """Return what is seen along an axis by a layer that reads so."""
    phases = len(axis.first)
    turns = phases // gcd(phases, reads.step)  # until both patterns begin anew
    count, step = turns * reads.parts, turns * reads.step // phases * axis.step
    if count > PHASES or step > count * FARTHEST:
        return None
    places = [cell * reads.step for cell in range(count)]
    first = [(place + reads.first) // reads.parts for place in places]
    last = [(place + reads.last) // reads.parts for place in places]
    return _Axis(tuple(_of(axis, axis.first, first)), tuple(_of(axis, axis.last, last)), step)


def _of(axis: _Axis, ends: tuple[int, ...], cells: Iterable[int]) -> list[int]:
    """Return those of `ends` (an axis' first or last cells) that belong to cells."""
    count, step = len(ends), axis.step
    return [ends[cell % count] + cell // count * step for cell in cells]
