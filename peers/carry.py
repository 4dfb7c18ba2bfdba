"""A peer's checkpoint as canonical weights of our network."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from archcompiler.backends import backend_named
from archcompiler.backends.backend import Stored
from archcompiler.graph import Graph
from archcompiler.runtime.weights import to_canonical

Array = Any
IDLE = ".num_batches_tracked"  # PyTorch counts batches; nothing that is computed here reads it


def load(path: Path, graph: Graph, rules: Callable[[str], str]) -> dict[str, Array]:
    """Return the weights of `graph` that the file at `path` holds, under the names of `rules`.

    Raises:
        ValueError: A tensor is missing, has another shape, or is one too many.
    """
    backend = "keras" if path.suffix == ".h5" else "torch"
    theirs = _keras_variables(path) if backend == "keras" else _safetensors(path)
    found: dict[str, Array] = {}
    used = set()
    for layer in graph.layers:
        for index, stored in enumerate(backend_named(backend).stored(graph, layer)):
            own = (
                f"{stored.layer}/{index}" if backend == "keras" else f"{stored.layer}.{stored.name}"
            )
            name = rules(own)
            if name not in theirs:
                raise ValueError(f"{path.name} has no {name}, which is our {own}")
            found[f"{layer.name}.{stored.parameter.name}"] = _canonical(theirs[name], stored, name)
            used.add(name)
    if extra := [name for name in theirs if name not in used and not name.endswith(IDLE)]:
        raise ValueError(f"{path.name} has more than our network: {', '.join(extra)}")
    return found


def _canonical(tensor: Array, stored: Stored, name: str) -> Array:
    try:
        found = to_canonical(tensor, stored)
    except ValueError:
        found = None
    if found is None or found.shape != stored.parameter.shape:
        message = f"{name} is {tensor.shape}, which is not our {stored.parameter.shape}"
        raise ValueError(message)
    return found


def _safetensors(path: Path) -> dict[str, Array]:
    """Return the tensors of a file whose head is a length and a table of contents in JSON."""
    types = {"F32": np.float32, "I64": np.int64}
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        head = json.loads(file.read(length))
    head.pop("__metadata__", None)
    data = np.memmap(path, mode="r", offset=8 + length)
    return {
        name: data[slice(*entry["data_offsets"])]
        .view(types[entry["dtype"]])
        .reshape(entry["shape"])
        for name, entry in head.items()
    }


def _keras_variables(path: Path) -> dict[str, Array]:
    """Return the variables of a `.weights.h5` file as `LAYER/INDEX`."""
    found: dict[str, Array] = {}

    def visit(name: str, item: Any) -> None:
        if isinstance(item, h5py.Group) and name.rpartition("/")[2] == "vars":
            found.update({f"{item.attrs['name']}/{key}": item[key][()] for key in item})

    with h5py.File(path) as file:
        file.visititems(visit)
    return found
