"""Flags that may stand before the name of a command and behind it."""

from __future__ import annotations

import click


def _note(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    """Note a flag where all commands of this run find it."""
    if value:
        context.meta[parameter.name or ""] = True


QUIET = click.option(
    "-q",
    "--quiet",
    is_flag=True,
    expose_value=False,
    callback=_note,
    help="Tell only faults: not what is sound, was written, or deserves a warning.",
)
VERBOSE = click.option(
    "-v",
    "--verbose",
    is_flag=True,
    expose_value=False,
    callback=_note,
    help="Tell also which files a spec was read from, and how long that took.",
)


def noted(flag: str) -> bool:
    """Whether `quiet` or `verbose` was asked for."""
    return flag in click.get_current_context().meta
