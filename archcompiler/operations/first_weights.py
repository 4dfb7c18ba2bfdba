"""What is drawn for first weights: an initializer of a spec as a distribution with its numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from archcompiler.operations.fields import (
    BIAS_INITIALIZER,
    INITIALIZER,
    SLOPE_INITIALIZER,
    TENSOR_INITIALIZER,
    Named,
)
from archcompiler.operations.operation import Operation, Parameter

# initializer: the variance of what is drawn, from the inputs and the outputs of a unit
# (Glorot, Bengio 2010; He et al. 2015; LeCun et al. 1998)
_VARIANCES: Mapping[str, Callable[[int, int], float]] = {
    "glorot": lambda fan_in, fan_out: 2 / (fan_in + fan_out),
    "he": lambda fan_in, fan_out: 2 / fan_in,
    "lecun": lambda fan_in, fan_out: 1 / fan_in,
}
# PyTorch's own for convolutions and linear layers, uniform up to 1 / sqrt(fan in):
# https://docs.pytorch.org/docs/stable/generated/torch.nn.Linear.html
BY_FAN_IN = "torch_default"
# The kinds of fields that say how tensors begin.
INITIALIZERS_OF = (INITIALIZER, BIAS_INITIALIZER, SLOPE_INITIALIZER, TENSOR_INITIALIZER)


def uses_fans(initializer: Named) -> bool:
    """Whether what is drawn depends on the fans of a tensor."""
    return initializer.name == BY_FAN_IN or _author(initializer) in _VARIANCES


def _author(initializer: Named) -> str:
    return initializer.name.partition("_")[0]


def is_drawn_alike(parameter: Parameter, fans: tuple[int, int]) -> bool:
    """Whether what is drawn for a tensor is the same with other `fans`: some look at one alone."""
    if not uses_fans(parameter.initializer):
        return True
    if not all(fans):  # of a tensor with one axis
        return False
    return _variance(parameter.initializer, fans) == _variance(
        parameter.initializer, parameter.fans
    )


def _variance(initializer: Named, fans: tuple[int, int]) -> float:
    """Return the variance of what is drawn by fans."""
    if initializer.name == BY_FAN_IN:
        return 1 / (3 * fans[0])
    return _VARIANCES[_author(initializer)](*fans)


def distribution_of(parameter: Parameter) -> Named:
    """Return what a tensor is drawn from, in words that need no fans: `normal(0.02)`.

    A bias is drawn with the fans of the kernel that it belongs to.
    """
    initializer = parameter.initializer
    if not uses_fans(initializer):
        return initializer
    if initializer.name == BY_FAN_IN:
        limit = 1 / math.sqrt(parameter.fans[0])
        return Named("uniform", (-limit, limit))
    variance = _variance(initializer, parameter.fans)
    if initializer.name.endswith("_normal"):
        return Named("normal", (math.sqrt(variance),))
    limit = math.sqrt(3 * variance)  # of a uniform distribution with that variance
    return Named("uniform", (-limit, limit))


def is_drawn(operation: Operation) -> bool:
    """Whether a spec may say how the tensors of an operation begin."""
    return any(item.kind in INITIALIZERS_OF for item in operation.fields.values())
