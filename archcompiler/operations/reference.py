"""What the definition of an operation tells its users: its docstrings, defaults and example."""

from __future__ import annotations

from typing import Any, NamedTuple

from archcompiler.operations.fields import REQUIRED, Field, Named
from archcompiler.operations.lengths import Padding
from archcompiler.operations.numbers import short
from archcompiler.operations.operation import Operation
from archcompiler.operations.shape import size_text


class Description(NamedTuple):
    """An operation in words; `example` is rows of a spec, the last of them of its type."""

    sentence: str
    remarks: str
    reads: str
    shape: str
    parameters: str
    multiply_adds: str
    example: str


def described(operation: type[Operation]) -> Description:
    """Return what the docstrings of `operation` say; a part that it lacks is empty."""
    from inspect import cleandoc  # its import is slow, and `written` does not need it

    text, _, example = cleandoc(operation.__doc__ or "").partition("\n\nExample:\n")
    sentence, _, remarks = text.partition("\n\n")
    return Description(
        _joined(sentence),
        _joined(remarks),
        _reads(operation.minimum_inputs, operation.maximum_inputs),
        _rule(operation.shape.__doc__),
        _rule(operation.parameters.__doc__),
        _rule(operation.multiply_adds.__doc__),
        cleandoc(example),
    )


def _joined(text: str) -> str:
    return " ".join(text.split())


def _rule(docstring: str | None) -> str:
    """Return what a method returns: `Return the input's shape.` -> `The input's shape.`"""
    text = _joined(docstring or "").removeprefix("Return ")
    return text[:1].upper() + text[1:]


def _reads(least: int, most: int) -> str:
    match least, most:
        case 0, 0:
            return "nothing"
        case 1, 1:
            return "one layer"
    return f"{most} layers" if least == most else f"{least} to {most} layers"


def default_of(item: Field) -> str | None:
    """Return the default of a field as a spec writes it; None if there is none, or it depends."""
    match item.default:
        case None:
            return None
        case default:
            return None if default is REQUIRED else written(default)


def written(value: Any) -> str:
    """Return the value of a field as a spec writes it, quoted where a row in braces needs that."""
    from archcompiler.operations.training import Milestones  # which specs seldom have

    match value:
        case Named():
            text = str(value)
            return f'"{text}"' if "," in text else text
        case bool():
            return "true" if value else "false"
        case Milestones():
            return f"[{', '.join(map(str, value))}]"
        case Padding(mode="explicit", cells=cells):
            return _padding(cells)
        case Padding(mode=mode):
            return mode
        case (float(number),):
            return short(number)
        case (float(), *_):
            return f"[{', '.join(map(short, value))}]"
        case (_, *_):
            text = size_text(value)
            return f'"{text}"' if "?" in text else text
    return str(value)


def _padding(cells: tuple[int, ...]) -> str:
    """Return numbers of cells, two for each axis, with no more of them than it takes."""
    before, behind = cells[::2], cells[1::2]
    if before != behind:
        return f"[{', '.join(map(str, cells))}]"
    return str(before[0]) if len(set(before)) == 1 else size_text(before)
