"""First weights: both backends, and `archc init`, draw from the distribution that a spec names."""

import math

import pytest

import archcompiler
from archcompiler import checkpoints
from archcompiler.diagnostics import SpecError
from archcompiler.operations.fields import BIAS_INITIALIZER, INITIALIZERS
from tests.conftest import sampled

np = pytest.importorskip("numpy")

SPEC = """\
archc: 1
name: Drawn
defaults:
  convolution: {{kernel_initializer: "{kernel}", bias_initializer: "{bias}"}}
  fully_connected: {{kernel_initializer: "{kernel}", bias_initializer: "{bias}"}}
  transposed_convolution: {{kernel_initializer: "{kernel}", bias_initializer: "{bias}"}}
layers:
- {{layer: In, type: input, maps: 64, size: 5x5}}
- {{layer: Up, type: transposed_convolution, maps: 400, kernel: 3, from: In}}
- {{layer: Conv, type: convolution, maps: 128, kernel: 3, from: In}}
- {{layer: Grouped, type: convolution, maps: 512, kernel: 3, groups: 2}}
- {{layer: Dense, type: fully_connected, size: 400}}
- {{layer: Again, type: fully_connected, size: 400}}
- {{layer: Square, type: fully_connected, size: 400}}
outputs: [Square, Up]
"""

# layer: inputs and outputs of a unit (each times the cells of a kernel)
FANS = {
    "Up": (400 * 9, 64 * 9),  # both frameworks count it so, though it is the other way round
    "Conv": (64 * 9, 128 * 9),
    "Grouped": (64 * 9, 512 * 9),
    "Dense": (512, 400),
    "Again": (400, 400),
    "Square": (400, 400),
}


def uniform(limit, low=None):
    low = -limit if low is None else low
    return (low + limit) / 2, (limit - low) / math.sqrt(12), low, limit, 1.8  # kurtosis


def normal(std):
    return 0.0, std, -math.inf, math.inf, 3.0


def truncated(std):
    """A normal cut at two deviations, not rescaled: its moments from the density itself."""
    x = np.linspace(-2, 2, 200_001)
    density = np.exp(-(x**2) / 2)
    density /= density.sum()
    spread = math.sqrt((density * x**2).sum())
    kurtosis = (density * x**4).sum() / spread**4
    return 0.0, std * spread, -2 * std, 2 * std, kurtosis


# initializer: mean, deviation, lowest, highest and kurtosis, from fan in and fan out
DISTRIBUTIONS = {
    "glorot_uniform": lambda i, o: uniform(math.sqrt(6 / (i + o))),
    "glorot_normal": lambda i, o: normal(math.sqrt(2 / (i + o))),
    "he_uniform": lambda i, o: uniform(math.sqrt(6 / i)),
    "he_normal": lambda i, o: normal(math.sqrt(2 / i)),
    "lecun_uniform": lambda i, o: uniform(math.sqrt(3 / i)),
    "lecun_normal": lambda i, o: normal(math.sqrt(1 / i)),
    "torch_default": lambda i, o: uniform(math.sqrt(1 / i)),
    "normal(0.02)": lambda i, o: normal(0.02),
    "truncated_normal(0.02)": lambda i, o: truncated(0.02),
    "uniform(-0.1, 0.3)": lambda i, o: uniform(0.3, -0.1),
}
CONSTANTS = {"zeros": 0.0, "ones": 1.0, "constant(0.25)": 0.25}
BIASES = ("normal(0.02)", "uniform(-0.1, 0.3)", "torch_default")


def tensors(backend, kernel, bias):
    """Return `layer.weight` and `layer.bias` of a fresh model, kernels with outputs first."""
    return drawn(SPEC.format(kernel=kernel, bias=bias), backend)


def drawn(text, backend):
    if backend == "init":
        wanted = checkpoints.wanted(archcompiler.loads(text).graph, "torch")
        return {item.canonical: checkpoints.initial(item, 0).read() for item in wanted}
    if backend == "torch":
        import torch

        torch.manual_seed(0)
    else:
        import keras

        keras.utils.set_random_seed(0)
    model = archcompiler.loads(text).build(backend)
    if backend == "torch":
        return {name: value.detach().numpy() for name, value in model.state_dict().items()}
    found = {}
    for name in FANS:
        layer = model.get_layer(name)
        found[f"{name}.weight"] = np.moveaxis(np.asarray(layer.kernel), -1, 0)
        found[f"{name}.bias"] = np.asarray(layer.bias)
    return found


