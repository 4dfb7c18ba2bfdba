"""Faults and warnings as data: `Diagnostic` has places, `Fault` (an exception) has none yet."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from archcompiler.diagnostics.source import Span

MAXIMUM = 1000  # faults and warnings of a spec that are listed

Severity = Literal["error", "warning"]
ERROR: Severity = "error"
WARNING: Severity = "warning"


def severity_of(code: str) -> Severity:
    """Return the severity of a code: ARC6xx are warnings, all others are errors."""
    return WARNING if code.startswith("ARC6") else ERROR


class Label(NamedTuple):
    """A place that belongs to a diagnostic, and a text that is shown there."""

    span: Span
    text: str = ""


class Edit(NamedTuple):
    """A replacement of the text at `span`."""

    span: Span
    text: str


class Fix(NamedTuple):
    """Edits that remove a fault: one at each of its places.

    A `safe` fix is almost surely what was meant, and right for everything that uses the text:
    `archc validate --fix` applies it. Others are only proposed.
    """

    edits: tuple[Edit, ...]
    safe: bool = False
    words: str = ""  # what it does; by default, that it writes its text

    @property
    def title(self) -> str:
        """A short description: "write `3x3` in 4 places"."""
        title = self.words or f"write `{self.edits[0].text}`"
        return f"{title} in {len(self.edits):,} places" if len(self.edits) > 1 else title


class Place(NamedTuple):
    """The place of a fault: its span, and layer and path in the spec (see `Diagnostic`)."""

    span: Span
    layer: str = ""
    path: str = ""


class Diagnostic(NamedTuple):
    """A fault of a spec, or a warning.

    `label` is the main place, `labels` are further ones, `also` are places with the same fault.
    `facts` are pairs such as the stated and the computed size, for programs. `layer` and `path`
    are where the place is in the spec (`layers.C1.kernel`); they are empty unless a form for
    programs needs them. A `strict` warning counts as an error.
    """

    code: str
    message: str
    label: Label
    labels: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    help: tuple[str, ...] = ()
    fix: Fix | None = None
    facts: tuple[tuple[str, str], ...] = ()
    layer: str = ""
    path: str = ""
    also: tuple[Place, ...] = ()
    strict: bool = False

    @property
    def severity(self) -> Severity:
        """`error`, or `warning` for what is valid but most likely not meant."""
        return ERROR if self.strict else severity_of(self.code)

    @property
    def span(self) -> Span:
        """The main place."""
        return self.label.span

    @property
    def place(self) -> str:
        """The place as `file:line:column`."""
        line, column = self.span.source.position(self.span.start)
        return f"{self.span.source.name}:{line}:{column}"

    @property
    def origin(self) -> Diagnostic:
        """The diagnostic with places in the original texts (see `Span.origin`).

        A fix is left out if its text was generated: its edits do not apply to the original.
        """
        labels = (self.label, *self.labels)
        if all(label.span.source.origin is None for label in labels):
            return self
        label, *others = (Label(span.origin, text) for span, text in labels)
        places = dict.fromkeys(span.origin for span, *_ in self.also)
        also = tuple(Place(span) for span in places if span != label.span)
        made = self.fix and any(edit.span.source.origin for edit in self.fix.edits)
        fix = None if made else self.fix
        return self._replace(label=label, labels=tuple(others), fix=fix, also=also)


class Fault(Exception):
    """A fault without a place: rules of operations raise it, and callers add the place.

    `field` is the field of the row that is wrong; None stands for the whole row. The words "this
    layer" in the message are replaced by the layer's name, which a rule does not know. `fix` is
    the right value of the field, `safe` whether that is certain (see `Fix`).
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        field: str | None = None,
        label: str = "",
        notes: Iterable[str] = (),
        help: Iterable[str] = (),  # noqa: A002  (the word that is printed)
        fix: str | None = None,
        safe: bool = False,
        facts: Iterable[tuple[str, str]] = (),
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field
        self.label = label
        self.notes = tuple(notes)
        self.help = tuple(help)
        self.fix = fix
        self.safe = safe
        self.facts = tuple(facts)

    def at(self, span: Span, *labels: Label) -> Diagnostic:
        """Return the fault as a diagnostic at `span`."""
        fix = Fix((Edit(span, self.fix),), self.safe) if self.fix is not None else None
        return Diagnostic(
            self.code,
            self.message,
            Label(span, self.label),
            labels,
            self.notes,
            self.help,
            fix,
            self.facts,
        )
