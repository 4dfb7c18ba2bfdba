"""Whether a framework is here, and which of its own backends Keras is to use."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path

from archcompiler.backends import backend_named

KERAS_BACKENDS = ("tensorflow", "jax", "torch")


class FrameworkMissing(Exception):
    """A framework is not installed; the message says which extra brings it."""

    def __init__(self, name: str) -> None:
        extra = backend_named(name).extra
        super().__init__(
            f"the backend `{name}` is not installed: pip install 'archcompiler[{extra}]'"
        )


def require(name: str) -> None:
    """Make sure that `name` can be imported, before anything is begun.

    Raises:
        FrameworkMissing: It cannot.
    """
    if name == "torch":
        if find_spec("torch") is None:
            raise FrameworkMissing(name)
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow's start-up notes
    installed = [found for found in KERAS_BACKENDS if find_spec(found) is not None]
    if find_spec("keras") is None or not installed:
        raise FrameworkMissing(name)
    chosen = "keras" in sys.modules or "KERAS_BACKEND" in os.environ or _has_configuration()
    if not chosen and "tensorflow" not in installed:  # Keras itself would take TensorFlow
        os.environ["KERAS_BACKEND"] = installed[0]


def _has_configuration() -> bool:
    home = os.environ.get("KERAS_HOME") or str(Path.home() / ".keras")
    return (Path(home) / "keras.json").exists()
