"""The process that cases are tried in: it may crash or stand still, and another one takes over."""

from __future__ import annotations

import contextlib
import math
import multiprocessing
import os
import signal
import sys
import tempfile
from collections import Counter
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Any, NamedTuple, Self

from proof.case import LONGEST, Case, Complaint, Kind, Tally, judged, raised

MEMORY = 6 * 2**30  # bytes of addresses for what needs no framework: far more than any spec does
ENDLESS = "it does not come to an end"
WORKS = 0.8  # of its time, at least, a case works that does not come to an end
PATIENCE = 10  # how often it is given its time where it works less, as others are at work
CASES = 1500  # after so many a new process begins: the frameworks keep something of each model
SETTINGS = {"TF_CPP_MIN_LOG_LEVEL": "3", "OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1"}


class Tried(NamedTuple):
    """What became of a case; there is none where it could not be drawn."""

    case: Case | None
    complaint: Complaint | None
    tally: Tally


class Worker:
    """A process for some kinds, begun when it is needed and again when it has ended."""

    def __init__(self, *, frameworks: bool) -> None:
        self.frameworks = frameworks
        self.process: Any = None
        self.link: Connection | None = None
        self.tried = 0
        with tempfile.NamedTemporaryFile(prefix="proof-", suffix=".log", delete=False) as file:
            self.log = Path(file.name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._end()
        self.log.unlink(missing_ok=True)

    def draw(self, kind: Kind, seed: int) -> Tried:
        """Draw the case of a seed, and try it."""
        return self._ask(kind, seed, None)

    def again(self, kind: Kind, case: Case) -> Tried:
        """Try a case."""
        return self._ask(kind, 0, case)

    def _ask(self, kind: Kind, seed: int, case: Case | None) -> Tried:
        link = self._begun()
        self.tried += 1
        try:
            began = self._worked()
            link.send((kind.name, seed, case))
            while self._answers(link, kind.seconds, began):
                answer = link.recv()
                if isinstance(answer, Case):
                    case = answer
                    continue
                complaint, tally = answer
                return Tried(case, complaint, tally)
        except (EOFError, OSError):  # it is gone
            self.process.join()
            complaint = Complaint(f"the process ends: {self._why()}", self._last_words())
        else:
            words = f"after {kind.seconds:.0f} seconds\n{self._last_words()}"
            complaint = Complaint(ENDLESS, words)
        self._end()
        return Tried(case, complaint, Counter())

    def _answers(self, link: Connection, seconds: float, began: float) -> bool:
        """Whether there is an answer before `seconds` of work: other programs may hold it up."""
        for _ in range(PATIENCE):
            if link.poll(seconds):
                return True
            if not self._worked() - began < WORKS * seconds:  # or that is not told
                return False
        return False

    def _worked(self) -> float:
        """Return for how many seconds the process has worked; infinity where that is not told."""
        try:
            fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return math.inf
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _begun(self) -> Connection:
        if self.tried >= CASES:
            self._end()
        if self.link is None:
            self.tried = 0
            os.environ.update(SETTINGS | {"PYTHONHASHSEED": "0"})
            context = multiprocessing.get_context("spawn")
            self.link, other = context.Pipe()
            self.process = context.Process(
                target=_serve, args=(other, str(self.log), self.frameworks), daemon=True
            )
            self.process.start()
            other.close()
        return self.link

    def _end(self) -> None:
        if self.link is not None:
            self.process.kill()
            self.process.join()
            self.link.close()
            self.link = None

    def _why(self) -> str:
        code: int = self.process.exitcode
        return signal.Signals(-code).name if code < 0 else f"exit code {code}"

    def _last_words(self) -> str:
        return self.log.read_text(errors="replace")[-LONGEST:]


def _serve(link: Connection, log: str, frameworks: bool) -> None:
    """Answer until the other side is gone: first with the case, then with what is wrong."""
    with Path(log).open("w") as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)
    if not frameworks:
        _limit_memory()
    with contextlib.suppress(EOFError):
        while True:
            name, seed, case = link.recv()
            os.truncate(log, 0)
            os.lseek(1, 0, os.SEEK_SET)
            kind: Kind = import_module(f"proof.{name}").KIND
            tally: Tally = Counter()
            if case is None:
                try:
                    case = kind.draw(Random(f"{name} {seed}"))
                except Exception as error:
                    link.send((raised(error), tally))
                    continue
                link.send(case)
            link.send((judged(kind, case, tally), tally))


def _limit_memory() -> None:
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
