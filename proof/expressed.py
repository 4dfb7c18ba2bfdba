"""Expressions for fields, over what is known where a row stands."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from archcompiler.operations.fields import (
    ACTIVATIONS,
    Count,
    Flag,
    Kind,
    NamedKind,
    Number,
)
from archcompiler.operations.lengths import PaddingKind, Size, Window
from proof.fields import Raw

# sort of a parameter: values for it, and the type by which it is declared without a default
SORTS = {
    "whole": (("1", "2", "3", "4", "6", "8"), "int"),
    "flag": (("true", "false"), "bool"),
    "function": (("relu", "tanh", "leaky_relu(0.1)", "silu"), "text"),
    "rate": (("0.1", "0.25", "0.5"), "number"),
}


class Scope(NamedTuple):
    """What is known: parameters by their sorts, a block's inputs, the number of a copy."""

    parameters: dict[str, str]
    inputs: tuple[str, ...] = ()
    counted: bool = False

    @property
    def shapes(self) -> tuple[str, ...]:
        """The names under which shapes are known: that of what a row reads is known anywhere."""
        return ("reads", *self.inputs)

    def of(self, sort: str) -> list[str]:
        """Return the parameters of a sort."""
        return [name for name, known in self.parameters.items() if known == sort]


def expressed(kind: Kind, scope: Scope, random: Random) -> Raw | None:
    """Return an expression for a field; None where nothing is known that would do."""
    match kind:
        case Count():
            return _one(_whole(scope), random)
        case Window():
            number = _one(_whole(scope), random)
            return number and random.choice([number, f"{number}x3", f"2x{number}"])
        case PaddingKind():
            return _one([*_whole(scope), *(f"{name} // 2" for name in scope.of("whole"))], random)
        case Size():
            name = random.choice(scope.shapes)
            one = f"{name}.features", f"max(1, {name}.features // 2)", *_whole(scope)
            two = f"${{{name}.height}}x${{{name}.width}}"
            less = f"${{max(1, {name}.height - 1)}}x${{{name}.width}}"
            return random.choice([_one(one, random), two, less])
        case Flag():
            return _one(flags(scope), random)
        case Number():
            rates = [part for name in scope.of("rate") for part in (name, f"{name} / 2")]
            return _one([*rates, *(["0.1 * (index + 1)"] if scope.counted else [])], random)
        case NamedKind(table=table) if table is ACTIVATIONS:
            return _one(_functions(scope), random)
    return None


def _one(choices: tuple[str, ...] | list[str], random: Random) -> str | None:
    return f"${{{random.choice(choices)}}}" if choices else None


def _whole(scope: Scope) -> list[str]:
    found = []
    for name in scope.shapes:
        found += [f"{name}.maps", f"{name}.maps * 2", f"max(1, {name}.maps // 2)", f"{name}.height"]
    for name in scope.of("whole"):
        found += [name, name, f"{name} * 2", f"{name} + 1", f"max(1, {name} // 2)"]
    if scope.counted:
        found += ["index + 1", "2 * index + 1", "[3, 1, 2, 5][index]", "2 if index == 0 else 1"]
    found += [f"2 if {name} else 1" for name in scope.of("flag")]
    return found


def flags(scope: Scope) -> list[str]:
    """Return expressions that are true or false."""
    found = [f"{name}.maps {other}" for name in scope.shapes for other in ("> 3", "== 4")]
    found += [part for name in scope.of("flag") for part in (name, f"not {name}")]
    found += [f"{name} > 2" for name in scope.of("whole")]
    return [*found, "index == 0", "index != 1"] if scope.counted else found


def _functions(scope: Scope) -> list[str]:
    found = [f"'relu' if {name} else 'tanh'" for name in scope.of("flag")]
    found += ["'silu' if index == 0 else 'relu'"] if scope.counted else []
    return [*found, *scope.of("function") * 2]
