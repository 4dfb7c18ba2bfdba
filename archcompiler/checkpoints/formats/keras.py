"""Files of Keras: `.keras` and `.weights.h5` of Keras 3, and `.h5` of Keras 2 and 3.

Files are read with h5py and not with Keras: no code in them is run, and no link is followed. A
tensor is named by its layer and its index there: `C1/0` is the kernel of `C1`, `C1/1` its bias.
"""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from archcompiler.backends.keras import BACKEND
from archcompiler.backends.keras.runtime.archive import write_archive
from archcompiler.checkpoints.formats.format import Format
from archcompiler.checkpoints.formats.keras_listing import (
    WEIGHTS,
    Entry,
    as_file_errors,
    listed,
    opened_file,
)
from archcompiler.checkpoints.tensors import Array, Checkpoint, Tensor, numpy_type
from archcompiler.files import FileError
from archcompiler.graph import Graph
from archcompiler.runtime.frameworks import require_package
from archcompiler.runtime.notes import NOTE, noted


@contextmanager
def open_file(path: Path) -> Iterator[Checkpoint]:
    """Open a file.

    Raises:
        FileError: It is not a valid file, or refers to data outside of itself.
        FrameworkMissing: h5py is not installed.
    """
    require_package("h5py", "weights")
    found = listed(path)
    with ExitStack() as stack:
        with as_file_errors(path):
            file = stack.enter_context(opened_file(path))
        tensors = {
            entry.name: Tensor(
                entry.name,
                entry.type,
                entry.shape,
                partial(_read, path, file, entry),
                entry.depthwise,
            )
            for entry in found.entries
        }
        yield Checkpoint(path, FORMAT.title, FORMAT.backend, tensors, found.metadata, found.others)


def _read(path: Path, file: Any, entry: Entry) -> Array:
    with as_file_errors(path):
        data: Array = file[entry.place][()]
    if data.shape != entry.shape:
        raise FileError(f"{path} changed while it was read")
    return data.view(numpy_type("BF16")) if entry.type == "BF16" else data


def write(path: Path, graph: Graph, tensors: Iterable[Tensor], metadata: Mapping[str, str]) -> None:
    """Write tensors to a new `.keras` (a model) or `.h5` (weights only).

    Keras writes the archive of a model without weights, and we add the weights.

    Raises:
        FileError: Keras cannot write the model.
        FrameworkMissing: Keras, or h5py, is not installed.
        SpecError: Keras cannot express some layers.
    """
    require_package("h5py", "weights")
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        empty = Path(folder) / "empty.keras"
        empty.touch()
        write_archive(BACKEND.listing(graph).text, empty)
        with zipfile.ZipFile(empty) as archive:
            weights = Path(archive.extract(WEIGHTS, folder))
            _fill(weights, tensors, metadata)
            if path.suffix != ".keras":
                weights.replace(path)
                return
            with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as model:
                for info in archive.infolist():
                    if info.filename != WEIGHTS:
                        model.writestr(zipfile.ZipInfo(info.filename), archive.read(info))
                with (
                    weights.open("rb") as numbers,
                    model.open(zipfile.ZipInfo(WEIGHTS), "w", force_zip64=True) as part,
                ):
                    while block := numbers.read(2**20):
                        part.write(block)
                model.writestr(zipfile.ZipInfo(NOTE), noted(metadata))


def _fill(weights: Path, tensors: Iterable[Tensor], metadata: Mapping[str, str]) -> None:
    """Write tensors to the groups of their layers."""
    import h5py

    with h5py.File(weights, "r+") as file:
        places: dict[str, Any] = {}
        file.visititems(
            lambda place, group: (
                places.update({str(group.attrs["name"]): group})
                if place.startswith("layers/") and "name" in group.attrs
                else None
            )
        )
        for tensor in tensors:
            layer, _, number = tensor.name.rpartition("/")
            data = places[layer].create_dataset(number, data=tensor.read())
            if tensor.type == "BF16":
                data.attrs["dtype"] = "bfloat16"
        for key, value in metadata.items():
            file.attrs[key] = value


FORMAT = Format("keras", "Keras", (".keras", ".h5"), "keras", open_file, write, ordered=True)
