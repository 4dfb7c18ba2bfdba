"""Tensors as files hold them: a name, a type, a shape, and data that is read when asked for."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from archcompiler.runtime.frameworks import require_package

if TYPE_CHECKING:
    from numpy.typing import NDArray

Array: TypeAlias = "NDArray[Any]"

# Types of weights by the names that safetensors has for them, and the names that numpy has.
FLOATS = {"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16"}
_OTHERS = {
    "I64": 8, "U64": 8, "I32": 4, "U32": 4, "I16": 2, "U16": 2, "I8": 1, "U8": 1, "BOOL": 1,
    "F8_E4M3": 1, "F8_E5M2": 1, "C64": 8,
}  # fmt: skip
SIZES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, **_OTHERS}  # bytes of a number


class Tensor(NamedTuple):
    """A tensor in a file, or one that is to be written. `read` returns it as an array.

    A `depthwise` one is a kernel of Keras' with the axes kh kw maps multiplier.
    """

    name: str
    type: str
    shape: tuple[int, ...]
    read: Callable[[], Array]
    depthwise: bool = False

    @property
    def bytes(self) -> int:
        """The size of its data; 0 where the type is not known."""
        return math.prod(self.shape) * SIZES.get(self.type, 0)


class Checkpoint(NamedTuple):
    """An open file of weights.

    `backend` is the one whose names and layouts the tensors have. `metadata` are notes that the
    file holds about itself. `others` names what else is there: an optimizer's state, counters.
    """

    path: Path
    form: str
    backend: str
    tensors: Mapping[str, Tensor]
    metadata: Mapping[str, str]
    others: tuple[str, ...] = ()


def shape_text(shape: tuple[int, ...]) -> str:
    """Return `96x3x11x11`; `()` for a single number."""
    return "x".join(map(str, shape)) or "()"


def numpy_type(name: str) -> Any:
    """Return numpy's type for one of `FLOATS`, or for what has no better name its bytes."""
    import numpy as np

    if name == "BF16":
        require_package("ml_dtypes", "weights")
        import ml_dtypes

        return np.dtype(ml_dtypes.bfloat16)
    return np.dtype(FLOATS[name])


def type_name(dtype: Any) -> str:
    """Return the name of numpy's type as safetensors has it, or numpy's own."""
    names = {numpy_name: name for name, numpy_name in FLOATS.items()}
    text = str(dtype)
    return names.get(text) or {"int64": "I64", "int32": "I32", "uint32": "U32"}.get(text, text)
