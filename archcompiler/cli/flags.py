"""Flags that may be given before or after the name of a subcommand."""

from __future__ import annotations

import click


def _note(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    """Store a flag in the root context."""
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


def is_set(flag: str) -> bool:
    """Whether the flag `quiet` or `verbose` is set."""
    return flag in click.get_current_context().meta
