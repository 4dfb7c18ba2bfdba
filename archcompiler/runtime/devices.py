"""Names of devices, the same for all backends."""

from __future__ import annotations

import re

from archcompiler.runtime.frameworks import framework_of

NAMES = ("auto", "cpu", "gpu", "cuda", "mps")
_NAMED = re.compile(r"cpu|mps|(?:gpu|cuda)(?::(?P<number>[0-9]{1,3}))?")


class DeviceMissing(Exception):
    """A device is not available; the message lists those that are."""


def choose(wanted: str, backend: str) -> str:
    """Return the device that `wanted` names, as `cpu`, `cuda:N` or `mps`.

    `auto` is the best device, `gpu` the first GPU of any kind, `cuda` the first CUDA device.

    Raises:
        DeviceMissing: The device is not available, or the name is not valid.
    """
    if wanted != "auto" and not _NAMED.fullmatch(wanted):
        names = ", ".join(f"`{name}`" for name in NAMES)
        raise DeviceMissing(f"no device is named `{wanted}`: write one of {names}, or `cuda:N`")
    available = framework_of(backend).devices()
    for device in available:
        if _is(device, wanted):
            return device
    raise DeviceMissing(f"there is no device `{wanted}` for {backend}: there is {_list(available)}")


def _is(device: str, wanted: str) -> bool:
    """Whether an available device is the `wanted` one."""
    kind, _, number = wanted.partition(":")
    if number:
        return device == f"cuda:{int(number)}"
    fits = {"auto": True, "gpu": device != "cpu", "cuda": device.startswith("cuda:")}
    return fits.get(kind, device == kind)


def _list(devices: list[str]) -> str:
    return " and ".join(f"`{device}`" for device in devices)
