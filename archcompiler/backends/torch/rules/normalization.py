"""Normalization."""

from __future__ import annotations

from archcompiler.backends.backend import unsupported
from archcompiler.backends.code import Binary, Call, call, expression, options
from archcompiler.backends.layouts import Layout
from archcompiler.backends.rule import Rule, Rules
from archcompiler.backends.torch.step import Lowered, Step
from archcompiler.operations.fields import ONES, ZEROS
from archcompiler.operations.normalization import (
    BatchNormalization,
    GroupNormalization,
    LayerNormalization,
    LocalResponseNormalization,
    RMSNormalization,
)


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
    return Lowered(call(step.me, step.x), _with_own(operation, module, operation.frozen))


def _with_own(
    operation: BatchNormalization | GroupNormalization, module: Call, always: bool = False
) -> Call:
    """Return a normalization without the scale or the bias that PyTorch gives it beside the other.

    Neither is left out by an argument, unless that is not taken: then `always`.
    """
    missing = [name for name in ("weight", "bias") if not _has(operation, name)]
    if len(missing) == 1 or (missing and always):
        for name in missing:
            module = call("without", name, module)
    return module


def _has(operation: BatchNormalization | GroupNormalization, name: str) -> bool:
    return operation.scale if name == "weight" else operation.bias


def _layer_normalization(operation: LayerNormalization, step: Step) -> Lowered:
    _demand_scale(operation)
    changed = options(
        eps=(operation.epsilon, 1e-5),
        elementwise_affine=(operation.scale, True),
        bias=(operation.bias or not operation.scale, True),
    )
    module = call("nn.LayerNorm", step.maps.channels, **changed)
    return Lowered(call(step.me, step.x), module)


def _demand_scale(operation: LayerNormalization | GroupNormalization) -> None:
    if operation.bias and not operation.scale:
        raise unsupported(
            "scale",
            "`torch` has no gradient of this normalization with a bias and no scale",
            "`keras` expresses it; a `scale` that is there may be left at 1",
        )


def _rms_normalization(operation: RMSNormalization, step: Step) -> Lowered:
    scaled = options(elementwise_affine=(operation.scale, True))
    module = call("nn.RMSNorm", step.maps.channels, eps=operation.epsilon, **scaled)
    return Lowered(call(step.me, step.x), module)


def _group_normalization(operation: GroupNormalization, step: Step) -> Lowered:
    _demand_scale(operation)
    changed = options(
        eps=(operation.epsilon, 1e-5), affine=(operation.scale or operation.bias, True)
    )
    module = call("nn.GroupNorm", operation.groups, step.maps.channels, **changed)
    return Lowered(call(step.me, step.x), _with_own(operation, module))


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


BEGINS = {"weight": ONES, "bias": ZEROS}

RULES: Rules = {
    BatchNormalization: Rule(_batch_normalization),
    GroupNormalization: Rule(_group_normalization, begins=BEGINS),
    LayerNormalization: Rule(_layer_normalization, begins=BEGINS, layout=Layout.LAST),
    LocalResponseNormalization: Rule(_local_response),
    RMSNormalization: Rule(_rms_normalization, begins=BEGINS, layout=Layout.LAST),
}
