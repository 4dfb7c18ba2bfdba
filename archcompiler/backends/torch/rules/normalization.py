"""Normalization."""

from __future__ import annotations

from archcompiler.backends.code import Binary, call, expression, options
from archcompiler.backends.rule import Rule, Rules
from archcompiler.backends.torch.step import Lowered, Step
from archcompiler.operations.normalization import BatchNormalization, LocalResponseNormalization


def _batch_normalization(operation: BatchNormalization, step: Step) -> Lowered:
    shape = step.layer.shape
    kind = f"BatchNorm{max(shape.rank, 1)}d"
    changed = options(
        eps=(operation.epsilon, 1e-5),
        momentum=(operation.momentum, 0.1),
        affine=(operation.scale or operation.bias, True),
    )
    if operation.frozen:
        changed = options(eps=(operation.epsilon, 1e-5))
        module = call(f"Frozen{kind}", shape.channels, **changed)
    else:
        module = call(f"nn.{kind}", shape.channels, **changed)
    missing = [name for name in ("weight", "bias") if not _has(operation, name)]
    if len(missing) == 1 or (missing and operation.frozen):
        for name in missing:
            module = call("without", name, module)
    return Lowered(call(step.me, step.x), module)


def _has(operation: BatchNormalization, name: str) -> bool:
    return operation.scale if name == "weight" else operation.bias


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
