"""`archc schema`."""

from __future__ import annotations

import json

import click


@click.command("schema")
def command() -> None:
    """Print the JSON Schema of specs, from which editors complete, explain and check them."""
    from archcompiler.language.schema import schema

    click.echo(json.dumps(schema(), indent=2))
