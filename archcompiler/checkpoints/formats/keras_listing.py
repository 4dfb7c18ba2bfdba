"""The contents of a file of Keras, listed in a separate process.

The HDF5 library hangs or crashes on some broken files; then only that process fails, and the file
is refused. Links and data sets that are stored in other files are refused, too.
"""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import zipfile
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import takewhile
from pathlib import Path
from typing import Any, NamedTuple

from archcompiler.checkpoints.tensors import type_name
from archcompiler.files import FileError
from archcompiler.runtime.notes import note_of

WEIGHTS = "model.weights.h5"  # a part of `.keras`
SECONDS = 30  # a listing takes less than one second
DEEPEST, MOST = 64, 10**6  # levels of groups; groups and tensors in total
EXPANDED = 1000  # largest factor of compression
ASIDE = ("optimizer", "seed_generator", "metrics", "loss")  # groups of state that is not weights
WHOLE = "model_weights"  # the group of weights in an `.h5` of a model
BESIDE = ("optimizer_weights", "top_level_model_weights")

# Names of layers in Keras 3 that have a depthwise kernel as their first tensor.
_DEPTHWISE = re.compile(
    r"(.*/)?(layers|_layer_checkpoint_dependencies)/(depthwise|separable)_conv[12]d(_[0-9]+)?\Z"
)


class Entry(NamedTuple):
    """A tensor: name, path in the file, type, shape, and whether it is a depthwise kernel.

    A depthwise kernel has the axes kh kw maps multiplier.
    """

    name: str
    place: str
    type: str
    shape: tuple[int, ...]
    depthwise: bool


class Listing(NamedTuple):
    """All tensors of a file, its metadata, and names of other contents."""

    entries: list[Entry]
    metadata: dict[str, str]
    others: tuple[str, ...]


