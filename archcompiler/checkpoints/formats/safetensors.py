"""Safetensors: one file, or several with an index (https://github.com/huggingface/safetensors).

The library checks a file; the data is read and written here, one tensor at a time.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from archcompiler.checkpoints.formats.format import Format
from archcompiler.checkpoints.tensors import (
    FLOATS,
    Array,
    Checkpoint,
    Tensor,
    axes_text,
    numpy_type,
)
from archcompiler.files import FileError
from archcompiler.graph import Graph
from archcompiler.runtime.frameworks import require_package

HEADER = 16 * 2**20  # largest header or index in bytes; a tensor takes about 100
ENDING, INDEX = ".safetensors", ".safetensors.index.json"
LAYOUTS = "torch"  # the backend whose names and layouts most such files have


@contextmanager
def open_file(path: Path) -> Iterator[Checkpoint]:
    """Open a file, or the index of several.

    Raises:
        FileError: It is not a valid file.
    """
    require_package("safetensors", "weights")
    if path.name.endswith(INDEX):
        metadata, parts = _indexed(path)
    else:
        metadata, parts = _tensors(path)
    yield Checkpoint(path, FORMAT.title, LAYOUTS, parts, metadata)


def _tensors(path: Path) -> tuple[dict[str, str], dict[str, Tensor]]:
    from safetensors import SafetensorError, safe_open

    start = _start(path)
    try:
        with safe_open(path, "numpy") as file:
            metadata = file.metadata() or {}
            slices = {name: file.get_slice(name) for name in file.offset_keys()}
            kinds = {n: (s.get_dtype(), tuple(s.get_shape())) for n, s in slices.items()}
    except (SafetensorError, OSError) as error:
        raise FileError(f"{path} is not a safetensors file: {error}") from None
    found = {}
    at = start  # the library has checked that there are no gaps
    for name, (kind, shape) in kinds.items():
        tensor = Tensor(name, kind, shape, partial(_read, path, kind, shape, at))
        at += tensor.bytes
        found[name] = tensor
    return metadata, found


def _start(path: Path) -> int:
    """Return the offset of the data; refuse a header that would take much memory."""
    with path.open("rb") as file:
        head = file.read(8)
    if len(head) < 8:
        raise FileError(f"{path} is not a safetensors file: it is {len(head)} bytes long")
    (length,) = struct.unpack("<Q", head)
    if length > HEADER:
        raise FileError(
            f"{path} is not a safetensors file, or a hostile one: its header has {length:,} bytes,"
            f" and {HEADER:,} are enough for every tensor of a network"
        )
    return 8 + int(length)


def _read(path: Path, kind: str, shape: tuple[int, ...], at: int) -> Array:
    import numpy as np

    with path.open("rb") as file:
        return np.fromfile(file, numpy_type(kind), math.prod(shape), offset=at).reshape(shape)


def _indexed(path: Path) -> tuple[dict[str, str], dict[str, Tensor]]:
    """Return the tensors of the files in an index; refuse files outside of its folder."""
    files = _weight_map(path)
    metadata: dict[str, str] = {}
    known: dict[str, dict[str, Tensor]] = {}
    for name in sorted(set(files.values())):
        part = path.parent / name
        if Path(name).name != name or not name.endswith(".safetensors"):
            raise FileError(f"{path} names `{name}`: only .safetensors files beside it are read")
        if not part.is_file() or part.is_symlink():
            raise FileError(f"{path} names `{name}`, which is no file beside it")
        notes, known[name] = _tensors(part)
        metadata |= notes
    lost = [name for name, file in files.items() if name not in known[file]]
    if lost:
        raise FileError(f"{path} names {len(lost)} tensors that its files lack: `{lost[0]}`, ...")
    return metadata, {name: known[file][name] for name, file in files.items()}


def _weight_map(path: Path) -> dict[str, str]:
    """Return the file name of each tensor in an index."""
    if path.stat().st_size > HEADER:
        raise FileError(f"{path} is larger than {HEADER:,} bytes: it is not an index")
    try:
        weight_map = json.loads(path.read_bytes())["weight_map"]
        return {str(name): str(file) for name, file in weight_map.items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise FileError(f"{path} is not an index: it has no `weight_map` of names") from None


def write(path: Path, tensors: Iterable[Tensor], metadata: Mapping[str, str]) -> None:
    """Write tensors to a new file; equal tensors give equal bytes.

    Larger types come first, so that all data is aligned.
    """
    ordered = sorted(tensors, key=lambda tensor: (-_width(tensor), tensor.name))
    header: dict[str, Any] = {"__metadata__": dict(sorted(metadata.items()))}
    at = 0
    for tensor in ordered:
        header[tensor.name] = {
            "dtype": tensor.type,
            "shape": tensor.shape,
            "data_offsets": [at, at + tensor.bytes],
        }
        at += tensor.bytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for tensor in ordered:
            file.write(data_of(tensor))


def data_of(tensor: Tensor) -> memoryview:
    """Return the data of a tensor as little-endian bytes, with at most one copy."""
    import numpy as np

    data = np.ascontiguousarray(tensor.read())
    if data.shape != tensor.shape or data.dtype != numpy_type(tensor.type):
        raise AssertionError(f"{tensor.name}: {data.dtype} {axes_text(data.shape)}")
    little = data.astype(data.dtype.newbyteorder("<"), copy=False)
    return little.reshape(-1).view(np.uint8).data


def _width(tensor: Tensor) -> int:
    return numpy_type(tensor.type).itemsize if tensor.type in FLOATS else 1


def shards(tensors: Sequence[Tensor], largest: int) -> list[list[Tensor]]:
    """Split tensors into groups of at most `largest` bytes; a larger tensor is its own group."""
    groups: list[list[Tensor]] = [[]]
    size = 0
    for tensor in tensors:
        if groups[-1] and size + tensor.bytes > largest:
            groups.append([])
            size = 0
        groups[-1].append(tensor)
        size += tensor.bytes
    return groups


def index_of(path: Path) -> Path:
    """Return the path of the index of a file that is written in shards."""
    if path.name.endswith(INDEX):
        return path
    return path.with_name(path.name.removesuffix(ENDING) + INDEX)


def write_shards(
    index: Path,
    groups: Sequence[Sequence[Tensor]],
    metadata: Mapping[str, str],
    create: Callable[[Path, Callable[[Path], None]], None],
) -> None:
    """Write groups of tensors to files beside `index`, and then the index.

    `create(path, write)` writes one file, completely or not at all. Files of an older index are
    kept until the new index is written.
    """
    names = [f"{number:05d}-of-{len(groups):05d}" for number in range(1, len(groups) + 1)]
    stem = index.name.removesuffix(INDEX)
    old = set(_indexed_files(index))
    parts = [f"{stem}-{name}.safetensors" for name in names]
    generation = 1
    while old & set(parts):
        generation += 1
        parts = [f"{stem}-v{generation}-{name}.safetensors" for name in names]
    for part, group in zip(parts, groups, strict=True):
        create(index.parent / part, partial(write, tensors=group, metadata=metadata))
    weight_map = {t.name: part for part, group in zip(parts, groups, strict=True) for t in group}
    total = sum(tensor.bytes for group in groups for tensor in group)
    document = {
        "metadata": {"total_size": total, **metadata},
        "weight_map": dict(sorted(weight_map.items())),
    }
    text = json.dumps(document, indent=2) + "\n"
    create(index, partial(_write_text, text=text))
    for name in old - set(parts):
        (index.parent / name).unlink(missing_ok=True)


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _indexed_files(index: Path) -> list[str]:
    """Return the files of an existing valid index; an empty list if there is none."""
    try:
        _indexed(index)  # raises if it names files elsewhere
        return sorted(set(_weight_map(index).values()))
    except (FileError, OSError):
        return []


def _write_for(
    path: Path, graph: Graph, tensors: Iterable[Tensor], metadata: Mapping[str, str]
) -> None:
    write(path, tensors, metadata)


FORMAT = Format("safetensors", "safetensors", (ENDING, INDEX), LAYOUTS, open_file, _write_for)
