"""Values for fields, drawn from the kinds that the operations declare them as.

A kind that is not known here is drawn from the words of its schema, so that an operation with
fields of its own is tried as soon as it is registered.
"""

from __future__ import annotations

from random import Random
from typing import Any

from archcompiler.operations.fields import (
    REQUIRED,
    Count,
    Field,
    Flag,
    Index,
    Kind,
    NamedKind,
    Number,
    Numbers,
)
from archcompiler.operations.lengths import Cells, PaddingKind, Size, Window

Raw = str | list[str]
SIDES = (*range(1, 13), 2, 4, 6, 8, 8, 12)  # of maps, some of which halve well
OFTEN = 0.3  # how often a field is given that need not be


def drawn(item: Field, random: Random) -> Raw:
    """Return a value for a field as a spec writes it: small, since everything is run."""
    match item.kind:
        case Count(minimum=least):
            return str(max(least, random.choice([1, 2, 2, 3, 4, 4, 5, 6, 8])))
        case Index():
            return str(random.choice([0, 0, 1, -1]))
        case Window():
            return _window(random)
        case Size():
            axes = random.choice([1, 2, 2, 2, 3])
            return "x".join(str(random.choice(SIDES)) for _ in range(axes))
        case Cells():
            return random.choice(["1", "2", "0x1", "1x2"])
        case PaddingKind():
            return _padding(random)
        case Number() as kind:
            return _number(kind, item.default, random)
        case Numbers():
            return _numbers(random)
        case Flag():
            return random.choice(["true", "false"])
        case NamedKind() as kind:
            return _named(kind, random)
    return _of_schema(item.kind, item.kind.schema(), random)


def fields(of: Any, random: Random, often: float = OFTEN) -> dict[str, Raw]:
    """Return fields for an operation, an optimizer or a schedule: all that it needs, and more."""
    one = random.choice(getattr(of, "needs_one_of", ()) or [""])
    return {
        name: drawn(item, random)
        for name, item in of.fields.items()
        if name == one or item.default is REQUIRED or random.random() < often
    }


def _window(random: Random) -> Raw:
    rows, columns = (str(random.choice([1, 2, 2, 3, 3, 3, 4, 5])) for _ in range(2))
    choices: list[Raw] = [rows, rows, f"{rows}x{columns}", [rows, columns]]
    return random.choice(choices)


def _padding(random: Random) -> Raw:
    cells = [str(random.choice([0, 1, 1, 2, 3])) for _ in range(4)]
    choices: list[Raw] = ["same", "same", "valid", cells[0], f"{cells[0]}x{cells[1]}", cells]
    return random.choice(choices)


def _number(kind: Number, default: Any, random: Random) -> str:
    low = 0.0 if kind.low is None else kind.low
    high = low + 1 if kind.high is None else kind.high
    number = random.uniform(low, high)
    if isinstance(default, float) and default:
        number = default * random.choice([0.1, 0.5, 1, 2, 3])
    if random.random() < 0.1:
        number = random.choice([low, high])
    number = float(f"{min(max(number, low), high):.3g}")
    if (kind.below and number >= high) or (kind.above and number <= low):
        number = float(f"{(low + high) / 2:.3g}")
    return repr(number)


def _numbers(random: Random) -> Raw:
    """Return a number, or a few: as many as the input has maps, if they happen to be."""
    texts = [f"{random.uniform(-2, 2):.2f}" for _ in range(random.choice([1, 1, 2, 3]))]
    return texts if texts[1:] else texts[0]


def _named(kind: NamedKind, random: Random) -> str:
    name = random.choice(list(kind.table))
    defaults = kind.table[name]
    if not defaults or (None not in defaults and random.random() < 0.5):
        return name
    numbers = sorted(round(random.uniform(0.01, 0.9), 2) for _ in defaults)
    return f"{name}({', '.join(map(repr, numbers))})"


def _of_schema(kind: Kind, schema: Any, random: Random) -> Raw:
    """Return a value that a schema takes: one of its words, an example, or a number."""
    if "anyOf" in schema:
        return _of_schema(kind, random.choice(schema["anyOf"]), random)
    for key in ("enum", "examples"):
        if schema.get(key):
            return str(random.choice(schema[key]))
    if "minimum" in schema:
        return str(schema["minimum"] + random.randint(0, 3))
    raise TypeError(f"no value can be drawn for a {type(kind).__name__}: its schema has no words")
