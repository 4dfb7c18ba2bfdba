"""Completions in a shell: specs, types, codes, parameters, limits, devices."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from archcompiler.check import ENDINGS, STDIN
from archcompiler.graph import Limits

DEEPEST = 16  # levels of folders with a single entry that are opened


def specs(context: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Return the specs and folders that begin with `begun`, and `-` for standard input."""
    found = list(_paths(begun))
    for _ in range(DEEPEST):  # a shell adds a space after a single completion
        if len(found) != 1 or not found[0].endswith(os.sep):
            break
        found = list(_paths(found[0])) or found[:0]
    return _items([*found, STDIN] if not begun else found)


def _paths(begun: str) -> Iterator[str]:
    folder, name = os.path.split(begun)
    head = begun.removesuffix(name)
    try:
        entries = sorted(os.scandir(Path(folder or ".").expanduser()), key=lambda each: each.name)
    except OSError:
        return
    for entry in entries:
        hidden = entry.name.startswith(".") and not name.startswith(".")
        if not entry.name.startswith(name) or hidden or any(map(str.isspace, entry.name)):
            continue
        if entry.is_dir():
            yield f"{head}{entry.name}{os.sep}"
        elif entry.name.endswith(ENDINGS):
            yield head + entry.name


def types(context: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Return the types and their aliases that begin with `begun`."""
    from archcompiler.operations import REGISTRY
    from archcompiler.operations.plugins import load as load_others

    load_others()
    words = {name: operation.__doc__ or "" for name, operation in REGISTRY.items()}
    for name, operation in REGISTRY.items():
        for word in (*operation.known_as, *operation.also):
            words.setdefault(word, name)
    return [
        CompletionItem(word, help=said.partition("\n")[0])
        for word, said in words.items()
        if word.lower().startswith(begun.lower())
    ]


def codes(context: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Return the codes of diagnostics, or their names, that begin with `begun`."""
    from archcompiler.diagnostics import catalogue

    entries = [catalogue.entry(code) for code in catalogue.codes()]
    words = [(entry.code, entry.title) for entry in entries]
    words += [(entry.name, entry.title) for entry in entries] if begun else []
    return [
        CompletionItem(word, help=title)
        for word, title in words
        if word.lower().startswith(begun.lower())
    ]


def parameters(
    context: click.Context, parameter: click.Parameter, begun: str
) -> list[CompletionItem]:
    """Return the parameters of the spec on the command line, with their values."""
    from archcompiler.architecture import load
    from archcompiler.diagnostics import SpecError
    from archcompiler.files import FileError
    from archcompiler.language.expressions import value_text

    known: dict[str, str] = {}
    for word in context.args:  # the words before an incomplete option
        if word.endswith(ENDINGS):
            with suppress(SpecError, FileError):
                for name, value in load(word).graph.body.parameters.items():
                    known.setdefault(name, f"{name}={value_text(value)}")
    return _items(word for word in known.values() if word.startswith(begun))


def limits(context: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Return the limits with their default values."""
    words = (f"{name}={number}" for name, number in Limits()._asdict().items())
    return _items(word for word in words if word.startswith(begun))


def devices(context: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Return the names for `--device`; only a framework knows which are available."""
    from archcompiler.runtime.devices import NAMES

    return _items(word for word in NAMES if word.startswith(begun))


def _items(words: Iterable[str]) -> list[CompletionItem]:
    return [CompletionItem(word) for word in words]
