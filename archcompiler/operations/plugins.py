"""Operations that other packages bring: none is in the registry before `load` is called.

That is where a spec has faults without them, and where all operations are listed. So a spec that is
sound without them costs no look for them, and means the same: its blocks may have their names.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import get_args

from archcompiler import plugins
from archcompiler.operations import BUILT_IN, FIELDS, KNOWN_AS, REGISTRY, Operation
from archcompiler.operations.operation import Family

_looked = False


def load() -> bool:
    """Load them, the first time; return whether there are any, which may be left out."""
    global _looked
    if _looked:
        return False
    _looked = True
    found = plugins.found(plugins.OPERATIONS)
    names = {plugin.name for plugin in found}
    for plugin in found:
        if plugin.name in BUILT_IN:
            plugins.leave_out(plugin, f"archc itself has an operation `{plugin.name}`")
        else:
            _take(plugin, names)
    return bool(found or plugins.left_out(plugins.OPERATIONS))


def leave_out(name: str, why: str) -> None:
    """Note that the operation `name` of another package cannot be used."""
    for plugin in plugins.found(plugins.OPERATIONS):
        if plugin.name == name:
            plugins.leave_out(plugin, why)


def _take(plugin: plugins.Plugin, names: Collection[str]) -> None:
    """Load an operation of those with these names; a module may declare several of them."""
    known = set(REGISTRY)
    kind = plugins.load(plugin)
    new = REGISTRY.keys() - known
    unnamed = sorted(new - set(names))
    if kind is None:
        _forget(new)
    elif unnamed:
        plugins.leave_out(plugin, f"it declares `{unnamed[0]}`, too, which no entry point names")
        _forget(new)
    elif why := _why_not(kind, plugin.name):
        plugins.leave_out(plugin, why)
        _forget({plugin.name})


def _forget(names: Collection[str]) -> None:
    for name in names:
        REGISTRY.pop(name, None)
    for word in [word for word, meaning in KNOWN_AS.items() if meaning.type in names]:
        del KNOWN_AS[word]
    FIELDS.clear()
    FIELDS.update(name for operation in REGISTRY.values() for name in operation.fields)


def _why_not(kind: object, name: str) -> str:
    """Return why an operation cannot be used; nothing where it can."""
    if not (isinstance(kind, type) and issubclass(kind, Operation)):
        return "it is no subclass of `archcompiler.operations.Operation`"
    if REGISTRY.get(name) is not kind:
        return f'it is not declared with `@operation("{name}")`'
    if getattr(kind, "family", None) not in get_args(Family):
        return f"its `family` is none of {', '.join(get_args(Family))}"
    from archcompiler.operations.reference import described  # which only these need

    about = described(kind)
    if not (about.sentence and about.example):
        return "its docstring lacks a sentence, or an `Example:`"
    return ""
