"""An operation: what a spec says of it, the shape that it gives, and where its code is."""

from __future__ import annotations

from archcompiler.diagnostics import Fault
from archcompiler.operations import Inputs, Operation, Shape
from archcompiler.operations.fields import Count, field
from archcompiler.operations.operation import maps_of, operation


@operation("channel_unshuffle", "unshuffle_channels")
class ChannelUnshuffle(Operation):
    """Puts maps that lie in turn back into groups: it undoes a channel shuffle.

    Of six maps and two groups, the first, the third and the fifth become the first group.

    Example:
        - {layer: In, type: input, maps: 6, size: 8x8}
        - {layer: S1, type: channel_unshuffle, groups: 2}
    """

    family = "rearranging"
    rules = {
        "keras": "archc_example.rules:in_keras",
        "torch": "archc_example.rules:in_torch",
        "steps": "archc_example.rules:in_steps",
    }

    groups: int = field(Count(), "groups that the maps are put into")

    def shape(self, inputs: Inputs) -> Shape:
        """Return the input's shape; as many maps are in each group."""
        maps = maps_of("channel unshuffle", inputs[0])
        if maps.channels % self.groups:
            raise Fault(
                "ARC405",
                f"{maps.channels} maps cannot be split into {self.groups} equal groups",
                field="groups",
            )
        return maps
