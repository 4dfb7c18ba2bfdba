"""`archc verify`."""

from __future__ import annotations

import sys

import click

from archcompiler.architecture import load
from archcompiler.cli.common import FAULTS, SPEC, failures, framework, reading
from archcompiler.graph import Limits


@click.command("verify")
@SPEC
@click.option("--layers", is_flag=True, help="Compare every layer, not only the outputs.")
@click.option("--gradients", is_flag=True, help="Compare the gradients of all parameters too.")
@click.option("--batch", type=click.IntRange(1, 2**20), default=2, show_default=True)
@click.option("--seed", default=0, show_default=True, help="For the weights and the input.")
@click.option("--device", default="cpu", show_default=True, help="auto, cpu, gpu or cuda:N.")
@click.option(
    "--tolerance",
    type=click.FloatRange(0, 1),
    default=1e-5,
    show_default=True,
    help="The largest difference allowed, as a share of the largest value.",
)
@reading
def command(
    spec: str,
    layers: bool,
    gradients: bool,
    batch: int,
    seed: int,
    device: str,
    tolerance: float,
    params: dict[str, str],
    limits: Limits,
) -> None:
    """Prove that Keras and PyTorch compute the same for SPEC.

    Both are built with one set of random weights and given one input. Outputs are compared
    before a last softmax, in float32; gradients in float64. Exit 1 beyond the tolerance.
    """
    with failures():
        architecture = load(spec, params=params, limits=limits)
        from archcompiler.runtime.verify import Difference, verify

        with framework():
            result = verify(
                architecture.graph,
                layers=layers,
                gradients=gradients,
                batch=batch,
                seed=seed,
                device=device,
            )

    def show(title: str, differences: list[Difference]) -> None:
        width = max(len(item.name) for item in (*result.outputs, *result.gradients))
        click.echo(f"{title:<{width}}  difference  of the largest value")
        for item in differences:
            mark = "" if item.within(tolerance) else "  beyond the tolerance"
            click.echo(f"{item.name:<{width}}  {item.difference:<10.2e}  {item.largest:.3g}{mark}")

    show("output", result.outputs)
    if gradients:
        show("gradient", result.gradients)
    worst = max((*result.outputs, *result.gradients), key=lambda item: item.share)
    verdict = "agree" if result.within(tolerance) else "DIFFER"
    click.echo(
        f"{architecture.name}: keras and torch {verdict}; the largest difference is "
        f"{worst.share:.1e} of the largest value, in {worst.name} (tolerance {tolerance:g})"
    )
    if verdict == "DIFFER":
        sys.exit(FAULTS)
