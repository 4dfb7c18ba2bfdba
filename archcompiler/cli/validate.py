"""`archc validate`."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import click

from archcompiler.architecture import Architecture
from archcompiler.cli.common import SPECS, each, reading
from archcompiler.graph import Limits


@click.command("validate")
@SPECS
@reading
def command(specs: tuple[str, ...], params: dict[str, str], limits: Limits) -> NoReturn:
    """Prove the shapes of each SPEC, without importing any framework.

    Every stated size is checked; all faults of all specs are shown.
    """

    def report(path: Path, architecture: Architecture) -> bool:
        totals = architecture.totals
        click.echo(
            f"{path.as_posix()}: {architecture.name}, {len(architecture.layers)} layers, "
            f"{totals.parameters:,} parameters: all shapes proven"
        )
        return True

    each(specs, params, limits, report, to_stdout=True)
