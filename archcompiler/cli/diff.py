"""`archc diff`."""

from __future__ import annotations

import sys
from functools import partial

import click

from archcompiler.check import STDIN
from archcompiler.cli.common import FAULTS, colour_on, completer, load_all, read_spec, reading
from archcompiler.diff import compare
from archcompiler.diff.formats import FORMATS
from archcompiler.graph import Limits

COLOURS = {"+": "green", "-": "red", "~": "yellow", ">": "yellow"}


@click.command("diff")
@click.argument(
    "specs",
    nargs=-1,
    required=True,
    metavar="[OLD] NEW",
    type=click.Path(),
    shell_complete=completer("specs"),
)
@click.option("--against", metavar="GITREF", help="Compare NEW with itself at a git revision.")
@click.option("--breaking", is_flag=True, help="Exit with 1 if an old checkpoint does not load.")
@click.option(
    "--format", "form", type=click.Choice(list(FORMATS)), default="text", show_default=True
)
@reading
def command(
    specs: tuple[str, ...],
    against: str | None,
    breaking: bool,
    form: str,
    params: dict[str, str],
    limits: Limits,
) -> None:
    """Show what changed from OLD to NEW: layers, costs, and whether checkpoints still load.

    A checkpoint of OLD loads if NEW has the same tensors: names (`layer.parameter`) and shapes,
    those of statistics included. With `--against`, specs that NEW names are of that revision too.
    One of both may be `-`, standard input.

    \b
    + added   - removed   > renamed   ~ changed
    """
    if len(specs) != (2 if against is None else 1):
        raise click.UsageError("give two specs, OLD and NEW, or NEW alone with `--against GITREF`")
    new = specs[-1]
    if against is not None and new == STDIN:
        raise click.UsageError("`--against` is for files: standard input is in no revision")
    old = specs[0] if against is None else f"{against}:{new}"
    read = partial(read_spec, params=params, limits=limits)
    networks = load_all(
        [(old, partial(read, specs[0], revision=against)), (new, partial(read, new))]
    )
    found = compare(*(network.graph for network in networks))
    _print(FORMATS[form](found), colour=form == "text" and colour_on(sys.stdout))
    if breaking and not found.loads:
        sys.exit(FAULTS)


def _print(text: str, *, colour: bool) -> None:
    """Print `text`; in colour, added lines are green and removed ones red."""
    for line in text.splitlines():
        mark = COLOURS.get(line[:1])
        click.echo(click.style(line, fg=mark) if colour and mark else line, color=colour)
