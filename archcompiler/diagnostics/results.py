"""The result of checking one spec, fingerprints of diagnostics, and totals of many specs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from archcompiler.diagnostics.diagnostic import ERROR, Diagnostic


class SpecResult(NamedTuple):
    """The result of checking one spec: its faults, or the warnings of a valid one.

    `error` is why it could not be read. `facts` of a valid one are the name of the network and
    the numbers of layers and parameters. `files` are the files that it was read from.
    """

    name: str
    diagnostics: tuple[Diagnostic, ...] = ()
    unchecked: int = 0
    error: str = ""
    facts: tuple[tuple[str, str | int], ...] = ()
    files: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def sound(self) -> bool:
        """Whether it has no faults; it may have warnings."""
        return not self.errors and not self.error

    @property
    def errors(self) -> int:
        """The number of its faults."""
        return sum(diagnostic.severity == ERROR for diagnostic in self.diagnostics)


class Identified(NamedTuple):
    """A diagnostic with a fingerprint that stays the same when lines move."""

    diagnostic: Diagnostic
    fingerprint: str


def identified(report: Iterable[SpecResult]) -> list[Identified]:
    """Return all diagnostics with their fingerprints.

    A fingerprint is made of the code, the file and the path in the spec; equal ones are counted.
    """
    import hashlib  # slow to import, and needed just for programs

    counts: dict[str, int] = {}
    found = []
    for checked in report:
        for diagnostic in checked.diagnostics:
            where = diagnostic.path or diagnostic.message
            key = f"{diagnostic.code}|{diagnostic.span.source.name}|{where}"
            counts[key] = counts.get(key, 0) + 1
            digest = hashlib.sha256(f"{key}|{counts[key]}".encode(errors="replace"))
            found.append(Identified(diagnostic, digest.hexdigest()[:16]))
    return found


def totals(report: Sequence[SpecResult]) -> dict[str, int]:
    """Return the numbers of specs, of faulty and unreadable ones, of errors, and so on."""
    return {
        "specs": len(report),
        "faulty": sum(checked.errors > 0 for checked in report),
        "unreadable": sum(bool(checked.error) for checked in report),
        "errors": sum(checked.errors for checked in report),
        "warnings": sum(len(checked.diagnostics) - checked.errors for checked in report),
        "unchecked": sum(checked.unchecked for checked in report),
    }
