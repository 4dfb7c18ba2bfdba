"""What a kind of file is that weights travel in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple

from archcompiler.checkpoints.tensors import Checkpoint, Tensor
from archcompiler.graph import Graph


class Format(NamedTuple):
    """A kind of file. Its tensors have the names and the layouts of a backend.

    `opened` opens a file of it, and `write` writes one with notes about itself. Where it is
    `ordered`, what reads it finds layers by their order, so that no other names can be given.
    """

    name: str
    title: str
    endings: tuple[str, ...]
    backend: str
    opened: Callable[[Path], AbstractContextManager[Checkpoint]]
    write: Callable[[Path, Graph, Iterable[Tensor], Mapping[str, str]], None]
    ordered: bool = False
