"""Printing of the results of many specs in the requested form."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from archcompiler import __version__
from archcompiler.cli.common import FAULTS, WRONG_USE, colour_on, say
from archcompiler.cli.flags import is_set
from archcompiler.diagnostics.forms import FORMS, document
from archcompiler.diagnostics.results import SpecResult
from archcompiler.diagnostics.wording import counted

MANY = 50  # specs from which on progress is shown

FORMAT = click.option(
    "--format",
    "form",
    type=click.Choice(FORMS),
    default="text",
    show_default=True,
    help="Text for people, or a form that CI systems and editors read.",
)


class Reporter:
    """Prints results: text as they come in, any other form as one document at the end.

    Commands of GitHub are printed after the text, which is for people who read the log. Valid specs
    are listed only if `proven`; with `--quiet`, neither they nor warnings are printed.
    """

    def __init__(self, form: str, *, at_once: bool = True, proven: bool = True) -> None:
        self.form = form
        self.at_once = at_once
        self.quiet, self.verbose = is_set("quiet"), is_set("verbose")
        self.proven = proven and not self.quiet
        self.report: list[SpecResult] = []

    def add(self, checked: SpecResult) -> None:
        """Add the result of one spec."""
        if self.quiet and checked.sound:
            checked = checked._replace(diagnostics=())
        self.report.append(checked)
        if self._as_text and self.at_once:
            self._show(checked)

    def close(self) -> int:
        """Print the rest, and return the exit code."""
        if self._as_text:
            for checked in () if self.at_once else self.report:
                self._show(checked)
            self._show_end()
        if self.form != "text":
            click.echo(document(self.form, self.report, __version__), nl=False)
        if self.form == "github":
            self._summarize()
        if any(checked.error for checked in self.report):
            return WRONG_USE
        return 0 if all(checked.sound for checked in self.report) else FAULTS

    @property
    def _as_text(self) -> bool:
        return self.form in ("text", "github")

    def _show(self, checked: SpecResult) -> None:
        from archcompiler.diagnostics.forms.text import render

        if checked.error:
            say(f"error: {checked.error}", err=True)
        elif checked.sound and self.proven:
            facts = dict(checked.facts)
            say(
                f"{checked.name}: {facts['network']}, {counted(int(facts['layers']), 'layer')}, "
                f"{facts['parameters']:,} parameters: all shapes proven"
            )
        if self.verbose:
            files = f"; read from {', '.join(checked.files)}" if checked.files else ""
            say(f"{checked.name}: {1000 * checked.seconds:,.0f} ms{files}", err=True)
        for diagnostic in checked.diagnostics:
            click.echo(render(diagnostic, colour=colour_on(sys.stdout)), color=True)

    def _show_end(self) -> None:
        from archcompiler.diagnostics.forms.text import closing

        for line in closing(self.report):
            click.echo(line)

    def _summarize(self) -> None:
        """Append to the job summary of GitHub Actions."""
        path = os.environ.get("GITHUB_STEP_SUMMARY")
        if path:
            from archcompiler.diagnostics.forms.github import summary

            with Path(path).open("a", encoding="utf-8") as file:
                file.write(summary(self.report))


@contextmanager
def progress(outcomes: Iterable[SpecResult], count: int) -> Iterator[Iterable[SpecResult]]:
    """Show a progress bar on a terminal if there are many specs."""
    if not shows_progress(count):
        yield outcomes
        return
    bar: Any
    with click.progressbar(outcomes, length=count, file=sys.stderr, show_pos=True) as bar:
        yield bar


def shows_progress(count: int) -> bool:
    """Whether `progress` shows a bar for so many specs."""
    return count >= MANY and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
