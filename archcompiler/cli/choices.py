"""Choices that are computed when they are needed: backends, and kinds of files."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

import click


class Choices(click.Choice[str]):
    """A choice of the words that `known` returns; it is called when they are needed."""

    def __init__(self, known: Callable[[], Iterable[str]]) -> None:
        self._known = known
        super().__init__(())

    @property
    def choices(self) -> tuple[str, ...]:
        """The words."""
        return tuple(self._known())

    @choices.setter
    def choices(self, words: tuple[str, ...]) -> None:
        """Ignore the attempt of click to set them."""


class BackendChoice(Choices):
    """A backend by its name or an alias; an alias may also configure the framework."""

    def __init__(self) -> None:
        super().__init__(_backends)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the backend that `value` names."""
        from archcompiler.backends import BACKENDS

        word = str(value).lower()
        if word in BACKENDS:
            return word
        for backend in BACKENDS.values():
            alias = backend.known_as.get(word)
            if alias is None:
                continue
            if alias.variable:
                chosen = os.environ.setdefault(alias.variable, alias.value)
                if chosen != alias.value:
                    message = (
                        f"`{value}` is {backend.title} on `{alias.value}`, and {alias.variable} "
                        f"says `{chosen}`: unset it, or write `{backend.name}`"
                    )
                    self.fail(message, param, ctx)
            return backend.name
        found: str = super().convert(word, param, ctx)
        return found


def _backends() -> Iterable[str]:
    from archcompiler.backends import BACKENDS

    return BACKENDS


def formats() -> Iterable[str]:
    """Return the names of the kinds of files of weights."""
    from archcompiler.checkpoints.formats import formats

    return (each.name for each in formats())
