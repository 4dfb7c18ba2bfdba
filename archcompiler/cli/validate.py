"""`archc validate`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from archcompiler.check import STDIN, Task, check_all, find, mended
from archcompiler.cli.common import (
    SPECS,
    STRICT,
    fail,
    failures,
    reading,
    say,
    standard_input,
)
from archcompiler.cli.flags import QUIET, VERBOSE, is_set
from archcompiler.cli.reporter import FORMAT, Reporter, progress, shows_progress
from archcompiler.diagnostics.wording import counted
from archcompiler.graph import Limits


@click.command("validate")
@SPECS
@reading
@FORMAT
@STRICT
@QUIET
@VERBOSE
@click.option("--fix", is_flag=True, help="Make the edits that are safe, and show what is left.")
@click.option("--watch", is_flag=True, help="Validate again whenever a file changes, until Ctrl-C.")
def command(
    specs: tuple[str, ...],
    params: dict[str, str],
    limits: Limits,
    form: str,
    strict: bool,
    fix: bool,
    watch: bool,
) -> NoReturn:
    """Prove the shapes of each SPEC, without importing any framework.

    SPEC is a file, a folder (all specs in it and below), a pattern, or `-` for standard input.
    Every stated size is checked; all faults of all specs are shown, and warnings, which fail no
    run that is not `--strict`.
    """
    if STDIN in specs and (fix or watch):
        fail("`--fix` and `--watch` are for files: standard input cannot be written or watched")
    if watch and form != "text":
        fail("`--watch` is for people: it prints text")
    stdin = standard_input(limits) if STDIN in specs else b""
    task = Task(params, limits, form != "text", stdin, strict)
    if watch:
        from archcompiler.cli.watch import again_and_again

        again_and_again(specs, lambda: _validate(specs, task, form, fix=fix))
    sys.exit(_validate(specs, task, form, fix=fix))


def _validate(specs: Sequence[str], task: Task, form: str, *, fix: bool) -> int:
    """Validate all specs once; return the exit code."""
    with failures():
        paths = find(specs)
        reporter = Reporter(form, at_once=not shows_progress(len(paths)))
        with progress(check_all(paths, task), len(paths)) as outcomes:
            for path, checked in zip(paths, outcomes, strict=True):
                if fix and checked.diagnostics:
                    count, checked = mended(path, task)
                    if count and not is_set("quiet"):
                        say(f"{checked.name}: {counted(count, 'fault')} mended", err=True)
                reporter.add(checked)
        return reporter.close()
