"""What channel shuffle is in each backend: code as data, which archc prints."""

from __future__ import annotations

from archc_example.channel_shuffle import ChannelShuffle
from archcompiler.backends.backend import unsupported
from archcompiler.backends.code import Expression, call
from archcompiler.backends.keras.step import Step as KerasStep
from archcompiler.backends.torch.step import Lowered
from archcompiler.backends.torch.step import Step as TorchStep


def in_torch(operation: ChannelShuffle, step: TorchStep) -> Lowered:
    """PyTorch has a module for it: `self.S1 = nn.ChannelShuffle(2)`, `x = self.S1(x)`."""
    return Lowered(call(step.me, step.x), module=call("nn.ChannelShuffle", operation.groups))


def in_keras(operation: ChannelShuffle, step: KerasStep) -> Expression:
    """Keras has none: maps become groups of maps, which change places with their members."""
    maps = step.maps
    if None in maps.places:
        raise unsupported("groups", "`keras` reshapes maps of a known size alone", "state the size")
    rank, members = maps.rank, maps.channels // operation.groups
    split = (*maps.places, operation.groups, members)
    swapped = (*range(1, rank + 1), rank + 2, rank + 1)
    step.before(call(call("layers.Reshape", split, name=step.named("split")), step.x))
    step.before(call(call("layers.Permute", swapped, name=step.named("swap")), step.x))
    return call(call("layers.Reshape", (*maps.places, maps.channels), name=step.name), step.x)


def in_steps(operation: ChannelShuffle) -> dict[str, object]:
    """The backend of this package has documents, in which a step is a few words."""
    return {"do": "shuffle", "groups": operation.groups}
