"""`archc build`."""

from __future__ import annotations

import re
import sys
from functools import partial
from pathlib import Path
from typing import NoReturn

import click

from archcompiler.architecture import Architecture, load
from archcompiler.backends.backend import MARK
from archcompiler.check import BUILT, Task, check_source, find
from archcompiler.cli.common import (
    SPECS,
    backend_option,
    fail,
    failures,
    framework,
    keep_foreign,
    load_all,
    reading,
)
from archcompiler.cli.reporter import FORMAT, Reporter
from archcompiler.files import write_atomically
from archcompiler.graph import Limits


@click.command("build")
@SPECS
@backend_option
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    default=BUILT,
    show_default=True,
    help="The folder; files go to its subfolder of the backend's name.",
)
@click.option(
    "--emit",
    type=click.Choice(["source", "model"]),
    default="source",
    show_default=True,
    help="Python source, or a model that is ready to load (.keras, .pt2).",
)
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if a file is stale.")
@FORMAT
@click.option("--force", is_flag=True, help="Overwrite files that archc did not write.")
@click.option("--seed", default=0, show_default=True, help="For the weights of `--emit model`.")
@reading
def command(
    specs: tuple[str, ...],
    backend: str,
    output: Path,
    emit: str,
    check: bool,
    form: str,
    force: bool,
    seed: int,
    params: dict[str, str],
    limits: Limits,
) -> None:
    """Write each SPEC as source for a framework, or as a ready model.

    Needs no framework for source. Nothing is written unless every SPEC is free of faults.
    """
    if check and emit == "model":
        fail("`--check` compares source: a model's weights are drawn anew each time")
    if form != "text" and not check:
        fail("`--format` is of what `--check` finds")
    with failures():
        specs = tuple(find(specs))
    targets = _targets(specs, output / backend, emit, backend)
    if check:
        _check(specs, targets, output, backend, Task(params, limits, form != "text"), form)
    read = partial(load, params=params, limits=limits)
    networks = load_all([(spec, partial(read, spec)) for spec in specs])
    with failures():
        if emit == "model":
            _export(networks, targets, backend, output, force=force, seed=seed)
        else:
            sources = [network.source(backend).encode() for network in networks]
            _write(targets, sources, output, force=force)


def _targets(specs: tuple[str, ...], folder: Path, emit: str, backend: str) -> list[Path]:
    """Return the file of each spec: its own name, made a name that Python can import."""
    ending = ".py"
    if emit == "model":
        from archcompiler.runtime.export import ENDINGS

        ending = ENDINGS[backend]
    targets: dict[Path, str] = {}
    for spec in specs:
        name = re.sub(r"[^A-Za-z0-9_]", "_", Path(spec).stem)
        target = folder / (name + ending)
        if target in targets:
            fail(f"{targets[target]} and {spec} would both be written to {target}")
        targets[target] = spec
    return list(targets)


def _write(targets: list[Path], sources: list[bytes], output: Path, *, force: bool) -> None:
    for target in targets:
        keep_foreign(target, MARK, force=force)
    for target, source in zip(targets, sources, strict=True):
        write_atomically(target, source, inside=output)
        click.echo(target.as_posix())


def _check(
    specs: tuple[str, ...],
    targets: list[Path],
    output: Path,
    backend: str,
    task: Task,
    form: str,
) -> NoReturn:
    with failures():
        reporter = Reporter(form, quiet=True)
        for spec, target in zip(specs, targets, strict=True):
            reporter.add(check_source(spec, target, output, backend, task))
        sys.exit(reporter.close())


def _export(
    networks: list[Architecture],
    targets: list[Path],
    backend: str,
    output: Path,
    *,
    force: bool,
    seed: int,
) -> None:
    from archcompiler.runtime.export import export

    for network, target in zip(networks, targets, strict=True):
        with framework():
            export(network.graph, backend, target, inside=output, force=force, seed=seed)
        click.echo(target.as_posix())
