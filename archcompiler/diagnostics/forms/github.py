"""Diagnostics as workflow commands of GitHub, which become annotations of a pull request.

https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archcompiler.diagnostics import catalogue
from archcompiler.diagnostics.diagnostic import ERROR, WARNING, Diagnostic
from archcompiler.diagnostics.forms.text import also, shown
from archcompiler.diagnostics.results import SpecResult, totals
from archcompiler.diagnostics.wording import counted

MOST = 10  # annotations of a severity that GitHub shows per step


def render(report: Sequence[SpecResult], version: str) -> str:
    """Return the commands, a line each: errors, and then warnings."""
    found = [diagnostic for checked in report for diagnostic in checked.diagnostics]
    errors = [f"::error title=archc::{_text(c.error)}" for c in report if c.error]
    errors += [_command(diagnostic) for diagnostic in found if diagnostic.severity == ERROR]
    warnings = [_command(diagnostic) for diagnostic in found if diagnostic.severity == WARNING]
    lines = _with_count(errors, "errors") + _with_count(warnings, "warnings")
    return "".join(f"{line}\n" for line in lines)


def _with_count(lines: list[str], what: str) -> list[str]:
    """Add to the last line that GitHub shows how many more there are."""
    if len(lines) > MOST:
        more = f"{len(lines) - MOST} more {what} are in the log: GitHub shows {MOST} of a step"
        lines[MOST - 1] += f"%0A%0A{_text(more)}"
    return lines


def summary(report: Sequence[SpecResult]) -> str:
    """Return the report as Markdown, for the summary of a job."""
    counts = totals(report)
    bad = counts["faulty"] + counts["unreadable"]
    warned = counted(counts["warnings"], "warning", ",")
    told = f"All shapes of {counted(counts['specs'], 'spec', ',')} are proven"
    if bad:
        told = f"{bad:,} of {counts['specs']:,} specs have faults: {counts['errors']:,} errors"
        told += f", {warned}" if counts["warnings"] else ""
    elif counts["warnings"]:
        told += f"; {warned}"
    lines = ["### archc", "", f"{told}."]
    if not bad and not counts["warnings"]:
        return "\n".join(lines) + "\n"
    lines += [
        "",
        "| place | code | what is wrong | what would be right |",
        "| --- | --- | --- | --- |",
    ]
    lines += [f"| {_cell(c.name)} | | {_cell(c.error)} | |" for c in report if c.error]
    for checked in report:
        for diagnostic in checked.diagnostics:
            name = catalogue.entry(diagnostic.code).name
            name += f" ({WARNING})" if diagnostic.severity == WARNING else ""
            said = (*also(diagnostic, shown_at=0), *diagnostic.help)
            helps = "<br>".join(map(_cell, said))
            lines.append(
                f"| {_cell(diagnostic.place)} | {diagnostic.code} {name}"
                f" | {_cell(diagnostic.message)} | {helps} |"
            )
    return "\n".join(lines) + "\n"


def _command(diagnostic: Diagnostic) -> str:
    source, start, end = diagnostic.span
    line, column = source.position(start)
    last_line, last_column = source.position(max(end - 1, start))
    title = f"{diagnostic.code} {catalogue.entry(diagnostic.code).name}"
    where = f"file={_property(source.name)},line={line},endLine={last_line}"
    if line == last_line:
        where += f",col={column},endColumn={last_column}"
    said = "%0A".join(map(_text, _said(diagnostic)))
    return f"::{diagnostic.severity} {where},title={_property(title)}::{said}"


def _said(diagnostic: Diagnostic) -> Iterator[str]:
    yield diagnostic.message
    for label in diagnostic.labels:
        line, _ = label.span.source.position(label.span.start)
        if label.text:
            yield f"{label.span.source.name}:{line}: {label.text}"
    yield from (f"note: {note}" for note in (*diagnostic.notes, *also(diagnostic, shown_at=0)))
    yield from (f"help: {line}" for line in diagnostic.help)


def _text(text: str) -> str:
    return shown(text).replace("%", "%25")  # `shown` has escaped line breaks


def _property(text: str) -> str:
    return _text(text).replace(":", "%3A").replace(",", "%2C")


def _cell(text: str) -> str:
    plain = shown(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return plain.replace("|", "\\|")
