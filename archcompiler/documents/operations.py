"""What `archc ops --format json` prints."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from archcompiler.documents.document import VERSION, Document, Lengths, Part


class Inputs(Part):
    """How many layers an operation reads."""

    minimum: int = Field(description="At least so many.")
    maximum: int = Field(description="At most so many.")


class OfField(Part):
    """A field that rows of an operation may have."""

    name: str = Field(description="Its name in a row.")
    doc: str = Field(description="What it is.")
    kind: str = Field(description="What it holds.")
    required: bool = Field(description="Whether it has to be given.")
    default: bool | int | float | str | None = Field(
        description="Its value where it is not given; null where there is none, or it depends."
    )


class Parameter(Part):
    """A tensor of the example's last layer."""

    name: str = Field(description="Its name in the layer.")
    axes: str = Field(description="The names of its axes; one in brackets is factored.")
    shape: tuple[int, ...] = Field(description="The lengths of its axes.")
    trainable: bool = Field(description="Whether training changes it by gradients.")


class Example(Part):
    """Rows, and what the last of them comes to."""

    rows: tuple[str, ...] = Field(description="Lines of a spec.")
    output: Lengths = Field(
        description="The lengths of its output, channels first; null where one is not known."
    )
    parameters: tuple[Parameter, ...] = Field(description="Its tensors.")
    multiply_adds: int | None = Field(description="For one sample; null where a size is unknown.")


class Operation(Part):
    """A type that a row may have."""

    type: str = Field(description="Its name in a row.")
    known_as: tuple[str, ...] = Field(description="Other words that are taken for it.")
    sentence: str = Field(description="What it does.")
    remarks: str = Field(description="What else is to be said of it.")
    inputs: Inputs = Field(description="How many layers it reads.")
    fields: tuple[OfField, ...] = Field(description="The fields of its own.")
    output: str = Field(description="The rule for the shape of its output.")
    parameters: str = Field(description="The rule for its tensors.")
    multiply_adds: str = Field(description="The rule for its costs.")
    example: Example


class Reference(Document):
    """Types that rows may have, and all about each: `archc ops --format json`."""

    format_version: Literal[1] = Field(description=VERSION)
    operations: tuple[Operation, ...] = Field(description="By the alphabet.")
