"""Activations as Keras has them: a string where there is one, else a layer or a function."""

from __future__ import annotations

from archcompiler.backends.code import (
    Expression,
    call,
)
from archcompiler.operations.fields import Named

# Activations that Keras knows by a string, with no arguments of their own.
ACTIVATIONS = {
    "linear": "linear",
    "relu": "relu",
    "relu6": "relu6",
    "selu": "selu",
    "gelu": "gelu",
    "silu": "silu",
    "mish": "mish",
    "softplus": "softplus",
    "sigmoid": "sigmoid",
    "hard_sigmoid": "hard_sigmoid",
    "hard_swish": "hard_silu",
    "tanh": "tanh",
    "exp": "exponential",
    "softmax": "softmax",
}


def activation_string(activation: Named | None) -> str | None:
    """Return the string that Keras knows an activation by, if there is one."""
    if activation is None:
        return None
    if activation == Named("elu", (1.0,)):
        return "elu"
    bare = not activation.arguments or activation.name not in ACTIVATIONS
    return ACTIVATIONS.get(activation.name) if bare else None


def activation_call(activation: Named, x: Expression, name: Expression) -> Expression:
    """Return an activation as a step of its own."""
    known = activation_string(activation)
    if known is not None:
        return call(call("layers.Activation", known, name=name), x)
    if activation.name == "gelu_tanh":
        return call("ops.gelu", x, approximate=True)
    if activation.name == "silu":
        return call("scaled_silu", x, *activation.arguments)
    (slope,) = activation.arguments
    if activation.name == "leaky_relu":
        return call(call("layers.LeakyReLU", negative_slope=slope, name=name), x)
    assert activation.name == "elu"
    return call(call("layers.ELU", alpha=slope, name=name), x)
