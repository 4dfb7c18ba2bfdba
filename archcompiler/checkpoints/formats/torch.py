"""Files of PyTorch, `.pt` and `.pth`: an archive of a pickle, which describes tensors, and data.

The pickle is read by PyTorch with `weights_only`, and with fake tensors that have no memory: that
gives shapes and offsets (https://docs.pytorch.org/docs/main/notes/serialization.html). The data is
then read from the file, one tensor at a time. Files are written in the same form.
"""

from __future__ import annotations

import io
import math
import pickle
import pickletools
import zipfile
from bisect import bisect
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any

from archcompiler.checkpoints.formats.format import Format
from archcompiler.checkpoints.formats.safetensors import data_of
from archcompiler.checkpoints.tensors import Array, Checkpoint, Tensor, numpy_type
from archcompiler.files import FileError
from archcompiler.graph import Graph
from archcompiler.runtime.frameworks import framework_of
from archcompiler.runtime.notes import NOTE, note_of, noted

PICKLE = 64 * 2**20  # largest size of the pickle in bytes
ALIGNED = 64  # bytes; alignment of data in the archive, as in PyTorch
FOLDERS = ("state_dict", "model_state_dict", "model")  # keys that may hold the weights
ROOT = "archive"


@contextmanager
def open_file(path: Path) -> Iterator[Checkpoint]:
    """Open a file.

    Raises:
        FileError: It is not a valid file, or holds more than tensors and plain values.
        FrameworkMissing: PyTorch is not installed.
    """
    framework_of("torch").require()
    is_archive = zipfile.is_zipfile(path)
    metadata, ends = _checked_archive(path) if is_archive else ({}, [])
    state, others = _state(_load(path, with_numbers=False))
    _demand_numbers(path, state, [*ends, path.stat().st_size])
    whole = cache(lambda: _state(_load(path, with_numbers=True))[0])
    read = partial(_read, path) if is_archive else partial(_read_old, whole)
    tensors = {
        name: Tensor(name, _type(tensor), tuple(tensor.shape), partial(read, name, tensor))
        for name, tensor in state.items()
    }
    yield Checkpoint(path, FORMAT.title, FORMAT.backend, tensors, metadata, others)


def _checked_archive(path: Path) -> tuple[dict[str, str], list[int]]:
    """Check an archive before PyTorch reads it: no compression, no large pickle.

    Return its metadata if archc wrote it, and the offsets where its parts begin.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                if info.compress_type != zipfile.ZIP_STORED:
                    raise FileError(f"{path} holds compressed parts: PyTorch writes none")
                if info.filename.endswith("/data.pkl"):
                    if info.file_size > PICKLE:
                        raise FileError(f"{path} names tensors in {info.file_size:,} bytes")
                    _check_pickle(path, archive.read(info))
                if info.filename.endswith("/byteorder") and archive.read(info) != b"little":
                    raise FileError(f"{path} was written on a big-endian machine")
            parts = sorted(info.header_offset for info in archive.infolist())
            return note_of(archive), [*parts, archive.start_dir]
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, RuntimeError) as error:
        raise FileError(f"{path} is not a PyTorch file: {error}") from None


def _check_pickle(path: Path, data: bytes) -> None:
    """Refuse byte arrays, which PyTorch allows and which can take any amount of memory."""
    try:
        for code, argument, _ in pickletools.genops(data):
            if code.name == "GLOBAL" and "bytearray" in str(argument):
                raise FileError(f"{path} holds more than tensors: `{argument}`")
    except ValueError as error:
        raise FileError(f"{path} is not a PyTorch file: {error}") from None


def _load(path: Path, *, with_numbers: bool) -> Any:
    import torch
    from torch._subclasses.fake_tensor import FakeTensorMode

    try:
        if with_numbers:
            return torch.load(path, map_location="cpu", weights_only=True)
        with FakeTensorMode():
            return torch.load(path, weights_only=True)
    except pickle.UnpicklingError as error:
        reason = str(error).partition("GLOBAL ")[2].partition(" ")[0]
        raise FileError(
            f"{path} holds more than tensors{f', such as {reason}' if reason else ''}: it is not"
            " read, since that could run code; `torch.save(model.state_dict(), ...)` writes"
            " one that is"
        ) from None
    except Exception as error:  # PyTorch raises all kinds for broken files
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise FileError(f"{path} is not a PyTorch file: {reason}") from None


def _state(content: Any) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the tensors of a state dictionary, and the names of other contents."""
    import torch

    others: tuple[str, ...] = ()
    if isinstance(content, Mapping) and not any(map(torch.is_tensor, content.values())):
        for name in FOLDERS:
            if isinstance(content.get(name), Mapping):
                others = tuple(str(key) for key in content if key != name)
                content = content[name]
                break
    if not isinstance(content, Mapping):
        return {}, (type(content).__name__,)
    state = {str(key): value for key, value in content.items() if torch.is_tensor(value)}
    others += tuple(str(key) for key, value in content.items() if not torch.is_tensor(value))
    return state, others


