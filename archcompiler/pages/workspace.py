"""The files of a folder that is served: specs in it are listed, read and written, and no others."""

from __future__ import annotations

import codecs
import hashlib
import os
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from archcompiler.check import ENDINGS, is_spec, starts_with_mark
from archcompiler.files import FileError, Folder, write_atomically

MOST_FILES = 20_000  # of a folder that are looked at
LONGEST = 1000  # characters of a name


class Changed(Exception):
    """A file is not what it was when it was opened; the message says so."""


class Opened(NamedTuple):
    """A text, and by what it is known again: nothing where there is no file."""

    text: str
    version: str


class Workspace:
    """A folder; files are named by their paths in it, with slashes."""

    def __init__(self, root: Path, limit: int) -> None:
        self.root = root
        self.folder = Folder(root, limit)

    def names(self) -> list[str]:
        """Return the specs in the folder and below it; hidden folders are left out."""
        found, seen = [], 0
        for path, folders, files in os.walk(self.root):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(files):
                seen += 1
                file = Path(path, name)
                if _is_named_so(name) and self.folder.holds(file) and is_spec(file):
                    found.append(file.relative_to(self.root).as_posix())
            if seen > MOST_FILES:
                break
        return found

    def path(self, name: str) -> Path:
        """Return where the file `name` is, or would be.

        Raises:
            FileError: That is not in the folder, or no spec is named so.
        """
        parts = PurePosixPath(name).parts
        proper = name.isprintable() and len(name) <= LONGEST and "\\" not in name
        if not proper or not parts or not all(map(_is_proper, parts)):
            raise FileError("a file is named by its path in the folder that is served")
        if not _is_named_so(parts[-1]):
            raise FileError("the name of a spec ends in .yaml or .yml")
        path = self.root.joinpath(*parts)
        if not self.folder.holds(path):
            raise FileError(f"{name} leads out of the folder that is served")
        return path

    def read(self, name: str) -> Opened:
        """Return what is in a file.

        Raises:
            FileError: It cannot be read, or is not in the folder.
            SpecError: It is too large, or no text.
        """
        text = self.folder.read(self.path(name)).text
        return Opened(text, _version(text))

    def write(self, name: str, text: str, version: str | None) -> str:
        """Write a file whole, and return its version.

        `version` is that of the file as it was opened, nothing if there was none; None overwrites
        whatever is there.

        Raises:
            Changed: The file is another one by now, or there was none and is one.
            FileError: It cannot be written, or is not in the folder.
        """
        path = self.path(name)
        if not self.root.is_dir():
            raise FileError("the folder that is served is gone")
        known = self.read(name) if path.exists() else Opened("", "")
        if version is not None and known.version not in (version, _version(text)):
            raise Changed(f"{name} was changed by another program" if version else f"{name} exists")
        if "\r\n" in known.text:  # an editor has lines of its own
            text = text.replace("\n", "\r\n")
        mark = codecs.BOM_UTF8 if known.version and starts_with_mark(path) else b""
        write_atomically(path, mark + text.encode(), inside=self.root)
        return _version(text)


def _is_named_so(name: str) -> bool:
    return name.endswith(ENDINGS) and not name.startswith(".")


def _is_proper(part: str) -> bool:
    return not part.startswith(".") and part not in ("/", "")


def _version(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
