"""Arguments of a definition: their types, their defaults, and how they are written.

params: {maps: int, kernel: 3}      ->      maps: int, kernel: int = 3
"""

from __future__ import annotations

from typing import Any, NamedTuple

from archcompiler.backends.blocks.translation import constant
from archcompiler.backends.code import Expression, Literal
from archcompiler.backends.code.printer import one_line


class Argument(NamedTuple):
    """An argument of a definition; `given` is what it stands for, such as `input.maps`, if any.

    `derived`: uses compute it, and no author states it, so that calls give its name.
    """

    name: str
    annotation: str
    default: Expression | None = None
    given: str | None = None
    parameter: str | None = None
    derived: bool = False

    @property
    def is_required(self) -> bool:
        """Whether it is a parameter that each use of the block states."""
        return self.parameter is not None and self.default is None and not self.derived


def signature(arguments: tuple[Argument, ...]) -> list[str]:
    """Return the parameters of a definition as text."""
    texts = []
    for argument in arguments:
        default = "" if argument.default is None else f" = {one_line(argument.default)}"
        texts.append(f"{argument.name}: {argument.annotation}{default}")
    return texts


def type_of_expressions(values: tuple[Expression | None, ...]) -> str:
    """Return the type that all constants have that are there."""
    plain = [value.value for value in values if isinstance(value, Literal)]
    if len(plain) < sum(value is not None for value in values):
        return "tuple[int, ...]" if not plain else "int | tuple[int, ...]"
    return type_of(plain)


def type_of(values: list[Any]) -> str:
    """Return the type that all `values` have."""
    kinds = list(dict.fromkeys(type(value) for value in values))
    if kinds == [list]:
        return f"tuple[{type_of([item for value in values for item in value])}, ...]"
    if float in kinds and set(kinds) <= {int, float}:
        return "float"
    return " | ".join(kind.__name__ for kind in kinds)


def default_of(value: Any, annotation: str) -> Expression | None:
    """Return a parameter's default, unless uses of another kind have a definition of their own."""
    fits = type_of([value]) in annotation.split(" | ")
    fits = fits or (annotation == "float" and type(value) is int)
    return constant(value) if fits else None
