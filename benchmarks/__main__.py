"""Run all benchmarks side by side and print their tables as Markdown.

It takes about ten minutes; `--quick` shows in less than one that everything runs.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from benchmarks import blocks, cold, models, page, rows, weights
from benchmarks.measure import machine, say

PARTS = {
    "cold": cold.report,
    "rows": rows.report,
    "blocks": blocks.report,
    "weights": weights.report,
    "page": page.report,
    "models": models.report,
}
MARKERS = ("<!-- benchmarks -->", "<!-- /benchmarks -->")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few, small and short measurements")
    parser.add_argument("--only", choices=PARTS, nargs="+", default=list(PARTS), metavar="PART")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put it between its markers")
    arguments = parser.parse_args()
    if arguments.write and not all(mark in arguments.write.read_text() for mark in MARKERS):
        sys.exit(f"{arguments.write} has no {MARKERS[0]} and {MARKERS[1]}")
    if (load := os.getloadavg()[0]) > 0.5:
        say(
            f"other processes are at work (load {load:.1f}): times will be worse than they could be"
        )
    parts = []
    for name in arguments.only:
        say(f"{name} …")
        parts.append(PARTS[name](quick=arguments.quick))
    text = "\n\n".join([*parts, machine()])
    print(text)
    if arguments.write:
        before, _, rest = arguments.write.read_text().partition(MARKERS[0])
        after = rest.partition(MARKERS[1])[2]
        arguments.write.write_text(f"{before}{MARKERS[0]}\n{text}\n{MARKERS[1]}{after}")


if __name__ == "__main__":
    main()
