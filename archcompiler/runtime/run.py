"""Build a live model on a device, run it, and say how fast it is."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple

from archcompiler.backends.skeleton import batch_shape
from archcompiler.graph import Graph
from archcompiler.runtime.devices import choose, keras_name
from archcompiler.runtime.frameworks import require
from archcompiler.runtime.live import build
from archcompiler.runtime.precision import keras_policy

SECONDS = 2.0  # how long to measure, at least
MINIMUM, MAXIMUM = 3, 200  # how many batches to measure

PRECISIONS = ("float32", "bfloat16", "float16")


class Run(NamedTuple):
    """What was measured. `peak_memory` is in bytes: the device's, or on a CPU the process's."""

    device: str
    outputs: list[tuple[int, ...]]
    seconds: float
    batch: int
    peak_memory: int | None

    @property
    def images_per_second(self) -> float:
        """Samples per second."""
        return self.batch / self.seconds


def run(
    graph: Graph,
    backend: str,
    *,
    device: str = "auto",
    batch: int = 1,
    precision: str = "float32",
    compiled: bool = False,
) -> Run:
    """Build `graph` on a device, run random batches through it, and return the median time.

    A reduced precision is what is computed with, where that is safe; weights stay float32
    (PyTorch's autocast, Keras' mixed policies).

    Raises:
        DeviceMissing: The device is not there.
        FrameworkMissing, SpecError: As for `live.build`.
    """
    require(backend)
    chosen = choose(device, backend)
    prepare = {"keras": _prepare_keras, "torch": _prepare_torch}[backend]
    step, shapes, where = prepare(graph, chosen, batch, precision, compiled)
    with where:
        outputs = shapes(step())  # the first batch compiles, the second fills caches
        step()
        seconds = _median(step)
    return Run(chosen, outputs, seconds, batch, _peak_memory(backend, chosen))


def _median(step: Callable[[], Any]) -> float:
    times: list[float] = []
    while len(times) < MINIMUM or (sum(times) < SECONDS and len(times) < MAXIMUM):
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


Prepared = tuple[
    Callable[[], Any], Callable[[Any], list[tuple[int, ...]]], AbstractContextManager[Any]
]


def _prepare_torch(
    graph: Graph, device: str, batch: int, precision: str, compiled: bool
) -> Prepared:
    import torch

    model = build(graph, "torch").to(device).eval()
    model = torch.compile(model) if compiled else model
    inputs = [
        torch.rand(batch, *batch_shape(layer, channels_last=False), device=device)
        for layer in graph.inputs
    ]
    kind = torch.device(device).type
    reduced = torch.autocast(kind, getattr(torch, precision), enabled=precision != "float32")

    def step() -> Any:
        with reduced:
            outputs = model(*inputs)
        if device != "cpu":
            torch.accelerator.synchronize()
        return outputs

    def shapes(outputs: Any) -> list[tuple[int, ...]]:
        outputs = outputs if isinstance(outputs, tuple) else (outputs,)
        return [tuple(output.shape) for output in outputs]

    return step, shapes, torch.inference_mode()


def _prepare_keras(
    graph: Graph, device: str, batch: int, precision: str, compiled: bool
) -> Prepared:
    import keras

    policy = precision if precision == "float32" else f"mixed_{precision}"
    with keras.device(keras_name(device)), keras_policy(policy):
        model = build(graph, "keras")
        inputs = [
            keras.random.uniform((batch, *batch_shape(layer, channels_last=True)))
            for layer in graph.inputs
        ]
    # As Keras' users run it: as a graph; `compiled` adds the compiler of Keras' backend.
    model.compile(jit_compile=compiled)
    given = inputs if len(inputs) > 1 else inputs[0]

    def step() -> Any:
        return model.predict_on_batch(given)  # comes back as an array, so the work is done

    def shapes(outputs: Any) -> list[tuple[int, ...]]:
        outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
        return [tuple(output.shape) for output in outputs]

    return step, shapes, keras.device(keras_name(device)) if device != "cpu" else nullcontext()


def _peak_memory(backend: str, device: str) -> int | None:
    if device == "cpu":
        try:
            import resource
        except ImportError:  # Windows
            return None
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024
    own = backend
    if backend == "keras":
        import keras

        own = keras.backend.backend()
    return _PEAKS[own](int(device.partition(":")[2] or 0))


def _torch_peak(index: int) -> int | None:
    import torch

    return torch.cuda.max_memory_allocated(index) if torch.cuda.is_available() else None


def _tensorflow_peak(index: int) -> int | None:
    import tensorflow as tf

    return int(tf.config.experimental.get_memory_info(f"GPU:{index}")["peak"])


def _jax_peak(index: int) -> int | None:
    import jax

    statistics_of = jax.devices()[index].memory_stats() or {}
    return statistics_of.get("peak_bytes_in_use")


_PEAKS: dict[str, Callable[[int], int | None]] = {
    "torch": _torch_peak,
    "tensorflow": _tensorflow_peak,
    "jax": _jax_peak,
}
