"""Reading of specs within limits, and atomic writing of files."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from archcompiler.diagnostics import Diagnostic, Label, Source, Span, SpecError

_HEAD = 2**16  # bytes at the start of a file in which `may_replace` looks for a mark
_LEFT = ".archc-"  # prefix of temporary folders


class FileError(Exception):
    """A file cannot be read or written; the message says which one and why."""


def read_source(path: Path, limit: int) -> Source:
    """Return the text of a spec.

    Raises:
        FileError: There is no such file, or it cannot be read.
        SpecError: It is larger than `limit` bytes, or not UTF-8.
    """
    try:
        # Reading a pipe or a device could block: only regular files are specs.
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise FileError(f"{path} is not a file")
        with path.open("rb") as file:  # `read` allocates as much as is asked for
            data = file.read(min(limit, max(status.st_size, 2**20)) + 1)
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror or error}") from None
    except ValueError as error:  # a NUL in the name
        raise FileError(f"cannot read {str(path)!r}: {error}") from None
    return source_of(path.as_posix(), data, limit)


def source_of(name: str, data: bytes, limit: int) -> Source:
    """Decode `data`, the content of the file `name`.

    Raises:
        SpecError: It is longer than `limit` bytes, or not UTF-8.
    """
    if len(data) > limit:
        raise too_large(name, limit)
    return decoded(name, data)


def too_large(name: str, limit: int) -> SpecError:
    """Return the error for a file `name` that is larger than `limit` bytes."""
    return _unreadable(
        Span(Source(name, ""), 0, 1),
        "ARC108",
        f"the file is larger than the limit of {limit:,} bytes",
        "`--limit bytes=NUMBER` raises the limit",
    )


def decoded(name: str, data: bytes) -> Source:
    """Decode `data`, the content of the file `name`, without checking its size.

    Raises:
        SpecError: It is not UTF-8.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode()  # without a byte order mark
        source = Source(name, before + error.object[error.start :].decode(errors="replace"))
        message = f"the byte 0x{error.object[error.start]:02X} is not UTF-8 text"
        span = Span(source, len(before), len(before) + 1)
        raise _unreadable(span, "ARC102", message, "save the file as UTF-8") from None
    return Source(name, text)


class Folder:
    """The folder of a spec, from which it and the specs that it names are read."""

    prefix = ""  # of the names of its sources, before their paths

    def __init__(self, path: Path, limit: int) -> None:
        self.path = path
        self.limit = limit

    def holds(self, path: Path) -> bool:
        """Whether `path` is in the folder or below it, with links followed."""
        try:
            return path.resolve().is_relative_to(self.path.resolve())
        except (OSError, ValueError, RuntimeError):  # RuntimeError: a link to itself
            return False

    def read(self, path: Path) -> Source:
        """Return the text of a spec; raises what `read_source` raises."""
        return read_source(path, self.limit)


def _unreadable(span: Span, code: str, message: str, help_line: str) -> SpecError:
    return SpecError([Diagnostic(code, message, Label(span), help=(help_line,))])


def may_replace(path: Path, mark: str) -> bool:
    """Whether there is no file at `path`, or one that archc wrote: with `mark` near its start."""
    if not path.is_file():
        return True  # if it is a folder, writing it fails with a message
    try:
        with path.open("rb") as file:
            return mark.encode() in file.read(_HEAD)
    except OSError:
        return False


def write_atomically(path: Path, data: bytes, *, inside: Path) -> None:
    """Write `data` to `path` atomically: at any moment it is the old file or the new one.

    Raises:
        FileError: The path leads out of `inside`, or the file cannot be written.
    """
    with replacing(path, inside=inside) as temporary:
        temporary.write_bytes(data)


@contextmanager
def replacing(path: Path, *, inside: Path) -> Iterator[Path]:
    """Return a context with a temporary path that replaces `path` at the end without an error.

    A symbolic link at `path` is replaced and not followed; links above it must not lead out of
    `inside`. The temporary path has the same suffix.

    Raises:
        FileError: The path leads out of `inside`, or the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        folder = path.parent.resolve()
        if not folder.is_relative_to(inside.resolve()):
            raise FileError(f"{path} leads out of {inside}: nothing is written")
        with _new_file(folder, path.suffix, _mode(folder / path.name)) as temporary:
            yield temporary
            _sync(temporary)
            temporary.replace(folder / path.name)
        _sync(folder)
    except OSError as error:
        raise FileError(f"cannot write {path}: {error.strerror or error}") from None
    except RuntimeError:  # before Python 3.13
        raise FileError(f"cannot write {path}: a link on the way leads to itself") from None


@contextmanager
def _new_file(folder: Path, suffix: str, mode: int) -> Iterator[Path]:
    """Return a context with an empty file in a locked temporary folder."""
    import shutil  # only needed for writing

    _remove_left(folder)
    own, lock = _own_folder(folder)
    try:
        temporary = own / f"new{suffix}"
        temporary.touch(exist_ok=False)
        temporary.chmod(mode)
        yield temporary
    finally:
        shutil.rmtree(own, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def _own_folder(folder: Path) -> tuple[Path, int | None]:
    """Return a new folder, and a handle that keeps it locked (None if the system has no locks).

    Another process that removes leftovers may lock it first: then a further folder is made.
    """
    import tempfile

    while True:
        own = Path(tempfile.mkdtemp("", _LEFT, folder))
        try:
            return own, _locked(own)
        except BlockingIOError:
            continue


def _remove_left(folder: Path) -> None:
    """Remove temporary folders of processes that were killed; those in use are locked."""
    import shutil

    found: list[Path] = []
    with suppress(PermissionError), os.scandir(folder) as entries:
        found += (Path(entry) for entry in entries if entry.name.startswith(_LEFT))
    for path in found:
        with suppress(OSError):
            lock = _locked(path)
            if lock is None:
                continue
            try:
                if path.is_dir():
                    shutil.rmtree(path)
                else:
                    path.unlink()
            finally:
                os.close(lock)


def _locked(path: Path) -> int | None:
    """Return a handle that keeps `path` locked until it is closed; None if locks do not work.

    Raises:
        BlockingIOError: Another process has the lock, or has removed the path.
    """
    try:
        import fcntl
    except ImportError:
        return None
    handle = None
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(handle), path.lstat()):
            return handle
        raise BlockingIOError
    except OSError as error:
        if handle is not None:
            os.close(handle)
        if isinstance(error, BlockingIOError | FileNotFoundError):
            raise BlockingIOError from None
        return None  # a link, or a file system without locks


def _mode(path: Path) -> int:
    """Return the permissions of a file, or those of a new file if there is none."""
    if path.is_file() and not path.is_symlink():
        return stat.S_IMODE(path.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _sync(path: Path) -> None:
    """Flush `path` to the disk; folders cannot be opened on all systems."""
    with suppress(PermissionError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
