"""Transposed convolutions."""

from __future__ import annotations

from archcompiler.backends.code import Expression, call, options, square
from archcompiler.backends.keras.rules.kernels import KERNELS, initializers, regularizer
from archcompiler.backends.keras.rules.padding import shortest
from archcompiler.backends.keras.step import Step
from archcompiler.backends.rule import Kept, Rule, Rules
from archcompiler.operations.transposed import TransposedConvolution


def _transposed(operation: TransposedConvolution, step: Step) -> Expression:
    explicit = operation.padding.mode == "explicit"
    layer = call(
        f"layers.Conv{step.maps.rank}DTranspose",
        operation.maps,
        square(operation.kernel),
        **options(
            strides=(square(operation.stride), 1),
            padding=("valid" if explicit else operation.padding.mode, "valid"),
        ),
        **({} if explicit else step.activation()),
        **options(use_bias=(operation.bias, True)),
        **initializers(step),
        **regularizer(step),
        name=step.name,
    )
    if not explicit:
        return call(layer, step.x)
    step.before(call(layer, step.x))
    # Keras' `valid` covers whole strides; the spec's padding is cut off what the kernels cover.
    more = [max(s - k, 0) for s, k in zip(operation.stride, operation.kernel, strict=True)]
    cuts = tuple(
        (before, after + cells) for (before, after), cells in zip(operation.cuts, more, strict=True)
    )
    kind = f"layers.Cropping{step.maps.rank}D"
    return call(call(kind, shortest(cuts), name=step.named("cropping")), step.x)


RULES: Rules = {
    TransposedConvolution: Rule(_transposed, {**KERNELS, "weight": Kept("kernel", "* out in")}),
}
