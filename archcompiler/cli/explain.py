"""`archc explain`."""

from __future__ import annotations

from typing import NoReturn

import click

from archcompiler.cli.common import completer, fail
from archcompiler.diagnostics import catalogue
from archcompiler.operations.words import nearest


@click.command("explain")
@click.argument("words", nargs=-1, metavar="[CODE...]", shell_complete=completer("codes"))
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown"]),
    default="text",
    show_default=True,
    help="`markdown` without CODE is the reference of all codes.",
)
def command(words: tuple[str, ...], form: str) -> None:
    """Tell what each CODE means, with a wrong spec, what is said of it, and a mended one.

    CODE is `ARC401`, `401` or the name, `stated-size`; without CODE, all are listed.
    """
    from archcompiler.explain import explained, page

    found = [catalogue.find(word) or _unknown(word) for word in words]
    if found:
        click.echo("\n".join(map(explained, found)), nl=False)
    elif form == "markdown":
        click.echo(page(), nl=False)
    else:
        for code in catalogue.codes():
            entry = catalogue.entry(code)
            click.echo(f"{code}  {entry.name:<23}  {entry.title}")


def _unknown(word: str) -> NoReturn:
    names = [catalogue.entry(code).name for code in catalogue.codes()]
    guess = nearest(word.upper(), catalogue.codes()) or nearest(word.lower(), names)
    hint = f"did you mean `{guess}`?" if guess else "`archc explain` lists all"
    fail(f"no code `{word}`: {hint}")
