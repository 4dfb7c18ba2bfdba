"""Initializers as Keras has them: a string, an object, or a function of the file."""

from __future__ import annotations

from collections.abc import Collection

from archcompiler.backends.code import (
    Expression,
    Function,
    Return,
    call,
    expression,
)
from archcompiler.operations import Parameter
from archcompiler.operations.first_weights import distribution_of, uses_fans

# The standard deviation is exact: Keras' own normal initializers are truncated.
VARIANCE_SCALING = {
    "glorot_normal": (1.0, "fan_avg", "untruncated_normal"),
    "he_normal": (2.0, "fan_in", "untruncated_normal"),
    "lecun_normal": (1.0, "fan_in", "untruncated_normal"),
    "torch_default": (1 / 3, "fan_in", "uniform"),
}


DRAWN = {
    "glorot_normal": "Draw kernels as Glorot and Bengio do, from a normal distribution.",
    "he_normal": "Draw kernels as He et al. do, from a normal distribution.",
    "lecun_normal": "Draw kernels as LeCun et al. do, from a normal distribution.",
    "torch_default": "Draw kernels as PyTorch does by default.",
}


STRINGS = {
    "glorot_uniform": "glorot_uniform",
    "he_uniform": "he_uniform",
    "lecun_uniform": "lecun_uniform",
    "zeros": "zeros",
    "ones": "ones",
    "orthogonal": "orthogonal",
}


INITIALIZERS = {
    "normal": ("keras.initializers.RandomNormal", ("stddev",)),
    "truncated_normal": ("keras.initializers.TruncatedNormal", ("stddev",)),
    "uniform": ("keras.initializers.RandomUniform", ("minval", "maxval")),
    "constant": ("keras.initializers.Constant", ("value",)),
}


def initializer(parameter: Parameter, own_fans: tuple[int, int]) -> Expression:
    """Return an initializer; each layer has its own, since a shared one repeats its numbers.

    What draws by other fans than those that Keras takes for its tensor is written out.
    """
    chosen = parameter.initializer
    if uses_fans(chosen) and own_fans != parameter.fans:
        chosen = distribution_of(parameter)
    name, arguments = chosen
    if name in STRINGS:
        return expression(STRINGS[name])
    if name in VARIANCE_SCALING:
        return call(name)  # a function of the file: see `initializer_functions`
    function, names = INITIALIZERS[name]
    return call(function, **dict(zip(names, arguments, strict=True)))


def initializer_functions(used: Collection[str]) -> list[Function]:
    """Return the functions for those initializers of `used` that Keras has no word for."""
    functions = []
    for name, (scale, mode, distribution) in VARIANCE_SCALING.items():
        if name in used:
            made = call(
                "keras.initializers.VarianceScaling", scale, mode=mode, distribution=distribution
            )
            kind = "keras.initializers.Initializer"
            functions.append(Function(name, (), kind, DRAWN[name], (Return(made),)))
    return functions
