"""Keras 3's `.weights.h5` and `.keras`, and the `.h5` that Keras 2 wrote weights to.

Read as data with h5py, never through Keras: nothing in them is run, and no link is followed. A
tensor is named by its layer and its number there: `C1/0` is the kernel of `C1`, `C1/1` its bias.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from archcompiler.backends import backend_named
from archcompiler.checkpoints.tensors import Array, Checkpoint, Tensor, numpy_type, type_name
from archcompiler.files import FileError
from archcompiler.graph import Graph
from archcompiler.runtime.frameworks import require_package
from archcompiler.runtime.keras_archive import write_archive
from archcompiler.runtime.notes import NOTE, note_of, noted

WEIGHTS = "model.weights.h5"  # a part of `.keras`
DEEPEST, MOST = 64, 10**6  # groups inside of each other, and groups and tensors in all
EXPANDED = 1000  # times its bytes in the file that a compressed tensor may have
ASIDE = ("optimizer", "seed_generator", "metrics", "loss")  # state, but no weights


@contextmanager
def opened(path: Path) -> Iterator[Checkpoint]:
    """Open a file.

    Raises:
        FileError: It is not what it should be, or reaches out of itself.
        FrameworkMissing: h5py is not installed.
    """
    require_package("h5py", "weights")
    import h5py

    with ExitStack() as stack:
        try:
            if path.suffix == ".keras":
                archive = stack.enter_context(zipfile.ZipFile(path))
                metadata = note_of(archive)
                file = h5py.File(stack.enter_context(_part(path, archive)), "r")
            else:
                file = h5py.File(path, "r")
                metadata = {key: str(file.attrs[key]) for key in file.attrs if key[:6] == "archc_"}
            stack.enter_context(file)
            tensors, others = _tensors(path, file)
        except (OSError, KeyError, RuntimeError, ValueError, zipfile.BadZipFile) as error:
            reason = str(error).partition("\n")[0]
            raise FileError(f"{path} is not a file of Keras' weights: {reason}") from None
        yield Checkpoint(path, "Keras", "keras", tensors, metadata, others)


def _part(path: Path, archive: zipfile.ZipFile) -> io.BufferedReader:
    """Return the weights in an archive as a file, so that they are read one by one."""
    info = archive.getinfo(WEIGHTS)
    if info.compress_type != zipfile.ZIP_STORED:
        raise FileError(f"{path} is compressed: unpack {WEIGHTS}, and convert that")
    with archive.open(info) as inside:
        start = inside._orig_compress_start  # type: ignore[attr-defined]
    return io.BufferedReader(_Section(path, start, info.file_size), 2**16)


class _Section(io.RawIOBase):
    """The bytes of a file from `start` on."""

    def __init__(self, path: Path, start: int, length: int) -> None:
        self._file = path.open("rb")
        self._start, self._length, self._at = start, length, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._length}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        count = min(len(buffer), max(0, self._length - self._at))
        self._file.seek(self._start + self._at)
        read = self._file.readinto(memoryview(buffer)[:count])
        self._at += read
        return read

    def close(self) -> None:
        self._file.close()
        super().close()


def _tensors(path: Path, file: Any) -> tuple[dict[str, Tensor], tuple[str, ...]]:
    if "layer_names" in file.attrs:
        found = {f"{layer}/{n}": data for layer, n, data in _of_keras_2(file)}
        return {name: _tensor(path, name, data) for name, data in found.items()}, ()
    tensors: dict[str, Tensor] = {}
    others = []
    for place, group in _groups(path, file):
        own = place.removeprefix("layers/")
        if any(part.startswith(ASIDE) for part in own.split("/")):
            others.append(own)
            continue
        name = str(group.attrs.get("name", own)) or own
        name = own if f"{name}/0" in tensors else name
        for number in sorted(group, key=_number):
            data = _child(path, group, number)
            tensors[f"{name}/{number}"] = _tensor(path, f"{name}/{number}", data)
    return tensors, tuple(others)


def _number(text: str) -> tuple[int, str]:
    return (int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 10**9, text)


def _groups(path: Path, file: Any) -> Iterator[tuple[str, Any]]:
    """Yield the groups that hold tensors, `vars`, and the path of what they belong to."""
    import h5py

    waiting = [("", file)]
    count = 0
    while waiting:
        place, group = waiting.pop()
        for key in group:
            count += 1
            if count > MOST or place.count("/") > DEEPEST:
                raise FileError(f"{path} holds more groups than any model")
            child = _child(path, group, key)
            if not isinstance(child, h5py.Group):
                continue
            if key == "vars":
                if len(child):
                    yield place, child
            else:
                waiting.append((f"{place}/{key}" if place else key, child))


def _child(path: Path, group: Any, key: str) -> Any:
    """Return what a group holds under a name, if it holds it itself."""
    import h5py

    if not isinstance(group.get(key, getlink=True), h5py.HardLink):
        raise FileError(f"{path} holds a link, `{key}`: it is not followed")
    return group[key]


def _of_keras_2(file: Any) -> Iterator[tuple[str, int, Any]]:
    for layer in file.attrs["layer_names"][:MOST]:
        name = _text(layer)
        group = _child(Path(file.filename), file, name)
        for number, variable in enumerate(group.attrs["weight_names"][:MOST]):
            data = group
            for part in _text(variable).split("/"):
                data = _child(Path(file.filename), data, part)
            yield name, number, data


def _text(name: Any) -> str:
    return name.decode() if isinstance(name, bytes) else str(name)


def _tensor(path: Path, name: str, data: Any) -> Tensor:
    """Return a data set as a tensor, if its numbers stand in the file itself."""
    import h5py

    if not isinstance(data, h5py.Dataset) or data.external or data.is_virtual or not data.shape:
        if isinstance(data, h5py.Dataset) and data.shape == () and not data.external:
            return Tensor(name, type_name(data.dtype), (), partial(_read, data, None))
        raise FileError(f"{path} does not hold the numbers of `{name}` itself")
    stored = data.id.get_storage_size()
    if data.size * data.dtype.itemsize > EXPANDED * (stored + 1):
        raise FileError(f"{path} holds {stored:,} bytes for `{name}`, which has many more numbers")
    half = data.attrs.get("dtype") == "bfloat16" and data.dtype.itemsize == 2
    kind = "BF16" if half else type_name(data.dtype)
    return Tensor(name, kind, tuple(data.shape), partial(_read, data, kind))


def _read(data: Any, kind: str | None) -> Array:
    found: Array = data[()]
    return found.view(numpy_type("BF16")) if kind == "BF16" else found


def write(path: Path, graph: Graph, tensors: Iterable[Tensor], metadata: Mapping[str, str]) -> None:
    """Write tensors to a new `.keras`, a whole model, or `.h5`, its weights alone.

    `path` ends in one of these. Keras makes the archive of the model, we fill in the weights.

    Raises:
        FileError: Keras cannot write the model.
        FrameworkMissing: Keras, or h5py, is not installed.
        SpecError: Keras cannot express some layers.
    """
    require_package("h5py", "weights")
    import tempfile

    with tempfile.TemporaryDirectory(prefix=".archc-", dir=path.parent) as folder:
        empty = Path(folder) / "empty.keras"
        empty.touch()
        write_archive(backend_named("keras").emit(graph), empty)
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
    """Put tensors where Keras looks for those of their layers."""
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
