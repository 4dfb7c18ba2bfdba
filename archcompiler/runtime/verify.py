"""The proof that two backends agree: the same weights, the same input, the largest difference."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from archcompiler.backends import backend_named
from archcompiler.backends.skeleton import batch_shape
from archcompiler.graph import Graph
from archcompiler.runtime.devices import choose, keras_name
from archcompiler.runtime.frameworks import require
from archcompiler.runtime.live import build
from archcompiler.runtime.precision import exact_float32, keras_policy
from archcompiler.runtime.weights import load_into, random_weights, to_canonical

if TYPE_CHECKING:
    from archcompiler.runtime.weights import Array, Weights

TOLERANCE = 1e-5


class Difference(NamedTuple):
    """The largest difference between two tensors that should be equal, and their largest value."""

    name: str
    difference: float
    largest: float

    def within(self, tolerance: float) -> bool:
        """Whether the share is at most `tolerance` (NaN never is)."""
        return self.share <= tolerance

    @property
    def share(self) -> float:
        """The difference as a share of the largest value, or of 1 where all values are smaller."""
        return self.difference / max(self.largest, 1.0)


class Verification(NamedTuple):
    """What was compared: outputs in the order of the graph, then gradients."""

    outputs: list[Difference]
    gradients: list[Difference]

    def within(self, tolerance: float) -> bool:
        """Whether everything is."""
        return all(item.within(tolerance) for item in (*self.outputs, *self.gradients))


def verify(
    graph: Graph,
    *,
    layers: bool = False,
    gradients: bool = False,
    batch: int = 2,
    seed: int = 0,
    device: str = "cpu",
) -> Verification:
    """Build both backends with one set of random weights and compare what they compute.

    A last softmax is left out, since it hides differences. With `layers`, every layer is an
    output; with `gradients`, those of all trained parameters are compared as well: in float64,
    because in float32 a rectifier's input of 1e-7 may change its sign between two frameworks,
    and with it the gradient, while both are right.

    Raises:
        SpecError: A backend cannot express some layers.
        FrameworkMissing: A framework is not installed.
        DeviceMissing: A backend cannot use `device`.
    """
    require("keras")
    require("torch")
    import numpy as np

    devices = (keras_name(choose(device, "keras")), choose(device, "torch"))

    if graph.has_logits:
        graph = graph.without_final_activation()
    weights = random_weights(graph, seed)
    generator = np.random.default_rng(seed + 1)
    inputs = [
        generator.standard_normal(
            (batch, *batch_shape(layer, channels_last=False)), dtype=np.float32
        )
        for layer in graph.inputs
    ]
    with exact_float32():
        outputs = _outputs(graph, weights, inputs, devices)
        compared = [_difference(name, *pair) for name, pair in outputs.items()]
        if layers:
            compared = _compared_layers(graph, weights, inputs, devices, compared)
    if not gradients or not graph.totals.trainable:
        return Verification(compared, [])
    factors = [
        generator.standard_normal(value.shape, dtype=np.float32) for value, _ in outputs.values()
    ]
    doubled = {name: tensor.astype("float64") for name, tensor in weights.items()}
    inputs, factors = _doubled(inputs), _doubled(factors)
    found = [
        differentiate(graph, doubled, inputs, factors, where)
        for differentiate, where in zip((_keras_gradients, _torch_gradients), devices, strict=True)
    ]
    differences = [_difference(name, found[0][name], found[1][name]) for name in found[0]]
    return Verification(compared, differences)


Devices = tuple[str, str]  # Keras', PyTorch's


def _outputs(
    graph: Graph, weights: Weights, inputs: list[Array], devices: Devices
) -> dict[str, tuple[Array, Array]]:
    """Return each output of Keras' model and of PyTorch's."""
    keras = _keras_outputs(graph, weights, inputs, devices[0])
    torch = _torch_outputs(graph, weights, inputs, devices[1])
    return dict(zip(graph.outputs, zip(keras, torch, strict=True), strict=True))


def _compared_layers(
    graph: Graph,
    weights: Weights,
    inputs: list[Array],
    devices: Devices,
    outputs: list[Difference],
) -> list[Difference]:
    """Return the differences layer by layer: of the network without blocks, then of its outputs."""
    names = graph.flat_names
    shown = [layer.name for layer in graph.layers if layer.type != "input"]
    own = {
        f"{names[layer.name]}.{parameter.name}": weights[f"{layer.name}.{parameter.name}"]
        for layer in graph.layers
        for parameter in layer.parameters
    }
    flat = _outputs(graph.flat(shown), own, inputs, devices)
    found = [_difference(name, *pair) for name, pair in zip(shown, flat.values(), strict=True)]
    if graph.body.is_flat:
        return found
    return [*found, *(item._replace(name=f"{item.name}, in blocks") for item in outputs)]


def _doubled(tensors: list[Array]) -> list[Array]:
    return [tensor.astype("float64") for tensor in tensors]


def _difference(name: str, one: Array, other: Array) -> Difference:
    import numpy as np

    if one.shape != other.shape:
        raise AssertionError(f"{name}: shapes {one.shape} and {other.shape}")
    return Difference(name, float(np.abs(one - other).max()), float(np.abs(other).max()))


# ---- Keras: channels last, and one way to differentiate for each of its own backends


def _channels_last(value: Array) -> Array:
    return value.transpose(0, 2, 3, 1) if value.ndim == 4 else value


def _channels_first(value: Array) -> Array:
    return value.transpose(0, 3, 1, 2) if value.ndim == 4 else value


def _keras_model(graph: Graph, weights: Weights) -> Any:
    model = build(graph, "keras")
    load_into(model, graph, "keras", weights)
    return model


def _keras_outputs(graph: Graph, weights: Weights, inputs: list[Array], device: str) -> list[Array]:
    import keras

    with keras.device(device):
        model = _keras_model(graph, weights)
        values = [keras.ops.convert_to_tensor(_channels_last(value)) for value in inputs]
        results = model(values if len(values) > 1 else values[0], training=False)
        results = results if isinstance(results, (list, tuple)) else [results]
        return [_channels_first(keras.ops.convert_to_numpy(result)) for result in results]


def _keras_gradients(
    graph: Graph, weights: Weights, inputs: list[Array], factors: list[Array], device: str
) -> dict[str, Array]:
    import keras

    with keras.device(device), keras_policy("float64"):
        model = _keras_model(graph, weights)
        values = [keras.ops.convert_to_tensor(_channels_last(value)) for value in inputs]
        scales = [keras.ops.convert_to_tensor(_channels_last(value)) for value in factors]

        def loss(outputs: Any) -> Any:
            outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
            return sum(keras.ops.sum(o * s) for o, s in zip(outputs, scales, strict=True))

        given = values if len(values) > 1 else values[0]
        gradients = _KERAS_GRADIENTS[keras.backend.backend()](model, given, loss)
        by_variable = {
            variable.path: keras.ops.convert_to_numpy(gradient)
            for variable, gradient in zip(model.trainable_variables, gradients, strict=True)
        }
        found = {}
        for layer in graph.layers:
            for stored in backend_named("keras").stored(graph, layer):
                if stored.parameter.trainable:
                    variable = getattr(model.get_layer(stored.layer), stored.name)
                    gradient = to_canonical(by_variable[variable.path], stored)
                    found[f"{layer.name}.{stored.parameter.name}"] = gradient
        return found


def _tensorflow_gradients(model: Any, inputs: Any, loss: Callable[[Any], Any]) -> list[Any]:
    import tensorflow as tf

    with tf.GradientTape() as tape:
        value = loss(model(inputs, training=False))
    gradients: list[Any] = tape.gradient(value, [v.value for v in model.trainable_variables])
    return gradients


def _jax_gradients(model: Any, inputs: Any, loss: Callable[[Any], Any]) -> list[Any]:
    import jax

    fixed = [variable.value for variable in model.non_trainable_variables]

    def value(trained: list[Any]) -> Any:
        outputs, _ = model.stateless_call(trained, fixed, inputs, training=False)
        return loss(outputs)

    gradients: list[Any] = jax.grad(value)([v.value for v in model.trainable_variables])
    return gradients


def _keras_torch_gradients(model: Any, inputs: Any, loss: Callable[[Any], Any]) -> list[Any]:
    loss(model(inputs, training=False)).backward()
    return [variable.value.grad for variable in model.trainable_variables]


_KERAS_GRADIENTS: dict[str, Callable[[Any, Any, Callable[[Any], Any]], list[Any]]] = {
    "tensorflow": _tensorflow_gradients,
    "jax": _jax_gradients,
    "torch": _keras_torch_gradients,
}


# ---- PyTorch: the canonical layouts are its own


def _torch_model(graph: Graph, weights: Weights, device: str, *, double: bool = False) -> Any:
    model = build(graph, "torch")
    model = model.double() if double else model
    load_into(model, graph, "torch", weights)
    return model.to(device).eval()


def _torch_forward(model: Any, inputs: list[Array], device: str) -> list[Any]:
    import torch

    results = model(*(torch.from_numpy(value).to(device) for value in inputs))
    return list(results) if isinstance(results, tuple) else [results]


def _torch_outputs(graph: Graph, weights: Weights, inputs: list[Array], device: str) -> list[Array]:
    import torch

    with torch.inference_mode():
        results = _torch_forward(_torch_model(graph, weights, device), inputs, device)
        return [result.cpu().numpy() for result in results]


def _torch_gradients(
    graph: Graph, weights: Weights, inputs: list[Array], factors: list[Array], device: str
) -> dict[str, Array]:
    import torch

    model = _torch_model(graph, weights, device, double=True)
    results = _torch_forward(model, inputs, device)
    scales = [torch.from_numpy(value).to(device) for value in factors]
    total = sum(
        ((result * scale).sum() for result, scale in zip(results, scales, strict=True)),
        start=torch.zeros(()).to(device),
    )
    total.backward()
    found = {}
    for layer in graph.layers:
        for stored in backend_named("torch").stored(graph, layer):
            if stored.parameter.trainable:
                tensor = getattr(model.get_submodule(stored.layer), stored.name)
                gradient = to_canonical(tensor.grad.cpu().numpy(), stored)
                found[f"{layer.name}.{stored.parameter.name}"] = gradient
    return found
