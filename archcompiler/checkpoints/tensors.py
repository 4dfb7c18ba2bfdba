"""Tensors in files: name, type, shape, and a function that reads the data."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from archcompiler.runtime.frameworks import require_package

if TYPE_CHECKING:
    from numpy.typing import NDArray

Array: TypeAlias = "NDArray[Any]"

# Types of weights by their names in safetensors, and their names in numpy.
FLOATS = {"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16"}
_OTHERS = {
    "I64": 8, "U64": 8, "I32": 4, "U32": 4, "I16": 2, "U16": 2, "I8": 1, "U8": 1, "BOOL": 1,
    "F8_E4M3": 1, "F8_E5M2": 1, "C64": 8,
}  # fmt: skip
SIZES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, **_OTHERS}  # bytes of a value


class Tensor(NamedTuple):
    """A tensor in a file, or to be written to one. `read` returns it as an array.

    `depthwise` tells a kernel with the axes kh kw maps multiplier from others that may have the
    same shape; None where the kind of file has no such kernels.
    """

    name: str
    type: str
    shape: tuple[int, ...]
    read: Callable[[], Array]
    depthwise: bool | None = None

    @property
    def bytes(self) -> int:
        """The size of its data in bytes; 0 if the type is not known."""
        return math.prod(self.shape) * SIZES.get(self.type, 0)


class Checkpoint(NamedTuple):
    """An open file of weights.

    `backend` is the backend whose names and layouts the tensors have. `others` names what else the
    file contains, such as the state of an optimizer.
    """

    path: Path
    form: str
    backend: str
    tensors: Mapping[str, Tensor]
    metadata: Mapping[str, str]
    others: tuple[str, ...] = ()


def axes_text(shape: tuple[int, ...]) -> str:
    """Return a shape as `96x3x11x11`; `()` for a scalar."""
    return "x".join(map(str, shape)) or "()"


def numpy_type(name: str) -> Any:
    """Return the numpy type of one of `FLOATS`."""
    import numpy as np

    if name == "BF16":
        require_package("ml_dtypes", "weights")
        import ml_dtypes

        return np.dtype(ml_dtypes.bfloat16)
    return np.dtype(FLOATS[name])


def type_name(dtype: Any) -> str:
    """Return the name of a numpy type in safetensors; the name in numpy if it has none."""
    names = {numpy_name: name for name, numpy_name in FLOATS.items()}
    text = str(dtype)
    return names.get(text) or {"int64": "I64", "int32": "I32", "uint32": "U32"}.get(text, text)
