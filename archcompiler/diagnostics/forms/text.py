"""Diagnostics for a terminal: the line with carets below the field, notes and help."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from archcompiler.diagnostics.diagnostic import ERROR, MAXIMUM, Diagnostic, Label
from archcompiler.diagnostics.results import SpecResult
from archcompiler.diagnostics.source import Source
from archcompiler.diagnostics.wording import counted

MOST_CODES = 6  # that the last line names
MOST_PLACES = 8  # of a fault that are shown besides the first
MOST_LINES = 20  # of a fault whose numbers are listed besides those
WIDTH = 160  # a longer line is shown in part, around its labels

COLOURS = {"error": "1;31", "warning": "1;33", "rule": "1;34", "bold": "1", "help": "1;36"}


# The labels of one file by line, as (start, end, text, primary) in characters of that line.
_Lines = dict[int, list[tuple[int, int, str, bool]]]


class _Mark(NamedTuple):
    """A label on one line, in columns of the shown line."""

    start: int
    width: int
    text: str
    primary: bool


def render_all(
    diagnostics: Sequence[Diagnostic], *, colour: bool = False, unchecked: int = 0
) -> str:
    """Render every diagnostic, and a last line that counts them."""
    parts = [render(diagnostic, colour=colour) for diagnostic in diagnostics]
    return "\n".join([*parts, count(diagnostics, unchecked, cut=_is_cut(diagnostics))])


def closing(report: Sequence[SpecResult]) -> list[str]:
    """Return the last lines: the counts, and a hint at `archc explain`."""
    found = [diagnostic for checked in report for diagnostic in checked.diagnostics]
    if not found:
        return []
    cut = any(_is_cut(checked.diagnostics) for checked in report)
    codes = sorted({diagnostic.code for diagnostic in found})
    more = f"`archc explain {' '.join(codes[:MOST_CODES])}` says more about "
    return [
        count(found, sum(checked.unchecked for checked in report), cut=cut),
        more + ("it" if len(found) == 1 else "them"),
    ]


def count(diagnostics: Sequence[Diagnostic], unchecked: int = 0, *, cut: bool = False) -> str:
    """Return a line such as `2 errors in 1 file`; `cut` if there were too many to list."""
    files = len({diagnostic.span.source.name for diagnostic in diagnostics})
    errors = sum(diagnostic.severity == ERROR for diagnostic in diagnostics)
    warnings, places = len(diagnostics) - errors, _places(diagnostics)
    kinds = [(errors, "error")] if errors or not warnings else []
    kinds += [(warnings, "warning")] if warnings else []
    text = " and ".join(counted(*kind) for kind in kinds)
    text += f" at {places:,} places" if places > len(diagnostics) else ""
    text += f" in {counted(files, 'file')}"
    if unchecked:
        text += f"; {counted(unchecked, 'layer')} could not be checked because of "
        several = errors > 1
        text += f"the error{'s' * several}" if warnings else "them" if several else "it"
    if cut:
        text += "; what comes after them was not looked at"
    return text


def _places(diagnostics: Sequence[Diagnostic]) -> int:
    return sum(1 + len(diagnostic.also) for diagnostic in diagnostics)


def _is_cut(diagnostics: Sequence[Diagnostic]) -> bool:
    return _places(diagnostics) >= MAXIMUM


def also(diagnostic: Diagnostic, shown_at: int = MOST_PLACES) -> list[str]:
    """Return a note that lists the further places of a fault, except the first `shown_at`."""
    places = diagnostic.also[shown_at:]
    lines = dict.fromkeys(span.source.position(span.start)[0] for span, *_ in places)
    if not lines:
        return []
    runs: list[list[int]] = []
    for line in lines:
        if runs and line == runs[-1][-1] + 1:
            runs[-1][1:] = [line]
        else:
            runs.append([line])
    told = ", ".join("-".join(map(str, run)) for run in runs[:MOST_LINES])
    more = ", ..." if len(runs) > MOST_LINES else ""
    noun = "line" if len(lines) == 1 else "lines"
    names = ", ".join(f"`{place.layer}`" for place in places if place.layer)
    layers = f" ({names})" if names else ""
    return [f"the same in {counted(len(places), 'more place')}: {noun} {told}{more}{layers}"]


def render(diagnostic: Diagnostic, *, colour: bool = False) -> str:
    """Render one diagnostic, with a newline at its end."""
    severity = diagnostic.severity
    paint = partial(_paint, severity) if colour else _plain
    source = diagnostic.span.source
    files = _by_file(diagnostic)
    lines = files.pop(source) if source.text else {}  # an unreadable file has no lines
    numbers = [max(there) for there in (lines, *files.values()) if there]
    gutter = len(str(max(numbers, default=1)))
    bar = paint("rule", " " * gutter + " |")
    out = [
        paint("primary", f"{severity}[{diagnostic.code}]")
        + paint("bold", ": " + shown(diagnostic.message)),
        paint("rule", " " * gutter + "--> ") + shown(diagnostic.place),
        *([bar] if lines else []),
        *_excerpt(source, lines, gutter, paint),
    ]
    for other, there in files.items():
        if there and other.text:
            place = f"{other.name}:{min(there)}"
            out += [paint("rule", " " * gutter + "::: ") + shown(place), bar]
            out += _excerpt(other, there, gutter, paint)
    notes = (*diagnostic.notes, *also(diagnostic))
    if lines and (notes or diagnostic.help):
        out.append(bar)
    for kind, texts in (("note", notes), ("help", diagnostic.help)):
        out.extend(
            f"{paint('rule', ' ' * gutter + ' =')} {paint('help', kind)}: {shown(text)}"
            for text in texts
        )
    return "\n".join(out) + "\n"


def _excerpt(
    source: Source, lines: _Lines, gutter: int, paint: Callable[[str, str], str]
) -> list[str]:
    """Return the labelled lines of one file, with marks and texts below."""
    bar = paint("rule", " " * gutter + " |")
    out = []
    previous = None
    for number in sorted(lines):
        if previous is not None and number > previous + 1:
            out.append(paint("rule", "..."))
        previous = number
        text, marks = _window(source, number, lines[number])
        out.append(paint("rule", f"{number:>{gutter}} |") + f" {text}".rstrip())
        out.extend(f"{bar} {row}" for row in _mark_rows(marks, paint))
    return out


def shown(text: str) -> str:
    """Return `text` with control and invisible characters escaped, as `<U+001B>`."""
    return "".join(_shown_character(character) for character in text)


def _shown_character(character: str) -> str:
    if character == "\t":
        return "    "
    if character.isprintable():
        return character
    return f"<U+{ord(character):04X}>"


def _columns(text: str) -> int:
    return sum(
        0
        if unicodedata.combining(character)
        else 2
        if unicodedata.east_asian_width(character) in "WF"
        else 1
        for character in shown(text)
    )


def _by_file(diagnostic: Diagnostic) -> dict[Source, _Lines]:
    """Group the labels by file and line, the file of the fault first."""
    files: dict[Source, _Lines] = {diagnostic.span.source: {}}
    labels: list[tuple[Label, bool]] = [(diagnostic.label, True)]
    labels += [(Label(place.span), True) for place in diagnostic.also[:MOST_PLACES]]
    labels += [(label, False) for label in diagnostic.labels]
    for (span, text), primary in labels:
        number, column = span.source.position(span.start)
        first, end_of_line = span.source.line(number)
        width = end_of_line - first
        start = min(column - 1, width)
        end = min(start + max(span.end - span.start, 1), max(width, start + 1))
        lines = files.setdefault(span.source, {})
        lines.setdefault(number, []).append((start, end, text, primary))
    return files


def _window(
    source: Source, number: int, labels: Sequence[tuple[int, int, str, bool]]
) -> tuple[str, list[_Mark]]:
    """Return the visible part of a line, and the marks in columns of that part."""
    line, line_end = source.line(number)
    first, cut = 0, line_end - line
    if cut > WIDTH:
        first = max(min(start for start, *_ in labels) - WIDTH // 2, 0)
        cut = min(first + WIDTH, cut)
    before, after = "..." if first else "", "..." if line + cut < line_end else ""
    part = source.text[line + first : line + cut]
    marks = []
    for start, end, text, primary in labels:
        start, end = min(max(start, first), cut), min(max(end, first), cut)
        column = len(before) + _columns(part[: start - first])
        marks.append(
            _Mark(column, max(_columns(part[start - first : end - first]), 1), text, primary)
        )
    return before + shown(part) + after, marks


def _mark_rows(marks: Sequence[_Mark], paint: Callable[[str, str], str]) -> list[str]:
    """Return the rows below a line: underlines with the last label's text, then other texts."""
    marks = sorted(marks, key=lambda mark: (mark.start, not mark.primary))
    underline, at = "", 0
    for mark in marks:
        if mark.start < at:  # overlapping labels: the earlier one keeps the columns
            continue
        kind, character = ("primary", "^") if mark.primary else ("rule", "-")
        underline += " " * (mark.start - at) + paint(kind, character * mark.width)
        at = mark.start + mark.width
    last = marks[-1]
    if last.text:
        underline += " " + paint("primary" if last.primary else "rule", shown(last.text))
    rows = [underline]
    for mark in reversed(marks[:-1]):
        if mark.text:
            kind = "primary" if mark.primary else "rule"
            rows.append(" " * mark.start + paint(kind, shown(mark.text)))
    return rows


def _paint(severity: str, kind: str, text: str) -> str:
    """Return `text` in the colour of a kind; `primary` has the colour of the severity."""
    return f"\x1b[{COLOURS[severity if kind == 'primary' else kind]}m{text}\x1b[0m"


def _plain(kind: str, text: str) -> str:
    return text
