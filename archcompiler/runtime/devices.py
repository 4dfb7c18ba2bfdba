"""Devices by the names that users give them, the same for every backend."""

from __future__ import annotations

import re
from typing import Any

NAMES = "`auto`, `cpu`, `gpu` or `cuda:N`"


class DeviceMissing(Exception):
    """A device is not there; the message lists those that are."""


def choose(wanted: str, backend: str) -> str:
    """Return the device that `wanted` names, as `cpu`, `cuda:N` or `mps`.

    `auto` is the best there is, `gpu` the first GPU.

    Raises:
        DeviceMissing: There is no such device, or no device has such a name.
    """
    available = _available(backend)
    if wanted == "auto":
        return available[0]
    if wanted == "cpu":
        return "cpu"
    match = re.fullmatch(r"gpu|mps|(?:cuda|gpu):([0-9]{1,3})", wanted)
    if match is None:
        raise DeviceMissing(f"no device is named `{wanted}`: write {NAMES}")
    for device in available:
        if device != "cpu" and (match[1] is None or device == f"cuda:{match[1]}"):
            return device
    raise DeviceMissing(f"there is no device `{wanted}` for {backend}: there is {_list(available)}")


def _list(devices: list[str]) -> str:
    return " and ".join(f"`{device}`" for device in devices)


def _available(backend: str) -> list[str]:
    """Return the devices that `backend` can use, the best first."""
    if backend == "keras":
        import keras

        own = keras.backend.backend()
        if own != "torch":
            return _tensorflow_devices() if own == "tensorflow" else _jax_devices()
    return _torch_devices()


def _torch_devices() -> list[str]:
    import torch

    gpus = [f"cuda:{index}" for index in range(torch.cuda.device_count())]
    metal = ["mps"] if torch.backends.mps.is_available() else []
    return [*gpus, *metal, "cpu"]


def _tensorflow_devices() -> list[str]:
    import tensorflow as tf

    count = len(tf.config.list_physical_devices("GPU"))
    return [*(f"cuda:{index}" for index in range(count)), "cpu"]


def _jax_devices() -> list[str]:
    import jax

    gpus: list[Any] = [device for device in jax.devices() if device.platform == "gpu"]
    return [*(f"cuda:{index}" for index in range(len(gpus))), "cpu"]


def keras_name(device: str) -> str:
    """Return what Keras calls a device."""
    return device.replace("cuda", "gpu")
