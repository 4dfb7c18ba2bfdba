"""What every layer with a kernel is given: initializers, and a regularizer."""

from __future__ import annotations

from archcompiler.backends.code import Name
from archcompiler.backends.keras.initializers import initializer_of
from archcompiler.backends.keras.step import Step
from archcompiler.backends.keras.storage import fans_of
from archcompiler.backends.keras.training import decay_of
from archcompiler.backends.rule import Kept
from archcompiler.operations.first_weights import is_drawn_alike

KERNELS = {"weight": Kept("kernel", "* in out"), "bias": Kept("bias")}
BY_ITSELF = {"weight": "glorot_uniform", "bias": "zeros"}  # what Keras draws


def initializers(step: Step, kernel: str = "kernel") -> dict[str, object]:
    """Return the arguments for first weights that Keras would draw otherwise by itself.

    `kernel` is what it calls the kernel in such arguments.
    """
    chosen: dict[str, object] = {}
    for parameter in step.layer.parameters:
        initializer, own_fans = parameter.initializer, fans_of(step.layer, parameter)
        by_itself = initializer.name == BY_ITSELF[parameter.name]
        if not by_itself or not is_drawn_alike(parameter, own_fans):
            what = kernel if parameter.name == "weight" else parameter.name
            chosen[f"{what}_initializer"] = initializer_of(parameter, own_fans)
    return chosen


def regularizer(step: Step, kernel: str = "kernel") -> dict[str, object]:
    """Return the argument for the weight decay of the training section, if there is one."""
    return {f"{kernel}_regularizer": Name("WEIGHT_DECAY")} if decay_of(step.graph) else {}
