"""What became of one spec: proven, faulty, or not readable at all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from archcompiler.diagnostics.diagnostic import ERROR, Diagnostic


class Checked(NamedTuple):
    """The outcome of one spec: its faults, or the warnings of a sound one.

    `error` says why it could not be read; `facts` are those of a sound one: its network's name,
    its layers, its parameters. `files` are the texts that it was read from, as far as is known.
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
        """Whether nothing is wrong with it; there may be warnings."""
        return not self.errors and not self.error

    @property
    def errors(self) -> int:
        """The number of its faults."""
        return sum(diagnostic.severity == ERROR for diagnostic in self.diagnostics)


class Identified(NamedTuple):
    """A diagnostic with what tells it from all others, also after lines have moved."""

    diagnostic: Diagnostic
    fingerprint: str


def identified(report: Iterable[Checked]) -> list[Identified]:
    """Return all diagnostics with their fingerprints.

    A fingerprint is made of the code, the file and the path in the spec; equal ones are counted.
    """
    import hashlib  # forms for programs need it, and it is slow to import

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


def totals(report: Sequence[Checked]) -> dict[str, int]:
    """Return how many specs there are, how many of them are faulty or unreadable, and the rest."""
    return {
        "specs": len(report),
        "faulty": sum(checked.errors > 0 for checked in report),
        "unreadable": sum(bool(checked.error) for checked in report),
        "errors": sum(checked.errors for checked in report),
        "warnings": sum(len(checked.diagnostics) - checked.errors for checked in report),
        "unchecked": sum(checked.unchecked for checked in report),
    }
