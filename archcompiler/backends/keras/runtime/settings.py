"""What Keras computes with, and where: set for a while and put back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from archcompiler.backends.keras.runtime.engines import engine_name
from archcompiler.backends.keras.runtime.pooling import pooling_in_float64


@contextmanager
def policy(name: str) -> Iterator[None]:
    """Build layers with the dtype policy `name`, such as `mixed_bfloat16`."""
    import keras

    before, type_of_inputs = keras.config.dtype_policy(), keras.config.floatx()
    keras.config.set_dtype_policy(name)
    if name == "float64":  # inputs of another type would be cast to float32
        keras.config.set_floatx(name)
    try:
        with _with_float64() if name == "float64" else nullcontext():
            yield
    finally:
        keras.config.set_floatx(type_of_inputs)
        keras.config.set_dtype_policy(before)


def _with_float64() -> AbstractContextManager[Any]:
    """Return a context in which what Keras runs on computes in float64."""
    match engine_name():
        case "tensorflow":
            return pooling_in_float64()
        case "jax":
            import jax

            found: AbstractContextManager[Any] = jax.enable_x64(True)
            return found
    return nullcontext()


@contextmanager
def on(device: str, precision: str) -> Iterator[None]:
    """Make and run models in `precision` on a device, as Keras calls it."""
    import keras

    with keras.device(device), policy(precision):
        yield


def keeps_float64() -> bool:
    """Whether everything is computed in float64 under that policy.

    On JAX and PyTorch Keras' own rule of what two types make (`keras.backend.result_type`) knows
    nothing above float32; batch normalization, for one, casts by it.
    """
    import keras

    kept: bool = keras.backend.result_type("float64", "float32") == "float64"
    return kept


def device_name(device: str) -> str:
    """Return what Keras calls a device."""
    return device.replace("cuda", "gpu")
