"""Diagnostics as JSON, for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archcompiler.diagnostics import catalogue
from archcompiler.diagnostics.diagnostic import Diagnostic, Fix
from archcompiler.diagnostics.results import Identified, SpecResult, identified, totals
from archcompiler.diagnostics.source import Span
from archcompiler.documents import diagnostics as documents


def render(report: Sequence[SpecResult], version: str) -> str:
    """Return the report as one JSON document."""
    return document(report, version).text()


def document(report: Sequence[SpecResult], version: str) -> documents.Report:
    """Return the results as a document; `version` is that of archc."""
    return documents.Report(
        format_version=1,
        archc=version,
        valid=all(checked.sound for checked in report),
        counts=documents.Counts(**totals(report)),
        specs=tuple(map(_spec, report)),
        diagnostics=tuple(map(_diagnostic, identified(report))),
    )


def _spec(checked: SpecResult) -> documents.Spec:
    said: dict[str, Any] = dict(checked.facts)
    said |= {"error": checked.error} if checked.error else {}
    return documents.Spec(file=checked.name, valid=checked.sound, **said)


def _diagnostic(found: Identified) -> documents.Diagnostic:
    diagnostic: Diagnostic = found.diagnostic
    return documents.Diagnostic(
        code=diagnostic.code,
        name=catalogue.entry(diagnostic.code).name,
        severity=diagnostic.severity,
        message=diagnostic.message,
        **_place(diagnostic.span),
        label=diagnostic.label.text,
        layer=diagnostic.layer or None,
        path=diagnostic.path or None,
        labels=tuple(
            documents.Label(**_place(span), message=text) for span, text in diagnostic.labels
        ),
        notes=diagnostic.notes,
        help=diagnostic.help,
        facts=dict(diagnostic.facts),
        also=tuple(
            documents.Also(**_place(span), layer=layer or None, path=path or None)
            for span, layer, path in diagnostic.also
        ),
        fixes=(_fix(diagnostic.fix),) if diagnostic.fix else (),
        fingerprint=found.fingerprint,
    )


def _place(span: Span) -> dict[str, Any]:
    return {
        "file": span.source.name,
        "start": _position(span, span.start),
        "end": _position(span, span.end),
    }


def _position(span: Span, offset: int) -> documents.Position:
    line, column = span.source.position(offset)
    return documents.Position(line=line, column=column, offset=offset)


def _fix(fix: Fix) -> documents.Fix:
    return documents.Fix(
        title=fix.title,
        applicability="safe" if fix.safe else "unsafe",
        edits=tuple(documents.Edit(**_place(span), text=text) for span, text in fix.edits),
    )
