"""Receptive fields: against published tables, and against sets of cells followed one by one."""

from __future__ import annotations

from fractions import Fraction
from functools import reduce
from operator import or_

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from archcompiler import SpecError, load, loads
from archcompiler.graph import Graph, Layer
from archcompiler.graph.receptive import Field, receptive_fields, receptive_text
from archcompiler.operations import REGISTRY
from archcompiler.operations.lengths import Padding
from archcompiler.operations.reference import described
from scripts.specs import spec_path

HEAD = "archc: 1\nname: N\nlayers:\n"


def graph_of(*rows: str) -> Graph:
    return loads(HEAD + "".join(f"- {{{row}}}\n" for row in rows), "n.yaml").graph


def square(size: int, stride: int | Fraction) -> Field:
    return Field((size, size), (Fraction(stride), Fraction(stride)))


# --- what others published

# https://github.com/google-research/receptive_field/blob/master/receptive_field/RECEPTIVE_FIELD_TABLE.md
# and https://distill.pub/2019/computing-receptive-fields (the last of each). Their models are
# TF-Slim's. Its alexnet_v2 has other numbers of maps than ours, but the same windows. Its ResNets
# place a stride at the 3x3 convolution of a stage's last block, ours of 2015 at the first 1x1
# convolution of the next stage: each 3x3 convolution reads maps of the same stride, so the fields
# are the same; the strides at the end of a stage, which are ours here, are not.
SLIM = {
    "alexnet": {
        "C1": (11, 4), "S2": (19, 8), "C3": (51, 8), "C5": (99, 16), "C6": (131, 16),
        "C7": (163, 16), "S8": (195, 32),
    },
    "alexnet_2012": {"Conv1": (11, 4), "Pool1": (19, 8), "Conv2": (51, 8), "Pool5": (195, 32)},
    "vgg11": {
        "stage1.0.conv": (3, 1), "pool1": (4, 2), "stage2.0.conv": (8, 2), "pool2": (10, 4),
        "stage3.0.conv": (18, 4), "stage3.1.conv": (26, 4), "pool3": (30, 8),
        "stage4.0.conv": (46, 8), "stage4.1.conv": (62, 8), "pool4": (70, 16),
        "stage5.0.conv": (102, 16), "stage5.1.conv": (134, 16), "pool5": (150, 32),
    },
    "vgg16": {
        "stage1.0.conv": (3, 1), "pool1": (6, 2), "stage2.0.conv": (10, 2), "pool2": (16, 4),
        "stage3.0.conv": (24, 4), "stage3.1.conv": (32, 4), "pool3": (44, 8),
        "stage4.0.conv": (60, 8), "stage4.1.conv": (76, 8), "pool4": (100, 16),
        "stage5.0.conv": (132, 16), "stage5.1.conv": (164, 16), "pool5": (212, 32),
    },
    "resnet50_v1": {
        "layer1.2.out": (35, 4), "layer2.3.out": (99, 8), "layer3.5.out": (291, 16),
        "layer4.2.out": (483, 32),
    },
    "resnet101_v1": {
        "layer1.2.out": (35, 4), "layer2.3.out": (99, 8), "layer3.22.out": (835, 16),
        "layer4.2.out": (1027, 32),
    },
    "resnet152_v1": {
        "layer1.2.out": (35, 4), "layer2.7.out": (163, 8), "layer3.35.out": (1315, 16),
        "layer4.2.out": (1507, 32),
    },
}  # fmt: skip

# https://gist.github.com/samson-wang/a6073c18f2adf16e0ab5fb95b53db3e6: ResNets as torchvision has
# them, whose bottlenecks have the stride at the 3x3 convolution. It tells sizes only.
TORCHVISION = {
    "resnet18": {
        "conv1": (7, 2), "maxpool": (11, 4), "layer1.1.out": (43, 4), "layer2.1.out": (99, 8),
        "layer3.1.out": (211, 16), "layer4.1.out": (435, 32),
    },
    "resnet34": {
        "layer1.2.out": (59, 4), "layer2.3.out": (179, 8), "layer3.5.out": (547, 16),
        "layer4.2.out": (899, 32),
    },
    "resnet50": {
        "layer1.2.out": (35, 4), "layer2.3.out": (91, 8), "layer3.5.out": (267, 16),
        "layer4.2.out": (427, 32),
    },
    "resnet101": {
        "layer1.2.out": (35, 4), "layer2.3.out": (91, 8), "layer3.22.out": (811, 16),
        "layer4.2.out": (971, 32),
    },
}  # fmt: skip


