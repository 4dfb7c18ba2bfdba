"""`archc schema`."""

from __future__ import annotations

import json

import click

from archcompiler.documents import DOCUMENTS


@click.command("schema")
@click.argument(
    "document", required=False, metavar="[DOCUMENT]", type=click.Choice(list(DOCUMENTS))
)
def command(document: str | None) -> None:
    """Print the JSON Schema of specs, from which editors complete, explain and check them.

    With DOCUMENT, print that of a document that commands print with `--format json`: summary,
    diff, verify, inspect, ops, or diagnostics, which `archc validate` prints.
    """
    if document is None:
        from archcompiler.language.schema import schema

        printed = schema()
    else:
        from archcompiler.documents import schema_of

        printed = schema_of(document)
    click.echo(json.dumps(printed, indent=2))
