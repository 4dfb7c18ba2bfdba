"""What `archc verify --format json` prints."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from archcompiler.documents.document import VERSION, Document, Part, Place


class Item(Part):
    """A tensor, or a loss, of one side beside that of the other. A number that is none is null."""

    name: str = Field(description="What it is called.")
    difference: float | None = Field(description="The largest between two values.")
    largest: float | None = Field(description="The largest value.")
    share: float | None = Field(
        description="The difference as a share of the largest value, or of 1 where that is less."
    )
    within: bool = Field(description="Whether the share is within the tolerance.")
    values: tuple[float | None, float | None] | None = Field(
        default=None, description="The values of both sides: of losses alone."
    )
    place: Place | None = Field(
        default=None, description="Where the layer that it is of is written."
    )


class Comparison(Part):
    """One kind of tensors of two sides, compared in one precision."""

    of: Literal["layers", "outputs", "gradients", "losses", "weights"] = Field(
        description="What was compared; losses and weights are those after each step of training."
    )
    between: tuple[str, str] = Field(description="The two sides.")
    precision: str = Field(description="The type of all numbers.")
    tolerance: float = Field(description="The largest share that is allowed.")
    agree: bool = Field(description="Whether every item is within it.")
    first_beyond: str | None = Field(description="The first item that is not.")
    items: tuple[Item, ...] = Field(description="In the order of the network.")
    notes: tuple[str, ...] = Field(description="What is to be known of the numbers.")


class Verification(Document):
    """Whether models made from one spec compute the same: `archc verify --format json`."""

    format_version: Literal[1] = Field(description=VERSION)
    spec: str | None = Field(description="The file that the network is described in.")
    name: str = Field(description="The network's name.")
    fingerprint: str = Field(description="Equal for networks that compute the same.")
    agree: bool = Field(description="Whether all of it is within the tolerance.")
    verdicts: tuple[str, ...] = Field(description="A sentence for each two sides.")
    comparisons: tuple[Comparison, ...] = Field(description="In the order in which they are told.")
