"""What `archc validate --format json` prints, and `archc build --check --format json`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from archcompiler.documents.document import VERSION, Document, Part


class Counts(Part):
    """How many there are."""

    specs: int = Field(description="Specs that were looked at.")
    faulty: int = Field(description="Those with faults.")
    unreadable: int = Field(description="Those that could not be read.")
    errors: int = Field(description="Faults.")
    warnings: int = Field(description="Warnings.")
    unchecked: int = Field(description="Layers that faults left unchecked.")


class Spec(Part):
    """What became of a spec."""

    file: str = Field(description="The file, as it was named.")
    valid: bool = Field(description="Whether nothing is wrong with it; there may be warnings.")
    network: str | None = Field(default=None, description="The name of a valid one's network.")
    layers: int | None = Field(default=None, description="How many layers a valid one has.")
    parameters: int | None = Field(default=None, description="The parameters of a valid one.")
    error: str | None = Field(default=None, description="Why it could not be read.")


class Position(Part):
    """A place between two characters of a file."""

    line: int = Field(description="Its line, counted from 1.")
    column: int = Field(description="Its column, counted from 1.")
    offset: int = Field(description="Characters before it in the file.")


class _Span(Part):
    file: str = Field(description="The file, as it was named.")
    start: Position
    end: Position


class Label(_Span):
    """A place that belongs to a diagnostic."""

    message: str = Field(description="What is said there.")


class Also(_Span):
    """Another place with the same fault."""

    layer: str | None = Field(description="The layer whose row it is in.")
    path: str | None = Field(description="The keys that lead there, with dots between them.")


class Edit(_Span):
    """A text in the place of what is there."""

    text: str = Field(description="What is written there instead.")


class Fix(Part):
    """Edits that mend a fault."""

    title: str = Field(description="What it does.")
    applicability: Literal["safe", "unsafe"] = Field(
        description="A safe one is most likely what was meant: `archc validate --fix` makes it."
    )
    edits: tuple[Edit, ...] = Field(description="One at each place of the fault.")


class Diagnostic(Part):
    """A fault, or a warning."""

    code: str = Field(description="What kind it is of; `archc explain` says more.")
    name: str = Field(description="The code's name.")
    severity: Literal["error", "warning"] = Field(description="Warnings fail no run.")
    message: str = Field(description="What is wrong.")
    file: str = Field(description="The file, as it was named.")
    start: Position
    end: Position
    label: str = Field(description="What is said at that place.")
    layer: str | None = Field(description="The layer whose row it is in.")
    path: str | None = Field(description="The keys that lead there, with dots between them.")
    labels: tuple[Label, ...] = Field(description="Places that belong to it.")
    notes: tuple[str, ...] = Field(description="The arithmetic, or other reasons.")
    help: tuple[str, ...] = Field(description="What would be right.")
    facts: dict[str, str] = Field(description="What is stated and what is computed, as data.")
    also: tuple[Also, ...] = Field(description="Other places with the same fault.")
    fixes: tuple[Fix, ...] = Field(description="Edits that mend it.")
    fingerprint: str = Field(description="Tells it from all others, also after lines have moved.")


class Report(Document):
    """What became of specs: `archc validate --format json`."""

    format_version: Literal[1] = Field(description=VERSION)
    archc: str = Field(description="The version of archc.")
    valid: bool = Field(description="Whether nothing is wrong with any of them.")
    counts: Counts
    specs: tuple[Spec, ...] = Field(description="In the order in which they were given.")
    diagnostics: tuple[Diagnostic, ...] = Field(description="Spec by spec, in order.")
