"""`archc expand`."""

from __future__ import annotations

import click

from archcompiler.cli.common import SPEC, failures, read_spec, reading
from archcompiler.graph import Limits


@click.command("expand")
@SPEC
@reading
def command(spec: str, params: dict[str, str], limits: Limits) -> None:
    """Print SPEC without blocks: a spec of plain rows, with every size and number written out."""
    from archcompiler.graph.expand import expanded

    with failures():
        click.echo(expanded(read_spec(spec, params, limits).graph), nl=False)
