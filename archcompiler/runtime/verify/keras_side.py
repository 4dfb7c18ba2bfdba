"""Keras: channels last, and one way to differentiate for each of its own backends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from archcompiler.graph import Graph
from archcompiler.runtime.devices import choose, keras_name
from archcompiler.runtime.live import build, module_of
from archcompiler.runtime.precision import keras_policy
from archcompiler.runtime.verify.side import Batch
from archcompiler.runtime.weights import gathered, kept_in, load_into, weights_of

if TYPE_CHECKING:
    from archcompiler.runtime.weights import Array, Weights


def channels_last(value: Array) -> Array:
    """Return maps with their channels last, anything else as it is."""
    return value.transpose(0, *range(2, value.ndim), 1) if value.ndim > 2 else value


def channels_first(value: Array) -> Array:
    """Return maps with their channels first, anything else as it is."""
    return value.transpose(0, -1, *range(1, value.ndim - 1)) if value.ndim > 2 else value


def given(inputs: list[Array]) -> Any:
    """Return what a model is called with."""
    values = _tensors(inputs)
    return values if len(values) > 1 else values[0]


def _tensors(values: list[Array]) -> list[Any]:
    import keras

    return [keras.ops.convert_to_tensor(channels_last(value)) for value in values]


def forward(model: Any, inputs: list[Array]) -> list[Array]:
    """Return the outputs of `model`, as it is used and not trained, channels first."""
    import keras

    results = model(given(inputs), training=False)
    results = results if isinstance(results, (list, tuple)) else [results]
    return [channels_first(keras.ops.convert_to_numpy(result)) for result in results]


class KerasSide:
    """Keras on a device, and on whichever of its own backends it was imported with."""

    name = "keras"

    def __init__(self, device: str) -> None:
        self.device = keras_name(choose(device, self.name))

    def outputs(
        self, graph: Graph, weights: Weights, inputs: list[Array], precision: str
    ) -> list[Array]:
        """Return the outputs: see `Side`."""
        import keras

        with keras.device(self.device), keras_policy(precision):
            return forward(_model(graph, weights), inputs)

    def gradients(
        self, graph: Graph, weights: Weights, inputs: list[Array], factors: list[Array]
    ) -> Weights:
        """Return the gradients: see `Side`."""
        import keras

        with keras.device(self.device), keras_policy("float64"):
            model = _model(graph, weights)
            scales = _tensors(factors)

            def loss(outputs: Any) -> Any:
                outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
                return sum(keras.ops.sum(o * s) for o, s in zip(outputs, scales, strict=True))

            gradients = _GRADIENTS[keras.backend.backend()](model, given(inputs), loss)
            by_variable = {
                variable.path: keras.ops.convert_to_numpy(gradient)
                for variable, gradient in zip(model.trainable_variables, gradients, strict=True)
            }
            return gathered(
                graph,
                self.name,
                lambda stored: by_variable[kept_in(model, stored).path],
                trained=True,
            )

    def trainer(self, graph: Graph, weights: Weights, batch: Batch) -> KerasTrainer:
        """Return what trains the model: see `Side`."""
        return KerasTrainer(graph, weights, batch, self.device)


class KerasTrainer:
    """Training with `train_on_batch`, as Keras' users do: see `Trainer`."""

    def __init__(self, graph: Graph, weights: Weights, batch: Batch, device: str) -> None:
        import keras

        self.graph, self.device = graph, device
        with self._settings():
            self.model = module_of(graph, "keras").build_training_model()
            self.inputs, self.targets = given(batch.inputs), batch.targets
        for layer in self.model.layers:
            if isinstance(layer, keras.layers.Dropout):
                layer.rate = 0
        _with_exact_numbers(self.model)
        self.take(weights)

    @contextmanager
    def _settings(self) -> Iterator[None]:
        import keras

        with keras.device(self.device), keras_policy("float64"):
            yield

    def step(self) -> float:
        """Change the weights once, and return the loss before that."""
        with self._settings():
            self.model.reset_metrics()  # the loss that is returned is a mean since the last reset
            logs = self.model.train_on_batch(self.inputs, self.targets, return_dict=True)
        return float(logs["loss"])

    def weights(self) -> Weights:
        """Return a copy of the weights."""
        with self._settings():
            return weights_of(self.model, self.graph, "keras")

    def take(self, weights: Weights) -> None:
        """Go on from other weights."""
        with self._settings():
            load_into(self.model, self.graph, "keras", weights)


def _model(graph: Graph, weights: Weights) -> Any:
    model = build(graph, "keras")
    load_into(model, graph, "keras", weights)
    return model


def _with_exact_numbers(model: Any) -> None:
    """Have 0.9 be 0.9 in float64: on TensorFlow, Keras casts Python's numbers to float32 first."""
    import keras
    import numpy as np

    penalties = [
        value
        for layer in model.layers
        for value in vars(layer).values()
        if isinstance(value, keras.regularizers.L2)
    ]
    for holder in (model.optimizer, *penalties):
        for name in ("momentum", "beta_1", "beta_2", "epsilon", "weight_decay", "l2"):
            value = getattr(holder, name, None)
            if isinstance(value, float):
                setattr(holder, name, np.float64(value))


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


def _torch_gradients(model: Any, inputs: Any, loss: Callable[[Any], Any]) -> list[Any]:
    loss(model(inputs, training=False)).backward()
    return [variable.value.grad for variable in model.trainable_variables]


_GRADIENTS: dict[str, Callable[[Any, Any, Callable[[Any], Any]], list[Any]]] = {
    "tensorflow": _tensorflow_gradients,
    "jax": _jax_gradients,
    "torch": _torch_gradients,
}
