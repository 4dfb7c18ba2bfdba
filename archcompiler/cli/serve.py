"""`archc serve`."""

from __future__ import annotations

import secrets
from contextlib import suppress
from pathlib import Path

import click

from archcompiler.cli.common import fail, failures, limited
from archcompiler.files import FileError
from archcompiler.graph import Limits

INSTALL = "`archc serve` needs its extra: pip install 'archcompiler[serve]'"


@click.command("serve")
@click.argument("folder", default=".", metavar="[FOLDER or SPEC]", type=click.Path(path_type=Path))
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    help="The port on this machine.  [default: one that is free]",
)
@click.option("--open/--no-open", "opens", default=True, help="Whether to open a browser.")
@limited
def command(folder: Path, port: int, opens: bool, limits: Limits) -> None:
    """Serve a page to write specs on: diagnostics, table, pictures and source while you type.

    It opens, and saves to, FOLDER alone (this one if none is given), or that of SPEC. It answers
    this machine alone, and only who has the address that it prints.
    """
    try:
        from archcompiler.pages.server import listening, serve
    except ImportError:
        fail(INSTALL)
    from archcompiler.pages.answers import Answers
    from archcompiler.pages.workspace import Workspace

    with failures():
        if not folder.exists():
            raise FileError(f"there is no {folder}")
        root, first = (folder, "") if folder.is_dir() else (folder.parent, folder.name)
        workspace = Workspace(root, limits.bytes)
        if first:
            workspace.read(first)
        try:
            listener = listening(port)
        except OSError as error:
            fail(f"cannot listen on port {port}: {error.strerror or error}")
    token = secrets.token_urlsafe(24)
    address = f"http://127.0.0.1:{listener.getsockname()[1]}/#{token}"
    click.echo(f"{address}\nCtrl-C ends it.")
    if opens:
        click.launch(address)
    with suppress(KeyboardInterrupt):  # Ctrl-C ends it
        serve(Answers(workspace, first, limits), token, listener)
