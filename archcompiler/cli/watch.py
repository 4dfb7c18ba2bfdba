"""`--watch`: run again when a file changes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

import click

from archcompiler.check import ENDINGS
from archcompiler.cli.common import fail


def again_and_again(specs: Sequence[str], run: Callable[[], int]) -> NoReturn:
    """Call `run` now, and when a spec in the folders of `specs` changes; end at Ctrl-C."""
    try:
        from watchfiles import watch
    except ImportError:
        fail("`--watch` needs watchfiles: pip install 'archcompiler[watch]'")
    folders = {path if path.is_dir() else path.parent for path in map(Path, specs)}
    code = _once(run)
    for _ in watch(*folders, watch_filter=_is_yaml, raise_interrupt=False):
        if sys.stdout.isatty():
            click.clear()
        code = _once(run)
    sys.exit(code)


def _once(run: Callable[[], int]) -> int:
    try:
        code = run()
    except SystemExit as end:  # a file may be missing for a moment
        code = int(end.code or 0)
    click.echo("watching for changes; Ctrl-C ends it", err=True)
    return code


def _is_yaml(_: object, path: str) -> bool:
    return path.endswith(ENDINGS)
