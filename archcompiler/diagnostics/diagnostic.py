"""Diagnostics as data. Who finds a fault says what; the place is added where it is known."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from archcompiler.diagnostics.source import Span

MAXIMUM = 1000  # faults of a spec that are listed: a hostile one has as many as it has bytes

Severity = Literal["error", "warning"]
ERROR: Severity = "error"
WARNING: Severity = "warning"


def severity_of(code: str) -> Severity:
    """Return what a code is of: ARC6xx are warnings, which fail no run; all others are faults."""
    return WARNING if code.startswith("ARC6") else ERROR


class Label(NamedTuple):
    """A place that belongs to a diagnostic, and what is to be said there."""

    span: Span
    text: str = ""


class Edit(NamedTuple):
    """A replacement of the text at `span`."""

    span: Span
    text: str


class Fix(NamedTuple):
    """Edits that mend a fault and change nothing else: one at each place where the fault is.

    A `safe` one is most likely what was meant, and is right whoever else reads the place: `archc
    validate --fix` applies it. Any other is offered to people.
    """

    edits: tuple[Edit, ...]
    safe: bool = False
    words: str = ""  # what it does, if that is not to write a text

    @property
    def title(self) -> str:
        """What it does, in a few words."""
        title = self.words or f"write `{self.edits[0].text}`"
        return f"{title} in {len(self.edits):,} places" if len(self.edits) > 1 else title


class Place(NamedTuple):
    """Where a fault is: a span, and where that is in the spec (see `Diagnostic`)."""

    span: Span
    layer: str = ""
    path: str = ""


class Diagnostic(NamedTuple):
    """One fault of a spec, or a warning: its code, what is wrong, where, and what would be right.

    `facts` are what is stated and what is computed, as data. `layer` and `path` say where the
    place is in the spec (`layers.C1.kernel`); they are found out for forms that programs read.
    `also` are further places with the same fault.
    A `strict` warning counts as a fault.
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
        """`error`, or `warning` for what is sound and most likely not meant."""
        return ERROR if self.strict else severity_of(self.code)

    @property
    def span(self) -> Span:
        """The place that the fault is reported at."""
        return self.label.span

    @property
    def place(self) -> str:
        """The place as `file:line:column`."""
        line, column = self.span.source.position(self.span.start)
        return f"{self.span.source.name}:{line}:{column}"

    @property
    def origin(self) -> Diagnostic:
        """The same with the places in the texts that somebody wrote (see `Span.origin`).

        An edit of a text that was made is none of the text that it was made from: it is left out.
        """
        labels = (self.label, *self.labels)
        if all(label.span.source.origin is None for label in labels):
            return self
        label, *others = (Label(span.origin, text) for span, text in labels)
        places = dict.fromkeys(span.origin for span, *_ in self.also)  # of a loop's rows just one
        also = tuple(Place(span) for span in places if span != label.span)
        made = self.fix and any(edit.span.source.origin for edit in self.fix.edits)
        fix = None if made else self.fix
        return self._replace(label=label, labels=tuple(others), fix=fix, also=also)


class Fault(Exception):
    """A fault without a place: raised by a rule, placed by the loop that called the rule.

    `field` names the field of the row that is to blame; None blames the whole row. The words
    "this layer" in a message become the layer's name, which a rule does not know. `fix` is what
    would be right in the field, `safe` whether that is certain (see `Fix`).
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        field: str | None = None,
        label: str = "",
        notes: Iterable[str] = (),
        help: Iterable[str] = (),  # noqa: A002  (the word that users see)
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
        """Return the diagnostic that this fault is at `span`."""
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
