"""`archc ops`."""

from __future__ import annotations

import click

from archcompiler.cli.common import completer, fail, failures


@click.command("ops")
@click.argument("name", required=False, shell_complete=completer("types"))
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "json", "python"]),
    default="text",
    show_default=True,
)
def command(name: str | None, form: str) -> None:
    """Show all types of layers, or with NAME everything about one.

    NAME may be what others call it: `archc ops Conv2d`. As `python` it is a module of typed rows,
    for specs that are written in Python.
    """
    from archcompiler.cli import reference
    from archcompiler.operations import KNOWN_AS, REGISTRY, folded
    from archcompiler.operations.meaning import unknown_type
    from archcompiler.operations.plugins import load as load_others

    load_others()
    if name is None:
        entries = reference.entries()
    elif (known := KNOWN_AS.get(folded(name))) is not None:
        with failures():
            entries = [reference.entry_of(REGISTRY[known.type])]
    else:
        unknown = unknown_type(name)
        message = unknown.message.replace("unknown layer type", "no type of layer is named")
        fail(f"{message}: {unknown.help[0].replace('one of', 'known are', 1)}")
    match form:
        case "json":
            from archcompiler.cli.document import document

            output = document(entries).text()
        case "markdown":
            output = reference.page(entries) if name is None else reference.markdown(*entries)
        case "python":
            from archcompiler.cli.typed_rows import module, module_of

            output = module() if name is None else module_of(entries[0].operation)
        case _:
            output = reference.overview(entries) if name is None else reference.text(*entries)
    click.echo(output, nl=False)
