"""Rows a second from text to proven shapes, and the memory for it; each measurement a process.

Two kinds of spec: `repeating` has few different rows, as networks have, and `distinct` has no two
rows with the same fields, so that nothing can be shared. Beside them PyYAML on the same text: its
events alone, which archc builds on, and `yaml.load`, which gives data without places or shapes.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from time import perf_counter

from benchmarks.measure import in_child, peak_megabytes, say, table

KINDS = {
    "repeating": "archc",
    "distinct": "archc",
    "events": "PyYAML's C events alone",
    "load": "`yaml.load`, C loader",
}
SIZES = (10, 100, 1_000, 10_000, 100_000, 1_000_000)
LARGEST_FOR_PEERS = 100_000
ROW = (
    "- {{layer: L{0}, type: convolution, maps: {1}, size: 27x27, kernel: {2}x{3},"
    " stride: 1, padding: same, activation: relu}}\n"
)
POOLING = (
    "- {{layer: L{0}, type: max_pooling, maps: 192, size: 27x27, kernel: 3x3,"
    " stride: 1, padding: same}}\n"
)


def spec(kind: str, count: int) -> Iterator[str]:
    """Yield the lines of a chain of `count` rows with names and stated sizes."""
    yield "archc: 1\nname: Long\nlayers:\n- {layer: In, type: input, maps: 64, size: 27x27}\n"
    for number in range(1, count):
        if kind == "distinct":  # 25 kernels for each number of maps
            height, width = 2 * (number % 5) + 1, 2 * (number // 5 % 5) + 1
            yield ROW.format(number, number // 25 + 1, height, width)
        elif number % 3:
            yield ROW.format(number, *((64, 3, 3) if number % 3 == 1 else (192, 1, 1)))
        else:
            yield POOLING.format(number)


def _archc(path: str) -> Callable[[], object]:
    import archcompiler
    from archcompiler.graph import Limits

    unlimited = Limits(*[10**18] * len(Limits._fields))
    return lambda: archcompiler.load(path, limits=unlimited).totals


def _events(path: str) -> Callable[[], object]:
    import yaml

    return lambda: sum(1 for _ in yaml.parse(Path(path).read_text(), yaml.CLoader))


def _load(path: str) -> Callable[[], object]:
    import yaml

    return lambda: len(yaml.load(Path(path).read_text(), yaml.CSafeLoader))


def measured(kind: str, path: str, times: int) -> dict[str, float]:
    """Return the median time and the peak of this process; the first of many is a rehearsal."""
    work = {"events": _events, "load": _load}.get(kind, _archc)(path)
    seconds = []
    for _ in range(times + (times > 1)):
        start = perf_counter()
        work()
        seconds.append(perf_counter() - start)
    return {"seconds": median(seconds[times > 1 :]), "megabytes": peak_megabytes()}


def report(*, quick: bool) -> str:
    """Return the table: medians of interleaved processes."""
    sizes = SIZES[:3] if quick else SIZES
    found: dict[tuple[str, int], dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            say(f"rows: {size:,}")
            paths = {}
            for kind in ("repeating", "distinct"):
                paths[kind] = Path(folder, f"{kind}.yaml")
                with paths[kind].open("w") as file:
                    file.writelines(spec(kind, size))
            kinds = [kind for kind in KINDS if kind in paths or size <= LARGEST_FOR_PEERS]
            runs: dict[str, list[dict[str, float]]] = {kind: [] for kind in kinds}
            for _ in range(1 if quick or size == SIZES[-1] else 3):
                for kind in kinds:
                    path = paths.get(kind, paths["repeating"])
                    times = min(max(10_000 // size, 1), 50)
                    runs[kind].append(in_child("benchmarks.rows", kind, path, times))
            for kind in kinds:
                found[kind, size] = {
                    name: median(run[name] for run in runs[kind])
                    for name in ("seconds", "megabytes")
                }
    return "\n\n".join(
        [
            "## From text to proven shapes",
            _table(sizes, found),
            _growth(sizes, found),
        ]
    )


def _table(sizes: tuple[int, ...], found: dict[tuple[str, int], dict[str, float]]) -> str:
    titles = ["rows"]
    for kind, title in KINDS.items():
        titles.append(f"{title}, {kind} rows: rows/s" if title == "archc" else f"{title}: rows/s")
        if title == "archc":
            titles.append("peak memory")
    lines = []
    for size in sizes:
        line = [f"{size:,}"]
        for kind, title in KINDS.items():
            entry = found.get((kind, size))
            line.append(f"{size / entry['seconds']:,.0f}" if entry else "")
            if title == "archc" and entry:
                line.append(f"{entry['megabytes']:,.0f} MB")
        lines.append(line)
    return table(titles, lines)


def _growth(sizes: tuple[int, ...], found: dict[tuple[str, int], dict[str, float]]) -> str:
    *_, less, most = sizes
    ratios = [
        f"{found[kind, most]['seconds'] / found[kind, less]['seconds']:.1f} ({kind})"
        for kind in ("repeating", "distinct")
    ]
    return f"{most:,} rows take {' and '.join(ratios)} times as long as {less:,}."


if __name__ == "__main__":
    print(json.dumps(measured(sys.argv[1], sys.argv[2], int(sys.argv[3]))))
