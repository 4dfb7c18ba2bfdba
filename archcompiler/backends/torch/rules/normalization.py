"""Normalization."""

from __future__ import annotations

from archcompiler.backends.code import Binary, call, expression, options
from archcompiler.backends.rule import Rule, Rules
from archcompiler.backends.torch.step import Lowered, Step
from archcompiler.operations.normalization import BatchNormalization, LocalResponseNormalization


def _batch_normalization(operation: BatchNormalization, step: Step) -> Lowered:
    shape = step.layer.shape
    kind = f"nn.BatchNorm{max(shape.rank, 1)}d"
    changed = options(eps=(operation.epsilon, 1e-5), momentum=(operation.momentum, 0.1))
    return Lowered(call(step.me, step.x), call(kind, shape.channels, **changed))


def _local_response(operation: LocalResponseNormalization, step: Step) -> Lowered:
    # PyTorch divides alpha by the size of the window, the paper does not.
    alpha = Binary(expression(operation.n), "*", expression(operation.alpha))
    module = call(
        "nn.LocalResponseNorm",
        operation.n,
        alpha=alpha,
        **options(beta=(operation.beta, 0.75), k=(operation.k, 1.0)),
    )
    return Lowered(call(step.me, step.x), module)


RULES: Rules = {
    BatchNormalization: Rule(_batch_normalization),
    LocalResponseNormalization: Rule(_local_response),
}
