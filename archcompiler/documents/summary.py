"""What `archc summary --format json` prints."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from archcompiler.documents.document import VERSION, Document, Lengths, Part


class Layer(Part):
    """A layer, or a block whose layers are not shown, with their sums."""

    name: str = Field(description="Its name; layers of a block have the block's before a dot.")
    type: str = Field(description="Its type, or its block and how often that is repeated.")
    activation: str | None = Field(description="The function that it ends in.")
    inputs: tuple[str, ...] | None = Field(description="The layers it reads; null for a block.")
    output: Lengths = Field(
        description="The lengths of its output, channels first; null where one is not known."
    )
    parameters: int = Field(description="Values in all its tensors.")
    multiply_adds: int | None = Field(description="For one sample; null where a size is unknown.")
    memory_bytes: int | None = Field(description="Of its output for one sample, in float32.")
    receptive_field: Lengths | dict[str, Lengths | None] | None = Field(
        description="Cells of the input that one of its own depends on, place by place; null where"
        " that is all of it, or for a block. With several inputs, the same for each by its name."
    )


class Totals(Part):
    """Sums over all layers."""

    parameters: int = Field(description="Values in all tensors.")
    trainable: int = Field(description="Those that training changes by gradients.")
    not_trainable: int = Field(description="The others.")
    multiply_adds: int | None = Field(description="For one sample; null where a size is unknown.")
    memory_bytes: int | None = Field(description="Of all outputs for one sample, in float32.")


class Summary(Document):
    """The layers of a network with their shapes and costs: `archc summary --format json`."""

    format_version: Literal[1] = Field(description=VERSION)
    name: str = Field(description="The network's name.")
    fingerprint: str = Field(description="Equal for networks that compute the same.")
    layers: tuple[Layer, ...] = Field(description="In an order in which each reads earlier ones.")
    outputs: tuple[str, ...] = Field(description="The layers that the network gives.")
    totals: Totals = Field(description="Sums over all layers.")
