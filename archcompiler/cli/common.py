"""Shared by subcommands: options, loading of specs, and error handling."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from archcompiler.check import STDIN, STDIN_NAME
from archcompiler.cli.choices import BackendChoice
from archcompiler.cli.flags import is_set
from archcompiler.diagnostics import Diagnostic, Source, SpecError
from archcompiler.diagnostics.forms.text import render_all, shown
from archcompiler.files import FileError, may_replace, source_of
from archcompiler.files import read_source as read_file
from archcompiler.graph import Limits
from archcompiler.language.spec import UnknownParameter

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from archcompiler.architecture import Architecture
    from archcompiler.checkpoints import Rules
    from archcompiler.checkpoints.convert import Watch

FAULTS, WRONG_USE = 1, 2
STDOUT = Path("-")
MUCH = 2**26  # bytes of weights from which on progress is shown
F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")


def _settings(
    context: click.Context, parameter: click.Parameter, texts: tuple[str, ...]
) -> dict[str, str]:
    """Split `name=value`."""
    pairs = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise click.BadParameter(f"`{text}` is not NAME=VALUE")
        pairs[name] = value
    return pairs


def _limits(context: click.Context, parameter: click.Parameter, texts: tuple[str, ...]) -> Limits:
    limits = Limits()
    for name, text in _settings(context, parameter, texts).items():
        if name not in Limits._fields:
            known = ", ".join(Limits._fields)
            raise click.BadParameter(f"no limit is named `{name}`: known are {known}")
        if not text.isascii() or not text.isdigit() or len(text) > 18:
            raise click.BadParameter(f"`{text}` is not a whole number of at most 18 digits")
        limits = limits._replace(**{name: int(text)})
    return limits


def limited(command: F) -> F:
    """Add `--limit`."""
    return click.option(
        "--limit",
        "limits",
        multiple=True,
        metavar="NAME=NUMBER",
        callback=_limits,
        shell_complete=completer("limits"),
        help="Raise a limit: dimension, parameters, activations, bytes.",
    )(command)


def reading(command: F) -> F:
    """Add the options of commands that read specs: `-p`, `--limit`."""
    return click.option(
        "-p",
        "--param",
        "params",
        multiple=True,
        metavar="NAME=VALUE",
        callback=_settings,
        shell_complete=completer("parameters"),
        help="Set a parameter of the spec.",
    )(limited(command))


def backend_option(command: F) -> F:
    """Add `--backend`."""
    return click.option("--backend", required=True, type=BackendChoice(), help="The framework.")(
        command
    )


def device_option(default: str) -> Callable[[F], F]:
    """Return a decorator that adds `--device`."""
    return click.option(
        "--device",
        default=default,
        show_default=True,
        shell_complete=completer("devices"),
        help="auto (the best), cpu, gpu (of any kind), cuda, cuda:N or mps.",
    )


def completer(of: str) -> Callable[..., list[CompletionItem]]:
    """Return a completion callback: the function `of` in `completion`, imported when called."""

    def complete(*asked: Any) -> list[CompletionItem]:
        from archcompiler.cli import completion

        found: list[CompletionItem] = getattr(completion, of)(*asked)
        return found

    return complete


SPECS = click.argument(
    "specs",
    nargs=-1,
    required=True,
    metavar="SPEC...",
    type=click.Path(),
    shell_complete=completer("specs"),
)
SPEC = click.argument("spec", type=click.Path(), shell_complete=completer("specs"))
STRICT = click.option("--strict", is_flag=True, help="Let warnings count as faults.")


def say(line: object, *, err: bool = False) -> None:
    """Print a line with control characters escaped."""
    click.echo(shown(str(line)), err=err)


def say_written(path: Path) -> None:
    """Print the name of a file that was written, unless `--quiet`."""
    if not is_set("quiet"):
        say(path.as_posix())


def standard_input(limits: Limits) -> bytes:
    """Return standard input, at most one byte more than the limit of specs."""
    meta = click.get_current_context().meta
    if "stdin" in meta:
        fail("`-` stands twice for standard input, which is one spec")
    if sys.stdin is None:  # closed by the parent process
        fail("standard input is closed")
    meta["stdin"], data = True, bytearray()
    while len(data) <= limits.bytes and (more := sys.stdin.buffer.read(2**20)):
        data += more
    return bytes(data[: limits.bytes + 1])


def read_source(spec: str, limits: Limits) -> Source:
    """Return the text of a spec; raises what `files.read_source` raises."""
    if spec != STDIN:
        return read_file(Path(spec), limits.bytes)
    return source_of(STDIN_NAME, standard_input(limits), limits.bytes)


def read_spec(
    spec: str, params: Mapping[str, str], limits: Limits, *, revision: str | None = None
) -> Architecture:
    """Load a spec from a file, or from standard input for `-`.

    Raises what `architecture.load` raises.
    """
    from archcompiler.architecture import load, loads

    if spec != STDIN:
        return load(spec, params=params, limits=limits, revision=revision)
    source = read_source(spec, limits)
    return loads(source.text, source.name, params=params, limits=limits, folder=Path.cwd())


def to_stdout(data: bytes) -> None:
    """Write a file to standard output."""
    if sys.stdout is None:
        fail("standard output is closed")
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def colour_on(stream: Any) -> bool:
    """Whether to use colours on `stream`: it is a terminal, and see https://no-color.org."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return not plain and bool(stream.isatty())


