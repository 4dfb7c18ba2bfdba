"""The faults and warnings of one spec as they are found, and the error that carries them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NoReturn

from archcompiler.diagnostics.diagnostic import MAXIMUM, WARNING, Diagnostic, Label
from archcompiler.diagnostics.source import Span

LONGEST = 1000  # characters of a message that are kept: a name in it may be megabytes long


class SpecError(Exception):
    """A spec has faults: `diagnostics` lists all of them."""

    def __init__(self, diagnostics: Iterable[Diagnostic], unchecked: int = 0) -> None:
        self.diagnostics = tuple(diagnostic.origin for diagnostic in diagnostics)
        self.unchecked = unchecked
        super().__init__(self.diagnostics[0].message if self.diagnostics else "")

    def __str__(self) -> str:
        from archcompiler.diagnostics.forms.text import render_all

        return "\n" + render_all(self.diagnostics, unchecked=self.unchecked)


class Findings:
    """The faults of one spec as they are found, and how many layers they left unchecked.

    Warnings are kept apart: they end nothing.
    """

    def __init__(self) -> None:
        self.diagnostics: list[Diagnostic] = []
        self.warnings: list[Diagnostic] = []
        self.unchecked = 0
        self.found = 0  # faults, those included that were noted before for another use of a block
        self._uses: list[Label] = []  # the rows that lead to the block that is being looked at
        self._places: dict[tuple[str, Span], set[str]] = {}  # what was said at each

    def __bool__(self) -> bool:
        return bool(self.diagnostics)

    @property
    def shared(self) -> bool:
        """Whether what is being looked at is used from elsewhere: a block, or a family's file."""
        return bool(self._uses)

    def add(self, diagnostic: Diagnostic, *, once: bool = False) -> None:
        """Note one fault once, in a block for all its uses; a thousand are enough.

        Whatever rows share a place, a warning is told there `once`, and so is what a parameter
        brings about.
        """
        warning = diagnostic.severity == WARNING
        self.found += not warning
        told = self._places.setdefault((diagnostic.code, diagnostic.span), set())
        if diagnostic.message in told or (told and (self._uses or warning or once)):
            return
        told.add(diagnostic.message)
        if self._uses:
            diagnostic = diagnostic._replace(labels=(*diagnostic.labels, *self._uses))
        if len(diagnostic.message) > LONGEST:
            diagnostic = diagnostic._replace(message=diagnostic.message[:LONGEST] + "...")
        if warning:
            self.warnings += [diagnostic] if len(self.warnings) < MAXIMUM else []
            return
        self.diagnostics.append(diagnostic)
        if len(self.diagnostics) == MAXIMUM:
            self.raise_any()

    def has(self, code: str, span: Span) -> bool:
        """Whether a fault in a block was noted before, for another use."""
        return (code, span) in self._places

    def news(self, others: Findings) -> int:
        """Return how many of the faults of `others` were not noted here."""
        known = {(diagnostic.code, diagnostic.span) for diagnostic in self.diagnostics}
        return sum((other.code, other.span) not in known for other in others.diagnostics)

    @contextmanager
    def used(self, *labels: Label) -> Iterator[None]:
        """While this lasts, every fault carries `labels`: the row that uses a block, say."""
        self._uses += labels
        try:
            yield
        finally:
            del self._uses[len(self._uses) - len(labels) :]

    def stop(self, diagnostic: Diagnostic) -> NoReturn:
        """Note one fault after which nothing more can be said of this spec."""
        self.add(diagnostic)
        self.raise_any()
        raise AssertionError("unreachable")

    def raise_any(self) -> None:
        """Raise `SpecError` with all faults, in the order of their places, if there are any."""
        if self.diagnostics:
            raise SpecError(in_order(self.diagnostics), self.unchecked)


def in_order(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Return diagnostics file by file, the first file that has one first; equal ones are one."""
    found, files = list(diagnostics), dict[int, int]()
    if not found:
        return []
    from archcompiler.diagnostics.alike import merged  # only what is wrong pays for it

    for diagnostic in found:
        files.setdefault(id(diagnostic.span.source), len(files))
    return merged(sorted(found, key=lambda d: (files[id(d.span.source)], d.span.start)))
