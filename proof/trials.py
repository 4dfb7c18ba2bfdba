"""Trials: which kind is next, what they found, and the table of them."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable
from time import monotonic

from proof import found
from proof.case import Case, Kind, Tally
from proof.reduce import SECONDS, reduced
from proof.worker import ENDLESS, Tried, Worker

TITLES = ("kind", "tried", "of them, or in them", "failed")
SAID = 30.0  # seconds between two lines that say how far it is
Workers = dict[bool, Worker]  # whether they have the frameworks: the worker


class Trials:
    """The trials of one kind: what was tried, how long it took, what was found."""

    def __init__(self, kind: Kind, seed: int) -> None:
        self.kind, self.first = kind, seed
        self.tried, self.seconds = 0, 0.0
        self.tally: Tally = Counter()
        self.found: dict[str, list[int]] = {}  # the way in which cases fail: their seeds


def run(trials: list[Trials], workers: Workers, arguments: argparse.Namespace) -> None:
    """Try cases until it is enough: always of the kind that had least of its share of time."""
    start = said = monotonic()
    end = start + 60 * arguments.minutes
    while True:
        waiting = [each for each in trials if not arguments.cases or each.tried < arguments.cases]
        if not waiting or (not arguments.cases and monotonic() > end):
            return
        one = min(waiting, key=lambda each: each.seconds / each.kind.share)
        began = monotonic()
        _try(one, workers[one.kind.frameworks], arguments)
        one.seconds += monotonic() - began
        if monotonic() > said + SAID:
            said = monotonic()
            counts = ", ".join(f"{each.tried:,} {each.kind.name}" for each in trials)
            print(f"{said - start:.0f} s: {counts}", file=sys.stderr, flush=True)


def _try(one: Trials, worker: Worker, arguments: argparse.Namespace) -> None:
    seed = one.first + one.tried
    tried = worker.draw(one.kind, seed)
    one.tried += 1
    one.tally += tried.tally
    if tried.complaint is None:
        return
    way = tried.complaint.way
    seeds = one.found.setdefault(way, [])
    seeds.append(seed)
    if len(seeds) > 1:
        return  # one of them is enough to look at
    print(f"{one.kind.name}, seed {seed}: {way}", flush=True)
    small = tried
    if tried.case is not None:
        small = smallest(one.kind, tried, worker, arguments.reduce)
    assert small.complaint is not None
    path = found.write(arguments.output, one.kind, seed, small.complaint, small.case)
    print(f"  {path}", flush=True)


def smallest(kind: Kind, tried: Tried, worker: Worker, seconds: float = SECONDS) -> Tried:
    """Return the smallest case that fails in the same way, as it was tried."""
    assert tried.case is not None
    assert tried.complaint is not None
    last, way = tried, tried.complaint.way
    if way == ENDLESS:  # a case that takes a part of the time already is as good
        kind = kind._replace(seconds=kind.seconds / 6)

    def fails(case: Case) -> bool:
        nonlocal last
        again = worker.again(kind, case)
        same = again.complaint is not None and again.complaint.way == way
        last = again if same else last
        return same

    reduced(tried.case, fails, kind.simpler, seconds)
    return last


def table(trials: Iterable[Trials]) -> str:
    """Return how many of each kind were tried, as Markdown."""
    lines = [f"| {' | '.join(TITLES)} |", "| --- | ---: | --- | ---: |"]
    for each in trials:
        tally = ", ".join(f"{count:,} {what}" for what, count in sorted(each.tally.items()))
        failed = sum(map(len, each.found.values()))
        lines.append(f"| {each.kind.name} | {each.tried:,} | {tally} | {failed:,} |")
    return "\n".join(lines)


def listing(trials: Iterable[Trials]) -> str:
    """Return the ways in which cases failed, and the first seeds of each."""
    lines = []
    for each in trials:
        for way, seeds in each.found.items():
            shown = ", ".join(map(str, seeds[:5])) + (", ..." if len(seeds) > 5 else "")
            lines.append(f"{each.kind.name}: {way}: {len(seeds):,} times (seeds {shown})")
    return "\n".join(lines)
