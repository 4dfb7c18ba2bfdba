"""What lowers an operation: a backend's own code, or a rule that the operation brings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from archcompiler import plugins
from archcompiler.backends import BACKENDS
from archcompiler.backends.backend import unsupported
from archcompiler.operations import Operation
from archcompiler.plugins import Plugin


def lowering_of(
    operation: Operation, lowerings: Mapping[type, Callable[..., Any]], backend: str
) -> Callable[..., Any]:
    """Return what lowers `operation`; raise a fault if `backend` has nothing that does."""
    kind = type(operation)
    found = lowerings.get(kind)
    if found is not None:
        return found
    why = BACKENDS[backend].cannot.get(kind, "")
    if backend in kind.rules:
        rule = Plugin(plugins.OPERATIONS, kind.type, kind.rules[backend])
        found, why = plugins.load(rule), plugins.why_left_out(rule)
        if found is not None:
            return found  # type: ignore[no-any-return]
    others = list(_expressing(kind, backend))
    named = " and ".join(f"`{name}`" for name in others) or "no backend"
    message = f"`{backend}` has no `{operation.type}`{why and f': {why}'}"
    raise unsupported("type", message, f"{named} express{'' if len(others) > 1 else 'es'} it")


def _expressing(operation: type[Operation], backend: str) -> Iterator[str]:
    """Yield the names of the backends but one that express an operation."""
    for name, each in BACKENDS.items():
        with suppress(ImportError):  # of other packages
            if name != backend and (name in operation.rules or operation in each.lowerings):
                yield name
