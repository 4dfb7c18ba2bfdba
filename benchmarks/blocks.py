"""A network of a thousand blocks: what proving it takes beyond start-up, and what PyTorch takes."""

from __future__ import annotations

import tempfile
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import archcompiler
from benchmarks.cold import SPEC, archc, peer
from benchmarks.measure import run, table

COUNT = 1000
KINDS = {
    "equal: all read the same shape": "{layer: out, type: add, from: [input, bn]}",
    "growing: each reads more maps": "{layer: out, type: concatenate, from: [input, bn]}",
}


def spec(last: str, count: int = COUNT) -> str:
    """Return a spec with `count` rows that use a block which ends in the row `last`."""
    rows = "".join(f"- {{layer: u{index}, type: unit, maps: 8}}\n" for index in range(count))
    return f"""\
archc: 1
name: Deep
blocks:
  unit:
    params: {{maps: int}}
    layers:
    - {{layer: conv, type: convolution, maps: "${{maps}}", kernel: 3x3, padding: same}}
    - {{layer: bn, type: batch_normalization, activation: relu}}
    - {last}
layers:
- {{layer: In, type: input, maps: 8, size: 32x32}}
{rows}"""


def report(*, quick: bool) -> str:
    """Return the table: medians of interleaved runs of whole processes."""
    times = 1 if quick else 5
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for title, last in KINDS.items():
            path, source = Path(folder, "deep.yaml"), Path(folder, "deep.py")
            path.write_text(spec(last))
            source.write_text(archcompiler.load(path).source("torch"))
            commands = [
                [*archc(), "validate", SPEC],
                [*archc(), "validate", str(path)],
                *([[*peer("torch_blocks"), str(source)]] if find_spec("torch") else []),
            ]
            taken: list[list[float]] = [[] for _ in commands]
            for _ in range(times):
                for command, seconds in zip(commands, taken, strict=True):
                    seconds.append(run(command)[0])
            start, own, *others = map(median, taken)
            rows.append(
                (
                    title,
                    f"{1000 * own:,.0f} ms",
                    f"{1000 * (own - start):,.0f} ms",
                    *(f"{1000 * other:,.0f} ms" for other in others),
                )
            )
    titles = ("a thousand blocks", "`archc validate`", "beyond AlexNet's time")
    peers = ("PyTorch: meta device",) if find_spec("torch") else ()
    return f"## From {COUNT:,} blocks to proven shapes\n\n" + table((*titles, *peers), rows)
