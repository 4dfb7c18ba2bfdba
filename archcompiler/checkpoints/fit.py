"""What a spec expects of a file of weights, beside what is there."""

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
    """A tensor of a spec as a backend's file has it: under its name there, in its layout.

    Rules for names are given the name that is `spelt`.
    """

    name: str
    spelt: str
    layer: Layer
    stored: Stored

    @property
    def canonical(self) -> str:
        """Its name in the spec: `C1.weight`."""
        return f"{self.layer.name}.{self.stored.parameter.name}"

    def name_by(self, rules: Rules) -> str:
        """Return the name that rules lead to; where they leave it, the backend's own stands.

        Raises:
            ExpressionError: A rule has no value for it.
        """
        found = rules(self.spelt)
        return self.name if found == self.spelt else found


class Problem(NamedTuple):
    """A tensor that does not fit: `missing`, `extra`, of another `shape` or `type`."""

    kind: Literal["missing", "shape", "type", "extra"]
    name: str
    wanted: Wanted | None
    tensor: Tensor | None


class Fit(NamedTuple):
    """The tensors of a file that a spec takes, in the order of its layers, and all problems.

    `other` is the network that the file says it is of, where that computes something else.
    """

    pairs: list[tuple[Wanted, Tensor]]
    problems: list[Problem]
    other: str | None = None


def wanted(graph: Graph, backend: str) -> Iterator[Wanted]:
    """Yield what a file with the layouts of `backend` has to hold, in the order of the layers."""
    kept = BACKENDS[backend]
    for layer in graph.layers:
        for number, stored in enumerate(kept.stored(graph, layer)):
            name = kept.filed(stored.layer, stored, number)
            spelt = kept.filed(layer.name, stored, number) if kept.spelt_by_spec else name
            yield Wanted(name, spelt, layer, stored)


def fit(checkpoint: Checkpoint, graph: Graph, rules: Rules) -> Fit:
    """Compare a file with what `graph` expects, whose names `rules` turns into the file's.

    Raises:
        ExpressionError: A rule has no value for a name.
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
        tensor = _in_groups(tensor, item.layer.operation)
        if tensor.shape != item.stored.shape or tensor.depthwise:
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
    """Return a depthwise kernel as that of a convolution with a group for each map that it reads.

    The numbers lie in the same order. It is left as it is where the groups are not these.
    """
    if not tensor.depthwise or len(tensor.shape) != 4:
        return tensor
    rows, columns, maps, multiplier = tensor.shape
    if getattr(operation, "groups", None) != maps:
        return tensor
    shape = rows, columns, 1, maps * multiplier
    return tensor._replace(shape=shape, read=lambda: tensor.read().reshape(shape), depthwise=False)


def _other(checkpoint: Checkpoint, graph: Graph) -> str | None:
    said = notes(graph)
    about = checkpoint.metadata
    same = about.get("archc_fingerprint", said["archc_fingerprint"]) == said["archc_fingerprint"]
    return None if same else about.get("archc_network", "another network")


def likely_cause(found: Fit) -> str | None:
    """Return what most likely is the matter where names differ, as a way out."""
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
