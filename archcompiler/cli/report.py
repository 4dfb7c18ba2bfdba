"""`archc report`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from archcompiler.cli.common import FAULTS, SPEC, fail, failures, keep_foreign, reading, show
from archcompiler.diagnostics import SpecError
from archcompiler.files import write_atomically
from archcompiler.graph import Limits


@click.command("report")
@SPEC
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The file, whose name ends in .html.",
)
@click.option(
    "--compare",
    "other",
    metavar="OTHER",
    type=click.Path(),
    help="Show this spec beside SPEC, and what changes from SPEC to it.",
)
@click.option(
    "--depth",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="In pictures, show blocks below this depth as one box.",
)
@click.option("--force", is_flag=True, help="Overwrite a file that is no report of archc's.")
@reading
def command(
    spec: str,
    output: Path,
    other: str | None,
    depth: int,
    force: bool,
    params: dict[str, str],
    limits: Limits,
) -> None:
    """Write all about SPEC into one page that needs no network.

    It has the layer table with stated and proven sizes, shares of all costs, pictures, diagnostics,
    and the source for each backend. A faulty spec has a page, too; then the exit code is 1.
    """
    from archcompiler.pages.report import MARK, report
    from archcompiler.pages.view import read

    if output.suffix.lower() not in (".html", ".htm"):
        fail(f"{output} is no name of a page: it ends in .html")
    with failures():
        specs = [spec, *([other] if other else [])]
        views = [read(Path(name), params=params, limits=limits) for name in specs]
        keep_foreign(output, MARK, force=force)
        write_atomically(output, report(*views, depth=depth).encode(), inside=output.parent)
        click.echo(output.as_posix())
        faulty = [view for view in views if view.faults]
        for view in faulty:
            show(SpecError(view.faults, view.unchecked))
        if faulty:
            sys.exit(FAULTS)
