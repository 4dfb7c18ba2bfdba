"""What every layer with a kernel is given: initializers, and a regularizer."""

from __future__ import annotations

from archcompiler.backends.code import Name
from archcompiler.backends.keras.initializers import initializer
from archcompiler.backends.keras.step import Step
from archcompiler.backends.keras.storage import fans_of
from archcompiler.backends.keras.training import decay_of
from archcompiler.backends.rule import Kept, rule_of

BIAS = Kept("bias")


def initializers(step: Step) -> dict[str, object]:
    """Return the arguments for first weights that Keras would draw otherwise by itself."""
    rule = rule_of(step.layer.operation, "keras")
    chosen: dict[str, object] = {}
    for parameter in step.layer.parameters:
        name, _ = rule.where(parameter)
        own_fans = fans_of(step.layer, parameter)
        by_itself = "zeros"
        if name != BIAS.name and own_fans == parameter.fans:
            by_itself = "glorot_uniform"
        if parameter.initializer.name != by_itself:
            chosen[f"{name}_initializer"] = initializer(parameter, own_fans)
    return chosen


def regularizer(step: Step) -> dict[str, object]:
    """Return the argument for the weight decay of the training section, if there is one."""
    return {"kernel_regularizer": Name("WEIGHT_DECAY")} if decay_of(step.graph) else {}
