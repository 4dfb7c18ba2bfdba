"""Problems of a checkpoint, and what is in one, as tables."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from archcompiler.checkpoints.fit import Fit, Problem, likely_cause
from archcompiler.checkpoints.tensors import Checkpoint, Tensor, shape_text
from archcompiler.diagnostics import Diagnostic, Label
from archcompiler.diagnostics.forms.text import shown
from archcompiler.graph import Graph
from archcompiler.graph.summary import aligned

MARKS = {"missing": "-", "shape": "~", "type": "~", "extra": "+"}
TITLES = ("", "tensor", "problem", "expected", "layer", "place")


class DoesNotFit(Exception):
    """A checkpoint does not hold what a spec expects; the text lists every tensor that differs."""

    def __init__(self, checkpoint: Checkpoint, graph: Graph, found: Fit) -> None:
        self.problems = found.problems
        super().__init__(problems_text(checkpoint, graph, found))


def problems_text(checkpoint: Checkpoint, graph: Graph, found: Fit) -> str:
    """Return all problems as a table, each with its layer and its place in the spec."""
    rows = [TITLES, *(_row(problem, graph) for problem in found.problems)]
    lines = [f"{shown(str(checkpoint.path))} does not fit {graph.name}: {_counts(found)}", ""]
    lines += aligned(rows, "  ", range(0), 60)
    cause = likely_cause(found)
    return "\n".join([*lines, *(["", f"help: {shown(cause)}"] if cause else [])])


def _counts(found: Fit) -> str:
    words = {"missing": "missing", "shape": "of another shape", "type": "of another type",
             "extra": "not expected"}  # fmt: skip
    kinds = [problem.kind for problem in found.problems]
    parts = [f"{kinds.count(kind):,} {word}" for kind, word in words.items() if kind in kinds]
    fits = len(found.pairs)
    return f"{', '.join(parts)}; {fits:,} tensor{' fits' if fits == 1 else 's fit'}"


def _row(problem: Problem, graph: Graph) -> tuple[str, ...]:
    wanted, tensor = problem.wanted, problem.tensor
    name = shown(problem.name)
    said = {"missing": "missing", "extra": "not expected"}.get(problem.kind)
    if said is None:
        assert tensor is not None
        said = f"has {shape_text(tensor.shape)}"
        said = f"holds {shown(tensor.type)}" if problem.kind == "type" else said
    if wanted is None:
        return MARKS[problem.kind], name, said, "", "", ""
    expected = "floating point" if problem.kind == "type" else shape_text(wanted.shape)
    place = Diagnostic("", "", Label(graph.span(wanted.layer))).place
    line = place.rpartition(":")[0]
    return MARKS[problem.kind], name, said, expected, wanted.layer.name, shown(line)


def contents_text(checkpoint: Checkpoint) -> str:
    """Return what is in a file: its tensors, its notes about itself, and the sums."""
    tensors = checkpoint.tensors.values()
    rows = [("tensor", "type", "shape", "values"), *map(_cells, tensors)]
    lines = [*aligned(rows, "  ", range(3, 4), 80), ""]
    lines += [f"{shown(key)}: {shown(value)}" for key, value in checkpoint.metadata.items()]
    if checkpoint.others:
        lines.append(f"also there: {', '.join(map(shown, checkpoint.others))}")
    count, values = len(checkpoint.tensors), sum(map(_values, tensors))
    size = sum(tensor.bytes for tensor in tensors)
    lines.append(
        f"{shown(str(checkpoint.path))}: {checkpoint.form}, {count:,} tensors,"
        f" {values:,} values, {size / 2**20:,.1f} MiB"
    )
    return "\n".join(lines) + "\n"


def _cells(tensor: Tensor) -> tuple[str, ...]:
    return (
        shown(tensor.name),
        shown(tensor.type),
        shape_text(tensor.shape),
        f"{_values(tensor):,}",
    )


def _values(tensor: Tensor) -> int:
    count = 1
    for length in tensor.shape:
        count *= length
    return count


def fit_text(checkpoint: Checkpoint, graph: Graph, found: Fit) -> str:
    """Return whether a file fits a spec, and which of its layers."""
    if found.problems:
        return problems_text(checkpoint, graph, found) + "\n"
    return f"{shown(str(checkpoint.path))} fits {graph.name}: all {len(found.pairs):,} tensors\n"


def contents_json(checkpoint: Checkpoint, found: Fit | None) -> str:
    """Return the same as JSON; `fit` is null where no spec was given."""
    document: dict[str, Any] = {
        "format_version": 1,
        "file": str(checkpoint.path),
        "form": checkpoint.form,
        "metadata": dict(checkpoint.metadata),
        "tensors": [
            {"name": t.name, "type": t.type, "shape": t.shape} for t in checkpoint.tensors.values()
        ],
        "others": checkpoint.others,
        "fit": None if found is None else _fit_json(found),
    }
    return json.dumps(document, indent=2) + "\n"


def _fit_json(found: Fit) -> dict[str, Any]:
    return {
        "fits": not found.problems,
        "layers": list(dict.fromkeys(wanted.layer.name for wanted, _ in found.pairs)),
        "problems": [*_problems_json(found.problems)],
    }


def _problems_json(problems: Iterable[Problem]) -> Iterable[dict[str, Any]]:
    for problem in problems:
        wanted, tensor = problem.wanted, problem.tensor
        yield {
            "problem": problem.kind,
            "tensor": problem.name,
            "layer": wanted.layer.name if wanted else None,
            "expected": wanted.shape if wanted else None,
            "found": tensor.shape if tensor else None,
            "type": tensor.type if tensor else None,
        }
