"""`archc report`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archcompiler.check import STDIN
from archcompiler.cli.common import (
    FAULTS,
    SPEC,
    completer,
    fail,
    failures,
    keep_foreign,
    read_source,
    reading,
    say_written,
    show,
    show_warnings,
)
from archcompiler.files import write_atomically
from archcompiler.graph import Limits

if TYPE_CHECKING:
    from archcompiler.pages.view import View


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
    shell_complete=completer("specs"),
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

    if output.suffix.lower() not in (".html", ".htm"):
        fail(f"{output} is no name of a page: it ends in .html")
    with failures():
        specs = [spec, *([other] if other else [])]
        views = [_view(name, params, limits) for name in specs]
        keep_foreign(output, MARK, force=force)
        write_atomically(output, report(*views, depth=depth).encode(), inside=output.parent)
        say_written(output)
        for view in views:
            if view.faults:
                show(view.faults, view.unchecked)
        show_warnings(view.network for view in views if view.network)
        if any(view.faults for view in views):
            sys.exit(FAULTS)


def _view(spec: str, params: dict[str, str], limits: Limits) -> View:
    from archcompiler.pages.view import View, read

    if spec != STDIN:
        return read(Path(spec), params=params, limits=limits)
    return View(read_source(spec, limits), folder=Path.cwd(), params=params, limits=limits)
