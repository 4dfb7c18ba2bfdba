"""What is in a file of Keras' weights, listed by a process of its own.

HDF5's library loops, or crashes, on some broken files: this process is given up then, and the file
refused. Links are not followed, and numbers that stand elsewhere are not taken for the file's.
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
SECONDS = 30  # a listing takes less than one
DEEPEST, MOST = 64, 10**6  # groups inside of each other, and groups and tensors in all
EXPANDED = 1000  # times its bytes in the file that a compressed tensor may have
ASIDE = ("optimizer", "seed_generator", "metrics", "loss")  # state, but no weights
WHOLE = "model_weights"  # the group of weights in an `.h5` that is a whole model
BESIDE = ("optimizer_weights", "top_level_model_weights")

# Keras 3 numbers the layers of a model by their class. Their first tensors are depthwise kernels.
_DEPTHWISE = re.compile(
    r"(.*/)?(layers|_layer_checkpoint_dependencies)/(depthwise|separable)_conv2d(_[0-9]+)?\Z"
)


class Entry(NamedTuple):
    """A tensor: its name, its path in the file, its type, its shape, and whether it is depthwise.

    A depthwise kernel has the axes kh kw maps multiplier, whatever their lengths.
    """

    name: str
    place: str
    type: str
    shape: tuple[int, ...]
    depthwise: bool


class Listing(NamedTuple):
    """All tensors, what the file says of itself, and what else is there."""

    entries: list[Entry]
    metadata: dict[str, str]
    others: tuple[str, ...]


def listed(path: Path) -> Listing:
    """Return what is in a file.

    Raises:
        FileError: It is not what it should be, or reaches out of itself.
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
    """Open a file of weights, or those in a `.keras`, with h5py."""
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
    """Tell of whatever goes wrong: on a broken file the library fails wherever it likes."""
    try:
        yield
    except FileError:
        raise
    except Exception as error:
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise FileError(f"{path} is not a file of Keras' weights: {reason}") from None


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


# A layer, the number of a tensor in it, that, and whether it is a depthwise kernel.
Row = tuple[str, str | None, Any, bool]


def _of_keras_3(path: Path, file: Any) -> Iterator[Row]:
    """Yield the tensors in the groups `vars`, which say what layer they are of."""
    seen = set()
    for place, group in _groups(path, file):
        own = place.removeprefix("layers/")
        if any(part.startswith(ASIDE) for part in own.split("/")):
            yield own, None, None, False
            continue
        name = str(group.attrs.get("name", own)) or own
        name = place if name in seen else name  # models inside of others may repeat names
        seen.add(name)
        for number in sorted(group, key=_number):
            depthwise = number == "0" and _DEPTHWISE.match(place) is not None
            yield name, number, _child(path, group, number), depthwise


def _number(text: str) -> tuple[int, str]:
    return (int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 10**9, text)


def _groups(path: Path, file: Any) -> Iterator[tuple[str, Any]]:
    """Yield the groups `vars` with anything in them, outer ones first, and the paths above them."""
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
    """Return the group that lists its layers, in what Keras 2 wrote; None if there is none.

    A whole model has its weights in a group, Keras 3 too where it writes an `.h5`.
    """
    whole = _child(path, file, WHOLE) if WHOLE in file else file
    return next((group for group in (file, whole) if _names(group, "layer_names")), None)


def _of_keras_2(path: Path, file: Any, lists: Any) -> Iterator[Row]:
    """Yield the tensors that lists of names in the file name."""
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
                kind == "DepthwiseConv2D" and own.partition(":")[0] == "kernel"
            )
            yield layer, str(number), data, depthwise
    for holder in (file, lists):
        for key in BESIDE:
            if key in holder and len(_child(path, holder, key)):
                yield key, None, None, False


def _names(group: Any, key: str) -> list[str]:
    """Return a list of names; Keras cuts one that is too long into some with numbers."""
    numbers = range(MOST if key not in group.attrs else 0)
    keys = takewhile(group.attrs.__contains__, (f"{key}{number}" for number in numbers))
    texts = [text for each in (key, *keys) for text in group.attrs.get(each, ())]
    return [_text(text) for text in texts[:MOST]]


def _text(said: Any) -> str:
    return said.decode() if isinstance(said, bytes) else str(said)


def _kinds(config: str) -> dict[str, str]:
    """Return the classes of layers by their names, from what Keras says of a model, which is JSON.

    A name that several layers have tells nothing of them. No class is looked up.
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
    """Return what a group holds under a name, if it holds it itself."""
    import h5py

    if not isinstance(group.get(key, getlink=True), h5py.HardLink):
        raise FileError(f"{path} holds a link, `{key}`: it is not followed")
    return group[key]


def _entry(path: Path, name: str, data: Any, depthwise: bool) -> Entry:
    """Return what there is to say of a data set, if its numbers stand in the file itself."""
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
    """Print what is in the file that the command line names, or why it is refused, as JSON."""
    path = Path(sys.argv[1])
    try:
        with as_file_errors(path):
            found = _list(path)
    except FileError as error:
        found = {"error": str(error)}
    json.dump(found, sys.stdout)
