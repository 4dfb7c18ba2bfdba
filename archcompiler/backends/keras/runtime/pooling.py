"""Pooling along three axes in float64, which TensorFlow has in float32 alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Pool = Callable[..., Any]


@contextmanager
def pooling_in_float64() -> Iterator[None]:
    """Have Keras pool values of float64 along two axes, and then along the third.

    That is the same: the largest of the largest, and the mean of means over equally many cells.
    """
    from keras.src.backend import nn

    before = {name: getattr(nn, name) for name in ("max_pool", "average_pool")}
    try:
        for name, pool in before.items():
            setattr(nn, name, _one_after_another(pool))
        yield
    finally:
        for name, pool in before.items():
            setattr(nn, name, pool)


def _one_after_another(pool: Pool) -> Pool:
    def pooled(inputs: Any, pool_size: Any, strides: Any = None, *others: Any, **more: Any) -> Any:
        if len(inputs.shape) != 5 or inputs.dtype != "float64":
            return pool(inputs, pool_size, strides, *others, **more)
        from keras import ops

        size = _three(pool_size)
        step = _three(strides or pool_size)
        _, depth, height, width, maps = inputs.shape
        x = ops.reshape(inputs, (-1, height, width, maps))
        x = pool(x, size[1:], step[1:], *others, **more)
        _, height, width, _ = x.shape
        x = ops.reshape(x, (-1, depth, height * width, maps))
        x = pool(x, (size[0], 1), (step[0], 1), *others, **more)
        return ops.reshape(x, (-1, x.shape[1], height, width, maps))

    return pooled


def _three(lengths: Any) -> tuple[int, ...]:
    return (lengths,) * 3 if isinstance(lengths, int) else tuple(lengths)
