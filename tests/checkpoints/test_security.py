"""Files of weights that are hostile or broken: refused in a line, before anything is allocated."""

import json
import os
import pickle
import random
import signal
import struct
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import archcompiler
from archcompiler import checkpoints
from archcompiler.checkpoints.tables import DoesNotFit
from archcompiler.files import FileError
from archcompiler.graph import Graph

np = pytest.importorskip("numpy")
pytestmark = [pytest.mark.keras, pytest.mark.torch]

SPEC = """\
archc: 1
name: Small
layers:
- {layer: In, type: input, size: 4}
- {layer: F1, type: fully_connected, size: 3, activation: relu}
- {layer: F2, type: fully_connected, size: 2}
"""


@pytest.fixture(scope="module")
def graph() -> Graph:
    return archcompiler.loads(SPEC).graph


@pytest.fixture(scope="module")
def sound(graph: Graph, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return a sound file of a kind, which is made once."""
    folder = tmp_path_factory.mktemp("sound")

    @cache
    def made(name: str) -> Path:
        target = checkpoints.Target(folder / name)
        checkpoints.save(target, graph, lambda item: checkpoints.initial(item, 0))
        return folder / name

    return made


def header(tensors: dict[str, Any], data: bytes = b"", length: int | None = None) -> bytes:
    text = json.dumps(tensors).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def floats(shape: list[int], start: int, end: int) -> dict[str, Any]:
    return {"dtype": "F32", "shape": shape, "data_offsets": [start, end]}


SAFETENSORS = {
    "nothing": (b"", "it is 0 bytes long"),
    "a header of 2^63 bytes": (header({}, length=2**63), "a hostile one"),
    "a header of a gigabyte": (header({}, length=2**30), "a hostile one"),
    "a header longer than the file": (header({}, length=1000), "is not a safetensors file"),
    "no JSON": (struct.pack("<Q", 4) + b"{{{{", "is not a safetensors file"),
    "nested brackets": (struct.pack("<Q", 10**6) + b"[" * 10**6, "is not a safetensors file"),
    "data that is missing": (header({"F1.weight": floats([3, 4], 0, 48)}), "is not a safetensors"),
    "tensors over each other": (
        header({"a": floats([1], 0, 4), "b": floats([1], 0, 4)}, b"1234"),
        "is not a safetensors file",
    ),
    "a shape of 2^60": (header({"a": floats([2**60], 0, 4)}, b"1234"), "is not a safetensors file"),
    "a negative length": (header({"a": floats([-1], 0, 4)}, b"1234"), "is not a safetensors file"),
    "a hole": (header({"a": floats([1], 4, 8)}, b"12345678"), "is not a safetensors file"),
}


@pytest.mark.parametrize("case", SAFETENSORS)
def test_safetensors(case: str, graph: Graph, tmp_path: Path) -> None:
    data, message = SAFETENSORS[case]
    path = tmp_path / "x.safetensors"
    path.write_bytes(data)
    with pytest.raises(FileError, match=message):
        checkpoints.load(path, graph)


class Runs:
    """What a pickle that runs code is made of."""

    def __reduce__(self) -> Any:
        return os.mkdir, ("was-run",)


def archive(path: Path, content: bytes, *, compressed: bool = False, **more: bytes) -> None:
    kind = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
    with zipfile.ZipFile(path, "w", kind) as file:
        file.writestr("a/data.pkl", content)
        file.writestr("a/version", b"3\n")
        for name, data in more.items():
            file.writestr(f"a/{name}", data)


def pickled_tensor(size: tuple[int, ...], stride: tuple[int, ...], start: int, held: int) -> bytes:
    """A state with one tensor, which may reach out of what the file holds."""
    import io

    import torch

    class Pickler(pickle.Pickler):
        def persistent_id(self, value: Any) -> Any:
            kind = torch.FloatStorage
            return ("storage", kind, "0", "cpu", held) if value == "numbers" else None

        def reducer_override(self, value: Any) -> Any:
            if not isinstance(value, Runs):
                return NotImplemented
            arguments = ("numbers", start, size, stride, False, {})
            return torch._utils._rebuild_tensor_v2, arguments

    out = io.BytesIO()
    Pickler(out, 2).dump({"F1.weight": Runs()})
    return out.getvalue()


def zeros(count: int) -> bytes:
    """A pickle that has an array of so many bytes made; PyTorch itself allows it."""
    return b"\x80\x02cbuiltins\nbytearray\nJ" + struct.pack("<i", count) + b"\x85R."


TORCH: dict[str, tuple[Callable[[Path], Any], str]] = {
    "code": (lambda path: archive(path, pickle.dumps(Runs(), 2)), "could run code"),
    "code, of old": (lambda path: path.write_bytes(pickle.dumps(Runs(), 2)), "PyTorch file|code"),
    "a whole model": (lambda path: archive(path, pickle.dumps({"a": Path()}, 2)), "could run code"),
    "two gigabytes of zeros": (lambda path: archive(path, zeros(2**31 - 1)), "bytearray"),
    "a compressed bomb": (
        lambda path: archive(path, pickle.dumps({}, 2), compressed=True, bomb=bytes(10**7)),
        "compressed parts",
    ),
    "numbers that are not there": (
        lambda path: archive(path, pickled_tensor((3, 4), (4, 1), 0, 12)),
        "PyTorch file|more numbers than the file",
    ),
    "a tensor out of its numbers": (
        lambda path: archive(
            path,
            pickled_tensor((3, 4), (4, 1), 1, 12),
            byteorder=b"little",
            **{"data/0": bytes(48)},
        ),
        "more numbers than the file|is not a PyTorch file",
    ),
    "a petabyte": (
        lambda path: archive(
            path, pickled_tensor((2**48,), (1,), 0, 2**48), **{"data/0": bytes(48)}
        ),
        "more numbers than the file|is not a PyTorch file",
    ),
    "a big end": (
        lambda path: archive(path, pickle.dumps({}, 2), byteorder=b"big"),
        "big-endian",
    ),
    "no archive": (lambda path: path.write_bytes(b"PK\x03\x04 no"), "is not a PyTorch file"),
    "nothing": (lambda path: path.write_bytes(b""), "is not a PyTorch file"),
}


@pytest.mark.parametrize("case", TORCH)
def test_torch(case: str, graph: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write, message = TORCH[case]
    write(Path("x.pt"))
    with pytest.raises(FileError, match=message):
        checkpoints.load(Path("x.pt"), graph)
    assert [path.name for path in tmp_path.iterdir()] == ["x.pt"]


def test_strides_may_repeat_numbers(graph: Graph, tmp_path: Path) -> None:
    """What PyTorch itself writes of an expanded tensor is read, and takes no more than it is."""
    import torch

    path = tmp_path / "x.pt"
    state = {"F1.weight": torch.ones(1, 1).expand(3, 4), "F1.bias": torch.zeros(3)}
    torch.save(state | {"F2.weight": torch.ones(2, 3), "F2.bias": torch.zeros(2)}, path)
    assert (checkpoints.load(path, graph)["F1.weight"] == np.ones((3, 4))).all()


def external_link(file: Any) -> None:
    import h5py

    file["layers/dense/vars/0"] = h5py.ExternalLink("other.h5", "/x")


def soft_link(file: Any) -> None:
    import h5py

    file["layers/dense/vars/0"] = h5py.SoftLink("/layers")


def external_numbers(file: Any) -> None:
    group = file.require_group("layers/dense/vars")
    group.create_dataset("0", (4, 3), "f4", external=[("/etc/passwd", 0, 48)])


def virtual_numbers(file: Any) -> None:
    import h5py

    layout = h5py.VirtualLayout((4, 3), "f4")
    layout[:] = h5py.VirtualSource("other.h5", "x", (4, 3))
    file.require_group("layers/dense/vars").create_virtual_dataset("0", layout)


def bomb(file: Any) -> None:
    group = file.require_group("layers/dense/vars")
    group.create_dataset("0", (10**6, 10**6), "f4", chunks=(1000, 1000), compression="gzip")


def cycle(file: Any) -> None:
    group = file.require_group("layers/dense")
    group["again"] = file["layers"]


H5 = {
    external_link: "holds a link",
    soft_link: "holds a link",
    external_numbers: "does not hold the numbers",
    virtual_numbers: "does not hold the numbers",
    bomb: "has many more numbers",
    cycle: "holds more groups than any model",
}


@pytest.mark.slow
@pytest.mark.parametrize("spoil", H5, ids=lambda function: function.__name__)
def test_h5(spoil: Callable[[Any], None], graph: Graph, tmp_path: Path) -> None:
    import h5py

    path = tmp_path / "x.weights.h5"
    with h5py.File(path, "w") as file:
        spoil(file)
    with pytest.raises(FileError, match=H5[spoil]):
        checkpoints.load(path, graph)


@pytest.mark.slow
def test_a_compressed_keras_archive_is_refused(
    sound: Callable[[str], Path], graph: Graph, tmp_path: Path
) -> None:
    path = tmp_path / "x.keras"
    with (
        zipfile.ZipFile(sound("x.keras")) as old,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for info in old.infolist():
            new.writestr(info.filename, old.read(info))
    with pytest.raises(FileError, match="is compressed"):
        checkpoints.load(path, graph)


@pytest.mark.parametrize(
    "name",
    [
        "x.safetensors",
        "x.pt",
        pytest.param("x.keras", marks=pytest.mark.slow),
        pytest.param("x.weights.h5", marks=pytest.mark.slow),
    ],
)
def test_files_broken_anywhere_end_in_a_line(
    name: str, sound: Callable[[str], Path], graph: Graph, tmp_path: Path
) -> None:
    """Bytes changed, cut off, put in: what is read has the shapes of the spec, or nothing is."""
    data = sound(name).read_bytes()
    dice = random.Random(name)
    path = tmp_path / name
    outcomes = set()
    wanted = [*checkpoints.wanted(graph, "torch")]
    for _ in range(300 if name.endswith((".safetensors", ".pt")) else 12):
        path.write_bytes(broken(data, dice))
        try:
            weights = checkpoints.load(path, graph)
        except (FileError, DoesNotFit) as error:
            outcomes.add(type(error))
        else:
            shapes = {key: value.shape for key, value in weights.items()}
            assert shapes == {item.canonical: item.stored.shape for item in wanted}
    assert FileError in outcomes


def broken(data: bytes, dice: random.Random) -> bytes:
    out = bytearray(data)
    at = dice.randrange(len(out))
    kind = dice.random()
    if kind < 0.6:
        for _ in range(dice.choice([1, 2, 20])):
            out[dice.randrange(min(len(out), 3000))] = dice.choice([0, 255, dice.randrange(256)])
    elif kind < 0.8:
        del out[at:]
    else:
        out[at : at + dice.randrange(64)] = dice.randbytes(dice.randrange(64))
    return bytes(out)


WRITER = """
import sys
from pathlib import Path
import archcompiler
from archcompiler import checkpoints
graph = archcompiler.load("spec.yaml").graph
seed = 0
while True:
    seed += 1
    target = checkpoints.Target(Path(sys.argv[1]), shard=SHARD)
    checkpoints.save(target, graph, lambda item: checkpoints.initial(item, seed))
    print(seed, flush=True)
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", ["x.safetensors", "x.safetensors.index.json", "x.pt"])
def test_killed_at_any_moment_the_file_is_the_old_or_the_new_one(
    name: str, graph: Graph, tmp_path: Path
) -> None:
    (tmp_path / "spec.yaml").write_text(SPEC.replace("size: 3", "size: 30000"))
    large = archcompiler.load(tmp_path / "spec.yaml").graph
    shard = "200_000" if name.endswith(".json") else "None"
    command = [sys.executable, "-c", WRITER.replace("SHARD", shard), name]
    path = tmp_path / name
    dice = random.Random(name)
    seeds = set()
    for _ in range(6):
        writer = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE)
        assert writer.stdout is not None
        assert writer.stdout.readline()  # one is there; the next is being written
        time.sleep(dice.random() * 0.05)
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
        found = checkpoints.load(path, large)
        seed = next(s for s in range(1, 10**4) if (_bias(large, s) == found["F2.weight"]).all())
        seeds.add(seed)
        assert all(
            (found[item.canonical] == checkpoints.initial(item, seed).read()).all()
            for item in checkpoints.wanted(large, "torch")
        )
    assert seeds


def _bias(graph: Graph, seed: int) -> Any:
    item = next(i for i in checkpoints.wanted(graph, "torch") if i.canonical == "F2.weight")
    return checkpoints.initial(item, seed).read()
