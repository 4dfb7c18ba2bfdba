"""The kinds of files that weights travel in: how each is opened, and written."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from archcompiler.checkpoints.formats import keras, safetensors, torch
from archcompiler.checkpoints.tensors import Checkpoint
from archcompiler.files import FileError
from archcompiler.runtime.frameworks import require_package

# ending: the kind of file; the first that fits counts
ENDINGS = {
    ".safetensors": "safetensors",
    safetensors.INDEX: "safetensors",
    ".pt": "torch",
    ".pth": "torch",
    ".keras": "keras",
    ".h5": "keras",
}
OPENERS = {"safetensors": safetensors.opened, "torch": torch.opened, "keras": keras.opened}


def kind_of(path: Path) -> str:
    """Return what kind of file a name stands for.

    Raises:
        FileError: Its ending is not known.
    """
    for ending, kind in ENDINGS.items():
        if path.name.endswith(ending):
            return kind
    known = ", ".join(ENDINGS)
    raise FileError(f"{path} is of no kind that is known: its name ends in none of {known}")


def opened(path: Path) -> AbstractContextManager[Checkpoint]:
    """Open a file of weights by its ending.

    Raises:
        FileError: There is no such file, or it is not what its name says.
        FrameworkMissing: What reads it is not installed.
    """
    kind = kind_of(path)
    require_package("numpy", "weights")
    if not path.is_file():
        raise FileError(f"cannot read {path}: there is no such file")
    return OPENERS[kind](path)
