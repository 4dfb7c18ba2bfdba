"""Live models of Keras: their variables, and what they give; maps have channels last there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archcompiler.backends.backend import Stored
from archcompiler.runtime.layouts import channels_first, channels_last

if TYPE_CHECKING:
    from archcompiler.runtime.weights import Array


def kept_in(model: Any, stored: Stored) -> Any:
    """Return the variable that `stored` leads to."""
    return getattr(model.get_layer(stored.layer), stored.name)


def given(inputs: list[Array]) -> Any:
    """Return what a model is called with."""
    values = tensors(inputs)
    return values if len(values) > 1 else values[0]


def tensors(values: list[Array]) -> list[Any]:
    """Return arrays as tensors, maps with their channels last."""
    import keras

    return [keras.ops.convert_to_tensor(channels_last(value)) for value in values]


def forward(model: Any, inputs: list[Array]) -> list[Array]:
    """Return the outputs of `model`, as it is used and not trained, channels first."""
    import keras

    results = listed(model(given(inputs), training=False))
    return [channels_first(keras.ops.convert_to_numpy(result)) for result in results]


def listed(outputs: Any) -> list[Any]:
    """Return the outputs of a model, of which a single one comes without a list."""
    return list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
