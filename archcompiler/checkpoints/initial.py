"""First weights, drawn as a spec says, without a framework.

The same distributions as in every backend (docs/semantics.md). A tensor's numbers depend on the
seed and on its name alone, so that they stay when other layers change.
"""

from __future__ import annotations

import math
import zlib
from functools import partial
from typing import TYPE_CHECKING

from archcompiler.checkpoints.fit import Wanted
from archcompiler.checkpoints.tensors import Array, Tensor
from archcompiler.graph import Layer
from archcompiler.operations import Parameter

if TYPE_CHECKING:
    from numpy.random import Generator

CUT = 2.0  # deviations at which `truncated_normal` is cut


def initial(item: Wanted, seed: int) -> Tensor:
    """Return a tensor in the canonical layout, as float32, that is drawn when it is read."""
    parameter = item.stored.parameter
    read = partial(_drawn, item.layer, parameter, item.canonical, seed)
    return Tensor(item.canonical, "F32", parameter.shape, read)


def _drawn(layer: Layer, parameter: Parameter, name: str, seed: int) -> Array:
    import numpy as np

    generator = np.random.default_rng([seed, zlib.crc32(name.encode())])
    values = _values(generator, layer, parameter)
    return np.ascontiguousarray(values.reshape(parameter.shape), dtype=np.float32)


def _values(generator: Generator, layer: Layer, parameter: Parameter) -> Array:
    import numpy as np

    name, arguments = parameter.initializer
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
        case "orthogonal":
            return _orthogonal(generator, shape)
    variance = _variance(name, *_fans(layer.parameters[0]))
    if name.endswith("_normal"):
        return _normal(generator, shape, math.sqrt(variance))
    limit = math.sqrt(3 * variance)  # of a uniform distribution with that variance
    return _uniform(generator, shape, -limit, limit)


def _variance(name: str, fan_in: int, fan_out: int) -> float:
    """Return the variance of what is drawn.

    Glorot, Bengio 2010; He et al. 2015; LeCun et al. 1998; `torch_default` is PyTorch's own for
    convolutions and linear layers (https://docs.pytorch.org/docs/stable/generated/torch.nn.Linear).
    """
    return {
        "glorot": 2 / (fan_in + fan_out),
        "he": 2 / fan_in,
        "lecun": 1 / fan_in,
        "torch_default": 1 / (3 * fan_in),
    }[name.removesuffix("_normal").removesuffix("_uniform")]


def _fans(kernel: Parameter) -> tuple[int, int]:
    """Return inputs and outputs of a unit, times the cells of a kernel.

    As PyTorch counts them: of the layout `out in kh kw`, and of `in out kh kw` just so.
    """
    first, second, *cells = kernel.shape
    return second * math.prod(cells), first * math.prod(cells)


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
    """Draw again what lies beyond two deviations; what is left is not rescaled."""
    import numpy as np

    values = generator.standard_normal(math.prod(shape), dtype=np.float32)
    while len(beyond := np.flatnonzero(np.abs(values) > CUT)):
        values[beyond] = generator.standard_normal(len(beyond), dtype=np.float32)
    values *= np.float32(deviation)
    return values


def _orthogonal(generator: Generator, shape: tuple[int, ...]) -> Array:
    """Return units that are orthogonal to each other (Saxe et al. 2013).

    The signs of the triangle's diagonal make the decomposition unique, and so the distribution
    uniform over all orthogonal matrices (Mezzadri 2007).
    """
    import numpy as np

    rows, columns = shape[0], math.prod(shape[1:])
    square = generator.standard_normal((max(rows, columns), min(rows, columns)))
    basis, triangle = np.linalg.qr(square)
    basis *= np.sign(np.diag(triangle))
    return basis if rows >= columns else basis.T
