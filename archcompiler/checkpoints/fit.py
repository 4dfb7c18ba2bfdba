"""The comparison of the tensors in a file with those that a spec expects."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Literal, NamedTuple

from archcompiler.backends import BACKENDS
from archcompiler.backends.backend import Stored
from archcompiler.checkpoints.rules import Rules
from archcompiler.checkpoints.tensors import FLOATS, Checkpoint, Tensor
from archcompiler.graph import Graph, Layer
from archcompiler.operations import Operation
from archcompiler.runtime.notes import notes


class Wanted(NamedTuple):
    """A tensor that a spec expects in a file of a backend.

    `name` is its name in such files, and `spelt` the name that rules are applied to.
    """

    name: str
    spelt: str
    layer: Layer
    stored: Stored

    @property
    def canonical(self) -> str:
        """Its name in the spec: `C1.weight`."""
        return f"{self.layer.name}.{self.stored.parameter.name}"

    def is_other(self, tensor: Tensor) -> bool:
        """Whether one is a depthwise kernel and the other is none: their shapes may be the same."""
        is_kernel = len(self.stored.shape) > 1
        known = tensor.depthwise is not None
        return is_kernel and known and tensor.depthwise != self.layer.operation.is_depthwise

    def name_by(self, rules: Rules) -> str:
        """Return the name after the rules; if they do not change it, that of the backend.

        Raises:
            ExpressionError: The expression of a rule fails for the name.
        """
        found = rules(self.spelt)
        return self.name if found == self.spelt else found


class Problem(NamedTuple):
    """A tensor that does not fit: it is missing or unexpected, or has another shape or type."""

    kind: Literal["missing", "shape", "type", "extra"]
    name: str
    wanted: Wanted | None
    tensor: Tensor | None


class Fit(NamedTuple):
    """The tensors of a file that fit a spec, in the order of its layers, and all problems.

    `other` is the network named in the file if that has another fingerprint; else None.
    """

    pairs: list[tuple[Wanted, Tensor]]
    problems: list[Problem]
    other: str | None = None


def wanted(graph: Graph, backend: str) -> Iterator[Wanted]:
    """Yield the tensors of a file in the layouts of `backend`, in the order of the layers."""
    kept = BACKENDS[backend]
    for layer in graph.layers:
        for number, stored in enumerate(kept.stored(graph, layer)):
            name = kept.filed(stored.layer, stored, number)
            spelt = kept.filed(layer.name, stored, number) if kept.spelt_by_spec else name
            yield Wanted(name, spelt, layer, stored)


def fit(checkpoint: Checkpoint, graph: Graph, rules: Rules) -> Fit:
    """Compare a file with the tensors of `graph`; `rules` translate our names to the file's.

    Raises:
        ExpressionError: The expression of a rule fails for a name.
    """
    pairs: list[tuple[Wanted, Tensor]] = []
    problems = []
    left = dict(checkpoint.tensors)
    for item in wanted(graph, checkpoint.backend):
        name = item.name_by(rules)
        left.pop(name, None)
        tensor = checkpoint.tensors.get(name)
        if tensor is None:
            problems.append(Problem("missing", name, item, None))
            continue
        tensor = _of_one_cell(_in_groups(tensor, item.layer.operation), item)
        if tensor.shape != item.stored.shape or item.is_other(tensor):
            problems.append(Problem("shape", name, item, tensor))
        elif tensor.type not in FLOATS:
            problems.append(Problem("type", name, item, tensor))
        else:
            pairs.append((item, tensor))
    problems += [
        Problem("extra", name, None, tensor)
        for name, tensor in left.items()
        if not name.endswith(BACKENDS[checkpoint.backend].counters)
    ]
    return Fit(pairs, problems, _other(checkpoint, graph))


def _in_groups(tensor: Tensor, operation: Operation) -> Tensor:
    """Return a depthwise kernel as the kernel of a convolution with one group per input map.

    The order of the values is the same. A kernel that does not fit the groups is returned as it is.
    """
    if not tensor.depthwise:
        return tensor
    *window, maps, multiplier = tensor.shape
    if getattr(operation, "groups", None) != maps:
        return tensor
    shape = *window, 1, maps * multiplier
    return tensor._replace(shape=shape, read=lambda: tensor.read().reshape(shape), depthwise=False)


def _of_one_cell(tensor: Tensor, wanted: Wanted) -> Tensor:
    """Return a tensor without axes of length 1 that the one that is wanted does not have.

    Libraries write a layer on a vector, or at each cell, as a convolution over one cell, or not:
    1000x512x1x1 is 1000x512. A tensor that is no layer's they write as it is added to others:
    1x197x768, 96x1x1.
    """
    shape, operation = wanted.stored.shape, wanted.layer.operation
    flattens = (
        operation.is_dense
        and wanted.layer.shape.is_vector
        and not (wanted.layer.input_shapes[0].is_vector)
    )
    if not (operation.is_dense or operation.is_learned) or flattens or tensor.depthwise:
        return tensor
    if len(tensor.shape) <= len(shape) or (operation.is_dense and len(shape) < 2):
        return tensor
    if [length for length in tensor.shape if length > 1] != [
        length for length in shape if length > 1
    ]:
        return tensor
    return tensor._replace(shape=shape, read=lambda: tensor.read().reshape(shape))


def _other(checkpoint: Checkpoint, graph: Graph) -> str | None:
    said = notes(graph)
    about = checkpoint.metadata
    same = about.get("archc_fingerprint", said["archc_fingerprint"]) == said["archc_fingerprint"]
    return None if same else about.get("archc_network", "another network")


def likely_cause(found: Fit) -> str | None:
    """Return the likely reason why names differ, with a remedy; None if they mostly fit."""
    missing = {problem.name for problem in found.problems if problem.kind == "missing"}
    extra = [problem.name for problem in found.problems if problem.kind == "extra"]
    if not extra or len(missing) < len(found.pairs):
        return None
    endings = Counter(
        name[: at.end()]
        for name in extra
        for at in re.finditer(r"\.", name)
        if name[at.end() :] in missing
    )
    if endings:
        prefix, count = endings.most_common(1)[0]
        if count * 2 > len(missing):
            return (
                f"names in the file begin with `{prefix}`:"
                f" a file with `rename: [{{from: ^, to: {prefix}}}]` for `--map` says so"
            )
    return (
        "if these are other names for the same tensors, a file for `--map` says so; specs/names"
        " has those of torchvision and keras.applications"
    )
