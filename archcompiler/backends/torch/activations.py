"""Activations as the functions that PyTorch has for them."""

from __future__ import annotations

from archcompiler.backends.code import Expression, call
from archcompiler.operations import Operation
from archcompiler.operations.fields import Named

# name in a spec: function, the names of its arguments, and what PyTorch must be told besides
ACTIVATIONS: dict[str, tuple[str, tuple[str, ...], dict[str, object]]] = {
    "relu": ("F.relu", (), {}),
    "relu6": ("F.relu6", (), {}),
    "leaky_relu": ("F.leaky_relu", ("negative_slope",), {}),
    "elu": ("F.elu", ("alpha",), {}),
    "selu": ("F.selu", (), {}),
    "gelu": ("F.gelu", (), {}),
    "gelu_tanh": ("F.gelu", (), {"approximate": "tanh"}),
    "silu": ("F.silu", (), {}),
    "mish": ("F.mish", (), {}),
    "softplus": ("F.softplus", (), {}),
    "sigmoid": ("torch.sigmoid", (), {}),
    "hard_sigmoid": ("F.hardsigmoid", (), {}),
    "hard_swish": ("F.hardswish", (), {}),
    "tanh": ("torch.tanh", (), {}),
    "exp": ("torch.exp", (), {}),
    "softmax": ("F.softmax", (), {}),
}


def activated(
    activation: Named | None,
    x: Expression,
    operation: Operation | None = None,
    *,
    channels: int = 1,
) -> Expression:
    """Return the activation of `x`, which `operation` gave; `channels` is their dimension."""
    if activation is None or activation.name == "linear":
        return x
    if activation.name == "silu" and activation.arguments:
        return call("scaled_silu", x, *activation.arguments)
    function, names, fixed = ACTIVATIONS[activation.name]
    if activation.name == "softmax":
        fixed = {"dim": channels}
    if activation.name in ("relu", "relu6") and operation is not None and operation.is_overwritable:
        # It saves the memory of a tensor and, on large ones, a twentieth of a forward pass.
        fixed = {"inplace": True}
    return call(function, x, **dict(zip(names, activation.arguments, strict=True)), **fixed)
