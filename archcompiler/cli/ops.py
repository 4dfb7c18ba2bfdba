"""`archc ops`."""

from __future__ import annotations

import click

from archcompiler.cli.common import completed, fail


@click.command("ops")
@click.argument("name", required=False, shell_complete=completed("types"))
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "json"]),
    default="text",
    show_default=True,
)
def command(name: str | None, form: str) -> None:
    """Show all types of layers, or with NAME everything about one.

    NAME may be what others call it: `archc ops Conv2d`.
    """
    from archcompiler.cli import reference
    from archcompiler.operations import KNOWN_AS, REGISTRY, folded, type_meant

    if name is None:
        entries = reference.entries()
    elif (known := KNOWN_AS.get(folded(name))) is not None:
        entries = [reference.entry_of(REGISTRY[known])]
    else:
        guess = type_meant(name)
        hint = f"did you mean `{guess}`?" if guess else f"known are {', '.join(sorted(REGISTRY))}"
        fail(f"no type of layer is named `{name}`: {hint}")
    match form:
        case "json":
            output = reference.as_json(entries)
        case "markdown":
            output = reference.page(entries) if name is None else reference.markdown(*entries)
        case _:
            output = reference.overview(entries) if name is None else reference.text(*entries)
    click.echo(output, nl=False)
