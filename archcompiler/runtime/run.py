"""Build a live model on a device, run it, and measure its speed."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from archcompiler.graph import Graph
from archcompiler.runtime.devices import choose
from archcompiler.runtime.frameworks import Framework, framework_of

SECONDS = 2.0  # minimum time of a measurement
MINIMUM, MAXIMUM = 3, 200  # batches of a measurement

PRECISIONS = ("float32", "bfloat16", "float16")


class Run(NamedTuple):
    """A measurement: median seconds per batch, and peak memory in bytes.

    The memory is that of the GPU, or on a CPU that of the process.
    """

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
    """Build `graph` on a device, run random batches, and return the median time.

    With a reduced precision, operations for which it is safe use it; weights stay float32.

    Raises:
        DeviceMissing: The device is not available.
        FrameworkMissing, SpecError: As for `live.build`.
    """
    framework = framework_of(backend)
    framework.require()
    chosen = choose(device, backend)
    step, shapes, where = framework.prepared(graph, chosen, batch, precision, compiled)
    with where:
        outputs = shapes(step())  # the first batch compiles, the second fills caches
        step()
        seconds = _median(step)
    return Run(chosen, outputs, seconds, batch, _peak_memory(framework, chosen))


def _median(step: Callable[[], Any]) -> float:
    times: list[float] = []
    while len(times) < MINIMUM or (sum(times) < SECONDS and len(times) < MAXIMUM):
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def _peak_memory(framework: Framework, device: str) -> int | None:
    if device != "cpu":
        return framework.peak_memory(int(device.partition(":")[2] or 0))
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
