"""Conversion between kinds of files, tensor by tensor; loading, and writing of initial weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import NamedTuple

from archcompiler.checkpoints.fit import Fit, Wanted, fit, wanted
from archcompiler.checkpoints.formats import format_of, open_checkpoint, safetensors
from archcompiler.checkpoints.initial import initial
from archcompiler.checkpoints.rules import Rules
from archcompiler.checkpoints.tables import DoesNotFit
from archcompiler.checkpoints.tensors import Array, Checkpoint, Tensor
from archcompiler.files import FileError, replacing
from archcompiler.graph import Graph
from archcompiler.runtime.frameworks import require_package
from archcompiler.runtime.notes import notes

# Progress: is given the total number of bytes, and returns a context of a function that is called
# with the number of bytes after each tensor.
Watch = Callable[[int], AbstractContextManager[Callable[[int], object]]]
Source = Callable[[Wanted], Tensor | None]  # returns a tensor in the canonical layout


class Target(NamedTuple):
    """A file to be written; the ending of the path determines its kind.

    With `shard`, it is split into files of at most so many bytes, with an index. A file that archc
    did not write is only overwritten with `force`. `watch` is notified of progress.
    """

    path: Path
    rules: Rules = Rules()
    shard: int | None = None
    force: bool = False
    watch: Watch = lambda total: nullcontext(lambda count: None)


def convert(
    source: Path, target: Target, graph: Graph, rules: Rules, *, incomplete: bool = False
) -> Fit:
    """Write the weights in `source` to another kind of file, and return how they fit.

    Values stay the same bit by bit: layouts change, types do not. With `incomplete`, tensors that
    do not fit are left out. If anything fails, the target is left as it was.

    Raises:
        DoesNotFit: Tensors are missing, not expected, or of another shape or type.
        ExpressionError: The expression of a rule fails for a name.
        FileError: A file cannot be read or written, or is not of the kind that its name says.
        FrameworkMissing: A package that reads or writes such files is not installed.
        SpecError: The backend of the target file cannot express some layers.
    """
    with open_checkpoint(source) as checkpoint:
        found = demand_fit(checkpoint, graph, rules, incomplete=incomplete)
        held = {
            item.canonical: tensor._replace(read=partial(_canonical, item, tensor))
            for item, tensor in found.pairs
        }
        save(target, graph, lambda item: held.get(item.canonical))
    return found


def _canonical(item: Wanted, tensor: Tensor) -> Array:
    return item.stored.canonical(tensor.read())


def demand_fit(
    checkpoint: Checkpoint, graph: Graph, rules: Rules, *, incomplete: bool = False
) -> Fit:
    """Return how a file fits.

    Raises:
        DoesNotFit: It does not fit, or with `incomplete`, no tensor does.
    """
    found = fit(checkpoint, graph, rules)
    if found.problems and not (incomplete and found.pairs):
        raise DoesNotFit(checkpoint, graph, found)
    return found


def load(path: Path, graph: Graph, rules: Rules | None = None) -> dict[str, Array]:
    """Return the weights in a file by canonical names (`C1.weight`), in the layouts of PyTorch.

    Raises:
        DoesNotFit, ExpressionError, FileError, FrameworkMissing: As for `convert`.
    """
    import numpy as np

    with open_checkpoint(path) as checkpoint:
        found = demand_fit(checkpoint, graph, rules or Rules())
        return {
            item.canonical: np.ascontiguousarray(item.stored.canonical(tensor.read()))
            for item, tensor in found.pairs
        }


def init(target: Target, graph: Graph, seed: int) -> None:
    """Write initial weights from the spec's initializers, the same for all frameworks.

    Raises:
        FileError, FrameworkMissing, SpecError: As for `save`.
    """
    save(target, graph, partial(initial, seed=seed))


def save(target: Target, graph: Graph, source: Source) -> None:
    """Write the tensors of `graph` that `source` returns; the file is written completely or not.

    Raises:
        ExpressionError: The expression of a rule of the target fails for a name.
        FileError: The file cannot be written, or exists and was not written by archc.
        FrameworkMissing: A package that writes such files is not installed.
        SpecError: The backend of the file cannot express some layers.
    """
    kind = format_of(target.path)
    require_package("numpy", "weights")
    tensors = list(_outgoing(graph, kind.backend, source, target.rules))
    with target.watch(sum(tensor.bytes for tensor in tensors)) as told:
        tensors = [_told(tensor, told) for tensor in tensors]
        create = partial(_create, target)
        about = notes(graph)
        if kind is safetensors.FORMAT and target.shard is not None:
            index = safetensors.index_of(target.path)
            _demand_ours(target, index)
            groups = safetensors.shards(tensors, target.shard)
            safetensors.write_shards(index, groups, about, create)
            return
        if target.path.name.endswith(safetensors.INDEX):
            raise FileError(
                f"{target.path} is an index of several files: say how large they may be"
            )
        create(target.path, lambda path: kind.write(path, graph, tensors, about))


def _outgoing(graph: Graph, backend: str, source: Source, rules: Rules) -> Iterator[Tensor]:
    """Yield the tensors to write, in the order of the layers."""
    for item in wanted(graph, backend):
        tensor = source(item)
        if tensor is not None:
            name = item.name_by(rules)
            yield Tensor(name, tensor.type, item.stored.shape, partial(_stored, item, tensor))


def _stored(item: Wanted, tensor: Tensor) -> Array:
    return item.stored.laid_out(tensor.read())


def _told(tensor: Tensor, told: Callable[[int], object]) -> Tensor:
    def read() -> Array:
        data = tensor.read()
        told(tensor.bytes)
        return data

    return tensor._replace(read=read)


def _create(target: Target, path: Path, write: Callable[[Path], None]) -> None:
    """Write a file with `write`, and put it in place of `path`."""
    _demand_ours(target, path)
    with replacing(path, inside=path.parent) as temporary:
        write(temporary)


def _demand_ours(target: Target, path: Path) -> None:
    if path.exists() and not target.force and not _is_ours(path):
        raise FileError(f"{path} was not written by archc; `--force` overwrites it")


def _is_ours(path: Path) -> bool:
    try:
        with open_checkpoint(path) as checkpoint:
            return any(key.startswith("archc_") for key in checkpoint.metadata)
    except FileError:
        return False
