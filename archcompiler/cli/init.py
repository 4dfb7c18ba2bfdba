"""`archc init`."""

from __future__ import annotations

from pathlib import Path

import click

from archcompiler.cli.common import SPEC, failures, read_spec, reading, say, weights
from archcompiler.graph import Limits


@click.command("init")
@SPEC
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=0, show_default=True)
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="The file.")
@click.option("--force", is_flag=True, help="Overwrite a file that archc did not write.")
@reading
def command(
    spec: str,
    seed: int,
    output: Path,
    force: bool,
    params: dict[str, str],
    limits: Limits,
) -> None:
    """Write first weights for SPEC, drawn from the distributions that it names.

    The same for all frameworks, whatever kind of file it is; no framework is needed for
    .safetensors.
    """
    with failures():
        network = read_spec(spec, params, limits)
        from archcompiler import checkpoints

        with weights() as watch:
            target = checkpoints.Target(output, force=force, watch=watch)
            checkpoints.init(target, network.graph, seed)
    say(f"{output}: {network.name}, {network.totals.parameters:,} parameters, seed {seed}")
