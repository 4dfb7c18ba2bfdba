"""Export of ready models, which load without archc, in the file format of the framework."""

from __future__ import annotations

import zipfile
from pathlib import Path

from archcompiler.files import FileError, replacing
from archcompiler.graph import Graph
from archcompiler.runtime.frameworks import framework_of
from archcompiler.runtime.notes import note_of, noted, notes


def export(graph: Graph, backend: str, path: Path, *, inside: Path, force: bool, seed: int) -> None:
    """Write a model with initial weights from the spec to `path`.

    Raises:
        FileError: The file cannot be written, or exists, was not written by archc, and `force` is
            false.
        FrameworkMissing, SpecError: As for `live.build`.
    """
    if path.exists() and not force and not _is_ours(path):
        raise FileError(f"{path} was not written by archc; `--force` overwrites it")
    note = noted(notes(graph)).decode()
    framework = framework_of(backend)
    framework.require()
    framework.seed(seed)
    model = framework.build(graph)
    with replacing(path, inside=inside) as temporary:
        framework.export(model, graph, temporary, note)


def _is_ours(path: Path) -> bool:
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return bool(note_of(archive))
