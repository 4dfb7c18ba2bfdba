"""Checks of many specs: find the files, check them in parallel, and apply safe fixes."""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from archcompiler.architecture import Architecture, load, loads
from archcompiler.diagnostics import Diagnostic, Edit, Label, Place, Source, Span, SpecError
from archcompiler.diagnostics.results import SpecResult
from archcompiler.files import FileError, source_of, write_atomically
from archcompiler.graph import Limits
from archcompiler.language.spec import UnknownParameter

STDIN, STDIN_NAME = "-", "<stdin>"
BUILT = Path("generated")  # the default output of `archc build`
ENDINGS = (".yaml", ".yml")
SIZES = "ARC401"  # the code of a stated size that is not the computed one
PAYS = 24  # number of specs from which several processes are faster than one
IS_SPEC = re.compile(rb"^archc[ \t]*:", re.MULTILINE)
_LOOKED_AT = 65536  # bytes of a file that are searched for `archc:`


class Task(NamedTuple):
    """Options of a check.

    `located` adds layer and path to each diagnostic; with `strict`, warnings count as errors.
    """

    params: Mapping[str, str]
    limits: Limits
    located: bool = False
    stdin: bytes = b""  # the text of the spec `-`
    strict: bool = False


def find(arguments: Iterable[str]) -> list[str]:
    """Return the specs in files, folders and patterns, each once.

    Specs in a folder, and below it, are the YAML files that have a key `archc`; hidden files and
    folders are left out. Patterns (`specs/**/*.yaml`) are expanded, as not all shells do it.

    Raises:
        FileError: A folder or a pattern contains no spec.
    """
    import glob

    found: dict[str, None] = {}
    for argument in arguments:
        paths = [argument]
        if argument != STDIN and Path(argument).is_dir():
            paths = list(_in_folder(argument))
            if not paths:
                raise FileError(f"no file in {argument} is a spec: none has a key `archc`")
        elif argument != STDIN and glob.has_magic(argument) and not Path(argument).exists():
            paths = sorted(glob.glob(argument, recursive=True))  # noqa: PTH207 (absolute ones, too)
            if not paths:
                raise FileError(f"no file matches {argument}")
        found |= dict.fromkeys(paths)
    return list(found)


def _in_folder(folder: str) -> Iterator[str]:
    for path, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            file = Path(path, name)
            if name.endswith(ENDINGS) and not name.startswith(".") and is_spec(file):
                yield str(file)


def is_spec(path: Path) -> bool:
    """Whether the file at `path` has a key `archc`; also true if it cannot be read."""
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return IS_SPEC.search(file.read(_LOOKED_AT)) is not None
    except OSError:
        return True  # the check reports that it cannot be read


