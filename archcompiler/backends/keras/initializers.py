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
from archcompiler.operations.first_weights import distribution_of, is_drawn_alike

# Functions of a file. The standard deviation is exact: Keras' own normal ones are truncated.
VARIANCE_SCALING = {
    "glorot_normal": (1.0, "fan_avg", "untruncated_normal"),
    "he_normal": (2.0, "fan_in", "untruncated_normal"),
    "lecun_normal": (1.0, "fan_in", "untruncated_normal"),
    "torch_default": (1 / 3, "fan_in", "uniform"),
    # where Keras counts the fans of a tensor the other way round: of depthwise kernels
    "he_normal_fan_out": (2.0, "fan_out", "untruncated_normal"),
    "he_uniform_fan_out": (2.0, "fan_out", "uniform"),
    "lecun_normal_fan_out": (1.0, "fan_out", "untruncated_normal"),
    "lecun_uniform_fan_out": (1.0, "fan_out", "uniform"),
    "torch_default_fan_out": (1 / 3, "fan_out", "uniform"),
}
AUTHORS = {
    "glorot": "Glorot and Bengio",
    "he": "He et al.",
    "lecun": "LeCun et al.",
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


def initializer_of(parameter: Parameter, own_fans: tuple[int, int]) -> Expression:
    """Return an initializer; each layer has its own, since a shared one repeats its numbers.

    What draws by other fans than those that Keras takes for its tensor is written out, unless it
    is only that Keras takes one for the other.
    """
    name, arguments = parameter.initializer
    if not is_drawn_alike(parameter, own_fans):
        of, to = own_fans
        if not is_drawn_alike(parameter, (to, of)):
            name, arguments = distribution_of(parameter)
        else:
            name = f"{name}_fan_out"
    if name in STRINGS:
        return expression(STRINGS[name])
    if name in VARIANCE_SCALING:
        return call(name)
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
            functions.append(Function(name, (), kind, _told(name), (Return(made),)))
    return functions


def _told(name: str) -> str:
    """Return what the function of an initializer says of itself."""
    what = "depthwise kernels" if name.endswith("_fan_out") else "kernels"
    author = AUTHORS.get(name.partition("_")[0])
    if author is None:
        return f"Draw {what} as PyTorch does by default."
    kind = "uniform" if "uniform" in name else "normal"
    return f"Draw {what} as {author} do, from a {kind} distribution."
