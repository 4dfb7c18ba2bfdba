"""What `archc diff --format json` prints."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from archcompiler.documents.document import VERSION, Document, Lengths, Part, Place


class Network(Part):
    """One of the two networks."""

    spec: str = Field(description="The file that it is described in.")
    name: str = Field(description="Its name.")
    fingerprint: str = Field(description="Equal for networks that compute the same.")
    layers: int = Field(description="How many it has.")
    parameters: int = Field(description="Values in all tensors.")
    multiply_adds: int | None = Field(description="For one sample; null where a size is unknown.")
    memory_bytes: int | None = Field(description="Of all outputs for one sample, in float32.")


class Change(Part):
    """A value that is not what it was, as a spec writes it."""

    field: str = Field(description="What it is the value of.")
    old: str | None = Field(description="What it was; null where there was none.")
    new: str | None = Field(description="What it is; null where there is none.")


class Layer(Part):
    """A layer of one of the two networks."""

    name: str = Field(description="Its name.")
    type: str = Field(description="Its type.")
    output: Lengths = Field(
        description="The lengths of its output, channels first; null where one is not known."
    )
    parameters: int = Field(description="Values in all its tensors.")
    multiply_adds: int | None = Field(description="For one sample; null where a size is unknown.")
    memory_bytes: int | None = Field(description="Of its output for one sample, in float32.")
    place: Place = Field(description="Where it is written.")


class LayerChange(Part):
    """A layer that is not what it was."""

    change: Literal["added", "removed", "renamed", "changed", "follows"] = Field(
        description="What became of it; one that follows has other shapes by what it reads."
    )
    old: Layer | None = Field(description="What it was; null where it was added.")
    new: Layer | None = Field(description="What it is; null where it was removed.")
    fields: tuple[Change, ...] = Field(description="What it has otherwise.")
    effects: tuple[Change, ...] = Field(description="Its shapes that came out otherwise.")


class _Tensor(Part):
    tensor: str = Field(description="Its name in a checkpoint: the layer's and the parameter's.")
    layer: str = Field(description="The layer that it is of.")
    parameter: str = Field(description="Its name in that layer.")
    place: Place = Field(description="Where the layer is written.")


class Missing(_Tensor):
    """A tensor that an old checkpoint lacks."""

    shape: tuple[int, ...] = Field(description="The lengths of its axes.")
    renamed_from: str | None = Field(description="What it is called in the old checkpoint.")


class Extra(_Tensor):
    """A tensor of an old checkpoint that the new network does not have."""

    shape: tuple[int, ...] = Field(description="The lengths of its axes.")
    renamed_to: str | None = Field(description="What it is called in the new network.")


class Reshaped(_Tensor):
    """A tensor of an old checkpoint that has another shape in the new network."""

    old_shape: tuple[int, ...] = Field(description="The lengths of its axes in the checkpoint.")
    new_shape: tuple[int, ...] = Field(description="Those in the new network.")


class Checkpoint(Part):
    """Whether a checkpoint of the old network loads strictly into the new one."""

    loads: bool = Field(description="Whether it does.")
    fitting: int = Field(description="How many of its tensors the new network takes as they are.")
    missing: tuple[Missing, ...] = Field(description="A renamed tensor is here, and among `extra`.")
    extra: tuple[Extra, ...] = Field(description="Tensors that the new network does not have.")
    reshaped: tuple[Reshaped, ...] = Field(description="Tensors of another shape.")


class Diff(Document):
    """What changed from one network to another: `archc diff --format json`."""

    format_version: Literal[1] = Field(description=VERSION)
    old: Network
    new: Network
    empty: bool = Field(description="Whether nothing changed.")
    settings: tuple[Change, ...] = Field(description="Changes of the network as a whole.")
    layers: tuple[LayerChange, ...] = Field(description="Layers that are not what they were.")
    checkpoint: Checkpoint
