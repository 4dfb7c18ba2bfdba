"""`archc expand`."""

from __future__ import annotations

import click

from archcompiler.architecture import load
from archcompiler.cli.common import SPEC, failures, reading
from archcompiler.graph import Limits


@click.command("expand")
@SPEC
@reading
def command(spec: str, params: dict[str, str], limits: Limits) -> None:
    """Print SPEC without blocks: a spec of plain rows, with every size and number written out."""
    from archcompiler.graph.expand import expanded

    with failures():
        click.echo(expanded(load(spec, params=params, limits=limits).graph), nl=False)
