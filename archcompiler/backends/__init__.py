"""A folder a backend. Each turns a graph into the file that its users would write.

Here they are registered, in the order in which they are listed everywhere; those that other
packages bring (`archcompiler.plugins`) come behind them. What a backend is called, and what it
writes, is known without a framework and without its code for operations; its folder `runtime`,
which needs a framework, is loaded by `archcompiler.runtime.frameworks` alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archcompiler.backends.backend import Backend

BUILT_IN = {"keras": "archcompiler.backends.keras", "torch": "archcompiler.backends.torch"}
KIND = "archcompiler.backends.backend.Backend"  # of all of them
PAIR = tuple(BUILT_IN)[:2]  # what is compared where nothing else is asked for


class _Backends(Mapping[str, "Backend"]):
    """Backends by name, each imported when it is asked for; others' are looked for last."""

    def __getitem__(self, name: str) -> Backend:
        if name not in BUILT_IN:
            return _others()[name]
        found: Backend = import_module(BUILT_IN[name]).BACKEND
        return found

    def __contains__(self, name: object) -> bool:
        return name in BUILT_IN or name in _others()

    def __iter__(self) -> Iterator[str]:
        yield from BUILT_IN
        yield from _others()

    def __len__(self) -> int:
        return len(BUILT_IN) + len(_others())


BACKENDS = _Backends()


@cache
def _others() -> Mapping[str, Backend]:
    """Return the backends that other packages bring; what cannot be used is left out, and told."""
    from archcompiler import plugins

    others: dict[str, Backend] = {}
    taken = {word for name in BUILT_IN for word in (name, *BACKENDS[name].known_as)}
    for plugin in plugins.found(plugins.BACKENDS):
        backend = plugins.load(plugin)
        if backend is None:
            continue
        why = _why_not(backend, plugin.name, taken)
        if why:
            plugins.leave_out(plugin, why)
        else:
            others[plugin.name] = backend
            taken |= {plugin.name, *backend.known_as}
    return others


def _why_not(backend: Backend, name: str, taken: set[str]) -> str:
    """Return why a backend cannot be used; nothing where it can."""
    kinds = {f"{kind.__module__}.{kind.__qualname__}" for kind in type(backend).__mro__}
    if KIND not in kinds:  # by its name: importing it here would make a circle
        return f"it is a {type(backend).__name__}, and no `{KIND}`"
    if backend.name != name:
        return f"the backend itself is called `{backend.name}`"
    clash = next((word for word in (name, *backend.known_as) if word in taken), None)
    return f"there is another backend that is called `{clash}`" if clash else ""
