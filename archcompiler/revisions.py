"""Reading of specs from a git revision."""

from __future__ import annotations

import os
import re
import subprocess
from functools import cached_property
from pathlib import Path

from archcompiler.diagnostics import Source
from archcompiler.diagnostics.forms.text import shown
from archcompiler.files import FileError, decoded, too_large

SECONDS = 60  # timeout of a git command

_COMMIT = re.compile(rb"[0-9a-f]{40,64}\n\Z")
_ENTRY = re.compile(rb"(?P<mode>\d{6}) (?P<type>\w+) (?P<id>[0-9a-f]{40,64}) +(?P<size>\d+|-)\t")

# Git sets these for hooks; we use the repository of the spec's folder.
_OF_HOOKS = ("GIT_DIR", "GIT_WORK_TREE", "GIT_PREFIX")


class FolderAt:
    """The folder of a spec at a git revision, from which it and the specs that it names are read.

    The revision is resolved to a commit once, so that all files are of one commit. Only regular
    files are read, and links are not followed.
    """

    def __init__(self, revision: str, path: Path, limit: int) -> None:
        self.revision = revision
        self.path = path
        self.limit = limit
        self.prefix = f"{revision}:"  # of the names of its sources, as git writes it

    def holds(self, path: Path) -> bool:
        """Whether `path` is in the folder, or below it."""
        inside = Path(os.path.abspath(path))  # noqa: PTH100  (on the disk there may be no such file)
        return inside.is_relative_to(os.path.abspath(self.path))  # noqa: PTH100

    def read(self, path: Path) -> Source:
        """Return the text of a spec.

        Raises:
            FileError: Git, the repository, the revision or the file is missing.
            SpecError: The file is larger than the limit, or not UTF-8.
        """
        name = os.path.relpath(path, self.path)
        if not self.holds(path) or name == os.curdir:
            raise FileError(f"{path} is not a file")
        listed = self._git("--literal-pathspecs", "ls-tree", "-lz", self._commit, "--", name)
        entry = _ENTRY.match(listed)
        if entry is None:
            raise FileError(f"{path} is not in {shown(self.revision)}")
        if entry["type"] != b"blob" or not entry["mode"].startswith(b"100"):
            raise FileError(f"{path} is not a file in {shown(self.revision)}")
        if int(entry["size"]) > self.limit:
            raise too_large(self._named(path), self.limit)
        return decoded(self._named(path), self._git("cat-file", "blob", entry["id"].decode()))

    def _named(self, path: Path) -> str:
        return self.prefix + path.as_posix()

    @cached_property
    def _commit(self) -> str:
        # No revision begins with a hyphen or has a NUL; as an argument it could be an option.
        if not self.revision.startswith("-") and "\0" not in self.revision:
            self._git("rev-parse", "--git-dir")  # whether there is a repository
            commit = f"{self.revision}^{{commit}}"
            found = self._answer("rev-parse", "--verify", "--quiet", "--end-of-options", commit)
            if found.returncode == 0 and _COMMIT.match(found.stdout):
                return found.stdout.decode().strip()
        raise FileError(f"git has no commit `{shown(self.revision)}` here{self._shallow()}")

    def _shallow(self) -> str:
        """Return a hint if the clone is shallow."""
        shallow = self._answer("rev-parse", "--is-shallow-repository").stdout
        hint = ": this clone is shallow, `git fetch --unshallow` completes it"
        return hint if shallow == b"true\n" else ""

    def _git(self, *arguments: str) -> bytes:
        """Return the output of a git command.

        Raises:
            FileError: The command fails.
        """
        answer = self._answer(*arguments)
        if answer.returncode:
            words = answer.stderr.decode(errors="replace").partition("\n")[0]
            raise FileError(f"git cannot read {self.path}: {shown(words)}")
        return answer.stdout

    def _answer(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        environment = {key: text for key, text in os.environ.items() if key not in _OF_HOOKS}
        try:
            return subprocess.run(
                ["git", *arguments],
                cwd=self.path,
                env={**environment, "GIT_TERMINAL_PROMPT": "0"},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=SECONDS,
                check=False,
            )
        except ValueError:  # a NUL in a path
            raise FileError(f"{shown(arguments[-1])} is no file") from None
        except subprocess.TimeoutExpired:
            raise FileError(f"git does not answer within {SECONDS} seconds") from None
        except OSError as error:
            if isinstance(error, FileNotFoundError) and self.path.is_dir():
                raise FileError("git is not installed, which reads revisions") from None
            raise FileError(f"cannot ask git in {self.path}: {error.strerror}") from None
