"""The command `archc`. Each subcommand is a module that is imported when it is called."""

from __future__ import annotations

import atexit
import errno
import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any, NoReturn

import click

from archcompiler.cli.flags import QUIET, VERBOSE, is_set

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

# the short help of each command, by name
COMMANDS = {
    "validate": "Prove the shapes of specs.",
    "summary": "Show the layers with shapes, parameters and costs.",
    "draw": "Draw a network: stacks of maps, a graph, or its table.",
    "report": "Write all about a spec, or two beside each other, as a page.",
    "diff": "Show what changed between two specs, or since a git revision.",
    "expand": "Print a spec without blocks, row by row.",
    "fmt": "Lay specs out anew: one layout for all.",
    "ops": "Show what layers there are, and all about one.",
    "schema": "Print the JSON Schema of specs, for editors.",
    "build": "Write source, or a ready model, for a framework.",
    "run": "Build a live model on a device and time it.",
    "explain": "Tell what a code of a diagnostic means.",
    "serve": "Serve a page to write specs on, on this machine.",
    "lsp": "Serve an editor: faults, hover, completion, definitions, edits.",
    "verify": "Prove that the backends compute the same.",
    "convert": "Carry weights from one kind of file to another.",
    "init": "Write first weights, the same for all frameworks.",
    "inspect": "Show what is in a file of weights, and what it fits.",
}

EPILOG = """Exit codes: 0 clean; 1 faults in a spec, stale files, or backends that differ;
2 wrong use of the command, or a file, framework or device that is not there."""


# Errors of a full or broken output device; errors of files have a name.
_OF_OUTPUT = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF)


class _Commands(click.Group):
    """Imports subcommands when they are called."""

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        with _spelt_out():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            with _spelt_out():
                return super().invoke(ctx)
        finally:
            _tell_left_out()

    def list_commands(self, context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = import_module(f"archcompiler.cli.{name}").command
        return command

    def resolve_command(
        self, context: click.Context, arguments: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = arguments[0]
        if name not in COMMANDS and context.resilient_parsing:  # for completion in a shell
            return None, None, arguments
        if name not in COMMANDS and not name.startswith("-"):
            from archcompiler.operations.words import nearest

            known = nearest(name, COMMANDS)
            hint = f"did you mean `{known}`?" if known else f"known are {', '.join(COMMANDS)}"
            context.fail(f"no command `{name}`: {hint}")
        return super().resolve_command(context, arguments)

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return the commands that begin with `incomplete`, without importing them."""
        from click.shell_completion import CompletionItem

        options = click.Command.shell_complete(self, ctx, incomplete)
        fitting = [name for name in COMMANDS if name.startswith(incomplete)]
        return [*(CompletionItem(name, help=COMMANDS[name]) for name in fitting), *options]


@contextmanager
def _spelt_out() -> Iterator[None]:
    """Escape control characters in click's messages about arguments."""
    try:
        yield
    except click.MissingParameter:  # contains no text of the user
        raise
    except click.UsageError as error:
        if error.message == (
            error.ctx.get_help() if error.ctx else None
        ):  # it is the help page, and no error
            raise
        raise click.UsageError(_shown(error.format_message()), error.ctx) from None


def _tell_left_out() -> None:
    """Warn of plug-ins that were looked for and cannot be used."""
    plugins = sys.modules.get("archcompiler.plugins")
    if plugins is not None and not is_set("quiet"):
        for line in plugins.left_out():
            click.echo(f"warning: {_shown(line)}", err=True)


def _shown(text: object) -> str:
    from archcompiler.diagnostics.forms.text import shown

    return shown(str(text))


def _print_version(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value:
        from archcompiler import __version__

        click.echo(f"archc {__version__}")
        context.exit()


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=EPILOG,
)
@click.option(
    "-V",
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_print_version,
    help="Print the version.",
)
@QUIET
@VERBOSE
def cli() -> None:
    """Compile a layer table in YAML to proven shapes, Keras and PyTorch.

    \b
    A spec looks like this:
      archc: 1
      name: Small
      layers:
      - {layer: In,  type: input, maps: 3, size: 32x32}
      - {layer: C1,  type: convolution, maps: 16, kernel: 3x3, padding: same, activation: relu}
      - {layer: Out, type: fully_connected, size: 10, activation: softmax}
    """


def main() -> None:
    """Run the command; the entry point of `archc`."""
    atexit.register(gc.freeze)  # no garbage collection at exit
    try:
        cli(complete_var="_ARCHC_COMPLETE")
    except Exception as error:
        if os.environ.get("ARCHC_TRACEBACK"):
            raise
        if isinstance(error, OSError) and error.errno in _OF_OUTPUT and error.filename is None:
            _end_without_output(f"cannot write the output: {error.strerror}")
        click.echo(f"internal error: {type(error).__name__}: {_shown(error)}", err=True)
        plugins = sys.modules.get("archcompiler.plugins")
        whose = (plugins and plugins.to_blame(error)) or "archc"
        click.echo(f"This is a fault of {whose}; ARCHC_TRACEBACK=1 shows where it is.", err=True)
        sys.exit(2)


def _end_without_output(message: str) -> NoReturn:
    """End the command without flushing its output, which would fail again."""
    with suppress(OSError):
        click.echo(f"error: {message}", err=True)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    sys.exit(2)
