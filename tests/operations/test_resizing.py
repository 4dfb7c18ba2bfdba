"""What changes the size of maps: shapes, faults, and which cells a cell reads."""

from __future__ import annotations

import math

import pytest

import archcompiler
from archcompiler.diagnostics import SpecError
from archcompiler.graph import Layer

IN = "layer: In, type: input, maps: 2, size: 35x30"


def last(*rows: str) -> Layer:
    listed = "".join(f"- {{{row}}}\n" for row in rows)
    return archcompiler.loads(f"archc: 1\nname: Case\nlayers:\n{listed}").layers[-1]


SMALL = "layer: small, type: convolution, maps: 3, kernel: 3, stride: 2"
GIVEN = [
    ("type: resize, size: 70x31", (70, 31)),
    ("type: resize, scale: 1.5", (52, 45)),
    ("type: resize, scale: 0.1", (3, 3)),
    ("type: resize, from: [small, In]", (35, 30)),
    ("type: resize, from: [small, In], size: 35x30", (35, 30)),
    ("type: resize, scale: 2, size: 70x60", (70, 60)),
    ("type: crop, from: [In, small]", (17, 14)),
    ("type: crop, from: [In, small], size: 17x14, maps: 2", (17, 14)),
    ("type: pad, padding: 2", (39, 34)),
    ("type: pad, padding: [0, 1, 2, 3], mode: reflect, from: In", (36, 35)),
    ("type: adaptive_average_pooling, size: 7", (7, 7)),
    ("type: adaptive_max_pooling, size: 40x2", (40, 2)),
]


@pytest.mark.parametrize(("row", "places"), GIVEN)
def test_sizes(row: str, places: tuple[int, int]) -> None:
    between = [f"{SMALL}, from: In"] if "small" in row else []
    assert last(IN, *between, row).shape.places == places


WRONG = [
    ("type: resize", "needs one of `size`, `scale`"),
    ("type: resize, scale: 2, from: [small, In]", "needs one of `size`, `scale`"),
    ("type: resize, scale: 0.01", "nothing is left of 2 maps of 35x30"),
    ("type: resize, scale: 2, size: 71x60", "is stated as 71x60 but computes to 70x60"),
    ("type: resize, from: [small, In], size: 35x31", "35x31 but computes to 35x30"),
    ("type: crop", "needs a `size`, or a second layer"),
    ("type: crop, from: [small, In]", "cannot keep 35x30 of its 17x14 input"),
    ("type: pad, padding: 30, mode: reflect", "30 cells have a mirror image of 29 on each side"),
    ("type: pad, padding: same", "`padding` is a number of cells"),
    ("type: pad, padding: 0", "`padding` is a number of cells"),
    ("type: rescale, scale: [1, 2, 3]", "`scale` has 3 numbers, but the input of"),
    ("type: convolution, maps: 2, kernel: 3, padding: causal", "is for maps along one axis"),
    ("type: max_pooling, kernel: 3, padding: causal", "`padding` is `valid`, `same`, a number"),
    ("type: adaptive_max_pooling, size: '?'", "pools to a size, which has to be known"),
]


@pytest.mark.parametrize(("row", "said"), WRONG)
def test_faults(row: str, said: str) -> None:
    between = [f"{SMALL}, from: In"] if "small" in row else []
    with pytest.raises(SpecError) as caught:
        last(IN, *between, row)
    found = [each for each in caught.value.diagnostics if each.code != "ARC306"]
    assert [said in each.message for each in found] == [True]


@pytest.mark.torch
@pytest.mark.parametrize(
    "row",
    [
        *(
            f"type: resize, method: {method}, size: {size}"
            for method in ("nearest", "bilinear", "bicubic")
            for size in (1, 3, 7, 12, 18, 24, 25)
        ),
        *(f"type: adaptive_average_pooling, size: {size}" for size in (1, 5, 7, 12, 17)),
        "type: pad, padding: [3, 1, 2, 2]",
        "type: crop, size: 5",
    ],
)
def test_a_cell_reads_what_its_gradient_reaches(row: str) -> None:
    """All that a cell depends on is in what it reads; nothing else, but for bicubic's zeros."""
    import torch

    size = 12
    rows = f"- {{layer: In, type: input, maps: 1, size: {size}x{size}}}\n- {{layer: C, {row}}}\n"
    architecture = archcompiler.loads(f"archc: 1\nname: Case\nlayers:\n{rows}")
    layer = architecture.layers[-1]
    (reads, _) = layer.operation.reads(layer.input_shapes)
    model = architecture.build("torch")
    x = torch.rand(1, 1, size, size, requires_grad=True)
    y = model(x).sum(dim=3)
    for index in range(y.shape[2]):
        (gradient,) = torch.autograd.grad(y[0, 0, index], x, retain_graph=True)
        reached = {int(cell) for cell in gradient[0, 0].abs().sum(dim=1).nonzero()}
        first, final = (
            math.floor((index * reads.step + offset) / reads.parts)
            for offset in (reads.first, reads.last)
        )
        told = {cell for cell in range(first, final + 1) if 0 <= cell < size}
        assert reached <= told
        if "bicubic" not in row:
            assert reached == told
