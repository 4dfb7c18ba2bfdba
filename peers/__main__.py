"""Print how far our backends are from other libraries' models that have the same weights.

All of it takes about ten minutes; names of specs, or of one library, take some of it.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from time import perf_counter

from peers.compare import TOLERANCE, Compared, compare
from peers.networks import NETWORKS, Network

MARKERS = ("<!-- peers -->", "<!-- /peers -->")
TITLES = ("network", "peer", "parameters", "keras", "torch")


def row(network: Network, found: Compared) -> str:
    peer = f"{network.library.replace('_', '.')} {network.peer}"
    cells = (
        network.title,
        peer,
        f"{found.parameters:,}",
        f"{found.keras:.1e}",
        f"{found.torch:.1e}",
    )
    return f"| {' | '.join(cells)} |"


def main() -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    parser = argparse.ArgumentParser(prog="python -m peers", description=__doc__)
    known = {name for network in NETWORKS for name in (network.spec, network.library)}
    parser.add_argument("names", nargs="*", choices=[[], *sorted(known)], metavar="NAME")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put it between its markers")
    arguments = parser.parse_args()
    lines = [f"| {' | '.join(TITLES)} |", "| --- | --- | ---: | ---: | ---: |"]
    print(*lines, sep="\n", flush=True)
    far = []
    start = perf_counter()
    for network in NETWORKS:
        if arguments.names and not {network.spec, network.library} & {*arguments.names}:
            continue
        found = compare(network)
        lines.append(row(network, found))
        print(lines[-1], flush=True)
        if not found.holds:
            far.append(network.title)
    print(f"{len(lines) - 2} networks in {perf_counter() - start:.0f} s", file=sys.stderr)
    if arguments.write:
        before, _, rest = arguments.write.read_text().partition(MARKERS[0])
        after = rest.partition(MARKERS[1])[2]
        text = "\n".join(lines)
        arguments.write.write_text(f"{before}{MARKERS[0]}\n{text}\n{MARKERS[1]}{after}")
    if far:
        sys.exit(f"further than {TOLERANCE:g} of the largest value, or constant: {', '.join(far)}")


if __name__ == "__main__":
    main()
