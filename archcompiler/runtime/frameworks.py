"""Whether a framework is here, and which of its own backends Keras is to use."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path

from archcompiler.backends import backend_named

KERAS_BACKENDS = ("tensorflow", "jax", "torch")


class FrameworkMissing(Exception):
    """A framework, or a package, is not installed; the message says which extra brings it."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} is not installed: pip install 'archcompiler[{extra}]'")


def require(name: str) -> None:
    """Make sure that `name` can be imported, before anything is begun.

    Raises:
        FrameworkMissing: It cannot.
    """
    if name == "torch":
        if find_spec("torch") is None:
            raise FrameworkMissing(f"the backend `{name}`", backend_named(name).extra)
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow's start-up notes
    installed = [found for found in KERAS_BACKENDS if find_spec(found) is not None]
    if find_spec("keras") is None or not installed:
        raise FrameworkMissing(f"the backend `{name}`", backend_named(name).extra)
    chosen = "keras" in sys.modules or "KERAS_BACKEND" in os.environ or _has_configuration()
    if not chosen and "tensorflow" not in installed:  # Keras itself would take TensorFlow
        os.environ["KERAS_BACKEND"] = installed[0]


def require_package(name: str, extra: str) -> None:
    """Make sure that a package can be imported, which `extra` brings.

    Raises:
        FrameworkMissing: It cannot.
    """
    if find_spec(name) is None:
        raise FrameworkMissing(f"`{name}`", extra)


def _has_configuration() -> bool:
    home = os.environ.get("KERAS_HOME") or str(Path.home() / ".keras")
    return (Path(home) / "keras.json").exists()
