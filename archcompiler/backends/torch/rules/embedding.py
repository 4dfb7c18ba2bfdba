"""Vectors for whole numbers."""

from __future__ import annotations

from archcompiler.backends.code import call
from archcompiler.backends.layouts import Layout, Wanted
from archcompiler.backends.rule import Rule, Rules
from archcompiler.backends.torch.step import Lowered, Step
from archcompiler.operations.embedding import NORMAL, Embedding


def _embedding(operation: Embedding, step: Step) -> Lowered:
    (table,) = step.layer.parameters
    module = call("nn.Embedding", table.lengths[0][1], operation.maps)
    return Lowered(call(step.me, step.x), module)


RULES: Rules = {
    Embedding: Rule(
        _embedding, begins={"weight": NORMAL}, layout=lambda _: Wanted(None, Layout.LAST)
    )
}
