"""The report of a verification as text, Markdown or JSON."""

from __future__ import annotations

from collections.abc import Callable

from archcompiler.diagnostics.forms.markdown import code, folded, table
from archcompiler.diagnostics.forms.text import shown
from archcompiler.graph.summary import table_lines
from archcompiler.runtime.verify.verification_report import VerificationReport


def text(report: VerificationReport) -> str:
    """Return the report for a terminal: a table for each comparison, and the verdict."""
    parts = [
        [
            *table_lines(report.table(comparison), "  ", range(0)),
            *(f"note: {note}" for note in comparison.notes),
        ]
        for comparison in report.verification.comparisons
    ]
    between = [""] if len(parts) > 1 else []
    lines = [line for part in parts for line in (*part, *between)]
    return "\n".join(map(shown, (*lines, *report.verdicts()))) + "\n"


def markdown(report: VerificationReport) -> str:
    """Return the report as a comment for a pull request: the verdict first, long tables folded."""
    parts = [f"**{shown(verdict)}**" for verdict in report.verdicts()]
    for comparison in report.verification.comparisons:
        titles, *rows = report.table(comparison)
        cells = [(code(row[0]).replace("|", r"\|"), *row[1:]) for row in rows]
        shape = table(titles, range(1, len(titles) - 1), cells)
        long = comparison.kind != "losses" and len(rows) > 1
        parts.append(folded(f"{report.title(comparison)}: {len(rows)}", shape) if long else shape)
        parts += [f"- {shown(note)}" for note in comparison.notes]
    return "\n\n".join(parts) + "\n"


def as_json(report: VerificationReport) -> str:
    """Return the report as JSON, see `verify/document.py`."""
    from archcompiler.runtime.verify.document import document

    return document(report).text()


FORMATS: dict[str, Callable[[VerificationReport], str]] = {
    "text": text,
    "markdown": markdown,
    "json": as_json,
}