def show(diagnostics: Sequence[Diagnostic], unchecked: int = 0) -> None:
    """Print diagnostics on standard error."""
    text = render_all(diagnostics, colour=colour_on(sys.stderr), unchecked=unchecked)
    click.echo(text, err=True, color=True)


def show_warnings(networks: Iterable[Architecture], *, strict: bool = False) -> None:
    """Print the warnings of networks; with `strict`, exit with an error if there are any."""
    found = [d._replace(strict=strict) for network in networks for d in network.warnings]
    if found and (strict or not is_set("quiet")):
        show(found)
    if found and strict:
        sys.exit(FAULTS)


def fail(message: str, code: int = WRONG_USE) -> NoReturn:
    """Print an error, and exit."""
    say(f"error: {message}", err=True)
    sys.exit(code)


def keep_foreign(path: Path, mark: str, *, force: bool) -> None:
    """Fail if there is a file at `path` without our `mark`, unless `force` is given."""
    if not force and not may_replace(path, mark):
        fail(f"{path} was not written by archc; `--force` overwrites it")


@contextmanager
def failures() -> Iterator[None]:
    """Turn known exceptions into messages and exit codes."""
    try:
        yield
    except SpecError as error:
        show(error.diagnostics, error.unchecked)
        sys.exit(FAULTS)
    except (FileError, UnknownParameter) as error:
        fail(str(error))


@contextmanager
def framework() -> Iterator[None]:
    """Run code that needs a framework: hide its start-up output, and report failures in a line.

    The output comes from compiled code that has no switch for it; it is shown after a failure.
    """
    import tempfile  # slow to import, and needed just here

    from archcompiler.language.expressions import ExpressionError
    from archcompiler.runtime.devices import DeviceMissing
    from archcompiler.runtime.frameworks import FrameworkMissing
    from archcompiler.runtime.verify import Unlike, Unusable

    sys.stderr.flush()
    saved = os.dup(2)
    with tempfile.TemporaryFile() as notes:
        os.dup2(notes.fileno(), 2)
        failure, code = None, WRONG_USE
        try:
            yield
        except (DeviceMissing, FrameworkMissing, FileError, Unusable) as error:
            failure = str(error)
        except Unlike as error:
            failure, code = str(error), FAULTS
        except (SpecError, ExpressionError):
            raise
        except Exception as error:  # out of memory, an unsupported type, …
            if os.environ.get("ARCHC_TRACEBACK"):
                raise
            notes.seek(0)
            os.write(saved, notes.read())
            failure = f"the framework gave up: {_reason(error)}"
        finally:
            sys.stderr.flush()
            os.dup2(saved, 2)
            os.close(saved)
        if failure is not None:
            click.echo("\n".join(map(shown, f"error: {failure}".split("\n"))), err=True)
            sys.exit(code)


def _reason(error: Exception) -> str:
    """Return the first line of what a framework says, and the next where that one announces it."""
    first, *others = [line for line in str(error).splitlines() if line.strip()] or [""]
    if first.endswith(":") and others:  # backend='inductor' raised:
        return f"{first} {others[0].strip()}"
    return first or type(error).__name__


@contextmanager
def weights() -> Iterator[Watch]:
    """Run code that reads or writes weights; yields the callback that shows progress.

    If a checkpoint does not fit, its problems are printed on standard error.
    """
    from archcompiler.checkpoints import DoesNotFit
    from archcompiler.language.expressions import ExpressionError
    from archcompiler.runtime.frameworks import FrameworkMissing

    try:
        yield _watch
    except DoesNotFit as error:
        click.echo(f"error: {error}", err=True)  # a table, in which names are escaped
        sys.exit(FAULTS)
    except ExpressionError as error:
        fail(f"a rule has no value for a name: {error.message}", FAULTS)
    except FrameworkMissing as error:
        fail(str(error))


def rules_in(path: Path | None, network: Architecture) -> Rules:
    """Read the rules for names in a file; without a file, names stay as they are.

    Raises:
        FileError, SpecError: As for `Rules.read`.
    """
    from archcompiler.checkpoints import Rules

    return Rules.read(path, network.graph.body.parameters) if path else Rules()


@contextmanager
def _watch(total: int) -> Iterator[Callable[[int], object]]:
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb" or total < MUCH:
        yield lambda count: None
        return
    bar: Any
    with click.progressbar(length=total, file=sys.stderr, show_percent=True) as bar:
        yield bar.update


def load_all(loads: Iterable[tuple[str, Callable[[], Architecture]]]) -> list[Architecture]:
    """Load all specs, and report all faults; exit with the worst code if one failed."""
    networks, code = attempted(loads)
    if code:
        sys.exit(code)
    return networks


def attempted(works: Iterable[tuple[str, Callable[[], T]]]) -> tuple[list[T], int]:
    """Do something with each spec, even if it fails for others.

    Return the results of those that succeeded, and the worst exit code.
    """
    results, code = [], 0
    for spec, work in works:
        try:
            results.append(work())
        except SpecError as error:
            show(error.diagnostics, error.unchecked)
            code = max(code, FAULTS)
        except FileError as error:
            say(f"error: {error}", err=True)
            code = WRONG_USE
        except UnknownParameter as error:
            say(f"error: {spec}: {error}", err=True)
            code = WRONG_USE
    return results, code
