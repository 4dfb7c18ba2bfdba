"""A live model is the emitted source, executed: it can be read, quoted and found again."""

import inspect
import sys
import traceback

import pytest

import archcompiler
from archcompiler.runtime.frameworks import FrameworkMissing
from archcompiler.runtime.live import as_module

SPEC = """\
archc: 1
name: Tiny
layers:
- {layer: In, type: input, maps: 3, size: 8x8}
- {layer: C1, type: convolution, maps: 4, kernel: 3, activation: relu}
- {layer: Out, type: fully_connected, size: 2, activation: softmax}
"""


@pytest.fixture
def network():
    return archcompiler.loads(SPEC)


@pytest.mark.torch
def test_the_class_of_a_torch_model_is_the_emitted_text(network):
    import torch

    model = network.build("torch")
    assert isinstance(model, torch.nn.Module)
    assert inspect.getsource(type(model)) in network.source("torch")
    assert "self.C1 = nn.Conv2d(3, 4, kernel_size=3)" in inspect.getsource(type(model))


@pytest.mark.torch
def test_a_traceback_quotes_the_emitted_line(network):
    import torch

    with pytest.raises(RuntimeError) as caught:
        network.build("torch")(torch.zeros(1, 5, 8, 8))
    quoted = "".join(traceback.format_exception(caught.value))
    assert "x = F.relu(self.C1(x), inplace=True)  # 4x6x6" in quoted


@pytest.mark.keras
def test_a_keras_model_comes_from_the_emitted_function(network):
    import keras

    model = network.build("keras")
    assert isinstance(model, keras.Model)
    module = as_module(network.source("keras"), "keras_Tiny")
    assert inspect.getsource(module.build_model) in network.source("keras")
    assert [layer.name for layer in model.layers] == ["In", "C1", "Out_flatten", "Out"]


def test_equal_source_is_one_module_and_a_broken_one_is_none():
    one, other = as_module("x = 1\n", "test"), as_module("x = 1\n", "test")
    assert one is other is sys.modules[one.__name__]
    before = set(sys.modules)
    with pytest.raises(ZeroDivisionError):
        as_module("1 / 0\n", "test")
    assert set(sys.modules) == before


@pytest.mark.parametrize("backend", ["keras", "torch"])
def test_a_missing_framework_is_named_with_its_extra(network, backend, monkeypatch):
    monkeypatch.setattr("archcompiler.runtime.frameworks.find_spec", lambda name: None)
    with pytest.raises(FrameworkMissing, match=rf"pip install 'archcompiler\[{backend}\]'"):
        network.build(backend)


@pytest.mark.parametrize(
    ("installed", "expected"),
    [
        ({"keras", "tensorflow", "jax"}, None),
        ({"keras", "jax"}, "jax"),
        ({"keras", "torch"}, "torch"),
    ],
)
def test_keras_takes_a_backend_that_is_installed(installed, expected, monkeypatch, tmp_path):
    from archcompiler.backends.keras import runtime
    from archcompiler.runtime import frameworks

    monkeypatch.setattr(frameworks, "find_spec", lambda name: name if name in installed else None)
    monkeypatch.setattr(runtime.sys, "modules", {})
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setenv("KERAS_BACKEND", "")  # what is set below does not outlive the test
    monkeypatch.delenv("KERAS_BACKEND")
    runtime.FRAMEWORK.require()
    assert runtime.os.environ.get("KERAS_BACKEND") == expected


@pytest.mark.keras
def test_a_keras_model_that_is_called_is_not_in_training():
    """Keras' CenterCrop says that it is, to all layers behind it."""
    import keras

    rows = (
        "convolution, maps: 4, kernel: 3, padding: [1, 0, 0, 1]",
        "transposed_convolution, maps: 4, kernel: 3, padding: 1",
        "crop, size: 8x7",
        "max_pooling, kernel: 2, stride: 1, padding: [1, 0, 0, 1]",
        "average_pooling, kernel: 2, stride: 1, padding: same",
        "local_response_normalization",
        "activation, activation: gelu_tanh",
        "batch_normalization",
        "dropout, rate: 0.5, spatial: true",
        "flatten",
        "dropout, rate: 0.5",
    )
    layers = "".join(f"- {{type: {row}}}\n" for row in rows)
    spec = f"archc: 1\nname: Net\nlayers:\n- {{type: input, maps: 3, size: 9x9}}\n{layers}"
    model = archcompiler.loads(spec).build("keras")
    x = keras.random.normal((2, 9, 9, 3), seed=1)
    right = keras.ops.convert_to_numpy(model(x, training=False))
    assert (keras.ops.convert_to_numpy(model(x)) == right).all()
