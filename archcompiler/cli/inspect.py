"""`archc inspect`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from archcompiler.cli.common import (
    FAULTS,
    completer,
    failures,
    read_spec,
    reading,
    rules_in,
    weights,
)
from archcompiler.graph import Limits


@click.command("inspect")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--spec",
    type=click.Path(),
    shell_complete=completer("specs"),
    help="Compare with what this spec expects.",
)
@click.option("--map", "rules", type=click.Path(path_type=Path), help="Rules for FILE's names.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@reading
def command(
    file: Path,
    spec: str | None,
    rules: Path | None,
    form: str,
    params: dict[str, str],
    limits: Limits,
) -> None:
    """Show what is in a file of weights, and which layers of a spec it fits.

    With `--spec`, exit 1 if it does not fit.
    """
    with failures():
        network = read_spec(spec, params, limits) if spec else None
        from archcompiler import checkpoints
        from archcompiler.checkpoints import tables

        found = None
        with weights(), checkpoints.open_checkpoint(file) as checkpoint:
            if network:
                found = checkpoints.fit(checkpoint, network.graph, rules_in(rules, network))
            if form == "json":
                text = tables.contents_json(checkpoint, found)
            elif network and found:
                text = tables.fit_text(checkpoint, network.graph, found)
            else:
                text = tables.contents_text(checkpoint)
    click.echo(text, nl=False)
    if found and found.problems:
        sys.exit(FAULTS)