def listed(path: Path) -> Listing:
    """Return the contents of a file.

    Raises:
        FileError: It is not a valid file, or refers to data outside of itself.
    """
    command = [sys.executable, "-c", f"from {__name__} import main; main()", str(path)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
        found = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        raise FileError(f"{path} is broken: HDF5's library cannot list what is in it") from None
    if "error" in found:
        raise FileError(found["error"])
    entries = [
        Entry(name, place, kind, tuple(shape), depthwise)
        for name, place, kind, shape, depthwise in found["entries"]
    ]
    return Listing(entries, found["metadata"], tuple(found["others"]))


@contextmanager
def opened_file(path: Path) -> Iterator[Any]:
    """Open an `.h5`, or the weights in a `.keras`, with h5py."""
    import h5py

    with ExitStack() as stack:
        if path.suffix == ".keras":
            archive = stack.enter_context(zipfile.ZipFile(path))
            part = stack.enter_context(_part(path, archive))
            yield stack.enter_context(h5py.File(part, "r"))
        else:
            yield stack.enter_context(h5py.File(path, "r"))


@contextmanager
def as_file_errors(path: Path) -> Iterator[None]:
    """Turn any exception into a `FileError`: h5py raises all kinds for broken files."""
    try:
        yield
    except FileError:
        raise
    except Exception as error:
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise FileError(f"{path} is not a file of Keras' weights: {reason}") from None


def _part(path: Path, archive: zipfile.ZipFile) -> io.BufferedReader:
    """Return the weights in an archive as a seekable file, so that they are not read at once."""
    info = archive.getinfo(WEIGHTS)
    if info.compress_type != zipfile.ZIP_STORED:
        raise FileError(f"{path} is compressed: unpack {WEIGHTS}, and convert that")
    with archive.open(info) as inside:
        start = inside._orig_compress_start  # type: ignore[attr-defined]
    return io.BufferedReader(_Section(path, start, info.file_size), 2**16)


class _Section(io.RawIOBase):
    """A section of a file, as a file."""

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


def _list(path: Path) -> dict[str, Any]:
    with opened_file(path) as file:
        if path.suffix == ".keras":
            with zipfile.ZipFile(path) as archive:
                metadata = note_of(archive)
        else:
            metadata = {key: str(file.attrs[key]) for key in file.attrs if key[:6] == "archc_"}
        lists = _holder_of_lists(path, file)
        rows = _of_keras_3(path, file) if lists is None else _of_keras_2(path, file, lists)
        entries: dict[str, Entry] = {}
        others = []
        for layer, number, data, depthwise in rows:
            if number is None:
                others.append(layer)
                continue
            name = f"{layer}/{number}"
            entries[name] = _entry(path, name, data, depthwise)
    return {"entries": [*entries.values()], "metadata": metadata, "others": others}


# A layer, the index of a tensor in it, the data set, and whether that is a depthwise kernel.
# The index is None for contents that are not weights.
Row = tuple[str, str | None, Any, bool]


def _of_keras_3(path: Path, file: Any) -> Iterator[Row]:
    """Yield the tensors of a file of Keras 3, from the groups `vars`."""
    seen = set()
    for place, group in _groups(path, file):
        own = place.removeprefix("layers/")
        if any(part.startswith(ASIDE) for part in own.split("/")):
            yield own, None, None, False
            continue
        name = str(group.attrs.get("name", own)) or own
        name = place if name in seen else name  # nested models may repeat names
        seen.add(name)
        for number in sorted(group, key=_number):
            depthwise = number == "0" and _DEPTHWISE.match(place) is not None
            yield name, number, _child(path, group, number), depthwise


def _number(text: str) -> tuple[int, str]:
    return (int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 10**9, text)


def _groups(path: Path, file: Any) -> Iterator[tuple[str, Any]]:
    """Yield the groups `vars` that are not empty, with their parents' paths, outer ones first."""
    import h5py

    waiting = deque([("", file)])
    count = 0
    while waiting:
        place, group = waiting.popleft()
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


def _holder_of_lists(path: Path, file: Any) -> Any:
    """Return the group with the list of layers, as Keras 2 writes it; None if there is none.

    In an `.h5` of a model, also one of Keras 3, it is a group of the file.
    """
    whole = _child(path, file, WHOLE) if WHOLE in file else file
    return next((group for group in (file, whole) if _names(group, "layer_names")), None)


def _of_keras_2(path: Path, file: Any, lists: Any) -> Iterator[Row]:
    """Yield the tensors of a file of Keras 2, from its lists of names."""
    kinds = _kinds(_text(file.attrs.get("model_config", "")))
    for layer in _names(lists, "layer_names"):
        group = _child(path, lists, layer)
        for number, variable in enumerate(_names(group, "weight_names")):
            *owners, own = variable.split("/")
            data = group
            for part in (*owners, own):
                data = _child(path, data, part)
            kind = kinds.get(owners[-1] if owners else layer)
            depthwise = own.startswith("depthwise_kernel") or (
                kind in ("DepthwiseConv1D", "DepthwiseConv2D") and own.partition(":")[0] == "kernel"
            )
            yield layer, str(number), data, depthwise
    for holder in (file, lists):
        for key in BESIDE:
            if key in holder and len(_child(path, holder, key)):
                yield key, None, None, False


def _names(group: Any, key: str) -> list[str]:
    """Return a list of names; Keras splits a long one into attributes with numbers."""
    numbers = range(MOST if key not in group.attrs else 0)
    keys = takewhile(group.attrs.__contains__, (f"{key}{number}" for number in numbers))
    texts = [text for each in (key, *keys) for text in group.attrs.get(each, ())]
    return [_text(text) for text in texts[:MOST]]


def _text(said: Any) -> str:
    return said.decode() if isinstance(said, bytes) else str(said)


def _kinds(config: str) -> dict[str, str]:
    """Return the class names of layers by their names, from the configuration of a model (JSON).

    Names that layers of different classes share are left out. No class is imported.
    """
    try:
        waiting = [json.loads(config)]
    except (ValueError, RecursionError):
        return {}
    found: dict[str, set[str]] = {}
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            own = node.get("config")
            if isinstance(own, dict) and "class_name" in node:
                found.setdefault(str(own.get("name")), set()).add(str(node["class_name"]))
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node
    return {name: next(iter(kinds)) for name, kinds in found.items() if len(kinds) == 1}


def _child(path: Path, group: Any, key: str) -> Any:
    """Return a member of a group; refuse links."""
    import h5py

    if not isinstance(group.get(key, getlink=True), h5py.HardLink):
        raise FileError(f"{path} holds a link, `{key}`: it is not followed")
    return group[key]


def _entry(path: Path, name: str, data: Any, depthwise: bool) -> Entry:
    """Return the entry of a data set; refuse one whose data is not in the file."""
    import h5py

    if not isinstance(data, h5py.Dataset) or data.external or data.is_virtual:
        raise FileError(f"{path} does not hold the numbers of `{name}` itself")
    if data.shape is None:
        raise FileError(f"{path} has no numbers for `{name}`")
    stored = data.id.get_storage_size()
    if data.size * data.dtype.itemsize > EXPANDED * (stored + 1):
        raise FileError(f"{path} holds {stored:,} bytes for `{name}`, which has many more numbers")
    half = data.attrs.get("dtype") == "bfloat16" and data.dtype.itemsize == 2
    kind = "BF16" if half else type_name(data.dtype)
    return Entry(name, data.name, kind, tuple(data.shape), depthwise)


def main() -> None:
    """Print the contents of the file on the command line, or an error, as JSON."""
    path = Path(sys.argv[1])
    try:
        with as_file_errors(path):
            found = _list(path)
    except FileError as error:
        found = {"error": str(error)}
    json.dump(found, sys.stdout)
