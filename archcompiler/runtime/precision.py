"""What numbers a framework computes with, set for a while and put back."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import Any


@contextmanager
def keras_policy(name: str) -> Iterator[None]:
    """Build Keras layers with the dtype policy `name`, such as `mixed_bfloat16`."""
    import keras

    policy, type_of_inputs = keras.config.dtype_policy(), keras.config.floatx()
    keras.config.set_dtype_policy(name)
    if name == "float64":  # inputs of another type would be cast to float32
        keras.config.set_floatx(name)
    try:
        with _jax_with_float64() if name == "float64" else nullcontext():
            yield
    finally:
        keras.config.set_floatx(type_of_inputs)
        keras.config.set_dtype_policy(policy)


def _jax_with_float64() -> AbstractContextManager[Any]:
    if _keras_backend() != "jax":
        return nullcontext()
    import jax

    found: AbstractContextManager[Any] = jax.enable_x64(True)
    return found


@contextmanager
def exact_float32(frameworks: Collection[str]) -> Iterator[None]:
    """Have float32 be float32 on GPUs too, where `frameworks` prefer TF32 with its 10 bits."""
    with ExitStack() as settings:
        if "torch" in frameworks or ("keras" in frameworks and _keras_backend() == "torch"):
            settings.enter_context(_exact_torch())
        if "keras" in frameworks and _keras_backend() == "tensorflow":
            settings.enter_context(_exact_tensorflow())
        elif "keras" in frameworks and _keras_backend() == "jax":
            import jax

            settings.enter_context(jax.default_matmul_precision("highest"))
        yield


def keras_keeps_float64() -> bool:
    """Whether Keras computes everything in float64 under that policy.

    On JAX and PyTorch its own rule of what two types make (`keras.backend.result_type`) knows
    nothing above float32; batch normalization, for one, casts by it.
    """
    import keras

    kept: bool = keras.backend.result_type("float64", "float32") == "float64"
    return kept


def _keras_backend() -> str:
    import keras

    name: str = keras.backend.backend()
    return name


@contextmanager
def _exact_torch() -> Iterator[None]:
    import torch

    switches = (torch.backends.cudnn.conv, torch.backends.cuda.matmul)
    before = [switch.fp32_precision for switch in switches]
    for switch in switches:
        switch.fp32_precision = "ieee"
    try:
        yield
    finally:
        for switch, value in zip(switches, before, strict=True):
            switch.fp32_precision = value


@contextmanager
def _exact_tensorflow() -> Iterator[None]:
    import tensorflow as tf

    before = tf.config.experimental.tensor_float_32_execution_enabled()
    tf.config.experimental.enable_tensor_float_32_execution(False)
    try:
        yield
    finally:
        tf.config.experimental.enable_tensor_float_32_execution(before)
