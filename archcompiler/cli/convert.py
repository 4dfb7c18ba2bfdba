"""`archc convert`."""

from __future__ import annotations

import re
from pathlib import Path

import click

from archcompiler.cli.choices import Choices, formats
from archcompiler.cli.common import completer, failures, read_spec, reading, rules_in, say, weights
from archcompiler.graph import Limits

_UNITS = {"": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}


def _size(context: click.Context, parameter: click.Parameter, text: str | None) -> int | None:
    match = re.fullmatch(r"([1-9][0-9]{0,11}) ?([KMG]i?B|)", text or "", re.IGNORECASE)
    if text is not None and match is None:
        raise click.BadParameter(f"`{text}` is no size such as 5GB or 500MiB")
    return int(match[1]) * _UNITS[match[2].upper()] if match else None


@click.command("convert")
@click.argument("source", metavar="IN", type=click.Path(path_type=Path))
@click.option(
    "--spec",
    required=True,
    type=click.Path(),
    shell_complete=completer("specs"),
    help="What the weights are for.",
)
@click.option(
    "--to",
    type=Choices(formats),
    help="What OUT is; by default what its name says.",
)
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="The file.")
@click.option("--map", "rules", type=click.Path(path_type=Path), help="Rules for IN's names.")
@click.option("--map-out", type=click.Path(path_type=Path), help="Rules for OUT's names.")
@click.option("--partial", is_flag=True, help="Write what fits, and leave the rest out.")
@click.option("--shard", callback=_size, metavar="SIZE", help="Several files of at most SIZE.")
@click.option("--force", is_flag=True, help="Overwrite a file that archc did not write.")
@reading
def command(
    source: Path,
    spec: str,
    to: str | None,
    output: Path,
    rules: Path | None,
    map_out: Path | None,
    partial: bool,
    shard: int | None,
    force: bool,
    params: dict[str, str],
    limits: Limits,
) -> None:
    """Carry the weights in IN to another kind of file, bit by bit.

    IN and OUT are .safetensors (or the index of several: .safetensors.index.json), or a
    framework's own: .pt and .pth, .weights.h5 and .keras. Every tensor has to be there, in its
    shape; what is wrong is listed, and nothing is written.
    """
    with failures():
        network = read_spec(spec, params, limits)
        from archcompiler import checkpoints
        from archcompiler.checkpoints.formats import format_of
        from archcompiler.checkpoints.tables import remarks

        with weights() as watch:
            kind = format_of(output)
            if to not in (None, kind.name):
                raise click.UsageError(f"`{output}` is a file of {kind.name}, not of {to}")
            if shard and kind.name != "safetensors":
                raise click.UsageError("`--shard` is for .safetensors")
            if map_out and kind.ordered:
                message = f"`--map-out` is not for {kind.title}, which finds layers by order"
                raise click.UsageError(message)
            own, others = (rules_in(path, network) for path in (rules, map_out))
            target = checkpoints.Target(output, others, shard, force, watch)
            found = checkpoints.convert(source, target, network.graph, own, incomplete=partial)
            for remark in remarks(source, network.graph, found):
                click.echo(remark, err=True)
    left = len(found.problems)
    say(
        f"{output}: {len(found.pairs):,} tensors of {network.name}"
        + (f"; {left:,} did not fit and were left out" if left else "")
    )
