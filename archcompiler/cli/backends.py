"""Backends by the names that users give them."""

from __future__ import annotations

import os
from typing import Any

import click

BACKENDS = ("keras", "torch")

# What a backend is called, too: the backend, and what Keras is then to run on.
KNOWN_AS = {
    "pytorch": ("torch", ""),
    "tensorflow": ("keras", "tensorflow"),
    "tf": ("keras", "tensorflow"),
    "jax": ("keras", "jax"),
}


class Backend(click.Choice[str]):
    """A backend, or what Keras is to run on: then that is what `KERAS_BACKEND` says."""

    def __init__(self) -> None:
        super().__init__(BACKENDS)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the backend that `value` names."""
        word = str(value).lower()
        backend, below = KNOWN_AS.get(word, (word, ""))
        chosen = os.environ.setdefault("KERAS_BACKEND", below) if below else ""
        if chosen != below:
            message = f"`{value}` is Keras on `{below}`, and KERAS_BACKEND says `{chosen}`"
            self.fail(f"{message}: unset it, or write `keras`", param, ctx)
        found: str = super().convert(backend, param, ctx)
        return found
