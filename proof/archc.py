"""The command line in this process: what it prints, and that nothing else leaves it."""

from __future__ import annotations

from click.testing import CliRunner, Result

from archcompiler.cli import cli

EXIT_CODES = (0, 1, 2)


def archc(*arguments: object, given: bytes | None = None) -> Result:
    """Return what a command prints, with its exit code; an exception that leaves it is raised."""
    result = CliRunner().invoke(cli, [str(argument) for argument in arguments], input=given)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    if result.exit_code not in EXIT_CODES:
        raise AssertionError(f"exit code {result.exit_code}")
    return result
