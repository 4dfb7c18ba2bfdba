"""`archc fmt`."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archcompiler.check import STDIN, find, same_meaning
from archcompiler.cli.common import FAULTS, SPECS, attempted, failures, limited, read_source, say
from archcompiler.diagnostics import Source
from archcompiler.diagnostics.forms.text import shown
from archcompiler.files import FileError, write_atomically
from archcompiler.graph import Limits

if TYPE_CHECKING:
    from archcompiler.language.format import Form

LONGEST = 5000  # lines up to which a minimal diff is computed, in quadratic time


@click.command("fmt")
@SPECS
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if a file would change.")
@click.option("--diff", is_flag=True, help="Write nothing; print what would change.")
@click.option(
    "--to",
    type=click.Choice(["table", "rows"]),
    help="Turn rows into a table for reading, or a table into rows.",
)
@limited
def command(
    specs: tuple[str, ...],
    check: bool,
    diff: bool,
    to: Form | None,
    limits: Limits,
) -> None:
    """Lay each SPEC out in the one layout, and print the path of each that changes.

    SPEC is a file, a folder (all specs in it and below), a pattern, or `-`, which reads standard
    input and prints to standard output. What a spec describes stays the same, and so does every
    comment. A file that is not YAML stays as it is.
    """
    with failures():
        paths = find(specs)
    one = partial(_format, check=check, diff=diff, to=to, limits=limits)
    clean, code = attempted((spec, partial(one, spec)) for spec in paths)
    sys.exit(code if all(clean) else max(code, FAULTS))


def _format(spec: str, *, check: bool, diff: bool, to: Form | None, limits: Limits) -> bool:
    """Format one spec; return whether all is well."""
    from archcompiler.language.format import formatted

    source = read_source(spec, limits)
    after = formatted(source, to)
    changes = after != source.text
    folder = Path.cwd() if spec == STDIN else Path(spec).parent
    if changes and not same_meaning(source, after, folder, limits):
        raise FileError(f"{source.name} would not be the same and stays as it is: a fault of archc")
    if diff and changes:
        click.echo(_difference(source, after), nl=False)
    elif check and changes:
        say(source.name)
    elif not (check or diff):
        if spec == STDIN:
            click.echo(after, nl=False)
        elif changes:
            path = Path(spec).resolve()  # a symbolic link is kept
            write_atomically(path, after.encode(), inside=path.parent)
            say(source.name)
        return True
    return not changes


def _difference(source: Source, after: str) -> str:
    """Return a unified diff; that of a very long text replaces all lines."""
    old, new, name = _lines(source.text), _lines(after), shown(source.name)
    if max(len(old), len(new)) > LONGEST:
        head = f"--- {name}\n+++ {name}\n@@ -1,{len(old)} +1,{len(new)} @@\n"
        return head + "".join(f"-{line}" for line in old) + "".join(f"+{line}" for line in new)

    from difflib import unified_diff

    return "".join(unified_diff(old, new, name, name))


def _lines(text: str) -> list[str]:
    lines = text.splitlines(keepends=True)
    if lines and not text.endswith("\n"):
        lines[-1] += "\n\\ No newline at end of file\n"
    return lines
