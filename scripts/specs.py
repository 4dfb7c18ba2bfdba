"""Where the networks of the repository are: a folder under specs/ for each family."""

import re
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "specs"

_TEXTS = {path: path.read_text() for path in sorted(FOLDER.rglob("*.yaml"))}
_NAMED = re.compile(r"^ *spec: (\S+)$", re.MULTILINE)

# What other specs name: their family, or a block of theirs. Each is a network by itself, too.
FAMILIES = sorted(
    {path.parent / named for path, text in _TEXTS.items() for named in _NAMED.findall(text)}
)
SPECS = [
    path for path, text in _TEXTS.items() if "\narchc: " in f"\n{text}" and path not in FAMILIES
]

# One of each kind: those that are of no family, and of each family what it is by itself.
KINDS = [*(path for path in SPECS if not _NAMED.search(_TEXTS[path])), *FAMILIES]

# The members of families but for the first of each: what holds for that most likely holds for them.
_MEMBERS = [path for path in SPECS if path not in KINDS]
_FIRST = {path.parent: path for path in reversed(_MEMBERS)}
ALIKE = [path for path in _MEMBERS if path != _FIRST[path.parent]]


def spec_path(name: str) -> Path:
    """Return the path of the spec `name`, in whichever folder it is."""
    return next(path for path in (*SPECS, *FAMILIES) if path.stem == name)


def with_families(folder: Path) -> Path:
    """Put the files that members of families name into a folder, and return it."""
    for path in FAMILIES:
        shutil.copy(path, folder)
    return folder
