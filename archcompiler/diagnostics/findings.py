"""The collector of faults and warnings of one spec, and the error that is raised with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NoReturn

from archcompiler.diagnostics.diagnostic import MAXIMUM, WARNING, Diagnostic, Label
from archcompiler.diagnostics.source import Span

LONGEST = 1000  # characters of a message: a name in it may be very long


class SpecError(Exception):
    """A spec has faults.

    `diagnostics` are all of them; `unchecked` layers were not checked because of them.
    """

    def __init__(self, diagnostics: Iterable[Diagnostic], unchecked: int = 0) -> None:
        self.diagnostics = tuple(diagnostic.origin for diagnostic in diagnostics)
        self.unchecked = unchecked
        super().__init__(self.diagnostics[0].message if self.diagnostics else "")

    def __str__(self) -> str:
        from archcompiler.diagnostics.forms.text import render_all

        return "\n" + render_all(self.diagnostics, unchecked=self.unchecked)


class Findings:
    """Collects the faults and warnings of one spec.

    `unchecked` counts the layers that could not be checked because of faults.
    """

    def __init__(self) -> None:
        self.diagnostics: list[Diagnostic] = []
        self.warnings: list[Diagnostic] = []
        self.unchecked = 0
        self.found = 0  # faults, counted also if they were reported for another use
        self._uses: list[Label] = []  # the rows that lead to the current block
        self._places: dict[tuple[str, Span], set[str]] = {}  # messages by code and place

    def __bool__(self) -> bool:
        return bool(self.diagnostics)

    @property
    def shared(self) -> bool:
        """Whether the current rows are used from elsewhere: a block, or the spec of a family."""
        return bool(self._uses)

    def add(self, diagnostic: Diagnostic, *, once: bool = False) -> None:
        """Add a fault or a warning, unless it was added before.

        In a block, a fault is reported once for all uses. With `once`, and for warnings, one
        place gets one diagnostic of a code, whatever the message.

        Raises:
            SpecError: There are `MAXIMUM` faults.
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
        """Whether a fault of this code was reported at `span`, for another use of a block."""
        return (code, span) in self._places

    def news(self, others: Findings) -> int:
        """Return the number of faults in `others` that are not in this one."""
        known = {(diagnostic.code, diagnostic.span) for diagnostic in self.diagnostics}
        return sum((other.code, other.span) not in known for other in others.diagnostics)

    @contextmanager
    def used(self, *labels: Label) -> Iterator[None]:
        """Within this context, add `labels` to each diagnostic: the row that uses a block."""
        self._uses += labels
        try:
            yield
        finally:
            del self._uses[len(self._uses) - len(labels) :]

    def stop(self, diagnostic: Diagnostic) -> NoReturn:
        """Add a fault after which the spec cannot be checked further, and raise `SpecError`."""
        self.add(diagnostic)
        self.raise_any()
        raise AssertionError("unreachable")

    def raise_any(self) -> None:
        """Raise `SpecError` with all faults in the order of their places, if there are any."""
        if self.diagnostics:
            raise SpecError(in_order(self.diagnostics), self.unchecked)


def in_order(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Sort diagnostics by file (in order of first occurrence) and place, and merge equal ones."""
    found, files = list(diagnostics), dict[int, int]()
    if not found:
        return []
    from archcompiler.diagnostics.alike import merged  # imported only for faults

    for diagnostic in found:
        files.setdefault(id(diagnostic.span.source), len(files))
    return merged(sorted(found, key=lambda d: (files[id(d.span.source)], d.span.start)))
