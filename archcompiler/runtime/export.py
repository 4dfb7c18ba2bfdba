"""Ready models on disk: `.keras`, and PyTorch's exported programs, which load without us."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

from archcompiler.backends.skeleton import batch_shape
from archcompiler.files import FileError, replacing
from archcompiler.graph import Graph
from archcompiler.runtime.live import build
from archcompiler.runtime.notes import NOTE, note_of, noted, notes

ENDINGS = {"keras": ".keras", "torch": ".pt2"}


def export(graph: Graph, backend: str, path: Path, *, inside: Path, force: bool, seed: int) -> None:
    """Write a model with first weights, drawn as the spec says, to `path`.

    Raises:
        FileError: The file cannot be written, or is not ours and `force` is false.
        FrameworkMissing, SpecError: As for `live.build`.
    """
    if path.exists() and not force and not _is_ours(path):
        raise FileError(f"{path} was not written by archc; `--force` overwrites it")
    note = noted(notes(graph)).decode()
    write = {"keras": _write_keras, "torch": _write_torch}[backend]
    model = _seeded(graph, backend, seed)
    with replacing(path, inside=inside) as temporary:
        write(model, graph, temporary, note)


def _is_ours(path: Path) -> bool:
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return bool(note_of(archive))


def _seeded(graph: Graph, backend: str, seed: int) -> Any:
    from archcompiler.runtime.frameworks import require

    require(backend)
    if backend == "keras":
        import keras

        keras.utils.set_random_seed(seed)
    else:
        import torch

        torch.manual_seed(seed)
    return build(graph, backend)


def _write_keras(model: Any, graph: Graph, path: Path, note: str) -> None:
    model.save(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(NOTE, note)


def _write_torch(model: Any, graph: Graph, path: Path, note: str) -> None:
    import torch

    inputs = tuple(
        torch.zeros(2, *batch_shape(layer, channels_last=False)) for layer in graph.inputs
    )
    any_batch = tuple({0: torch.export.Dim.DYNAMIC} for _ in inputs)
    program = torch.export.export(model.eval(), inputs, dynamic_shapes=any_batch)
    torch.export.save(program, path, extra_files={NOTE: note})
