"""What Keras runs on, its own backends: devices, exact numbers, memory and gradients of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NamedTuple

from archcompiler.backends.torch.runtime import devices as torch_devices
from archcompiler.backends.torch.runtime import exact as exact_torch
from archcompiler.backends.torch.runtime import peak_memory as torch_peak

Loss = Callable[[Any], Any]  # of the outputs of a model


class Engine(NamedTuple):
    """One of Keras' own backends."""

    devices: Callable[[], list[str]]
    exact: Callable[[], AbstractContextManager[Any]]
    peak_memory: Callable[[int], int | None]
    gradients: Callable[[Any, Any, Loss], list[Any]]


def engine() -> Engine:
    """Return that on which Keras runs."""
    return ENGINES[engine_name()]


def engine_name() -> str:
    """Return what Keras calls it."""
    import keras

    name: str = keras.backend.backend()
    return name


def _tensorflow_devices() -> list[str]:
    import tensorflow as tf

    count = len(tf.config.list_physical_devices("GPU"))
    return [*(f"cuda:{index}" for index in range(count)), "cpu"]


def _jax_devices() -> list[str]:
    import jax

    gpus: list[Any] = [device for device in jax.devices() if device.platform == "gpu"]
    return [*(f"cuda:{index}" for index in range(len(gpus))), "cpu"]


@contextmanager
def _exact_tensorflow() -> Iterator[None]:
    import tensorflow as tf

    before = tf.config.experimental.tensor_float_32_execution_enabled()
    tf.config.experimental.enable_tensor_float_32_execution(False)
    try:
        yield
    finally:
        tf.config.experimental.enable_tensor_float_32_execution(before)


def _exact_jax() -> AbstractContextManager[Any]:
    import jax

    found: AbstractContextManager[Any] = jax.default_matmul_precision("highest")
    return found


def _tensorflow_peak(index: int) -> int | None:
    import tensorflow as tf

    return int(tf.config.experimental.get_memory_info(f"GPU:{index}")["peak"])


def _jax_peak(index: int) -> int | None:
    import jax

    statistics_of = jax.devices()[index].memory_stats() or {}
    return statistics_of.get("peak_bytes_in_use")


def _tensorflow_gradients(model: Any, inputs: Any, loss: Loss) -> list[Any]:
    import tensorflow as tf

    with tf.GradientTape() as tape:
        value = loss(model(inputs, training=False))
    gradients: list[Any] = tape.gradient(value, [v.value for v in model.trainable_variables])
    return gradients


def _jax_gradients(model: Any, inputs: Any, loss: Loss) -> list[Any]:
    import jax

    fixed = [variable.value for variable in model.non_trainable_variables]

    def value(trained: list[Any]) -> Any:
        outputs, _ = model.stateless_call(trained, fixed, inputs, training=False)
        return loss(outputs)

    gradients: list[Any] = jax.grad(value)([v.value for v in model.trainable_variables])
    return gradients


def _torch_gradients(model: Any, inputs: Any, loss: Loss) -> list[Any]:
    loss(model(inputs, training=False)).backward()
    return [variable.value.grad for variable in model.trainable_variables]


ENGINES = {
    "tensorflow": Engine(
        _tensorflow_devices, _exact_tensorflow, _tensorflow_peak, _tensorflow_gradients
    ),
    "jax": Engine(_jax_devices, _exact_jax, _jax_peak, _jax_gradients),
    "torch": Engine(torch_devices, exact_torch, torch_peak, _torch_gradients),
}
