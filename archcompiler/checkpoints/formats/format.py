"""The description of a kind of file of weights."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple

from archcompiler.checkpoints.tensors import Checkpoint, Tensor
from archcompiler.graph import Graph


class Format(NamedTuple):
    """A kind of file, whose tensors have the names and layouts of a backend.

    `open_file` opens such a file, and `write` writes one with tensors and metadata. Readers of an
    `ordered` kind find layers by their order, so that its tensors cannot be renamed.
    """

    name: str
    title: str
    endings: tuple[str, ...]
    backend: str
    open_file: Callable[[Path], AbstractContextManager[Checkpoint]]
    write: Callable[[Path, Graph, Iterable[Tensor], Mapping[str, str]], None]
    ordered: bool = False