def check_all(specs: Sequence[str], task: Task) -> Iterator[SpecResult]:
    """Yield the result of each spec, in order; many are checked in several processes."""
    workers = min(os.cpu_count() or 1, 8)
    if len(specs) < PAYS or workers == 1:
        yield from (check(spec, task) for spec in specs)
        return
    from concurrent.futures import ProcessPoolExecutor

    chunk = max(1, min(32, len(specs) // (4 * workers)))
    with ProcessPoolExecutor(workers) as pool:
        yield from pool.map(partial(check, task=task), specs, chunksize=chunk)


def check(spec: str, task: Task) -> SpecResult:
    """Return the result of one spec."""
    return _outcome(spec, task, lambda network: ())


def check_source(spec: str, target: Path, output: Path, backend: str, task: Task) -> SpecResult:
    """Check a spec, and that the file `target` is what `backend` emits for it.

    `output` is the output folder of `archc build`, for the help line.
    """
    import shlex

    def compare(network: Architecture) -> tuple[Diagnostic, ...]:
        if target.is_file() and target.read_bytes() == network.file(backend):
            return ()
        name = target.as_posix()
        state = "is not what its spec gives" if target.exists() else "does not exist"
        message = f"`{name}` {state}"
        words = ["archc", "build", Path(spec).as_posix(), "--backend", backend]
        words += ["--output", output.as_posix()] if output != BUILT else []
        words += [word for pair in task.params.items() for word in ("-p", "=".join(pair))]
        again = f"`{shlex.join(words)}` writes it anew"
        label = Label(Span(Source(name, ""), 0, 1))
        return (Diagnostic("ARC701", message, label, help=(again,)),)

    return _outcome(spec, task, compare)


def _outcome(
    spec: str, task: Task, look: Callable[[Architecture], tuple[Diagnostic, ...]]
) -> SpecResult:
    """Check a spec, add the diagnostics that `look` returns, and measure the time."""
    from time import perf_counter

    before = perf_counter()
    return _looked_at(spec, task, look)._replace(seconds=perf_counter() - before)


def _looked_at(
    spec: str, task: Task, look: Callable[[Architecture], tuple[Diagnostic, ...]]
) -> SpecResult:
    name = STDIN_NAME if spec == STDIN else Path(spec).as_posix()
    try:
        if spec == STDIN:
            text, folder = source_of(name, task.stdin, task.limits.bytes).text, Path.cwd()
            network = loads(text, name, params=task.params, limits=task.limits, folder=folder)
        else:
            network = load(spec, params=task.params, limits=task.limits)
        told = (*network.warnings, *look(network))
        found = tuple(found._replace(strict=task.strict) for found in told)
        found = located(found) if task.located else found
    except SpecError as error:
        found = located(error.diagnostics) if task.located else error.diagnostics
        return SpecResult(name, found, error.unchecked)
    except (FileError, UnknownParameter) as error:
        return SpecResult(name, error=str(error))
    facts: tuple[tuple[str, str | int], ...] = (
        ("network", network.name),
        ("layers", len(network.layers)),
        ("parameters", network.totals.parameters),
    )
    checked = SpecResult(name, found, files=network.files)
    return checked._replace(facts=facts) if checked.sound else checked


def mended(spec: str, task: Task) -> tuple[int, SpecResult]:
    """Apply all safe fixes to the file `spec` and those that it names.

    Return the number of edits, and the result of the last check. Once a word was corrected, stated
    sizes are not: the word may be the reason why they differ, so that they are only reported.

    Raises:
        FileError: A file cannot be written; it is unchanged.
    """
    applied, words_changed = 0, False
    seen = set[tuple[str, str]]()
    while True:
        checked = check(spec, task)
        safe = [(d.code, d.fix.edits) for d in checked.diagnostics if d.fix and d.fix.safe]
        fixes = [(code, edit) for code, edits in safe for edit in edits]
        edits = [edit for code, edit in fixes if not (code == SIZES and words_changed)]
        words_changed = words_changed or any(code != SIZES for code, _ in fixes)
        before = applied
        for source in dict.fromkeys(edit.span.source for edit in edits):
            text, count = edited(
                source.text, (edit for edit in edits if edit.span.source is source)
            )
            if (source.name, text) not in seen and text != source.text:
                seen |= {(source.name, source.text), (source.name, text)}
                _write_mended(source, text, inside=Path(spec).parent)
                applied += count
        if applied == before:
            return applied, checked


def _write_mended(source: Source, text: str, *, inside: Path) -> None:
    """Write a corrected text, with the columns of its tables aligned again."""
    from archcompiler.language.format import realigned

    text = realigned(source, Source(source.name, text))
    path = Path(source.name)
    mark = codecs.BOM_UTF8 if starts_with_mark(path) else b""
    write_atomically(path, mark + text.encode(), inside=inside)


def starts_with_mark(path: Path) -> bool:
    """Whether a file starts with the byte order mark of UTF-8."""
    with path.open("rb") as file:
        return file.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8


def edited(text: str, edits: Iterable[Edit]) -> tuple[str, int]:
    """Apply edits, except those that overlap an earlier one; return the text and their number."""
    parts, at, count = [], 0, 0
    for (_, start, end), replacement in sorted(edits, key=lambda edit: edit.span[1:]):
        if start >= at:
            parts += [text[at:start], replacement]
            at, count = end, count + 1
    return "".join([*parts, text[at:]]), count


def same_meaning(before: Source, after: str, folder: Path, limits: Limits) -> bool:
    """Whether two texts describe the same network, or have the same kinds of fault."""
    return _meaning(before.text, folder, limits) == _meaning(after, folder, limits)


def _meaning(text: str, folder: Path, limits: Limits) -> object:
    try:
        graph = loads(text, str(folder / "spec"), limits=limits, folder=folder).graph
    except SpecError as error:
        found = error.diagnostics
        return sorted(each.code for each in found for _ in (each, *each.also))  # place by place
    return graph.name, graph.description, graph.fingerprint, graph.training


def located(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return the diagnostics with layer and path of each place."""
    from archcompiler.language.places import Places

    known: dict[int, Places] = {}

    def place(span: Span) -> Place:
        source, start, _ = span
        if id(source) not in known:
            known[id(source)] = Places(source)
        found = known[id(source)].at(start)
        return Place(span, found.layer, ".".join(found.path))

    found = []
    for diagnostic in diagnostics:
        _, layer, path = place(diagnostic.span)
        also = tuple(place(other.span) for other in diagnostic.also)
        found.append(diagnostic._replace(layer=layer, path=path, also=also))
    return tuple(found)
