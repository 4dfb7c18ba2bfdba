"""Live models of Keras: their variables, and what they give; maps have channels last there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archcompiler.backends.backend import Stored

if TYPE_CHECKING:
    from archcompiler.runtime.weights import Array


def kept_in(model: Any, stored: Stored) -> Any:
    """Return the variable that `stored` leads to."""
    return getattr(model.get_layer(stored.layer), stored.name)


def channels_last(value: Array) -> Array:
    """Return maps with their channels last, anything else as it is."""
    return value.transpose(0, *range(2, value.ndim), 1) if value.ndim > 2 else value


def channels_first(value: Array) -> Array:
    """Return maps with their channels first, anything else as it is."""
    return value.transpose(0, -1, *range(1, value.ndim - 1)) if value.ndim > 2 else value


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

    results = model(given(inputs), training=False)
    results = results if isinstance(results, (list, tuple)) else [results]
    return [channels_first(keras.ops.convert_to_numpy(result)) for result in results]