@pytest.mark.parametrize(("spec", "published"), [*SLIM.items(), *TORCHVISION.items()])
def test_published_fields(spec: str, published: dict[str, tuple[int, int]]) -> None:
    fields = receptive_fields(load(spec_path(spec)).graph)
    found = {layer: fields[layer]["In"] for layer in published}
    assert found == {layer: square(*numbers) for layer, numbers in published.items()}


# --- by hand

IN = "layer: In, type: input, maps: 2, size: 32x32"
FIELDS = [
    # rows, what the last of them sees
    (["type: convolution, maps: 2, kernel: 3x5, stride: 2x1, dilation: 1x2"],
     {"In": Field((3, 9), (Fraction(2), Fraction(1)))}),
    (["type: activation, activation: relu"], {"In": square(1, 1)}),
    (["type: transposed_convolution, maps: 2, kernel: 3, stride: 2"],
     {"In": square(2, Fraction(1, 2))}),
    (["type: max_pooling, kernel: 2",  # a cell and its neighbour see the same two cells
      "type: transposed_convolution, maps: 2, kernel: 2, stride: 2"], {"In": square(2, 1)}),
    (["layer: a, type: convolution, maps: 2, kernel: 3, padding: [2, 0, 0, 2]",
      "layer: b, type: convolution, maps: 2, kernel: 3, padding: [0, 2, 1, 1], from: In",
      "type: add, from: [a, b]"], {"In": Field((5, 4), (Fraction(1), Fraction(1)))}),
    (["layer: a, type: convolution, maps: 2, kernel: 17",
      "layer: b, type: max_pooling, kernel: 2, from: In",
      "type: concatenate, from: [a, b]"], {"In": None}),  # they drift apart
    ([IN, "layer: A, type: input, maps: 2, size: 32x32",
      "layer: C, type: convolution, maps: 2, kernel: 3, padding: 1", "type: add, from: [In, C]"],
     {"In": square(1, 1), "A": square(3, 1)}),
    (["type: global_max_pooling"], {"In": None}),
    (["layer: a, type: convolution, maps: 2, kernel: 2, stride: 2",  # of In it has just the size
      "type: resize, from: [a, In]"], {"In": Field((2, 2), (Fraction(1), Fraction(1)))}),
    (["layer: a, type: convolution, maps: 2, kernel: 2, stride: 2",
      "type: resize, scale: 2, method: bilinear"],
     {"In": Field((4, 4), (Fraction(1), Fraction(1)))}),
    (["type: pad, padding: 3", "type: convolution, maps: 1, kernel: 7"], {"In": square(7, 1)}),
    (["type: adaptive_average_pooling, size: 8x16"],
     {"In": Field((4, 2), (Fraction(4), Fraction(2)))}),
    (["type: flatten", "type: dropout, rate: 0.5"], {"In": None}),
    (["layer: V, type: input, size: 4", "type: batch_normalization"], {"V": None}),
    (["type: convolution, maps: 2, kernel: 1, stride: 2",  # all that is kept is in no window
      "type: transposed_convolution, maps: 2, kernel: 1, stride: 2", "type: crop, size: 30x30",
      "type: convolution, maps: 2, kernel: 1, stride: 2"], {"In": square(0, 2)}),
    # bounds, so that neither numbers nor patterns grow without end
    (["type: transposed_convolution, maps: 1, kernel: 1000, stride: 1000"], {"In": None}),
    (["type: convolution, maps: 1, kernel: 1, stride: 2, padding: same, repeat: 60"], {"In": None}),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "expected"), FIELDS)
def test_fields_by_hand(rows: list[str], expected: dict[str, Field | None]) -> None:
    given = rows if "type: input" in rows[0] else [IN, *rows]
    named = (row if "layer:" in row else f"layer: L{at}, {row}" for at, row in enumerate(given))
    graph = graph_of(*named)
    assert receptive_fields(graph)[graph.layers[-1].name] == expected


