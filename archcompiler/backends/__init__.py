"""A folder a backend. Each turns a graph into the file that its users would write.

Here they are registered, in the order in which they are listed everywhere. What a backend is
called, and what it writes, is known without a framework and without its code for operations; its
folder `runtime`, which needs a framework, is loaded by `archcompiler.runtime.frameworks` alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archcompiler.backends.backend import Backend

BACKENDS = {"keras": "archcompiler.backends.keras", "torch": "archcompiler.backends.torch"}
PAIR = tuple(BACKENDS)[:2]  # what is compared where nothing else is asked for


def backend_named(name: str) -> Backend:
    """Return the backend called `name`."""
    found: Backend = import_module(BACKENDS[name]).BACKEND
    return found


def all_backends() -> Iterator[Backend]:
    """Yield the backends in their order."""
    return map(backend_named, BACKENDS)
