"""An operation: what a spec says of it, the shape that it gives, and where its code is."""

from __future__ import annotations

from archcompiler.diagnostics import Fault
from archcompiler.operations import Inputs, Operation, Shape
from archcompiler.operations.fields import Count, field
from archcompiler.operations.operation import maps_of, operation


@operation("channel_shuffle", "shuffle_channels")
class ChannelShuffle(Operation):
    """Takes a map from each of several groups in turn (Zhang et al. 2018).

    Between two convolutions in groups, it lets the second read of all groups of the first.

    Example:
        - {layer: In, type: input, maps: 6, size: 8x8}
        - {layer: S1, type: channel_shuffle, groups: 2}
    """

    family = "rearranging"
    rules = {
        "keras": "archc_example.rules:in_keras",
        "torch": "archc_example.rules:in_torch",
        "steps": "archc_example.rules:in_steps",
    }

    groups: int = field(Count(), "groups that the maps are in")

    def shape(self, inputs: Inputs) -> Shape:
        """Return the input's shape; as many maps are in each group."""
        maps = maps_of("channel shuffle", inputs[0])
        if maps.channels % self.groups:
            raise Fault(
                "ARC405",
                f"{maps.channels} maps cannot be split into {self.groups} equal groups",
                field="groups",
            )
        return maps
