"""Try random, broken and faulty specs against oracles, and write down what does not hold.

Each kind of trial draws its cases from seeds. A case that fails is made smaller as long as it fails
in the same way, and written as a file with a line how to try it again. Exit code 1 if there is one.
"""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from pathlib import Path
from random import SystemRandom

from proof import found
from proof.case import Kind
from proof.reduce import SECONDS
from proof.trials import Trials, Workers, listing, run, table
from proof.worker import Worker

KINDS = ("networks", "texts", "faults", "fixes", "checkpoints", "expressions")
MARKERS = ("<!-- proof -->", "<!-- /proof -->")


def main() -> None:
    arguments = _arguments()
    with Worker(frameworks=False) as plain, Worker(frameworks=True) as framed:
        workers = {False: plain, True: framed}
        if arguments.again:
            sys.exit(_again(arguments.again, workers))
        seed = SystemRandom().randrange(10**9) if arguments.seed is None else arguments.seed
        print(f"seed {seed}", flush=True)
        trials = [Trials(_kind(name), seed) for name in arguments.only]
        run(trials, workers, arguments)
    text = table(trials)
    print(text, listing(trials), sep="\n")
    if arguments.write:
        _put(arguments.write, text)
    sys.exit(any(each.found for each in trials))


def _kind(name: str) -> Kind:
    kind: Kind = import_module(f"proof.{name}").KIND
    return kind


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m proof", description=__doc__)
    parser.add_argument("--minutes", type=float, default=2, help="how long, all in all: 2")
    parser.add_argument("--cases", type=int, metavar="N", help="N cases of each kind instead")
    parser.add_argument("--only", choices=KINDS, nargs="+", default=KINDS, metavar="KIND")
    parser.add_argument("--seed", type=int, metavar="S", help="that of the first case of each kind")
    parser.add_argument("--output", type=Path, default=Path("found"), metavar="FOLDER")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the table in its markers")
    parser.add_argument("--reduce", type=float, default=SECONDS, help="seconds for a failing case")
    parser.add_argument("--again", type=Path, nargs="+", metavar="FILE", help="files written here")
    arguments = parser.parse_args()
    if arguments.write and not all(mark in arguments.write.read_text() for mark in MARKERS):
        sys.exit(f"{arguments.write} has no {MARKERS[0]} and {MARKERS[1]}")
    return arguments


def _again(paths: list[Path], workers: Workers) -> bool:
    """Try the cases of files; return whether any of them still fails."""
    failed = False
    for path in paths:
        name, case = found.read(path)
        kind = _kind(name)
        complaint = workers[kind.frameworks].again(kind, case).complaint
        print(f"{path}: {complaint.way if complaint else 'holds'}", flush=True)
        failed = failed or complaint is not None
    return failed


def _put(path: Path, text: str) -> None:
    """Put the table between the markers of a page."""
    before, _, rest = path.read_text().partition(MARKERS[0])
    after = rest.partition(MARKERS[1])[2]
    path.write_text(f"{before}{MARKERS[0]}\n{text}\n{MARKERS[1]}{after}")


if __name__ == "__main__":
    main()