def check(values, mean, deviation, lowest, highest, kurtosis):
    values = values.astype("float64").ravel()
    few = math.sqrt(len(values))
    assert lowest - 1e-6 <= values.min()
    assert values.max() <= highest + 1e-6
    assert abs(values.mean() - mean) < 6 * deviation / few
    assert abs(values.std() / deviation - 1) < 6 / few
    fourth = ((values - values.mean()) ** 4).mean() / values.std() ** 4
    assert abs(fourth - kurtosis) < 40 / few


def pytest_generate_tests(metafunc):
    if "backend" in metafunc.fixturenames:
        marks = {"keras": pytest.mark.keras, "torch": pytest.mark.torch, "init": ()}
        metafunc.parametrize(
            "backend", [pytest.param(name, marks=mark) for name, mark in marks.items()]
        )


@pytest.mark.slow
@pytest.mark.parametrize("initializer", sampled(DISTRIBUTIONS, 5))
def test_kernels_are_drawn_as_the_spec_says(backend, initializer):
    found = tensors(backend, initializer, "zeros")
    for name, fans in FANS.items():
        check(found[f"{name}.weight"], *DISTRIBUTIONS[initializer](*fans))
        assert (found[f"{name}.bias"] == 0).all()
    assert (found["Again.weight"] == found["Square.weight"]).mean() < 0.001  # one object a layer


@pytest.mark.parametrize("initializer", BIASES)
def test_biases_are_drawn_as_the_spec_says(backend, initializer):
    found = tensors(backend, "zeros", initializer)
    for name, fans in FANS.items():
        check(found[f"{name}.bias"], *DISTRIBUTIONS[initializer](*fans))
        assert (found[f"{name}.weight"] == 0).all()


@pytest.mark.parametrize("initializer", CONSTANTS)
def test_constants_are_that_everywhere(backend, initializer):
    found = tensors(backend, initializer, initializer)
    assert all((value == CONSTANTS[initializer]).all() for value in found.values())


def test_orthogonal_kernels_are(backend):
    found = tensors(backend, "orthogonal", "zeros")
    for name in FANS:
        units = found[f"{name}.weight"].reshape(len(found[f"{name}.weight"]), -1)
        assert np.abs(units @ units.T - np.eye(len(units))).max() < 1e-4


MIXED = """\
archc: 1
name: Mixed
layers:
- {layer: In, type: input, maps: 64, size: 5x5}
- {layer: Up, type: transposed_convolution, maps: 400, kernel: 3}
- {layer: Conv, type: convolution, maps: 128, kernel: 3, kernel_initializer: torch_default,
   bias_initializer: ones, from: In}
- {layer: Grouped, type: convolution, maps: 512, kernel: 3, groups: 2, bias_initializer: ones}
- {layer: Dense, type: fully_connected, size: 400, bias_initializer: torch_default}
- {layer: Again, type: fully_connected, size: 400, kernel_initializer: normal(0.02)}
- {layer: Square, type: fully_connected, size: 400, bias_initializer: ones}
outputs: [Square, Up]
"""


def test_layers_may_differ_from_each_other(backend):
    """What one tensor of a layer begins with does not disturb the other, nor other layers."""
    found = drawn(MIXED, backend)
    kernels = {"Conv": "torch_default", "Again": "normal(0.02)"}
    for name, fans in FANS.items():
        distribution = DISTRIBUTIONS[kernels.get(name, "glorot_uniform")]
        check(found[f"{name}.weight"], *distribution(*fans))
    for name, value in {"Up": 0, "Conv": 1, "Grouped": 1, "Again": 0, "Square": 1}.items():
        assert (found[f"{name}.bias"] == value).all()
    check(found["Dense.bias"], *DISTRIBUTIONS["torch_default"](*FANS["Dense"]))


@pytest.mark.parametrize(
    ("initializer", "hint"),
    [
        ("normal(-0.1)", "its standard deviation is 0 or more"),
        ("truncated_normal(0)", "its standard deviation is above 0"),
        ("uniform(0.3, 0.1)", "the smaller number comes first"),
    ],
)
def test_no_distribution_without_sense(initializer, hint):
    text = SPEC.format(kernel=initializer, bias="zeros")
    with pytest.raises(SpecError) as caught:
        archcompiler.loads(text)
    assert {(fault.code, fault.help) for fault in caught.value.diagnostics} == {("ARC203", (hint,))}


def test_every_initializer_is_tested():
    tested = {name.split("(")[0] for name in (*DISTRIBUTIONS, *CONSTANTS, "orthogonal")}
    assert tested == set(INITIALIZERS)
    assert {name.split("(")[0] for name in (*BIASES, *CONSTANTS)} == set(BIAS_INITIALIZER.table)
