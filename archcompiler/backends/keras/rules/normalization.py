"""Normalization."""

from __future__ import annotations

from archcompiler.backends.backend import demand_rows_and_columns, unsupported
from archcompiler.backends.code import Expression, call, options, tidy
from archcompiler.backends.keras.step import Step
from archcompiler.backends.rule import Kept, Rule, Rules
from archcompiler.operations.normalization import (
    BatchNormalization,
    GroupNormalization,
    LayerNormalization,
    LocalResponseNormalization,
    RMSNormalization,
)


def _batch_normalization(operation: BatchNormalization, step: Step) -> Expression:
    changed = options(
        momentum=(tidy(1 - operation.momentum), 0.99),
        epsilon=(operation.epsilon, 1e-3),
        scale=(operation.scale, True),
        center=(operation.bias, True),
        trainable=(not operation.frozen, True),
    )
    return call(call("layers.BatchNormalization", **changed, name=step.name), step.x)


def _local_response(operation: LocalResponseNormalization, step: Step) -> Expression:
    demand_rows_and_columns(step.maps, "keras")
    return call(
        "local_response_normalization",
        step.x,
        n=operation.n,
        k=operation.k,
        alpha=operation.alpha,
        beta=operation.beta,
        name=step.name,
    )


def _layer_normalization(operation: LayerNormalization, step: Step) -> Expression:
    changed = options(scale=(operation.scale, True), center=(operation.bias, True))
    layer = call("layers.LayerNormalization", epsilon=operation.epsilon, **changed, name=step.name)
    return call(layer, step.x)


def _rms_normalization(operation: RMSNormalization, step: Step) -> Expression:
    if not operation.scale:
        raise unsupported(
            "scale",
            "`keras` has no normalization by the root of the mean square without a scale",
            "`torch` expresses it",
        )
    layer = call("layers.RMSNormalization", epsilon=operation.epsilon, name=step.name)
    return call(layer, step.x)


def _group_normalization(operation: GroupNormalization, step: Step) -> Expression:
    if None in step.maps.places:
        raise unsupported(
            "type",
            f"`keras` normalizes no groups of {step.maps}, whose size is not known",
            "state the size at the input",
        )
    layer = call(
        "layers.GroupNormalization",
        operation.groups,
        epsilon=operation.epsilon,
        **options(scale=(operation.scale, True), center=(operation.bias, True)),
        name=step.name,
    )
    return call(layer, step.x)


TRAINED = {"weight": Kept("gamma"), "bias": Kept("beta")}

RULES: Rules = {
    BatchNormalization: Rule(
        _batch_normalization,
        {
            **TRAINED,
            "running_mean": Kept("moving_mean"),
            "running_var": Kept("moving_variance"),
        },
    ),
    GroupNormalization: Rule(_group_normalization, TRAINED),
    LayerNormalization: Rule(_layer_normalization, TRAINED),
    LocalResponseNormalization: Rule(_local_response),
    RMSNormalization: Rule(_rms_normalization, {"weight": Kept("scale")}),
}
