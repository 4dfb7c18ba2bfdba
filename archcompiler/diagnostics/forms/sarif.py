"""Diagnostics as SARIF 2.1.0, for code scanning.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from archcompiler.diagnostics import catalogue
from archcompiler.diagnostics.diagnostic import Diagnostic, Fix, Place, severity_of
from archcompiler.diagnostics.results import Identified, SpecResult, identified
from archcompiler.diagnostics.source import Source, Span

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)


def render(report: Sequence[SpecResult], version: str) -> str:
    """Return the report as one SARIF log."""
    found = identified(report)
    used = sorted({item.diagnostic.code for item in found})
    log = {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": _driver(version, used)},
                "columnKind": "unicodeCodePoints",
                "invocations": [_invocation(report)],
                "results": [_result(item, used) for item in found],
            }
        ],
    }
    return json.dumps(log, indent=2) + "\n"


def _driver(version: str, used: Sequence[str]) -> dict[str, Any]:
    return {"name": "archc", "version": version, "rules": [_rule(code) for code in used]}


def _rule(code: str) -> dict[str, Any]:
    entry = catalogue.entry(code)
    plain = " ".join(entry.explanation.split())
    return {
        "id": code,
        "name": entry.name,
        "shortDescription": {"text": entry.title},
        "fullDescription": {"text": plain},
        "help": {"text": plain, "markdown": entry.markdown},
        "defaultConfiguration": {"level": severity_of(code)},
    }


def _invocation(report: Sequence[SpecResult]) -> dict[str, Any]:
    unread = [checked.error for checked in report if checked.error]
    notes = [{"level": "error", "message": {"text": text}} for text in unread]
    return {"executionSuccessful": not unread, "toolExecutionNotifications": notes}


def _result(item: Identified, used: Sequence[str]) -> dict[str, Any]:
    diagnostic = item.diagnostic
    result = {
        "ruleId": diagnostic.code,
        "ruleIndex": used.index(diagnostic.code),
        "level": diagnostic.severity,
        "message": {"text": _message(diagnostic)},
        "locations": [
            _location(Place(diagnostic.span, diagnostic.layer, diagnostic.path)),
            *map(_location, diagnostic.also),  # each of them has the fault
        ],
        "partialFingerprints": {"archc/v1": item.fingerprint},
    }
    related = [
        {"id": number, "message": {"text": label.text}, **_physical(label.span)}
        for number, label in enumerate(diagnostic.labels, 1)
        if label.text
    ]
    if related:
        result["relatedLocations"] = related
    if diagnostic.fix:
        result["fixes"] = [_fix(diagnostic.fix)]
    return result


def _message(diagnostic: Diagnostic) -> str:
    """Return the message with notes and help; braces are escaped, as they are placeholders."""
    lines = [diagnostic.message, *diagnostic.notes, *diagnostic.help]
    return "\n".join(lines).replace("{", "{{").replace("}", "}}")


def _location(place: Place) -> dict[str, Any]:
    location = _physical(place.span)
    if place.path:
        logical = {"fullyQualifiedName": place.path}
        location["logicalLocations"] = [logical | ({"name": place.layer} if place.layer else {})]
    return location


def _physical(span: Span) -> dict[str, Any]:
    place = {"artifactLocation": _artifact(span.source), "region": _region(span)}
    return {"physicalLocation": place}


def _region(span: Span) -> dict[str, int]:
    line, column = span.source.position(span.start)
    end_line, end_column = span.source.position(max(span.end, span.start))
    return {
        "startLine": line,
        "startColumn": column,
        "endLine": end_line,
        "endColumn": end_column,
    }


def _artifact(source: Source) -> dict[str, str]:
    """Return the location of a file, relative to the current folder if it is below that."""
    path = Path(source.name)
    if path.is_absolute() and path.is_relative_to(Path.cwd()):
        path = path.relative_to(Path.cwd())
    relative = quote(os.fsencode(path.as_posix()))
    return {"uri": path.as_uri() if path.is_absolute() else relative}


def _fix(fix: Fix) -> dict[str, Any]:
    replacements = [
        {"deletedRegion": _region(span), "insertedContent": {"text": text}}
        for span, text in fix.edits
    ]
    source = fix.edits[0].span.source  # all are in one file
    changes = [{"artifactLocation": _artifact(source), "replacements": replacements}]
    safety = "" if fix.safe else " (not applied by --fix)"
    return {"description": {"text": fix.title + safety}, "artifactChanges": changes}
