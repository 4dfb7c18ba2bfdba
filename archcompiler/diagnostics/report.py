"""What became of one spec: proven, faulty, or not readable at all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from archcompiler.diagnostics.diagnostic import Diagnostic


class Checked(NamedTuple):
    """The outcome of one spec.

    `error` says why it could not be read; `facts` are those of a sound one: its network's name,
    its layers, its parameters.
    """

    name: str
    diagnostics: tuple[Diagnostic, ...] = ()
    unchecked: int = 0
    error: str = ""
    facts: tuple[tuple[str, str | int], ...] = ()

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong with it."""
        return not self.diagnostics and not self.error


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
        "faulty": sum(bool(checked.diagnostics) for checked in report),
        "unreadable": sum(bool(checked.error) for checked in report),
        "errors": sum(len(checked.diagnostics) for checked in report),
        "unchecked": sum(checked.unchecked for checked in report),
    }
