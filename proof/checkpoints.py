"""Weights through all kinds of files and back, to the bit; and files that are broken."""

from __future__ import annotations

import json
import math
import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import archcompiler
from archcompiler import SpecError
from proof.archc import archc
from proof.case import Case, Complaint, Kind, Tally
from proof.reduce import simpler_spec
from proof.writer import pooled

QUICK, SLOW = (".safetensors", ".pt", ".pth"), (".keras", ".weights.h5")  # Keras writes the latter
BY = "by Keras: "  # files that Keras saves itself
FOREIGN = (f"{BY}.h5", f"{BY}.keras", f"{BY}.weights.h5")
TYPES = {"F32": 4, "F16": 2, "F64": 8, "BF16": 2}  # by their names in safetensors: bytes
DAMAGES = ("cut", "bytes", "zeros", "longer")
BROKEN = 4  # copies of the last file, each damaged in another way


class Held(NamedTuple):
    """A tensor as a safetensors file holds it."""

    type: str
    shape: tuple[int, ...]
    data: bytes


def draw(random: Random) -> Case:
    """Return a network, the files that its weights go through, and what happens to the last."""
    files = random.sample(QUICK, k=random.randint(1, 2))
    kind = random.choice(list(TYPES))
    if random.random() < 0.3:
        files.insert(random.randint(0, len(files)), random.choice(SLOW))
    elif random.random() < 0.3:
        files.insert(0, random.choice(FOREIGN))
        kind = "F32"
    more = {"files": files, "type": kind, "seed": random.randrange(10**6)}
    damages = random.choices(DAMAGES, k=BROKEN) if random.random() < 0.5 else []
    return Case(pooled(random), more | {"damages": damages})


def check(case: Case, tally: Tally) -> Complaint | None:
    """Carry random weights through the files; then break the last one, if that is asked."""
    random = Random(case.given("seed"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        spec, last = folder / "spec.yaml", folder / "first.safetensors"
        spec.write_text(case.text, encoding="utf-8")
        archc("init", spec, "-o", last)
        given = _with_random_bits(last, case.given("type"), random)
        for number, ending in enumerate(case.given("files")):
            file = folder / f"file{number}{ending.removeprefix(BY)}"
            if not _expressible(case.text) and ending not in QUICK:
                tally["not in Keras"] += 1
                return None
            if ending in FOREIGN:
                _save(case.text, last, file)
            else:
                result = archc("convert", last, "--spec", spec, "-o", file)
                if result.exit_code:
                    way = f"convert to {ending}: exit code {result.exit_code}"
                    return Complaint(way, result.stderr)
            last = file
        tally["files"] += len(case.given("files"))
        tally["tensors"] += len(given)
        complaint = _back(spec, last, given, "", tally)
        for number, damage in enumerate(case.given("damages")):
            broken = folder / f"broken{number}{last.name.removeprefix(last.name.split('.')[0])}"
            broken.write_bytes(_damaged(last.read_bytes(), damage, random))
            complaint = complaint or _back(spec, broken, given, damage, tally)
        return complaint


def _expressible(text: str) -> bool:
    """Whether Keras has the network: the other kinds of file need none."""
    try:
        archcompiler.loads(text).source("keras")
    except SpecError:
        return False
    return True


def _save(text: str, weights: Path, file: Path) -> None:
    """Save a whole Keras model, or its weights, as Keras does it."""
    model = archcompiler.loads(text).build("keras", weights=weights)
    if file.name.endswith(".weights.h5"):
        model.save_weights(file)
    else:
        model.save(file)


def _back(
    spec: Path, file: Path, given: dict[str, Held], damage: str, tally: Tally
) -> Complaint | None:
    """Read a file: it holds what was given, or, broken, something is said of it."""
    back = file.with_name(f"{file.name}.safetensors")
    what = f"{damage} {''.join(file.suffixes)}".strip()
    tally["broken files"] += bool(damage)
    if not damage and archc("inspect", file, "--spec", spec).exit_code:
        return Complaint(f"inspect of {what}: not read")
    result = archc("convert", file, "-o", back, "--spec", spec)
    if result.exit_code and not damage:
        return Complaint(f"convert of {what}: not read", result.output)
    if result.exit_code == 2 and len(result.stderr.strip().splitlines()) != 1:
        return Complaint(f"convert of {what}: not said in a line", result.output)
    if result.exit_code:
        tally["refused"] += 1
        return Complaint(f"{what}: refused and written") if back.exists() else None
    found = _read(back)
    if found == given or (damage in ("bytes", "zeros") and _shapes(found) == _shapes(given)):
        return None
    wrong = [name for name in {**given, **found} if given.get(name) != found.get(name)]
    return Complaint(f"{what}: other tensors come back", ", ".join(wrong))


def _shapes(tensors: dict[str, Held]) -> dict[str, Any]:
    return {name: held.shape for name, held in tensors.items()}


def _with_random_bits(path: Path, kind: str, random: Random) -> dict[str, Held]:
    """Fill a safetensors file with numbers of a type, whatever their bits; return them."""
    header, _ = _parts(path)
    about = header.pop("__metadata__", {})
    given = {}
    for name, entry in header.items():
        shape = tuple(entry["shape"])
        given[name] = Held(kind, shape, random.randbytes(math.prod(shape) * TYPES[kind]))
    entries: dict[str, Any] = {"__metadata__": about}
    at = 0
    for name, held in given.items():
        span = [at, at + len(held.data)]
        entries[name] = {"dtype": kind, "shape": list(held.shape), "data_offsets": span}
        at += len(held.data)
    text = json.dumps(entries).encode()
    data = b"".join(held.data for held in given.values())
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return given


def _read(path: Path) -> dict[str, Held]:
    """Return what a safetensors file holds."""
    header, data = _parts(path)
    return {
        name: Held(entry["dtype"], tuple(entry["shape"]), data[slice(*entry["data_offsets"])])
        for name, entry in header.items()
        if name != "__metadata__"
    }


def _parts(path: Path) -> tuple[dict[str, Any], bytes]:
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    return json.loads(data[8 : 8 + length]), data[8 + length :]


def _damaged(sound: bytes, damage: str, random: Random) -> bytes:
    data = bytearray(sound)
    at = random.randrange(len(data))
    match damage:
        case "cut":
            del data[at:]
        case "bytes":
            for _ in range(random.choice([1, 3, 20])):
                data[random.randrange(len(data))] = random.randrange(256)
        case "zeros":
            end = min(len(data), at + random.choice([8, 100, 2000]))
            data[at:end] = bytes(end - at)
        case "longer":
            data += random.randbytes(random.choice([1, 100]))
    return bytes(data)


def simpler(case: Case) -> Iterator[Case]:
    """Return a case with fewer files, or with less in its spec."""
    files = case.given("files")
    for index in range(len(files) - 1):
        yield case._replace(more=case.more | {"files": files[:index] + files[index + 1 :]})
    if case.given("damages"):
        yield case._replace(more=case.more | {"damages": []})
    yield from simpler_spec(case)


KIND = Kind("checkpoints", draw, check, simpler, frameworks=True, seconds=120, share=3)
