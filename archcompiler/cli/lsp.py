"""`archc lsp`."""

from __future__ import annotations

import click

from archcompiler.cli.common import fail


@click.command("lsp")
def command() -> None:
    """Serve an editor, on standard input and output, in the Language Server Protocol.

    Editors start it themselves; docs/editors.md says how to tell them.
    """
    try:
        from archcompiler.editor.server import server
    except ImportError:
        fail("`archc lsp` needs pygls: pip install 'archcompiler[lsp]'")
    server.start_io()
