"""Shape, parameters and costs of one layer, from its operation and input shapes."""

from __future__ import annotations

from typing import NamedTuple

from archcompiler.diagnostics import Fault
from archcompiler.graph.graph import Limits
from archcompiler.language.rows import Checked
from archcompiler.operations import Inputs, Operation, Parameter, Shape


class Inferred(NamedTuple):
    """What is inferred for a row: it is the same for equal rows on equal input shapes.

    The operation has a value per spatial axis, as `kernel` 3x3 where the row has one number.
    """

    operation: Operation
    shape: Shape
    parameters: tuple[Parameter, ...]
    multiply_adds: int | None


def inferred_of(checked: Checked, inputs: Inputs, limits: Limits) -> Inferred:
    """Apply the rules of an operation to input shapes.

    Raises:
        Fault: The inputs do not fit the operation, or the output is over the limits.
    """
    operation = checked.operation
    assert operation is not None
    _check_arity(operation.minimum_inputs, operation.maximum_inputs, len(inputs))
    _check_values(operation, inputs)
    operation = operation.on(inputs)
    shape = operation.shape(inputs)
    _check_limits(shape, limits)
    parameters = operation.parameters(inputs)
    return Inferred(operation, shape, parameters, operation.multiply_adds(inputs, shape))


def _check_values(operation: Operation, inputs: Inputs) -> None:
    whole = next((shape for shape in inputs if not shape.values.real), None)
    if whole is not None and not operation.reads_whole:
        message = f"this layer computes with real numbers, but its input is {whole}"
        raise Fault("ARC403", message, field="type")


def fits(shape: Shape, limits: Limits) -> bool:
    """Whether a shape is within the limits."""
    try:
        _check_limits(shape, limits)
    except Fault:
        return False
    return True


def _check_limits(shape: Shape, limits: Limits) -> None:
    lengths = [length for length in shape.lengths if length is not None]
    if max(lengths) > limits.dimension:
        maps_are = not shape.is_vector and shape.channels == max(lengths)
        raise Fault(
            "ARC406",
            f"a dimension of this layer is {max(lengths):,}, over the limit of"
            f" {limits.dimension:,}",
            field="maps" if maps_are else "size",
            help=["`--limit dimension=NUMBER` raises the limit"],
        )
    if (shape.elements or 0) > limits.activations:
        raise Fault(
            "ARC406",
            f"the output of this layer is {shape.elements:,} values, over the limit of"
            f" {limits.activations:,}",
            help=["`--limit activations=NUMBER` raises the limit"],
        )


def _check_arity(minimum: int, maximum: int, given: int) -> None:
    if minimum <= given <= maximum:
        return
    if maximum == 0:
        raise Fault("ARC304", "this layer is an input, which reads no other layer", field="from")
    several = f"{minimum} to {maximum}" if minimum < maximum else str(maximum)
    wanted = "1 input" if maximum == 1 else f"{several} inputs"
    hint = (
        "`from: [a, b]` reads two layers" if minimum > 1 else "`concatenate` or `add` joins several"
    )
    raise Fault(
        "ARC304", f"this layer reads {wanted}, but is given {given}", field="from", help=[hint]
    )
