"""`archc summary`."""

from __future__ import annotations

import click

from archcompiler.cli.common import SPEC, failures, read_spec, reading
from archcompiler.graph import Limits
from archcompiler.graph.formats import FORMATS


@click.command("summary")
@SPEC
@click.option(
    "--format", "form", type=click.Choice(list(FORMATS)), default="text", show_default=True
)
@click.option(
    "--depth", type=click.IntRange(min=1), help="Show blocks below this depth as one row."
)
@reading
def command(
    spec: str, form: str, depth: int | None, params: dict[str, str], limits: Limits
) -> None:
    """Show the layer table of SPEC: output shapes, parameters, multiply-adds, memory, totals."""
    with failures():
        architecture = read_spec(spec, params, limits)
        click.echo(FORMATS[form](architecture.graph, depth), nl=False)
