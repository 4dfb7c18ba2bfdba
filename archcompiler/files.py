"""Reading specs within bounds, and writing files whole or not at all."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from archcompiler.diagnostics import Diagnostic, Label, Source, Span, SpecError


class FileError(Exception):
    """A file cannot be read or written; the message says which, why, and what to do."""


def read_source(path: Path, limit: int) -> Source:
    """Return the text of a spec.

    Raises:
        FileError: There is no such file, or it is not a file that can be read.
        SpecError: It is larger than `limit` bytes, or not UTF-8.
    """
    try:
        # A pipe or a device would be waited for: only files are specs.
        if not stat.S_ISREG(path.stat().st_mode):
            raise FileError(f"{path} is not a file")
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror or error}") from None
    name = path.as_posix()
    if len(data) > limit:
        raise _unreadable(
            name,
            "ARC108",
            f"the file is larger than the limit of {limit:,} bytes",
            "`--limit bytes=NUMBER` raises the limit",
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"the byte at offset {error.start} is not UTF-8 text"
        raise _unreadable(name, "ARC102", message, "save the file as UTF-8") from None
    return Source(name, text)


def _unreadable(name: str, code: str, message: str, help_line: str) -> SpecError:
    span = Span(Source(name, ""), 0, 1)
    return SpecError([Diagnostic(code, message, Label(span), help=(help_line,))])


def write_atomically(path: Path, data: bytes, *, inside: Path) -> None:
    """Write `data` to `path`, which is the old file or the new one at any moment.

    A symbolic link at `path` is replaced, never followed; one above it may not lead out of
    `inside`.

    Raises:
        FileError: The path leads out of `inside`, or the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        folder = path.parent.resolve()
        if not folder.is_relative_to(inside.resolve()):
            raise FileError(f"{path} leads out of {inside}: nothing is written")
        _replace(folder / path.name, data)
    except OSError as error:
        raise FileError(f"cannot write {path}: {error.strerror or error}") from None


def _replace(path: Path, data: bytes) -> None:
    temporary = path.parent / f".{path.name}.{os.getpid()}.tmp"
    with suppress(FileNotFoundError):
        temporary.unlink()  # a remnant of a process of this number that was killed
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with suppress(FileNotFoundError):
            temporary.unlink()
        raise
    with suppress(OSError, AttributeError):  # not every system opens folders
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
