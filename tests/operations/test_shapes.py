"""Shapes, parameters and costs: against PyTorch, against the article, and against known numbers."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import archcompiler
from archcompiler.diagnostics import Fault
from archcompiler.operations import REGISTRY, Shape
from archcompiler.operations.lengths import SAME, VALID, Padding
from archcompiler.operations.shape import Values
from tests.conftest import ROOT

Convolution = REGISTRY["convolution"]
MaxPooling = REGISTRY["max_pooling"]
AveragePooling = REGISTRY["average_pooling"]


def cells(top: int, bottom: int, left: int, right: int) -> Padding:
    return Padding("explicit", (top, bottom, left, right))


def convolved(maps, **fields):
    return Convolution(**{"maps": 5, "kernel": (3, 3), **fields}).on((maps,)).shape((maps,))


def pooled(maps, **fields):
    return MaxPooling(**{"kernel": (3, 3), "stride": (2, 2), **fields}).on((maps,)).shape((maps,))


# --- by hand


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        (Shape(3, (227, 227)), "3 maps of 227x227"),
        (Shape(1, (572, None)), "1 map of 572x?"),
        (Shape(1000), "a vector of 1000"),
        (Shape(64, (16000,)), "64 maps of 16000"),
        (Shape(3, (16, None, 112)), "3 maps of 16x?x112"),
        (Shape(512, values=Values(30522)), "a vector of 512 whole numbers below 30,522"),
    ],
)
def test_shapes_in_words(shape, said):
    assert str(shape) == said


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"kernel": (1, 1), "padding": cells(1, 1, 1, 1)}, "pads 1 cell, enough to fill"),
        ({"kernel": (2, 2), "padding": cells(2, 2, 2, 2)}, "pads 2 cells, enough to fill"),
    ],
)
def test_one_is_said_as_one(fields, said):
    with pytest.raises(Fault, match=said):
        pooled(Shape(1, (9, 9)), **fields)


@pytest.mark.parametrize(
    ("size", "fields", "expected"),
    [
        ((227, 227), {"kernel": (11, 11), "stride": (4, 4)}, (55, 55)),  # AlexNet
        ((224, 224), {"kernel": (11, 11), "stride": (4, 4)}, (54, 54)),
        ((224, 224), {"kernel": (11, 11), "stride": (4, 4), "padding": SAME}, (56, 56)),
        (
            (224, 224),
            {"kernel": (11, 11), "stride": (4, 4), "padding": cells(2, 2, 2, 2)},
            (55, 55),
        ),
        (
            (224, 224),
            {"kernel": (7, 7), "stride": (2, 2), "padding": cells(3, 3, 3, 3)},
            (112, 112),
        ),
        (
            (224, 224),
            {"kernel": (3, 3), "stride": (2, 2), "padding": cells(0, 1, 0, 1)},
            (112, 112),
        ),
        ((10, 20), {"kernel": (1, 5), "stride": (3, 1)}, (4, 16)),
        ((9, 9), {"kernel": (3, 3), "dilation": (4, 4)}, (1, 1)),
        ((9, 9), {"kernel": (2, 2), "dilation": (2, 3), "padding": SAME}, (9, 9)),
        ((1, 1), {"kernel": (3, 3), "padding": SAME}, (1, 1)),
        ((3, 3), {"kernel": (3, 3), "stride": (9, 9)}, (1, 1)),
        ((None, 32), {"kernel": (3, 3)}, (None, 30)),
        ((None, None), {"kernel": (3, 3), "stride": (2, 2), "padding": SAME}, (None, None)),
    ],
)
def test_the_size_of_a_convolution(size, fields, expected):
    assert convolved(Shape(3, size), **fields) == Shape(5, expected)


@pytest.mark.parametrize(
    ("size", "fields", "expected"),
    [
        ((55, 55), {}, (27, 27)),
        ((54, 54), {}, (26, 26)),
        ((54, 54), {"rounding": "ceil"}, (27, 27)),
        ((55, 55), {"rounding": "ceil"}, (27, 27)),
        ((112, 112), {"padding": cells(1, 1, 1, 1)}, (56, 56)),
        ((112, 112), {"rounding": "ceil"}, (56, 56)),
        ((13, 13), {"padding": SAME}, (7, 7)),
        ((8, 8), {"kernel": (2, 2), "stride": None}, (4, 4)),  # the kernel is the stride
        ((9, 9), {"kernel": (2, 2), "stride": None, "rounding": "ceil"}, (5, 5)),
        # the last window would begin in the padding after the end, so there is none
        ((5, 5), {"kernel": (1, 1), "stride": (3, 3), "rounding": "ceil"}, (2, 2)),
        (
            (7, 7),
            {"kernel": (2, 2), "stride": (4, 4), "padding": cells(1, 1, 1, 1), "rounding": "ceil"},
            (2, 2),
        ),
    ],
)
def test_the_size_of_a_pooling(size, fields, expected):
    maps = Shape(3, size)
    assert pooled(maps, **fields) == Shape(3, expected)
    average = {"kernel": (3, 3), "stride": (2, 2), **fields}
    assert AveragePooling(**average).on((maps,)).shape((maps,)) == Shape(3, expected)


@pytest.mark.parametrize(
    ("type_name", "fields", "inputs", "expected"),
    [
        ("input", {"maps": 3, "size": (4, 5)}, [], Shape(3, (4, 5))),
        ("input", {"maps": 3, "size": (4,)}, [], Shape(3, (4,))),
        ("input", {"size": (40,)}, [], Shape(40)),
        ("flatten", {}, [Shape(2, (3, 4))], Shape(24, factors=(2, 3, 4))),
        ("flatten", {}, [Shape(24)], Shape(24)),
        ("fully_connected", {"size": 10}, [Shape(2, (3, 4))], Shape(10)),
        ("global_average_pooling", {}, [Shape(7, (None, None))], Shape(7)),
        ("global_max_pooling", {}, [Shape(7, (1, 9))], Shape(7)),
        ("dropout", {"rate": 0.5}, [Shape(3)], Shape(3)),
        ("batch_normalization", {}, [Shape(7, (None, 9))], Shape(7, (None, 9))),
        ("local_response_normalization", {}, [Shape(7, (8, 9))], Shape(7, (8, 9))),
        ("add", {}, [Shape(7, (8, 9))] * 3, Shape(7, (8, 9))),
        ("add", {}, [Shape(3, (8, 4)), Shape(3), Shape(1, (8, 4))], Shape(3, (8, 4))),
        ("multiply", {}, [Shape(3, (None,)), Shape(3)], Shape(3, (None,))),
        ("add", {}, [Shape(24, factors=(2, 3, 4)), Shape(24)], Shape(24)),
        ("multiply", {}, [Shape(3)] * 2, Shape(3)),
        ("concatenate", {}, [Shape(7, (8, 9)), Shape(1, (8, 9))], Shape(8, (8, 9))),
        ("concatenate", {}, [Shape(7, (None, 9)), Shape(1, (None, 9))], Shape(8, (None, 9))),
        ("concatenate", {}, [Shape(24, factors=(2, 3, 4)), Shape(6)], Shape(30)),
    ],
)
def test_the_shape_of_other_operations(type_name, fields, inputs, expected):
    assert REGISTRY[type_name](**fields).on(tuple(inputs)).shape(tuple(inputs)) == expected


@pytest.mark.parametrize(
    ("type_name", "fields", "inputs", "code"),
    [
        ("convolution", {"maps": 4, "kernel": (4, 1)}, [Shape(3, (3, 9))], "ARC402"),
        (
            "convolution",
            {"maps": 4, "kernel": (3, 3), "dilation": (2, 1)},
            [Shape(3, (4, 9))],
            "ARC402",
        ),
        ("max_pooling", {"kernel": (3, 3), "rounding": "ceil"}, [Shape(3, (2, 2))], "ARC402"),
        ("convolution", {"maps": 4, "kernel": (1, 1), "groups": 2}, [Shape(3, (3, 9))], "ARC405"),
        ("convolution", {"maps": 3, "kernel": (1, 1), "groups": 2}, [Shape(4, (3, 9))], "ARC405"),
        ("convolution", {"maps": 3, "kernel": (1, 1)}, [Shape(4)], "ARC403"),
        ("max_pooling", {"kernel": (1, 1)}, [Shape(4)], "ARC403"),
        ("fully_connected", {"size": 3}, [Shape(3, (None, 4))], "ARC404"),
        ("flatten", {}, [Shape(3, (None, None))], "ARC404"),
        ("add", {}, [Shape(3, (1, 1)), Shape(3, (8, 8))], "ARC410"),  # the first gives the shape
        ("add", {}, [Shape(3, (8, 8)), Shape(3, (1, 1))], "ARC410"),  # and not by a position
        ("add", {}, [Shape(3), Shape(3, (1, 1))], "ARC410"),
        ("add", {}, [Shape(3, (8, 8)), Shape(8)], "ARC410"),  # as many as rows, and not as maps
        ("add", {}, [Shape(3, (8, 8)), Shape(1, (8, 4))], "ARC410"),
        ("multiply", {}, [Shape(3), Shape(1)], "ARC410"),
        ("concatenate", {}, [Shape(3, (1, 1)), Shape(3)], "ARC410"),
        ("concatenate", {}, [Shape(3, (1, None)), Shape(3, (1, 1))], "ARC410"),
    ],
)
def test_what_has_no_shape(type_name, fields, inputs, code):
    with pytest.raises(Fault) as caught:
        REGISTRY[type_name](**fields).on(tuple(inputs)).shape(tuple(inputs))
    assert caught.value.code == code


# --- against PyTorch

lengths = st.integers(1, 40)
short = st.integers(1, 6)
pairs = st.tuples(short, short)
edges = st.tuples(*[st.integers(0, 5)] * 4)


def meta(maps: int, height: int, width: int):
    torch = pytest.importorskip("torch")
    return torch.empty(1, maps, height, width, device="meta")


def meta_weights(out: int, maps: int, kernel: tuple[int, int]):
    torch = pytest.importorskip("torch")
    return torch.empty(out, maps, *kernel, device="meta")


def size_of(tensor) -> tuple[int, int]:
    return tuple(tensor.shape[2:])


@pytest.mark.slow
@pytest.mark.torch
@given(lengths, lengths, pairs, pairs, pairs, edges)
@settings(max_examples=300, deadline=None)
def test_convolutions_with_explicit_padding_are_pytorchs(
    height, width, kernel, stride, dilation, padding
):
    functional = pytest.importorskip("torch").nn.functional
    top, bottom, left, right = padding
    fields = {"kernel": kernel, "stride": stride, "dilation": dilation, "padding": cells(*padding)}
    data = functional.pad(meta(3, height, width), (left, right, top, bottom))
    weights = meta_weights(5, 3, kernel)
    try:
        expected = size_of(functional.conv2d(data, weights, stride=stride, dilation=dilation))
    except RuntimeError:  # the kernel is larger than the input
        with pytest.raises(Fault, match="larger than"):
            convolved(Shape(3, (height, width)), **fields)
    else:
        assert convolved(Shape(3, (height, width)), **fields) == Shape(5, expected)


@pytest.mark.torch
@pytest.mark.filterwarnings("ignore:Using padding='same'")
@given(lengths, lengths, pairs, pairs)
@settings(max_examples=100, deadline=None)
def test_same_at_stride_1_is_pytorchs(height, width, kernel, dilation):
    functional = pytest.importorskip("torch").nn.functional
    weights = meta_weights(5, 3, kernel)
    data = meta(3, height, width)
    expected = functional.conv2d(data, weights, padding="same", dilation=dilation)
    found = convolved(Shape(3, (height, width)), kernel=kernel, dilation=dilation, padding=SAME)
    assert found == Shape(5, size_of(expected))


@pytest.mark.torch
@given(lengths, lengths, pairs, pairs, pairs)
@settings(max_examples=200, deadline=None)
def test_same_pads_just_what_makes_the_size(height, width, kernel, stride, dilation):
    functional = pytest.importorskip("torch").nn.functional
    maps = Shape(3, (height, width))
    fields = {"kernel": kernel, "stride": stride, "dilation": dilation, "padding": SAME}
    operation = Convolution(maps=5, **fields).on((maps,))
    vertical, horizontal = operation.sliding.over(maps)
    pads = (horizontal.before, horizontal.after, vertical.before, vertical.after)
    data = functional.pad(meta(*maps.lengths), pads)
    expected = functional.conv2d(data, meta_weights(5, 3, kernel), stride=stride, dilation=dilation)
    assert size_of(expected) == (-(-height // stride[0]), -(-width // stride[1]))
    assert (vertical.length, horizontal.length) == size_of(expected)
    assert 0 <= vertical.after - vertical.before <= 1  # the larger half comes after
    assert 0 <= horizontal.after - horizontal.before <= 1


@pytest.mark.slow
@pytest.mark.torch
@given(lengths, lengths, pairs, pairs, pairs, st.tuples(*[st.integers(0, 3)] * 2), st.booleans())
@settings(max_examples=300, deadline=None)
def test_poolings_are_pytorchs(height, width, kernel, stride, dilation, padding, ceil):
    functional = pytest.importorskip("torch").nn.functional
    assume(padding[0] <= kernel[0] // 2 and padding[1] <= kernel[1] // 2)  # what PyTorch takes
    # Cells that are farther apart than the input is long may all be beside it, which is a fault.
    assume(height >= dilation[0] and width >= dilation[1])
    rows, columns = padding
    fields = {
        "kernel": kernel,
        "stride": stride,
        "padding": cells(rows, rows, columns, columns) if any(padding) else VALID,
        "rounding": "ceil" if ceil else "floor",
    }
    maps = Shape(3, (height, width))
    reach = [gap * (length - 1) + 1 for gap, length in zip(dilation, kernel, strict=True)]
    if height + 2 * rows < reach[0] or width + 2 * columns < reach[1]:
        with pytest.raises(Fault, match="larger than"):
            pooled(maps, dilation=dilation, **fields)
        return
    data = meta(*maps.lengths)
    options = {"stride": stride, "padding": padding, "ceil_mode": ceil}
    expected = functional.max_pool2d(data, kernel, dilation=dilation, **options)
    assert pooled(maps, dilation=dilation, **fields) == Shape(3, size_of(expected))
    expected = functional.avg_pool2d(data, kernel, **options)
    assert AveragePooling(**fields).on((maps,)).shape((maps,)) == Shape(3, size_of(expected))


@given(lengths, short, short, short, st.integers(0, 5), st.integers(0, 5), st.booleans())
@settings(max_examples=300, deadline=None)
def test_windows_are_where_they_may_be(length, kernel, stride, dilation, before, after, ceil):
    fields = {
        "kernel": (kernel, 1),
        "stride": (stride, 1),
        "dilation": (dilation, 1),
        "padding": cells(before, after, 0, 0),
        "rounding": "ceil" if ceil else "floor",
    }
    reach = dilation * (kernel - 1) + 1
    padded = before + length + after
    assume(reach <= padded)
    maps = Shape(1, (length, 1))
    axis, _ = MaxPooling(**fields).on((maps,)).sliding.over(maps)
    last = (axis.length - 1) * stride  # where the last window begins
    assert last + reach <= padded + axis.overhang
    if ceil:
        assert axis.overhang < stride
        if axis.overhang:
            assert last < before + length  # it begins on a cell
        else:  # one more would begin beyond the cells, or there is nothing left to cover
            assert last + reach == padded or last + stride >= before + length
    else:
        assert axis.overhang == 0
        assert last + stride + reach > padded  # one more does not fit


# --- parameters and multiply-adds

COSTS = [
    # type, fields, input, parameters (trainable, all), multiply-adds
    ("convolution", {"maps": 96, "kernel": (11, 11), "stride": (4, 4)}, Shape(3, (227, 227)),
     34_944, 34_944, 105_415_200),
    ("convolution", {"maps": 96, "kernel": (11, 11), "stride": (4, 4), "bias": False},
     Shape(3, (227, 227)), 34_848, 34_848, 105_415_200),
    ("convolution", {"maps": 256, "kernel": (5, 5), "padding": SAME, "groups": 2},
     Shape(96, (27, 27)), 307_456, 307_456, 223_948_800),
    ("convolution", {"maps": 32, "kernel": (3, 3), "padding": SAME, "groups": 32},
     Shape(32, (10, 10)), 320, 320, 28_800),  # depthwise
    ("convolution", {"maps": 8, "kernel": (3, 3)}, Shape(4, (None, 9)), 296, 296, None),
    ("fully_connected", {"size": 4096}, Shape(256, (6, 6)), 37_752_832, 37_752_832, 37_748_736),
    ("fully_connected", {"size": 10, "bias": False}, Shape(4096), 40_960, 40_960, 40_960),
    ("batch_normalization", {}, Shape(96, (55, 55)), 192, 384, 0),
    ("batch_normalization", {}, Shape(24, factors=(2, 3, 4)), 48, 96, 0),
    ("max_pooling", {"kernel": (3, 3)}, Shape(96, (55, 55)), 0, 0, 0),
    ("local_response_normalization", {}, Shape(96, (55, 55)), 0, 0, 0),
    ("dropout", {"rate": 0.5}, Shape(4096), 0, 0, 0),
    ("flatten", {}, Shape(256, (6, 6)), 0, 0, 0),
]  # fmt: skip


@pytest.mark.parametrize(("type_name", "fields", "shape", "trainable", "total", "adds"), COSTS)
def test_parameters_and_multiply_adds(type_name, fields, shape, trainable, total, adds):
    operation = REGISTRY[type_name](**fields).on((shape,))
    parameters = operation.parameters((shape,))
    assert sum(p.size for p in parameters if p.trainable) == trainable
    assert sum(p.size for p in parameters) == total
    assert operation.multiply_adds((shape,), operation.shape((shape,))) == adds


@pytest.mark.parametrize(
    ("name", "parameters", "not_trainable", "multiply_adds"),
    [
        ("alexnet", 62_378_344, 0, 1_135_256_096),
        ("alexnet_table", 62_378_344, 0, 1_135_256_096),
        ("alexnet_article", 41_546_506, 2_752, 1_114_423_840),
        ("alexnet_2012", 60_965_224, 0, 724_406_816),
    ],
)
def test_the_totals_of_alexnet(name, parameters, not_trainable, multiply_adds):
    totals = archcompiler.load(ROOT / f"specs/{name}.yaml").totals
    assert (totals.parameters, totals.not_trainable) == (parameters, not_trainable)
    assert totals.trainable == parameters - not_trainable
    assert totals.multiply_adds == multiply_adds


# The summary that the article prints, line by line: rows x columns x maps, or features, and count.
ARTICLE = [
    ("C1", "convolution", (55, 55, 96), 34944),
    ("B1", "batch_normalization", (55, 55, 96), 384),
    ("S2", "max_pooling", (27, 27, 96), 0),
    ("C3", "convolution", (27, 27, 256), 614656),
    ("B3", "batch_normalization", (27, 27, 256), 1024),
    ("S4", "max_pooling", (13, 13, 256), 0),
    ("C5", "convolution", (13, 13, 384), 885120),
    ("B5", "batch_normalization", (13, 13, 384), 1536),
    ("C6", "convolution", (13, 13, 384), 1327488),
    ("B6", "batch_normalization", (13, 13, 384), 1536),
    ("C7", "convolution", (13, 13, 256), 884992),
    ("B7", "batch_normalization", (13, 13, 256), 1024),
    ("S8", "max_pooling", (6, 6, 256), 0),
    ("Flat", "flatten", (9216,), 0),
    ("F9", "fully_connected", (4096,), 37752832),
    ("D9", "dropout", (4096,), 0),
    ("Out", "fully_connected", (10,), 40970),
]


def test_the_articles_summary_line_by_line():
    network = archcompiler.load(ROOT / "specs/alexnet_article.yaml")
    printed = []
    for layer in network.layers[1:]:  # Keras' summary leaves the input out
        shape = layer.shape
        axes = (*shape.places, shape.channels)
        printed.append((layer.name, layer.type, axes, layer.parameter_count))
    assert printed == ARTICLE
    totals = network.totals
    assert (totals.parameters, totals.trainable) == (41_546_506, 41_543_754)
    assert sum(count for *_, count in ARTICLE) == totals.parameters


# --- fingerprints


def test_the_pasted_table_is_the_same_network():
    one = archcompiler.load(ROOT / "specs/alexnet.yaml")
    other = archcompiler.load(ROOT / "specs/alexnet_table.yaml")
    assert one.fingerprint == other.fingerprint


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("stride: 4", "stride: 4x4", True),
        ("size: 227x227", "size: [227, 227]", True),
        ("type: input,          ", "type: input, note: colours,", True),
        ("description: >-", "description: >", True),
        ("classes: 1000", "classes: 100", False),
        ("stride: 1, padding: same,  activation: relu}", "padding: same}", False),
        ("activation: softmax", "activation: sigmoid", False),
    ],
)
def test_a_fingerprint_is_of_what_is_computed(old, new, same):
    text = (ROOT / "specs/alexnet.yaml").read_text(encoding="utf-8")
    assert old in text
    changed = archcompiler.loads(text.replace(old, new, 1))
    assert (changed.fingerprint == archcompiler.loads(text).fingerprint) is same
