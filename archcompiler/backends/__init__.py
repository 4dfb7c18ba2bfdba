"""One module a backend. Each turns a graph into the source that its users would write."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archcompiler.backends.backend import Backend

BACKENDS = {"keras": "archcompiler.backends.keras", "torch": "archcompiler.backends.torch"}


def backend_named(name: str) -> Backend:
    """Return the backend called `name`."""
    found: Backend = import_module(BACKENDS[name]).BACKEND
    return found
