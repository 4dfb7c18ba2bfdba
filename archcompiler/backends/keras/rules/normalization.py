"""Normalization."""

from __future__ import annotations

from archcompiler.backends.backend import demand_rows_and_columns
from archcompiler.backends.code import Expression, call, options, tidy
from archcompiler.backends.keras.step import Step
from archcompiler.backends.rule import Kept, Rule, Rules
from archcompiler.operations.normalization import BatchNormalization, LocalResponseNormalization


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


RULES: Rules = {
    BatchNormalization: Rule(
        _batch_normalization,
        {
            "weight": Kept("gamma"),
            "bias": Kept("beta"),
            "running_mean": Kept("moving_mean"),
            "running_var": Kept("moving_variance"),
        },
    ),
    LocalResponseNormalization: Rule(_local_response),
}
