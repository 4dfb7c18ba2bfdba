"""`archc draw`."""

from __future__ import annotations

from pathlib import Path

import click

from archcompiler.cli.common import (
    SPEC,
    STDOUT,
    fail,
    failures,
    keep_foreign,
    read_spec,
    reading,
    say_written,
    to_stdout,
)
from archcompiler.drawing import (
    FORMS,
    MARK,
    SCALES,
    STYLES,
    THEMES,
    WIDTH,
    CannotPaint,
    picture,
    rendered,
)
from archcompiler.drawing.paint import COSTS
from archcompiler.files import write_atomically
from archcompiler.graph import Limits


@click.command("draw")
@SPEC
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help=f"The file, whose ending says what it is: {', '.join(FORMS)}; `-`: standard output.",
)
@click.option("--format", "form", type=click.Choice(FORMS), help="Of standard output, SVG if none.")
@click.option(
    "--style",
    type=click.Choice(STYLES),
    default="layered",
    show_default=True,
    help="Stacks of maps in perspective, boxes and what leads to what, or the layer table.",
)
@click.option("--theme", type=click.Choice(list(THEMES)), default="light", show_default=True)
@click.option(
    "--depth",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Show blocks below this depth as one box.",
)
@click.option(
    "--scale",
    type=click.Choice(SCALES),
    help="Of the boxes of `--style layered`.  [default: log]",
)
@click.option(
    "--width",
    type=click.IntRange(min=0),
    metavar="PX",
    help=f"Break `--style layered` into rows about as wide; 0 for one row.  [default: {WIDTH}]",
)
@click.option(
    "--heat", type=click.Choice(COSTS), default=None, help="Colour boxes by what they cost."
)
@click.option("--force", is_flag=True, help="Overwrite a file that archc did not draw.")
@reading
def command(
    spec: str,
    output: Path,
    form: str | None,
    style: str,
    theme: str,
    depth: int,
    scale: str | None,
    width: int | None,
    heat: str | None,
    force: bool,
    params: dict[str, str],
    limits: Limits,
) -> None:
    """Draw SPEC from its proven shapes. Needs no framework; PNGs need the extra `draw`."""
    form = _form(output, form)
    if scale and style != "layered":
        fail(f"`--scale` is of `--style layered`; `{style}` has boxes of one size")
    if width is not None and style != "layered":
        fail(f"`--width` is of `--style layered`; `{style}` has no rows of boxes")
    with failures():
        architecture = read_spec(spec, params, limits)
        if output != STDOUT:
            keep_foreign(output, MARK, force=force)
        scene = picture(
            architecture.graph,
            style,
            depth=depth,
            scale=scale or "log",
            heat=heat or "",
            width=width,
        )
        try:
            data = rendered(scene, form, theme)
        except CannotPaint as error:
            fail(str(error))
        if output == STDOUT:
            to_stdout(data)
        else:
            write_atomically(output, data, inside=output.parent)
            say_written(output)


def _form(output: Path, form: str | None) -> str:
    """Return the form of the picture: the given one, or that of the ending of the file."""
    if output == STDOUT:
        return form or "svg"
    ending = output.suffix.lower().removeprefix(".")
    if ending not in FORMS:
        known = ", ".join(f".{form}" for form in FORMS)
        fail(f"{output} has no ending of a picture: known are {known}")
    if form not in (None, ending):
        fail(f"{output} has the ending of another form than `{form}`")
    return ending
