"""`archc verify`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archcompiler.backends import BACKENDS, PAIR
from archcompiler.cli.choices import BackendChoice
from archcompiler.cli.common import (
    FAULTS,
    SPEC,
    device_option,
    failures,
    framework,
    read_spec,
    reading,
    rules_in,
)
from archcompiler.cli.common import weights as reading_weights
from archcompiler.graph import Graph, Limits

if TYPE_CHECKING:
    from archcompiler.checkpoints import Rules
    from archcompiler.runtime.weights import Weights


def _backends(context: click.Context, parameter: click.Parameter, text: str) -> tuple[str, ...]:
    """Split `keras,torch`."""
    names = [BackendChoice().convert(name.strip(), parameter, context) for name in text.split(",")]
    return tuple(name for name in BACKENDS if name in names)


@click.command("verify")
@SPEC
@click.option(
    "--backends",
    default=",".join(PAIR),
    show_default=True,
    callback=_backends,
    help="Which to build: one is enough with --against.",
)
@click.option("--layers", is_flag=True, help="Compare every layer, not only the outputs.")
@click.option("--gradients", is_flag=True, help="Compare the gradients of all parameters too.")
@click.option(
    "--steps",
    type=click.IntRange(0, 10**6),
    default=0,
    metavar="N",
    help="Train N steps as the section `training` says, and compare losses and weights.",
)
@click.option(
    "--weights", type=click.Path(), metavar="FILE", help="Weights instead of random ones."
)
@click.option(
    "--against",
    default="",
    metavar="MODULE:CALLABLE",
    help="Compare with the model of a framework, and the weights, that CALLABLE returns.",
)
@click.option(
    "--map",
    "rules",
    type=click.Path(path_type=Path),
    metavar="RULES",
    help="A file of rules from our names of tensors to those of FILE or CALLABLE.",
)
@click.option("--batch", type=click.IntRange(1, 2**20), default=2, show_default=True)
@click.option("--seed", default=0, show_default=True, help="For the weights and the input.")
@device_option("cpu")
@click.option(
    "--precision",
    type=click.Choice(["float32", "float64"]),
    default="float32",
    show_default=True,
    help="Of outputs and layers; gradients and steps are always in float64.",
)
@click.option(
    "--tolerance",
    type=click.FloatRange(0, 1),
    help="The largest difference allowed, as a share of the largest value.  "
    "[default: 1e-5 in float32, 1e-6 in float64]",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "json"]),
    default="text",
    show_default=True,
)
@reading
def command(
    spec: str,
    backends: tuple[str, ...],
    layers: bool,
    gradients: bool,
    steps: int,
    weights: str | None,
    against: str,
    rules: Path | None,
    batch: int,
    seed: int,
    device: str,
    precision: str,
    tolerance: float | None,
    form: str,
    params: dict[str, str],
    limits: Limits,
) -> None:
    """Prove that the backends compute the same for SPEC.

    All are built with one set of random weights and given one input. Outputs are compared
    before a last softmax, in float32; gradients and training in float64. With `--against`, your
    own model gives the weights, and is compared too. Exit 1 beyond the tolerance.
    """
    _demand_one_origin(weights, against, rules)
    with failures(), reading_weights():
        architecture = read_spec(spec, params, limits)
        from archcompiler.runtime.verify import verify
        from archcompiler.runtime.verify.formats import FORMATS
        from archcompiler.runtime.verify.verification_report import VerificationReport

        renamed = rules_in(rules, architecture)
        given = _weights(weights, architecture.graph, renamed)
        with framework():
            result = verify(
                architecture.graph,
                backends=backends,
                layers=layers,
                gradients=gradients,
                steps=steps,
                precision=precision,
                weights=given,
                against=against,
                renamed=renamed,
                batch=batch,
                seed=seed,
                device=device,
            )
    click.echo(FORMATS[form](VerificationReport(architecture.graph, result, tolerance)), nl=False)
    if not result.within(tolerance):
        sys.exit(FAULTS)


def _demand_one_origin(weights: str | None, against: str, rules: Path | None) -> None:
    if weights and against:
        raise click.UsageError("`--against` brings its own weights: leave `--weights` out")
    if rules and not (weights or against):
        raise click.UsageError("`--map` is for the tensors of `--weights` or `--against`")


def _weights(path: str | None, graph: Graph, rules: Rules) -> Weights | None:
    if path is None:
        return None
    from archcompiler.checkpoints import load as load_weights

    return load_weights(Path(path), graph, rules)
