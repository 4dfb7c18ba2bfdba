"""What `archc verify` asks of Keras: outputs, gradients and steps of training."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from archcompiler.backends.keras.runtime.engines import engine
from archcompiler.backends.keras.runtime.models import (
    forward,
    given,
    kept_in,
    listed,
    tensors,
)
from archcompiler.backends.keras.runtime.settings import device_name, on
from archcompiler.graph import Graph
from archcompiler.runtime.devices import choose
from archcompiler.runtime.live import build, module_of
from archcompiler.runtime.verify.side import Batch, Side, Trainer
from archcompiler.runtime.weights import gathered, load_into, weights_of

if TYPE_CHECKING:
    from archcompiler.runtime.weights import Array, Weights


class KerasSide(Side):
    """Keras on a device, and on whichever of its own backends it was imported with."""

    name = "keras"

    def __init__(self, device: str) -> None:
        self.device = device_name(choose(device, self.name))

    def outputs(
        self, graph: Graph, weights: Weights, inputs: list[Array], precision: str
    ) -> list[Array]:
        """Return the outputs: see `Side`."""
        with on(self.device, precision):
            return forward(_model(graph, weights), inputs)

    def gradients(
        self,
        graph: Graph,
        weights: Weights,
        inputs: list[Array],
        factors: list[Array],
        precision: str,
    ) -> Weights:
        """Return the gradients: see `Side`."""
        import keras

        with on(self.device, precision):
            model = _model(graph, weights)
            scales = tensors(factors)

            def loss(outputs: Any) -> Any:
                outputs = [o for o in listed(outputs) if keras.backend.is_float_dtype(o.dtype)]
                return sum(keras.ops.sum(o * s) for o, s in zip(outputs, scales, strict=True))

            gradients = engine().gradients(model, given(inputs), loss)
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

    def trainer(self, graph: Graph, weights: Weights, batch: Batch, precision: str) -> KerasTrainer:
        """Return what trains the model: see `Side`."""
        return KerasTrainer(graph, weights, batch, self.device, precision)


class KerasTrainer(Trainer):
    """Training with `train_on_batch`, as Keras' users do: see `Trainer`."""

    def __init__(
        self, graph: Graph, weights: Weights, batch: Batch, device: str, precision: str
    ) -> None:
        import keras

        self.graph, self.settings = graph, partial(on, device, precision)
        with self.settings():
            self.model = module_of(graph, "keras").build_training_model()
            self.inputs, self.targets = given(batch.inputs), batch.targets
        for layer in self.model.layers:
            if isinstance(layer, keras.layers.Dropout):
                layer.rate = 0
        _with_exact_numbers(self.model)
        self.take(weights)

    def step(self) -> float:
        """Change the weights once, and return the loss before that."""
        with self.settings():
            self.model.reset_metrics()  # the loss that is returned is a mean since the last reset
            logs = self.model.train_on_batch(self.inputs, self.targets, return_dict=True)
        return float(logs["loss"])

    def weights(self) -> Weights:
        """Return a copy of the weights."""
        with self.settings():
            return weights_of(self.model, self.graph, "keras")

    def take(self, weights: Weights) -> None:
        """Go on from other weights."""
        with self.settings():
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
