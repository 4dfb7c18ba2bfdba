"""The folder that is served: specs in it can be listed, read and written, and no other files."""

from __future__ import annotations

import codecs
import hashlib
import os
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from archcompiler.check import ENDINGS, is_spec, starts_with_mark
from archcompiler.files import FileError, Folder, write_atomically

MOST_FILES = 20_000  # of a folder that are listed
LONGEST = 1000  # characters of a name


class Changed(Exception):
    """A file was changed by another program since it was opened."""


class Opened(NamedTuple):
    """The text of a file and its version (a hash); both are empty if there is no file."""

    text: str
    version: str


class Workspace:
    """A folder; files are named by relative paths with slashes."""

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
        """Return the path of the file `name`, which need not exist.

        Raises:
            FileError: It is not in the folder, or is no valid name of a spec.
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
        """Return the text and version of a file.

        Raises:
            FileError: It cannot be read, or is not in the folder.
            SpecError: It is too large, or not text.
        """
        text = self.folder.read(self.path(name)).text
        return Opened(text, _version(text))

    def write(self, name: str, text: str, version: str | None) -> str:
        """Write a file atomically, and return its version.

        `version` is the version that was opened, empty if there was no file. With None, the file
        is overwritten whatever its version.

        Raises:
            Changed: The file has another version.
            FileError: It cannot be written, or is not in the folder.
        """
        path = self.path(name)
        if not self.root.is_dir():
            raise FileError("the folder that is served is gone")
        known = self.read(name) if path.exists() else Opened("", "")
        if version is not None and known.version not in (version, _version(text)):
            raise Changed(f"{name} was changed by another program" if version else f"{name} exists")
        if "\r\n" in known.text:  # the editor uses \n only
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
