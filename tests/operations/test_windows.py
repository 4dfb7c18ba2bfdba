"""Every window that fits a small input, counted out by hand: both backends compute just that.

A combination that a framework has no layer for is told as ARC501, with the reason and what does
it; everything else runs, on inputs whose size is stated and on those whose size is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from itertools import product
from typing import Any

import pytest

import archcompiler
from archcompiler.architecture import Architecture
from archcompiler.backends import BACKENDS
from archcompiler.diagnostics import SpecError
from archcompiler.graph import Layer
from archcompiler.operations import Shape
from archcompiler.operations.convolution import Convolution
from archcompiler.operations.pooling import MaxPooling
from archcompiler.operations.transposed import TransposedConvolution
from archcompiler.runtime.live import build
from archcompiler.runtime.weights import load_into, random_weights

pytestmark = [pytest.mark.keras, pytest.mark.torch]

KERNELS = ("1", "2", "3", "4", "2x3", "3x1")
STRIDES = ("1", "2", "3", "1x2", "4")
DILATIONS = ("1", "2", "3", "1x2")
PADDINGS = ("valid", "same", "1", "2", "1x0", "[0, 1, 2, 0]", "[1, 1, 0, 2]")
ROUNDINGS = ("floor", "ceil")
SIZES = ("5x6", "7x4", "2x3")


def rows(kind: str, **fields: tuple[str, ...]) -> Iterator[str]:
    for values in product(*fields.values()):
        said = ", ".join(f"{name}: {value}" for name, value in zip(fields, values, strict=True))
        yield f"type: {kind}, {said}"


WINDOWS = {"kernel": KERNELS, "stride": STRIDES}
ROWS = {
    "max pooling": list(
        rows("max_pooling", **WINDOWS, dilation=DILATIONS, padding=PADDINGS, rounding=ROUNDINGS)
    ),
    "average pooling": list(
        rows(
            "average_pooling",
            **WINDOWS,
            padding=PADDINGS,
            rounding=ROUNDINGS,
            count_padding=("true", "false"),
        )
    ),
    "convolution": list(
        rows("convolution", maps=("2",), **WINDOWS, dilation=DILATIONS, padding=PADDINGS)
    ),
    "grouped convolution": list(
        rows(
            "convolution",
            maps=("4",),
            groups=("2",),
            kernel=("2", "3x1"),
            stride=("1", "2", "1x2"),
            dilation=("1", "2"),
            padding=PADDINGS,
        )
    ),
    "transposed convolution": list(
        rows("transposed_convolution", maps=("2",), **WINDOWS, padding=PADDINGS)
    ),
}
EVERY = 31  # of the combinations, unless slow tests run
EVERY_SLOWLY = 5  # all of them would take twenty minutes


# ---- What is right, cell by cell


def cells_of(operation: Any, maps: Shape) -> list[list[list[tuple[int, bool]]]]:
    """Return for each axis the cells of each window, and whether they count as padding."""
    found = []
    for index, axis in enumerate(operation.sliding.over(maps)):
        stride, dilation = operation.sliding.stride[index], operation.sliding.dilation[index]
        length = maps.places[index]
        inside = range(-axis.before, length + axis.after)
        found.append(
            [
                [
                    (cell, cell in inside)
                    for turn in range(operation.kernel[index])
                    for cell in [number * stride - axis.before + turn * dilation]
                ]
                for number in range(axis.length)
            ]
        )
    return found


def right(layer: Layer, maps: Shape, x: Any, weights: list[Any]) -> Any:
    """Return what `layer` computes of `x`, maps first."""
    import numpy as np

    operation = layer.operation
    if isinstance(operation, TransposedConvolution):
        return scattered(operation, maps, x, *weights)
    vertical, horizontal = cells_of(operation, maps)
    out = np.empty((len(x), layer.shape.channels, len(vertical), len(horizontal)))
    for (i, down), (j, across) in product(enumerate(vertical), enumerate(horizontal)):
        window = np.full((*x.shape[:2], len(down), len(across)), np.nan)
        for (a, (row, in_rows)), (b, (column, in_columns)) in product(
            enumerate(down), enumerate(across)
        ):
            if 0 <= row < x.shape[2] and 0 <= column < x.shape[3]:
                window[:, :, a, b] = x[:, :, row, column]
            elif in_rows and in_columns and getattr(operation, "count_padding", False):
                window[:, :, a, b] = 0
        out[:, :, i, j] = value_of(operation, window, weights)
    return out


def value_of(operation: Any, window: Any, weights: list[Any]) -> Any:
    import numpy as np

    if isinstance(operation, Convolution):
        kernels, biases = weights
        parts = np.split(np.nan_to_num(window), operation.groups, axis=1)
        sums = [
            np.einsum("nchw,ochw->no", part, kernel)
            for part, kernel in zip(parts, np.split(kernels, operation.groups), strict=True)
        ]
        return np.concatenate(sums, axis=1) + biases
    assert not np.isnan(window).all((2, 3)).any(), "a window without a value"
    reduce = np.nanmax if isinstance(operation, MaxPooling) else np.nanmean
    return reduce(window, axis=(2, 3))


def scattered(operation: Any, maps: Shape, x: Any, kernels: Any, biases: Any) -> Any:
    """Return the sum of the windows that the cells are given to, cut to its size."""
    import numpy as np

    height, width = operation.shape((maps,)).places
    (top, _), (left, _) = operation.cuts
    out = np.zeros((len(x), operation.maps, height, width)) + biases[:, None, None]
    for i, j, a, b in product(*map(range, (*x.shape[2:], *operation.kernel))):
        row = i * operation.stride[0] + a - top
        column = j * operation.stride[1] + b - left
        if 0 <= row < height and 0 <= column < width:
            out[:, :, row, column] += x[:, :, i, j] @ kernels[:, :, a, b]
    return out


# ---- Running them


@cache
def network(row: str, size: str) -> Architecture | None:
    """Return the network of one row; None if its window does not fit."""
    text = (
        "archc: 1\nname: Window\nlayers:\n"
        f'- {{layer: in, type: input, maps: 2, size: "{size}"}}\n- {{layer: it, {row}}}\n'
    )
    try:
        return archcompiler.loads(text)
    except SpecError:
        return None


def problems(row: str, size: str, stated: str) -> Iterator[str]:
    """Return what is wrong with a row on an input of `size`, of which the spec says `stated`."""
    import numpy as np

    exact, architecture = network(row, size), network(row, stated)
    if exact is None or architecture is None:
        return
    layer, maps = exact.graph["it"], exact.graph["in"].shape
    weights = random_weights(exact.graph, seed=1)
    x = np.random.default_rng(2).standard_normal((2, *maps.lengths), "float32") - 3
    wanted = right(layer, maps, x, list(weights.values()))
    assert wanted.shape[1:] == layer.shape.lengths
    for backend in BACKENDS:
        try:
            architecture.source(backend)
        except SpecError as error:
            codes = {fault.code: fault.notes for fault in error.diagnostics}
            if set(codes) != {"ARC501"} or not codes["ARC501"]:
                yield f"{backend}: {error}"
            continue
        try:
            found = RUN[backend](architecture, weights, x)
        except Exception as error:  # whatever a framework says
            yield f"{backend}: {type(error).__name__}: {str(error)[:200]}"
            continue
        if found.shape != wanted.shape:
            yield f"{backend}: {found.shape[1:]} is not {wanted.shape[1:]}"
        elif not np.allclose(found, wanted, rtol=1e-4, atol=1e-4):
            yield f"{backend}: other values"


def run_torch(architecture: Architecture, weights: Any, x: Any) -> Any:
    import torch

    model = build(architecture.graph, "torch")
    load_into(model, architecture.graph, "torch", weights)
    with torch.inference_mode():
        return model.eval()(torch.from_numpy(x)).numpy()


def run_keras(architecture: Architecture, weights: Any, x: Any) -> Any:
    import keras
    import numpy as np

    model = build(architecture.graph, "keras")
    load_into(model, architecture.graph, "keras", weights)
    found = keras.ops.convert_to_numpy(model(np.moveaxis(x, 1, -1)))
    return np.moveaxis(found, -1, 1)


RUN: dict[str, Callable[[Architecture, Any, Any], Any]] = {"torch": run_torch, "keras": run_keras}


def wrong(group: str, every: int, sizes: tuple[str, ...], stated: str = "") -> dict[str, list[str]]:
    cases = list(product(ROWS[group], sizes))[::every]
    found = {f"{row} on {size}": list(problems(row, size, stated or size)) for row, size in cases}
    return {name: said for name, said in found.items() if said}


@pytest.mark.slow
@pytest.mark.parametrize("group", ROWS)
def test_each_window_gives_what_it_says(group: str) -> None:
    assert not wrong(group, EVERY, SIZES)


@pytest.mark.slow
@pytest.mark.parametrize("group", ROWS)
def test_of_unknown_size_too(group: str) -> None:
    assert not wrong(group, EVERY, SIZES[:2], "?x?")


@pytest.mark.slow
@pytest.mark.parametrize("group", ROWS)
def test_many_windows(group: str) -> None:
    assert not wrong(group, EVERY_SLOWLY, SIZES)
    assert not wrong(group, EVERY_SLOWLY, SIZES[:2], "?x?")