@pytest.mark.parametrize(("size", "padding"), [("?x?", "same"), ("?x64", "1"), ("64x64", "same")])
def test_sizes_need_not_be_known(size: str, padding: str) -> None:
    """`same` over an unknown length pads as over a multiple of the stride."""
    graph = graph_of(
        f'layer: In, type: input, maps: 2, size: "{size}"',
        f"layer: a, type: convolution, maps: 2, kernel: 4, stride: 2, padding: {padding}",
        "layer: b, type: max_pooling, kernel: 2, from: In",
        "layer: both, type: add, from: [a, b]",
    )
    assert receptive_fields(graph)["both"]["In"] == square(4, 2)


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_what_makes_maps_a_vector_reads_all_of_them(name: str) -> None:
    layer = loads(f"{HEAD}{described(REGISTRY[name]).example}\n", "n.yaml").layers[-1]
    of_maps = any(not shape.is_vector for shape in layer.input_shapes)
    if of_maps and layer.shape.is_vector:
        assert layer.operation.reads(layer.input_shapes) is None


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"In": square(11, 4)}, "11x11"),
        ({"In": None}, "all"),
        ({"a": Field((3, 5), (Fraction(1), Fraction(2))), "b": None}, "a: 3x5, b: all"),
    ],
)
def test_the_text_of_fields(fields: dict[str, Field | None], expected: str) -> None:
    assert receptive_text(fields) == expected


# --- cell by cell

Cells = list[int]  # what each cell of an axis depends on: bits for cells of the input
BEYOND = 1  # the lowest bit: cells that there are not. Those of the input begin at the next


def followed(graph: Graph, axis: int) -> dict[str, Cells]:
    """Return for each layer what its cells depend on along an axis."""
    seen: dict[str, Cells] = {}
    for layer in graph.layers:
        if layer.type == "input":
            length = layer.shape.places[axis]
            assert length is not None
            seen[layer.name] = [2 << cell for cell in range(length)]
        else:
            seen[layer.name] = step(layer, axis, [seen[name] for name in layer.inputs])
    return seen


def step(layer: Layer, axis: int, inputs: list[Cells]) -> Cells:
    values = vars(layer.operation)
    cells = inputs[0]
    match layer.type:
        case "convolution" | "max_pooling":
            stride = (values["stride"] or values["kernel"])[axis]
            taps = [tap * values["dilation"][axis] for tap in range(values["kernel"][axis])]
            before, after = around(values["padding"], axis, len(cells), stride, taps[-1] + 1)
            padded = [BEYOND] * before + cells + [BEYOND] * after
            starts = range(0, len(padded) - taps[-1], stride)
            return [reduce(or_, (padded[start + tap] for tap in taps)) for start in starts]
        case "transposed_convolution":
            return scattered(cells, values["kernel"][axis], values["stride"][axis], values, axis)
        case "crop":
            kept = values["size"][-axis]  # of one number or two
            before = (len(cells) - kept) // 2
            return cells[before : before + kept]
    return [reduce(or_, several) for several in zip(*inputs, strict=True)]


def around(padding: Padding, axis: int, length: int, stride: int, reach: int) -> tuple[int, int]:
    """`same`: https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2."""
    if padding.mode != "same":
        return padding.at(axis)
    over = length % stride or stride
    total = max(reach - over, 0)
    return total // 2, total - total // 2


def scattered(cells: Cells, kernel: int, stride: int, values: dict, axis: int) -> Cells:
    """Give each cell to a window of the output, as if there were more cells at both ends."""
    least = stride if values["padding"].mode == "valid" else 0  # TensorFlow's `valid`
    made = [0] * ((len(cells) - 1) * stride + max(kernel, least))
    for cell in range(-kernel, len(cells) + kernel):
        value = cells[cell] if 0 <= cell < len(cells) else BEYOND
        for place in range(cell * stride, cell * stride + kernel):
            if 0 <= place < len(made):
                made[place] |= value
    before, after = values["padding"].at(axis)
    return made[before : len(made) - after]


def whole(cells: Cells) -> list[tuple[int, int] | None]:
    """Return the first and last cells that are seen where nothing is seen beyond the input.

    A cell of a transposed convolution that is in no window sees nothing: None.
    """
    beyond = [place for place, bits in enumerate(cells) if bits & BEYOND]
    middle = len(cells) // 2
    start = max((place + 1 for place in beyond if place <= middle), default=0)
    stop = min((place for place in beyond if place > middle), default=len(cells))
    within = cells[start:stop]
    return [((bits & -bits).bit_length(), bits.bit_length()) if bits else None for bits in within]


