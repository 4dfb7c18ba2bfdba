"""Vectors for whole numbers."""

from __future__ import annotations

from archcompiler.backends.code import Expression, call
from archcompiler.backends.keras.initializers import initializer_of
from archcompiler.backends.keras.rules.kernels import regularizer
from archcompiler.backends.keras.step import Step
from archcompiler.backends.keras.storage import fans_of
from archcompiler.backends.rule import Kept, Rule, Rules
from archcompiler.operations.embedding import Embedding


def _embedding(operation: Embedding, step: Step) -> Expression:
    (table,) = step.layer.parameters
    layer = call(
        "layers.Embedding",
        table.lengths[0][1],
        operation.maps,
        embeddings_initializer=initializer_of(table, fans_of(step.layer, table)),
        **regularizer(step, "embeddings"),
        name=step.name,
    )
    return call(layer, step.x)


RULES: Rules = {Embedding: Rule(_embedding, {"weight": Kept("embeddings")})}
