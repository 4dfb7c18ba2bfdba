"""`archc build`."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import NoReturn

import click

from archcompiler.architecture import Architecture
from archcompiler.backends import BACKENDS
from archcompiler.backends.backend import MARK
from archcompiler.backends.code.names import module_name, why_not
from archcompiler.check import BUILT, STDIN, Task, check_source, find
from archcompiler.cli.common import (
    SPECS,
    STDOUT,
    STRICT,
    backend_option,
    fail,
    failures,
    framework,
    keep_foreign,
    load_all,
    read_spec,
    reading,
    say,
    say_written,
    show_warnings,
    standard_input,
    to_stdout,
)
from archcompiler.cli.flags import QUIET
from archcompiler.cli.reporter import FORMAT, Reporter
from archcompiler.files import write_atomically
from archcompiler.graph import Limits


@click.command("build")
@SPECS
@backend_option
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="A folder, in whose subfolder of the backend's name the files go; or a file; or `-`, "
    f"standard output.  [default: {BUILT}; of the spec `-`, standard output]",
)
@click.option(
    "--emit",
    type=click.Choice(["source", "model"]),
    default="source",
    show_default=True,
    help="What the framework's users write, or a model that is ready to load.",
)
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if a file is stale.")
@FORMAT
@STRICT
@QUIET
@click.option("--force", is_flag=True, help="Overwrite files that archc did not write.")
@click.option("--seed", default=0, show_default=True, help="For the weights of `--emit model`.")
@reading
def command(
    specs: tuple[str, ...],
    backend: str,
    output: Path | None,
    emit: str,
    check: bool,
    form: str,
    strict: bool,
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
    output = output or (STDOUT if specs == (STDIN,) else BUILT)
    if output == STDOUT:
        targets, inside = [], output
        _check_printable(specs, emit, check=check)
    elif _is_file(output, emit, backend):
        targets, inside = [output], output.parent
        if len(specs) > 1:
            fail(f"{output} is one file, and there are {len(specs)} specs: name a folder")
    else:
        targets, inside = _targets(specs, output / backend, emit, backend), output
    if check:
        stdin = standard_input(limits) if STDIN in specs else b""
        task = Task(params, limits, form != "text", stdin, strict)
        _check(specs, targets, output, backend, task, form)
    read = partial(read_spec, params=params, limits=limits)
    networks = load_all([(spec, partial(read, spec)) for spec in specs])
    show_warnings(networks, strict=strict)
    with failures():
        if emit == "model":
            _export(networks, targets, backend, inside, force=force, seed=seed)
            return
        sources = [network.file(backend) for network in networks]
        if output == STDOUT:
            to_stdout(sources[0])
        else:
            _write(targets, sources, inside, force=force)


def _check_printable(specs: tuple[str, ...], emit: str, *, check: bool) -> None:
    """Fail unless there is just one source to print."""
    if len(specs) > 1:
        fail(f"standard output takes one file, and there are {len(specs)} specs")
    if emit == "model":
        fail("a model is a file of its own: `-o FILE` names it")
    if check:
        fail("`--check` compares with a file: `-o FILE` names it")


def _is_file(output: Path, emit: str, backend: str) -> bool:
    """Whether `output` names a file and not a folder; fail if its ending is wrong."""
    if output.is_dir() or not output.suffix:
        return False
    endings = {end for each in BACKENDS.values() for end in (each.ending, each.model_ending)}
    if output.suffix not in endings:
        return False
    ending = _ending(emit, backend)
    if output.suffix != ending:
        what = "source" if emit == "source" else f"a model of {backend}"
        fail(f"{output} is no file of {what}, which ends in {ending}")
    return True


def _ending(emit: str, backend: str) -> str:
    """Return the ending of emitted files; fail if the backend cannot emit them."""
    found = BACKENDS[backend]
    if emit == "model" and not found.model_ending:
        fail(f"`{backend}` has no models but what it writes as its source: leave `--emit` out")
    return found.ending if emit == "source" else found.model_ending


def _targets(specs: tuple[str, ...], folder: Path, emit: str, backend: str) -> list[Path]:
    """Return the file of each spec: its name, made a valid module name of Python.

    A note is printed for a name that gets an underscore for that.
    """
    ending = _ending(emit, backend)
    targets: dict[Path, str] = {}
    for spec in specs:
        if spec == STDIN:
            fail("standard input has no name that a file in a folder could have: `-o FILE` has one")
        stem = Path(spec).stem
        target = folder / (module_name(stem) + ending)
        if target in targets:
            fail(f"{targets[target]} and {spec} would both be written to {target}")
        if len(target.stem) > len(stem):
            say(f"{spec} becomes {target.name}: {why_not(stem)}", err=True)
        targets[target] = spec
    return list(targets)


def _write(targets: list[Path], sources: list[bytes], inside: Path, *, force: bool) -> None:
    for target in targets:
        keep_foreign(target, MARK, force=force)
    for target, source in zip(targets, sources, strict=True):
        write_atomically(target, source, inside=inside)
        say_written(target)


def _check(
    specs: tuple[str, ...],
    targets: list[Path],
    output: Path,
    backend: str,
    task: Task,
    form: str,
) -> NoReturn:
    with failures():
        reporter = Reporter(form, proven=False)
        for spec, target in zip(specs, targets, strict=True):
            reporter.add(check_source(spec, target, output, backend, task))
        sys.exit(reporter.close())


def _export(
    networks: list[Architecture],
    targets: list[Path],
    backend: str,
    inside: Path,
    *,
    force: bool,
    seed: int,
) -> None:
    from archcompiler.runtime.export import export

    for network, target in zip(networks, targets, strict=True):
        with framework():
            export(network.graph, backend, target, inside=inside, force=force, seed=seed)
        say_written(target)