def assert_as_followed(graph: Graph, period: int, *, bound: bool = False) -> None:
    name = graph.layers[-1].name
    (field,) = receptive_fields(graph)[name].values()
    assert field is not None
    for axis in (0, 1):
        ends = whole(followed(graph, axis)[name])
        if len(ends) < 2 * period:
            reject()
        size = max((last - first + 1 for first, last in filter(None, ends)), default=0)
        assert size <= field.size[axis] if bound else size == field.size[axis]
        here, there = ends[0], ends[period]
        if here and there and not bound:
            assert Fraction(there[0] - here[0], period) == field.stride[axis]


small = st.integers(1, 3)


@st.composite
def windows(draw: st.DrawFn, stride: str | None = None) -> str:
    kernel = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    dilation = draw(small), draw(small)
    cells = [draw(st.integers(0, kernel[side // 2] - 1)) for side in range(4)]
    padding = draw(st.sampled_from(["valid", "same", str(cells)]))
    kind = draw(st.sampled_from(["convolution, maps: 2", "max_pooling"]))
    stride = stride or f"{draw(st.integers(1, 2))}x{draw(st.integers(1, 2))}"
    return (
        f"type: {kind}, kernel: {kernel[0]}x{kernel[1]}, stride: {stride},"
        f" dilation: {dilation[0]}x{dilation[1]}, padding: {padding}"
    )


@st.composite
def enlargements(draw: st.DrawFn, factor: int, gaps: bool) -> str:
    least = 1 if gaps else factor
    kernel = [draw(st.integers(least, factor + 3)) for _ in (0, 1)]
    cells = [draw(st.integers(0, kernel[side // 2] - 1)) for side in range(4)]
    return (
        f"type: transposed_convolution, maps: 2, kernel: {kernel[0]}x{kernel[1]},"
        f" stride: {factor}, padding: {cells}"
    )


@st.composite
def networks(draw: st.DrawFn, gaps: bool) -> tuple[Graph, int]:
    """Return a network, and a number of cells after which what they see begins anew.

    With gaps, kernels of transposed convolutions may be smaller than their strides.
    """
    rows, period = ["type: input, maps: 2, size: 301x322"], 1

    def add(row: str) -> str:
        rows.append(row)
        return f"L{len(rows) - 1}"

    def path(stride: str) -> str:
        """Add layers that together have a stride."""
        nonlocal period
        name = add(draw(windows(stride)) + f", from: {split}")
        if draw(st.booleans()):
            factor = draw(st.integers(2, 3))
            add(draw(windows(f"{factor}x{factor}")))
            add(draw(enlargements(factor, gaps)))
            period *= factor
            name = add(draw(windows("1x1")))
        return name

    for _ in range(draw(st.integers(1, 3))):
        split = f"L{len(rows) - 1}"
        kind = draw(st.sampled_from(["window", "enlarge", "join"]))
        if kind == "window":
            add(draw(windows()))
        elif kind == "enlarge":
            factor = draw(st.integers(2, 3))
            period *= factor
            add(draw(enlargements(factor, gaps)))
        else:
            stride = draw(st.sampled_from(["1x1", "1x2", "2x1"]))
            size = f"{draw(st.integers(20, 40))}x{draw(st.integers(20, 40))}"
            ends = [path(stride), path(stride)]
            cut = [add(f"type: crop, size: {size}, from: {end}") for end in ends]
            merge = draw(st.sampled_from(["add", "concatenate"]))
            add(f"type: {merge}, from: [{cut[0]}, {cut[1]}]")
            add("type: convolution, maps: 2, kernel: 1")
    try:
        return graph_of(*(f"layer: L{at}, {row}" for at, row in enumerate(rows))), period
    except SpecError:  # a layer is too small for the next
        reject()


@pytest.mark.slow
@pytest.mark.parametrize("gaps", [False, True])
@given(st.data())
@settings(max_examples=200, deadline=None)
def test_fields_are_those_of_cells_followed_one_by_one(gaps: bool, data: st.DataObject) -> None:
    graph, period = data.draw(networks(gaps))
    assert_as_followed(graph, period, bound=gaps)


def test_fields_of_unet() -> None:
    """A cell of the scores sees 188 or 204 cells of the input, by its phase."""
    graph = load(spec_path("unet")).graph
    fields = receptive_fields(graph)
    assert fields["bottom.conv2"]["In"] == square(140, 16)
    assert fields["scores"]["In"] == square(204, 1)
    assert_as_followed(graph, 16)
    ends = whole(followed(graph, 0)["scores"])
    assert sorted({last - first + 1 for first, last in filter(None, ends)}) == [188, 204]
