"""Reading specs within bounds, and writing files whole or not at all."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from archcompiler.diagnostics import Diagnostic, Label, Source, Span, SpecError

_HEAD = 2**16  # bytes in which a file says that it is ours
_LEFT = ".archc-"  # what the names of files begin with that are being written


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
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise FileError(f"{path} is not a file")
        with path.open("rb") as file:  # what is asked for is allocated, however short the file is
            data = file.read(min(limit, max(status.st_size, 2**20)) + 1)
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror or error}") from None
    except ValueError as error:  # a NUL in the name
        raise FileError(f"cannot read {str(path)!r}: {error}") from None
    return source_of(path.as_posix(), data, limit)


def source_of(name: str, data: bytes, limit: int) -> Source:
    """Return the text that `data`, the first bytes of the file `name`, is.

    Raises:
        SpecError: It is longer than `limit`, or not UTF-8.
    """
    if len(data) > limit:
        raise too_large(name, limit)
    return decoded(name, data)


def too_large(name: str, limit: int) -> SpecError:
    """Return the fault of the file `name` that it is larger than `limit` bytes."""
    return _unreadable(
        Span(Source(name, ""), 0, 1),
        "ARC108",
        f"the file is larger than the limit of {limit:,} bytes",
        "`--limit bytes=NUMBER` raises the limit",
    )


def decoded(name: str, data: bytes) -> Source:
    """Return the text that `data`, the content of the file `name`, is.

    Raises:
        SpecError: It is not UTF-8.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode()  # without the mark that may begin the file
        source = Source(name, before + error.object[error.start :].decode(errors="replace"))
        message = f"the byte 0x{error.object[error.start]:02X} is not UTF-8 text"
        span = Span(source, len(before), len(before) + 1)
        raise _unreadable(span, "ARC102", message, "save the file as UTF-8") from None
    return Source(name, text)


class Folder:
    """The folder of a spec on the disk: what it, and the specs that it names, are read from."""

    prefix = ""  # of the names of its sources, before their paths

    def __init__(self, path: Path, limit: int) -> None:
        self.path = path
        self.limit = limit

    def holds(self, path: Path) -> bool:
        """Whether `path` is in the folder, or below it, wherever links lead."""
        try:
            return path.resolve().is_relative_to(self.path.resolve())
        except (OSError, ValueError, RuntimeError):  # a link that leads to itself is the last
            return False

    def read(self, path: Path) -> Source:
        """Return the text of a spec; raises what `read_source` raises."""
        return read_source(path, self.limit)


def _unreadable(span: Span, code: str, message: str, help_line: str) -> SpecError:
    return SpecError([Diagnostic(code, message, Label(span), help=(help_line,))])


def may_replace(path: Path, mark: str) -> bool:
    """Whether there is no file at `path`, or one of ours: those have `mark` near their start."""
    if not path.is_file():
        return True  # what is no file cannot be replaced: writing it says so
    try:
        with path.open("rb") as file:
            return mark.encode() in file.read(_HEAD)
    except OSError:
        return False


def write_atomically(path: Path, data: bytes, *, inside: Path) -> None:
    """Write `data` to `path`, which is the old file or the new one at any moment.

    Raises:
        FileError: The path leads out of `inside`, or the file cannot be written.
    """
    with replacing(path, inside=inside) as temporary:
        temporary.write_bytes(data)


@contextmanager
def replacing(path: Path, *, inside: Path) -> Iterator[Path]:
    """Give the path of a new file that takes the place of `path` when the block ends well.

    A symbolic link at `path` is replaced, never followed; one above it may not lead out of
    `inside`. The new file has the same ending, which some writers ask for.

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
    """Give an empty file in a new folder of its own, which no other writer takes for left."""
    import shutil  # only what writes files needs it

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
    """Return a new folder, and what keeps it locked until it is closed; some systems have no locks.

    Whoever looks for what is left may lock it first, and remove it: then there is another.
    """
    import tempfile

    while True:
        own = Path(tempfile.mkdtemp("", _LEFT, folder))
        try:
            return own, _locked(own)
        except BlockingIOError:
            continue


def _remove_left(folder: Path) -> None:
    """Remove what writers that were killed have left: of one that lives the lock holds."""
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
    """Return a handle that keeps `path` locked until it is closed; None where there are no locks.

    Raises:
        BlockingIOError: Somebody else has it, or had it and has removed it.
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
    """Return who may do what with a file: as it is, or as the system has it for a new one."""
    if path.is_file() and not path.is_symlink():
        return stat.S_IMODE(path.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _sync(path: Path) -> None:
    """Have the system write `path` to the disk; not every system lets folders be opened."""
    with suppress(PermissionError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
