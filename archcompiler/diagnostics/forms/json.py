"""Diagnostics as JSON, for programs. `format_version` changes when a reader would have to."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from archcompiler.diagnostics import catalogue
from archcompiler.diagnostics.diagnostic import Diagnostic, Fix
from archcompiler.diagnostics.report import Checked, identified, totals
from archcompiler.diagnostics.source import Span

FORMAT_VERSION = 1


def render(report: Sequence[Checked], version: str) -> str:
    """Return the report as one JSON document."""
    document = {
        "format_version": FORMAT_VERSION,
        "archc": version,
        "valid": all(checked.sound for checked in report),
        "counts": totals(report),
        "specs": [_spec(checked) for checked in report],
        "diagnostics": [_diagnostic(*item) for item in identified(report)],
    }
    return json.dumps(document, indent=2) + "\n"


def _spec(checked: Checked) -> dict[str, Any]:
    spec: dict[str, Any] = {"file": checked.name, "valid": checked.sound, **dict(checked.facts)}
    return spec | ({"error": checked.error} if checked.error else {})


def _diagnostic(diagnostic: Diagnostic, fingerprint: str) -> dict[str, Any]:
    return {
        "code": diagnostic.code,
        "name": catalogue.entry(diagnostic.code).name,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        **_place(diagnostic.span),
        "label": diagnostic.label.text,
        "layer": diagnostic.layer or None,
        "path": diagnostic.path or None,
        "labels": [{**_place(label.span), "message": label.text} for label in diagnostic.labels],
        "notes": list(diagnostic.notes),
        "help": list(diagnostic.help),
        "facts": dict(diagnostic.facts),
        "also": [
            {**_place(span), "layer": layer or None, "path": path or None}
            for span, layer, path in diagnostic.also
        ],
        "fixes": [_fix(diagnostic.fix)] if diagnostic.fix else [],
        "fingerprint": fingerprint,
    }


def _place(span: Span) -> dict[str, Any]:
    return {
        "file": span.source.name,
        "start": _position(span, span.start),
        "end": _position(span, span.end),
    }


def _position(span: Span, offset: int) -> dict[str, int]:
    line, column = span.source.position(offset)
    return {"line": line, "column": column, "offset": offset}


def _fix(fix: Fix) -> dict[str, Any]:
    return {
        "title": fix.title,
        "applicability": "safe" if fix.safe else "unsafe",
        "edits": [{**_place(span), "text": text} for span, text in fix.edits],
    }
