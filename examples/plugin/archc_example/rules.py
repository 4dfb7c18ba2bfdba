"""What channel unshuffle is in each backend: code as data, which archc prints."""

from __future__ import annotations

from archc_example.channel_unshuffle import ChannelUnshuffle
from archcompiler.backends.backend import unsupported
from archcompiler.backends.code import Expression, call
from archcompiler.backends.keras.step import Step as KerasStep
from archcompiler.backends.torch.step import Lowered
from archcompiler.backends.torch.step import Step as TorchStep


def in_torch(operation: ChannelUnshuffle, step: TorchStep) -> Lowered:
    """PyTorch has a module that shuffles; members of groups, shuffled, are the groups again."""
    members = step.maps.channels // operation.groups
    return Lowered(call(step.me, step.x), module=call("nn.ChannelShuffle", members))


def in_keras(operation: ChannelUnshuffle, step: KerasStep) -> Expression:
    """Keras has none: maps become members of groups, which change places with their groups."""
    maps = step.maps
    if None in maps.places:
        raise unsupported("groups", "`keras` reshapes maps of a known size alone", "state the size")
    rank, members = maps.rank, maps.channels // operation.groups
    split = (*maps.places, members, operation.groups)
    swapped = (*range(1, rank + 1), rank + 2, rank + 1)
    step.before(call(call("layers.Reshape", split, name=step.named("split")), step.x))
    step.before(call(call("layers.Permute", swapped, name=step.named("swap")), step.x))
    return call(call("layers.Reshape", (*maps.places, maps.channels), name=step.name), step.x)


def in_steps(operation: ChannelUnshuffle) -> dict[str, object]:
    """The backend of this package has documents, in which a step is a few words."""
    return {"do": "unshuffle", "groups": operation.groups}