def _demand_numbers(path: Path, state: Mapping[str, Any], ends: list[int]) -> None:
    """Refuse tensors whose data would extend beyond their part of the file."""
    import torch

    for name, tensor in state.items():
        if tensor.layout is not torch.strided:
            continue
        storage = tensor.untyped_storage()
        at = storage._checkpoint_offset or 0
        last = (tensor.storage_offset() + _reach(tensor)) * tensor.element_size()
        if at + max(last, storage.nbytes()) > ends[bisect(ends, at, hi=len(ends) - 1)]:
            raise FileError(f"{path} is broken: `{name}` has more numbers than the file")


def _reach(tensor: Any) -> int:
    """Return the number of values from the first to the last of a strided tensor."""
    if 0 in tensor.shape:
        return 0
    steps = zip(tensor.shape, tensor.stride(), strict=True)
    return 1 + sum((int(length) - 1) * int(stride) for length, stride in steps)


def _type(tensor: Any) -> str:
    import torch

    names = {
        torch.float64: "F64",
        torch.float32: "F32",
        torch.float16: "F16",
        torch.bfloat16: "BF16",
        torch.int64: "I64",
        torch.int32: "I32",
        torch.uint8: "U8",
        torch.bool: "BOOL",
    }
    text = str(tensor.dtype).removeprefix("torch.")
    return names.get(tensor.dtype, text) if tensor.layout is torch.strided else f"sparse {text}"


def _read(path: Path, name: str, tensor: Any) -> Array:
    import numpy as np

    kind = numpy_type(_type(tensor))
    at = tensor.untyped_storage()._checkpoint_offset + tensor.storage_offset() * kind.itemsize
    with path.open("rb") as file:
        numbers = np.fromfile(file, kind, _reach(tensor), offset=at)
    strides = tuple(stride * kind.itemsize for stride in tensor.stride())
    return np.lib.stride_tricks.as_strided(numbers, tuple(tensor.shape), strides)


def _read_old(whole: Callable[[], Mapping[str, Any]], name: str, _: Any) -> Array:
    """Read a tensor of a file from before PyTorch 1.6, which is read as a whole."""
    import torch

    found = whole()[name]
    if found.dtype == torch.bfloat16:
        bits: Array = found.contiguous().view(torch.int16).numpy()
        return bits.view(numpy_type("BF16"))
    numbers: Array = found.numpy()
    return numbers


class _Storage:
    """The data of a tensor, which the pickle refers to by a key."""

    def __init__(self, key: str, tensor: Tensor) -> None:
        self.key = key
        self.tensor = tensor


class _Pickler(pickle.Pickler):
    """Pickles tensors as PyTorch does: as calls that rebuild them from storages."""

    def persistent_id(self, value: Any) -> Any:
        if not isinstance(value, _Storage):
            return None
        import torch

        kinds = {
            "F64": torch.DoubleStorage,
            "F32": torch.FloatStorage,
            "F16": torch.HalfStorage,
            "BF16": torch.BFloat16Storage,
        }
        count = math.prod(value.tensor.shape)
        return ("storage", kinds[value.tensor.type], value.key, "cpu", count)

    def reducer_override(self, value: Any) -> Any:
        if not isinstance(value, Tensor):
            return NotImplemented
        import torch

        strides = tuple(_steps(value.shape))
        storage = _Storage(value.name, value)
        hooks: OrderedDict[str, Any] = OrderedDict()
        arguments = (storage, 0, value.shape, strides, False, hooks)
        return torch._utils._rebuild_tensor_v2, arguments


def _steps(shape: tuple[int, ...]) -> Iterator[int]:
    for axis in range(len(shape)):
        yield math.prod(shape[axis + 1 :])


def write(path: Path, graph: Graph, tensors: Iterable[Tensor], metadata: Mapping[str, str]) -> None:
    """Write a file that `torch.load(path)` returns as a dictionary of tensors."""
    framework_of("torch").require()
    kept = {tensor.name: tensor for tensor in tensors}
    keys = {name: str(number) for number, name in enumerate(kept)}
    names = io.BytesIO()
    _Pickler(names, protocol=2).dump(
        {name: tensor._replace(name=keys[name]) for name, tensor in kept.items()}
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        _add(archive, "data.pkl", names.getvalue())
        _add(archive, "byteorder", b"little")
        for name, tensor in kept.items():
            _add(archive, f"data/{keys[name]}", data_of(tensor))
        _add(archive, "version", b"3\n")
        _add(archive, NOTE, noted(metadata))


def _add(archive: zipfile.ZipFile, name: str, data: bytes | memoryview) -> None:
    """Add a part whose data begins at a multiple of `ALIGNED` bytes."""
    info = zipfile.ZipInfo(f"{ROOT}/{name}")  # with a constant date
    head = 30 + len(info.filename) + 20  # with the fields for lengths above 4 GiB
    assert archive.fp is not None
    gap = -(archive.fp.tell() + head + 4) % ALIGNED
    info.extra = b"FB" + gap.to_bytes(2, "little") + b"Z" * gap
    with archive.open(info, "w", force_zip64=True) as file:
        file.write(data)


FORMAT = Format("torch", "PyTorch", (".pt", ".pth"), "torch", open_file, write)
