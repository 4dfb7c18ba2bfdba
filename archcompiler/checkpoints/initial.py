"""Initial weights from the initializers of a spec, without a framework.

The distributions are those of the backends (docs/semantics.md). The values of a tensor depend only
on the seed and its name, so that they stay the same when other layers change.
"""

from __future__ import annotations

import math
import zlib
from functools import partial
from typing import TYPE_CHECKING

from archcompiler.checkpoints.fit import Wanted
from archcompiler.checkpoints.tensors import Array, Tensor
from archcompiler.operations import Parameter
from archcompiler.operations.first_weights import distribution_of

if TYPE_CHECKING:
    from numpy.random import Generator

CUT = 2.0  # standard deviations


def initial(item: Wanted, seed: int) -> Tensor:
    """Return a float32 tensor in the canonical layout; its values are drawn when it is read."""
    parameter = item.stored.parameter
    read = partial(_drawn, parameter, item.canonical, seed)
    return Tensor(item.canonical, "F32", parameter.shape, read)


def _drawn(parameter: Parameter, name: str, seed: int) -> Array:
    import numpy as np

    generator = np.random.default_rng([seed, zlib.crc32(name.encode())])
    values = _values(generator, parameter)
    return np.ascontiguousarray(values.reshape(parameter.shape), dtype=np.float32)


def _values(generator: Generator, parameter: Parameter) -> Array:
    import numpy as np

    name, arguments = distribution_of(parameter)
    shape = parameter.shape
    match name:
        case "zeros":
            return np.zeros(shape, np.float32)
        case "ones":
            return np.ones(shape, np.float32)
        case "constant":
            return np.full(shape, arguments[0], np.float32)
        case "normal":
            return _normal(generator, shape, arguments[0])
        case "truncated_normal":
            return _truncated(generator, shape, arguments[0])
        case "uniform":
            return _uniform(generator, shape, *arguments)
    assert name == "orthogonal"
    return _orthogonal(generator, shape)


def _normal(generator: Generator, shape: tuple[int, ...], deviation: float) -> Array:
    import numpy as np

    values = generator.standard_normal(shape, dtype=np.float32)
    values *= np.float32(deviation)
    return values


def _uniform(generator: Generator, shape: tuple[int, ...], low: float, high: float) -> Array:
    import numpy as np

    values = generator.random(shape, dtype=np.float32)
    values *= np.float32(high - low)
    values += np.float32(low)
    return values


def _truncated(generator: Generator, shape: tuple[int, ...], deviation: float) -> Array:
    """Draw values beyond two standard deviations again; the others are not rescaled."""
    import numpy as np

    values = generator.standard_normal(math.prod(shape), dtype=np.float32)
    while len(beyond := np.flatnonzero(np.abs(values) > CUT)):
        values[beyond] = generator.standard_normal(len(beyond), dtype=np.float32)
    values *= np.float32(deviation)
    return values


def _orthogonal(generator: Generator, shape: tuple[int, ...]) -> Array:
    """Return a matrix with orthonormal rows or columns (Saxe et al. 2013).

    The signs of the diagonal of R make the QR decomposition unique, so that the distribution is
    uniform over all orthogonal matrices (Mezzadri 2007).
    """
    import numpy as np

    rows, columns = shape[0], math.prod(shape[1:])
    square = generator.standard_normal((max(rows, columns), min(rows, columns)))
    basis, triangle = np.linalg.qr(square)
    basis *= np.sign(np.diag(triangle))
    return basis if rows >= columns else basis.T
