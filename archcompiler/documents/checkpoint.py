"""What `archc inspect --format json` prints."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from archcompiler.documents.document import VERSION, Document, Part


class Tensor(Part):
    """A tensor in the file."""

    name: str = Field(description="Its name there.")
    type: str = Field(description="The type of its values, as safetensors calls it.")
    shape: tuple[int, ...] = Field(description="The lengths of its axes, as they are stored.")


class Problem(Part):
    """A tensor that is not what the spec expects."""

    problem: Literal["missing", "shape", "type", "extra"] = Field(description="What is wrong.")
    tensor: str = Field(description="Its name in the file.")
    layer: str | None = Field(description="The layer that expects it.")
    expected: tuple[int, ...] | None = Field(description="The shape that it should have.")
    found: tuple[int, ...] | None = Field(description="The shape that it has.")
    type: str | None = Field(description="The type that it has.")


class Fit(Part):
    """Whether the file holds what a spec expects."""

    fits: bool = Field(description="Whether it does.")
    written_for_another: str | None = Field(
        description="The network that it was written for, if that had another fingerprint."
    )
    layers: tuple[str, ...] = Field(description="The layers that have tensors that fit.")
    problems: tuple[Problem, ...] = Field(description="All tensors that do not fit.")


class Contents(Document):
    """What is in a file of weights, and whether it fits a spec: `archc inspect --format json`."""

    format_version: Literal[1] = Field(description=VERSION)
    file: str = Field(description="The file, as it was named.")
    form: str = Field(description="The kind of file.")
    metadata: dict[str, str] = Field(description="What it says of itself.")
    tensors: tuple[Tensor, ...] = Field(description="In the order of the file.")
    others: tuple[str, ...] = Field(description="What else is there, such as an optimizer's state.")
    fit: Fit | None = Field(description="Null where no spec was given.")
