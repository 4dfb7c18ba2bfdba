"""One frozen class an operation, one file a family. None of them names a framework."""

from archcompiler.operations import (  # noqa: F401  (imported to be registered)
    attention,
    convolution,
    crop,
    dense,
    depthwise,
    elementwise,
    embedding,
    merge,
    normalization,
    parameter,
    pooling,
    rearranging,
    resize,
    rotary,
    transposed,
)
from archcompiler.operations.operation import (
    FIELDS,
    KNOWN_AS,
    REGISTRY,
    Family,
    Inputs,
    Operation,
    Parameter,
    Reads,
)
from archcompiler.operations.shape import Dimension, Shape
from archcompiler.operations.words import folded

BUILT_IN = frozenset(REGISTRY)  # what other packages bring comes later: see `plugins`

__all__ = [
    "BUILT_IN",
    "FIELDS",
    "KNOWN_AS",
    "REGISTRY",
    "Dimension",
    "Family",
    "Inputs",
    "Operation",
    "Parameter",
    "Reads",
    "Shape",
    "folded",
]
