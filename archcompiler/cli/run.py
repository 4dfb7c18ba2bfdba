"""`archc run`."""

from __future__ import annotations

import click

from archcompiler.cli.common import (
    SPEC,
    backend_option,
    device_option,
    failures,
    framework,
    read_spec,
    reading,
)
from archcompiler.graph import Limits


@click.command("run")
@SPEC
@backend_option
@device_option("auto")
@click.option("--batch", type=click.IntRange(1, 2**20), default=1, show_default=True)
@click.option(
    "--precision",
    type=click.Choice(["float32", "bfloat16", "float16"]),
    default="float32",
    show_default=True,
    help="What is computed with; weights stay float32.",
)
@click.option("--compile", "compiled", is_flag=True, help="Compile as the framework does.")
@reading
def command(
    spec: str,
    backend: str,
    device: str,
    batch: int,
    precision: str,
    compiled: bool,
    params: dict[str, str],
    limits: Limits,
) -> None:
    """Build SPEC as a live model on a device, run random batches, and show how fast it is."""
    with failures():
        architecture = read_spec(spec, params, limits)
        from archcompiler.runtime.run import run

        with framework():
            result = run(
                architecture.graph,
                backend,
                device=device,
                batch=batch,
                precision=precision,
                compiled=compiled,
            )
    peak = "not known" if result.peak_memory is None else f"{result.peak_memory / 2**20:,.0f} MiB"
    whose = "of the process" if result.device == "cpu" else "on the device"
    lines = (
        ("network", f"{architecture.name}, {architecture.totals.parameters:,} parameters"),
        ("backend", f"{backend}, {precision}{', compiled' if compiled else ''}"),
        ("device", result.device),
        ("output", ", ".join(map(str, result.outputs))),
        ("time per batch", f"{result.seconds * 1000:,.2f} ms (median), batch of {batch}"),
        ("images per second", f"{result.images_per_second:,.1f}"),
        ("peak memory", f"{peak} {whose}"),
    )
    for title, text in lines:
        click.echo(f"{title:<18} {text}")
