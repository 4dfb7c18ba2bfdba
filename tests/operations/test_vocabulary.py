"""The words of other libraries: what is taken computes what the library's own layer does."""

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import numpy
import pytest

import archcompiler
from archcompiler.language.aliases import field_of
from archcompiler.operations import KNOWN_AS, REGISTRY
from archcompiler.operations.meaning import meaning_of
from peers import vocabulary
from peers.vocabulary import HEAD, NUMBERS, outcome, row_of

BATCH = 3
VECTOR, MAPS = "size: 12", "maps: 4, size: 8x9"
TOLERANCE = 1e-5
INPUT = f"{HEAD}- {{layer: In, type: input, {MAPS}}}\n"


def sample(*shape: int) -> numpy.ndarray:
    if shape == (6,):
        return numpy.random.default_rng(1).integers(0, 20, (BATCH, *shape))
    return numpy.random.default_rng(1).normal(size=(BATCH, *shape)).astype("float32")


# ---- What --fix leaves alone, and what it says

ROWS = {
    "a stride of two numbers": "type: convolution, maps: 8, kernel: 3, stride: '2,1'",
    "separable": "type: separable_convolution, kernel: 3",
    "upsampling": "type: upsampling, size: 64x64",
    "layer normalization": "type: LayerNormalization",
    "instance normalization": "type: instance_normalization",
    "one dimension": "type: Conv1D, maps: 8, kernel: 3",
    "three dimensions": "type: conv3d, maps: 8, kernel: 3",
    "batch normalization of which library": "type: BatchNormalization",
    "response of which library": "type: LRN, n: 5",
    "a slope of which library": "type: LeakyReLU",
    "a rate on a convolution": "type: convolution, maps: 8, kernel: 3, rate: 2",
    "counted padding on maximum": "type: max_pooling, kernel: 3, padding: 1, count_padding: 1",
    "a stride on a flatten": "type: flatten, stride: 192",
    "an argument of others": "type: convolution, maps: 8, kernel: 3, padding_mode: zeros",
    "a function of others": "type: celu",
    "a learned slope": "type: convolution, maps: 8, kernel: 3, activation: prelu",
    "other digits": "type: conv3d, maps: 8, kernel: 3",
    "a size after a word": "type: convolutoin, maps: 8, kernel: 3, siez: 3x3",
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_a_row_never_becomes_another(row: str) -> None:
    text = f"{INPUT}- {{layer: L, {row}}}\n"
    found = outcome(text)
    assert found.fault
    if "convolutoin" not in row:
        assert found.text == text


def test_names_that_differ_in_digits_stay() -> None:
    text = (
        f"{HEAD}- {{layer: In, type: input, {MAPS}}}\n"
        "- {layer: C12, type: convolution, maps: 4, kernel: 3, padding: same}\n"
        "- {layer: sum, type: add, from: [C13, C12]}\n"
    )
    assert outcome(text).text == text


@pytest.mark.parametrize("title", ["Size of feature map", "Grow", "Params", "Output shape"])
def test_a_column_of_another_meaning_stays(title: str) -> None:
    rows = "  | In | input | 4 | 8x9 | 3 |\n  | C1 | convolution | 4 | 6x7 | 3 |\n"
    table = f"  | Layer | Type | Maps | {title} | Kernel |\n{rows}"
    text = f"archc: 1\nname: Word\nlayers: |\n{table}"
    found = outcome(text)
    assert found.fault.startswith("no layer has a field")
    assert found.text == text


def test_defaults_of_a_block_are_told_once() -> None:
    text = (
        "archc: 1\nname: Word\nblocks:\n  unit:\n    params: {maps: int}\n    layers:\n"
        '    - {type: convolution, maps: "${maps}", kernel: 3}\n'
        f"defaults: {{unit: {{maps: 4}}}}\nlayers:\n- {{type: input, {MAPS}}}\n"
        "- {type: unit, maps: 4}\n"
    )
    found = outcome(text)
    assert (found.text, found.fault.startswith("`unit` is a block")) == (text, True)


def test_a_mended_table_is_laid_out() -> None:
    text = (
        "archc: 1\nname: Word\nlayers: |\n"
        "  | Layer | Type     | Maps | Size | Kernal |\n"
        "  |-------|----------|------|------|--------|\n"
        "  | In    | input    | 4    | 8x9  |        |\n"
        "  | C1    | convolutoin | 4 | 6x7  | 3      |\n"
    )
    assert outcome(text).text == (
        "archc: 1\nname: Word\nlayers: |\n"
        "  | Layer | Type        | Maps | Size | kernel |\n"
        "  |-------|-------------|------|------|--------|\n"
        "  | In    | input       | 4    | 8x9  |        |\n"
        "  | C1    | convolution | 4    | 6x7  | 3      |\n"
    )


@pytest.mark.parametrize(
    ("row", "same"),
    [
        (
            "type: Conv2d, filters: 8, kernel_size: 3, strides: 2, pad: 1",
            "type: convolution, maps: 8, kernel: 3, stride: 2, padding: 1",
        ),
        ("type: maxpool, pool_size: 2", "type: max_pooling, kernel: 2"),
        ("type: Dense, units: 5, use_bias: false", "type: fully_connected, size: 5, bias: false"),
        ("type: FC, Size: 5", "type: fully_connected, size: 5"),
        ("type: relu", "type: activation, activation: relu"),
        ("type: Softmax", "type: activation, activation: softmax"),
        ("type: leaky_relu(0.2)", "type: activation, activation: leaky_relu(0.2)"),
        ("type: LeakyReLU(0.2)", "type: activation, activation: leaky_relu(0.2)"),
        ("type: Dropout2d, p: 0.3", "type: dropout, spatial: true, rate: 0.3"),
        ("type: BatchNorm2d, eps: 0.01", "type: batch_normalization, epsilon: 0.01"),
        ("type: nn.Conv2d, maps: 8, Kernel Size: 3", "type: convolution, maps: 8, kernel: 3"),
    ],
)
def test_rows_and_tables_take_the_same_words(row: str, same: str) -> None:
    """And `archc fmt` writes our own."""

    def network(fields: str) -> archcompiler.Architecture:
        return archcompiler.loads(f"{INPUT}- {{layer: L, {fields}}}\n")

    from archcompiler.diagnostics import Source
    from archcompiler.language.format import formatted

    assert network(row).fingerprint == network(same).fingerprint
    text = f"{INPUT}- {{layer: L, {row}}}\n"
    laid_out = formatted(Source("spec", text))
    assert laid_out == formatted(Source("spec", text.replace(row, same)))
    pairs = [item.split(": ") for item in f"layer: L, {row}".split(", ")]
    titles, cells = zip(*pairs, strict=True)
    table = f"| maps | size | {' | '.join(titles)} |"
    if {"size", "maps"} & {*map(field_of, titles)}:
        return  # the input's row has them: a table would have two columns of a name
    rows = [f"| 4 | 8x9 | In | input |{' |' * (len(titles) - 2)}", f"| | | {' | '.join(cells)} |"]
    text = "\n  ".join(["archc: 1\nname: Word\nlayers: |", table, *rows])
    assert archcompiler.loads(f"{text}\n").fingerprint == network(same).fingerprint


def test_a_word_that_says_a_field_does_not_let_the_row_say_another() -> None:
    found = outcome(row_of("relu", "activation: tanh"))
    assert found.fault.startswith("`activation` is given twice")


def test_a_word_and_its_field_are_not_both_given() -> None:
    found = outcome(row_of("convolution", "kernel_size: 5, kernel: 3"))
    assert "kernel_size" in found.fault


# ---- What is taken


def _layers(library: str, owner: Any) -> Iterator[str]:
    for word in vocabulary.operations()[library]:
        meaning = meaning_of(word)
        if meaning is not None and hasattr(owner, word) and meaning.type != "input":
            yield word


def _given(word: str) -> str:
    return VECTOR if word in ("Linear", "Dense", "BatchNorm1d") else MAPS


TORCH = {"Conv2d": (4, 4, 3), "ConvTranspose2d": (4, 4, 3), "Linear": (12, 5), "MaxPool2d": (3,)}
TORCH |= {"AvgPool2d": (3,), "BatchNorm2d": (4,), "BatchNorm1d": (12,), "Dropout": (0.5,)}
TORCH |= {"ChannelShuffle": (2,), "Dropout2d": (0.5,), "Softmax": (1,)}
KERAS: dict[str, tuple[Any, ...]] = {"Dense": (5,), "Dropout": (0.5,), "CenterCrop": (5, 5)}
KERAS |= {"SpatialDropout2D": (0.5,)}
KERAS |= dict.fromkeys(
    ("Conv2D", "Convolution2D", "Conv2DTranspose", "Convolution2DTranspose"), (4, 3)
)
KERAS |= dict.fromkeys(("MaxPool2D", "MaxPooling2D", "AvgPool2D", "AveragePooling2D"), (3,))
TORCH["Embedding"] = KERAS["Embedding"] = (20, 5)
KERAS |= {"Activation": ("relu",), "ZeroPadding2D": (2,), "Rescaling": (0.5,)}
for names, words in (
    (TORCH, ("AvgPool2d", "MaxPool2d")),
    (KERAS, ("AveragePooling2D", "MaxPooling2D")),
):
    names |= dict.fromkeys((f"Adaptive{word}" for word in words), ((4, 3),))


def _arguments(make: Callable[..., Any], given: tuple[Any, ...]) -> Iterator[tuple[str, Any]]:
    """Return arguments of a layer, each with some values that are not its default."""
    parameters = [*inspect.signature(make).parameters.values()]
    for index, parameter in enumerate(parameters):
        default = given[index] if index < len(given) else parameter.default
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        values: tuple[Any, ...] = (1, 2, 0.3, "same", "valid", "relu", "zeros", True, False)
        for value in values:
            if value != default and parameter.name not in ("device", "dtype", "inplace", "name"):
                yield parameter.name, value


def _with(given: tuple[Any, ...], make: Callable[..., Any], name: str, value: Any) -> Any:
    names = [*inspect.signature(make).parameters]
    arguments = dict(zip(names, given, strict=False)) | {name: value}
    try:
        return make(**arguments)
    except Exception:  # the library does not take the value
        return None


def _said(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.slow
@pytest.mark.torch
def test_every_module_that_is_taken_is_the_modules_equal() -> None:
    import torch

    words = [*_layers("PyTorch", torch.nn)]
    assert {"Conv2d", "Linear", "ReLU", "Dropout2d", "BatchNorm2d"} <= {*words}
    compared = 0
    for word in words:
        make, given = getattr(torch.nn, word), TORCH.get(word, ())
        cases = [("", None), *_arguments(make, given)]
        for name, value in cases:
            layer = _with(given, make, name, value) if name else make(*given)
            more = f"{name}: {_said(value)}" if name else ""
            text = row_of(word, more, _given(word))
            found = outcome(text)
            if layer is None or found.fault:
                assert found.fault or not found.changed
                continue
            compared += 1
            _equal_in_torch(found.text, layer, word)
    assert compared > 50


def _equal_in_torch(text: str, layer: Any, word: str) -> None:
    import torch

    network = archcompiler.loads(text)
    model = network.build("torch")
    for parameter in [*layer.parameters(), *layer.buffers()]:
        if parameter.dtype.is_floating_point:
            torch.nn.init.uniform_(parameter, 0.1, 1)
    own = getattr(model, "L", None)
    x = torch.from_numpy(sample(*_shape(text)))
    try:
        layer(x)
    except Exception:  # the library does not take the value
        return
    if own is not None and layer.state_dict():
        own.load_state_dict(layer.state_dict())
    for training in (False, True):
        model.train(training)
        layer.train(training)
        torch.manual_seed(1)
        ours = model(x)
        torch.manual_seed(1)
        theirs = layer(x)
        if word == "Embedding":  # what a model gives has its channels first
            theirs = theirs.transpose(1, 2)
        assert ours.shape == theirs.shape, (text, layer)
        torch.testing.assert_close(
            ours, theirs, rtol=TOLERANCE, atol=TOLERANCE, msg=f"{text}{layer}"
        )
    for name, buffer in layer.named_buffers():
        if buffer.dtype.is_floating_point:
            torch.testing.assert_close(dict(own.named_buffers())[name], buffer)  # type: ignore[union-attr]


def _shape(text: str) -> tuple[int, ...]:
    if NUMBERS in text:
        return (6,)
    return (4, 8, 9) if MAPS in text else (12,)


@pytest.mark.keras
@pytest.mark.slow
def test_every_keras_layer_that_is_taken_is_the_layers_equal() -> None:
    import keras

    words = [*_layers("Keras", keras.layers)]
    assert {"Conv2D", "Dense", "ReLU", "SpatialDropout2D", "CenterCrop"} <= {*words}
    compared = 0
    for word in words:
        make, given = getattr(keras.layers, word), KERAS.get(word, ())
        for name, value in [("", None), *_arguments(make, given)]:
            layer = _with(given, make, name, value) if name else make(*given)
            more = f"{name}: {_said(value)}" if name else ""
            found = outcome(row_of(word, more, _given(word)))
            if layer is None or found.fault:
                assert found.fault or not found.changed
                continue
            if word == "AdaptiveMaxPooling2D" and value == 1:
                continue  # on TensorFlow, Keras' layer ends the process
            compared += 1
            _equal_in_keras(found.text, layer)
    assert compared > 50


def _equal_in_keras(text: str, layer: Any) -> None:
    import keras

    model = archcompiler.loads(text).build("keras")
    x = sample(*_shape(text))
    x = x.transpose(0, 2, 3, 1) if x.ndim == 4 else x
    merges = "Other" in text
    reads = [model.get_layer("Other")(x), x] if merges else x
    try:
        theirs = layer(reads)
    except Exception:  # the library does not take the value
        return
    own = {each.name: each for each in model.layers}.get("L")
    if layer.weights and own is not None:
        rng = numpy.random.default_rng(2)
        layer.set_weights([rng.uniform(0.1, 1, w.shape) for w in layer.get_weights()])
        own.set_weights(layer.get_weights())
        theirs = layer(reads)
    ours = keras.ops.convert_to_numpy(model(x))
    theirs = keras.ops.convert_to_numpy(theirs)
    if "Flatten" in text:  # Keras' own order, while ours is maps first: the same features
        theirs = theirs.reshape(BATCH, 8, 9, 4).transpose(0, 3, 1, 2).reshape(BATCH, -1)
    assert ours.shape == theirs.shape, (text, layer)
    numpy.testing.assert_allclose(ours, theirs, TOLERANCE, TOLERANCE, err_msg=f"{text}{layer}")
    if hasattr(layer, "rate"):
        assert own.rate == layer.rate  # type: ignore[union-attr]


WEIGHTS = {"Conv": (4, 4, 3, 3), "ConvTranspose": (4, 4, 3, 3), "Gemm": (12, 5)}
ATTRIBUTES = {
    "MaxPool": {"kernel_shape": [3, 3], "strides": [3, 3]},
    "AveragePool": {"kernel_shape": [3, 3], "strides": [3, 3]},
    "Concat": {"axis": 1},
    "Softmax": {"axis": 1},
}


@pytest.mark.torch
@pytest.mark.parametrize("word", [w for w in vocabulary.operators() if meaning_of(w)])
def test_every_operator_that_is_taken_is_equal(word: str) -> None:
    """Held to ONNX' own reference, which nobody at archc wrote."""
    import onnx
    import torch
    from onnx.reference import ReferenceEvaluator

    text = row_of(word, "", VECTOR if word == "Gemm" else MAPS)
    found = outcome(text)
    assert (found.fault, found.text) == ("", text)
    model = archcompiler.loads(text).build("torch").eval()
    x = sample(*_shape(text))
    inputs = {"x": x}
    if "Other" in text:
        inputs = {"other": model.Other(torch.from_numpy(x)).detach().numpy(), "x": x}
    if word in WEIGHTS:
        state = model.L.state_dict()
        weight = state["weight"].numpy()
        inputs |= {"w": weight.T if word == "Gemm" else weight, "b": state["bias"].numpy()}
    if word == "PRelu":
        inputs["slope"] = model.L.weight.detach().numpy().reshape(-1, 1, 1)
    node = onnx.helper.make_node(word, [*inputs], ["y"], **ATTRIBUTES.get(word, {}))
    infos = [onnx.helper.make_tensor_value_info(n, 1, v.shape) for n, v in inputs.items()]
    result = [onnx.helper.make_tensor_value_info("y", 1, None)]
    opsets = [onnx.helper.make_opsetid("", onnx.defs.onnx_opset_version())]
    graph = onnx.helper.make_graph([node], "g", infos, result)
    proto = onnx.helper.make_model(graph, opset_imports=opsets)
    (theirs,) = ReferenceEvaluator(proto).run(None, inputs)
    with torch.no_grad():
        ours = model(torch.from_numpy(x)).numpy()
    numpy.testing.assert_allclose(ours, theirs.reshape(ours.shape), TOLERANCE, TOLERANCE)


@pytest.mark.torch
@pytest.mark.parametrize("word", [w for w in vocabulary.CAFFE.split() if meaning_of(w)])
def test_what_caffe_calls_a_layer_is_that_layer(word: str) -> None:
    """By Caffe's documentation, in PyTorch's functions: its layers cannot be run here."""
    import torch
    from torch.nn import functional as f

    text = row_of(word, "", MAPS)
    found = outcome(text)
    assert (found.fault, found.text) == ("", text)
    model = archcompiler.loads(text).build("torch").eval()
    x = torch.from_numpy(sample(4, 8, 9))
    own = getattr(model, "L", None)
    other = model.Other(x) if "Other" in text else None
    wanted = {
        "Exp": lambda: torch.exp(x),
        "PReLU": lambda: torch.where(x > 0, x, 0.25 * x),
        "ELU": lambda: torch.where(x > 0, x, torch.exp(x) - 1),
        "ReLU": lambda: x.clamp(min=0),
        "Sigmoid": lambda: 1 / (1 + torch.exp(-x)),
        "Swish": lambda: x / (1 + torch.exp(-x)),
        "Softmax": lambda: torch.exp(x) / torch.exp(x).sum(1, keepdim=True),
        "TanH": lambda: torch.tanh(x),
        "Eltwise": lambda: other + x,
        "BatchNorm": lambda: x / (1 + 1e-5) ** 0.5,  # at its first statistics
        "Concat": lambda: torch.cat([other, x], 1),
        "Convolution": lambda: f.conv2d(x, own.weight, own.bias),  # type: ignore[union-attr]
        "Deconvolution": lambda: f.conv_transpose2d(x, own.weight, own.bias),  # type: ignore[union-attr]
        "Crop": lambda: x[:, :, 1:6, 2:7],
        "Dropout": lambda: x,
        "Flatten": lambda: x.flatten(1),
        "InnerProduct": lambda: f.linear(x.flatten(1), own.weight, own.bias),  # type: ignore[union-attr]
        "Data": lambda: x,
        "Input": lambda: x,
    }[word]()
    torch.testing.assert_close(model(x), wanted, rtol=TOLERANCE, atol=TOLERANCE)


@pytest.mark.keras
def test_activations_of_keras_are_taken_only_if_they_are_equal() -> None:
    import keras

    x = numpy.linspace(-9, 9, 4 * 8 * 9 * BATCH, dtype="float32").reshape(BATCH, 8, 9, 4)
    taken = set()
    for word in vocabulary.functions():
        for text in (row_of("activation", f"activation: {word}"), row_of(word)):
            found = outcome(text)
            if found.fault:
                assert found.text == text
                continue
            if word == "leaky_relu":  # one of our words, whose slope is 0.01 where none is given
                theirs = keras.activations.leaky_relu(x, negative_slope=0.01)
            else:
                theirs = getattr(keras.activations, word)(x)
            if found.text.rpartition("type: ")[2].startswith("linear"):
                continue
            ours = archcompiler.loads(found.text).build("keras")(x)
            numpy.testing.assert_allclose(
                keras.ops.convert_to_numpy(ours),
                keras.ops.convert_to_numpy(theirs),
                TOLERANCE,
                TOLERANCE,
                err_msg=word,
            )
            taken.add(word)
    assert {"relu", "gelu", "swish", "hard_silu", "softmax"} <= taken


@pytest.mark.keras
@pytest.mark.torch
@pytest.mark.slow
def test_the_page_is_what_the_command_writes(golden: Callable[[object, str], None]) -> None:
    golden(vocabulary.PAGE, vocabulary.page())


# ---- The lists


def test_no_word_is_in_two_lists() -> None:
    from archcompiler.operations import elsewhere

    lists = [{*elsewhere.NEAREST}, {*elsewhere.NOTHING}, {*KNOWN_AS}]
    for index, one in enumerate(lists):
        for other in lists[index + 1 :]:
            assert not one & other
    assert not {*REGISTRY} & {*elsewhere.NEAREST, *elsewhere.NOTHING}


def test_words_that_libraries_share_their_spelling_of_are_all_looked_at() -> None:
    from archcompiler.operations import elsewhere

    for word, caveat in elsewhere.CAVEATS.items():
        assert caveat.type in REGISTRY
        assert meaning_of(word) is None or caveat.where, word
