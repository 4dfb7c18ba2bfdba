"""Tables of the contents of a checkpoint, and of how it fits a spec."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from pathlib import Path

from archcompiler.checkpoints.fit import Fit, Problem, likely_cause
from archcompiler.checkpoints.tensors import Checkpoint, Tensor, axes_text
from archcompiler.diagnostics import Diagnostic, Label
from archcompiler.diagnostics.forms.text import shown
from archcompiler.diagnostics.wording import counted
from archcompiler.diff.patterns import copies_in, patterns
from archcompiler.graph import Graph
from archcompiler.graph.summary import table_lines

MARKS = {"missing": "-", "shape": "~", "type": "~", "extra": "+"}
WORDS = {
    "missing": "missing", "shape": "of another shape", "type": "of another type",
    "extra": "not expected",
}  # fmt: skip
TITLES = ("", "tensor", "problem", "expected", "layer", "place")
WIDEST = 70  # a longer cell widens no column
MOST = 1000  # of equal problems whose names are merged into patterns


class DoesNotFit(Exception):
    """A checkpoint does not fit a spec; the message lists all tensors that differ."""

    def __init__(self, checkpoint: Checkpoint, graph: Graph, found: Fit) -> None:
        self.problems = found.problems
        super().__init__(problems_text(checkpoint, graph, found))


def problems_text(checkpoint: Checkpoint, graph: Graph, found: Fit) -> str:
    """Return all problems as a table; equal problems of one row of the spec share a line."""
    groups: dict[tuple[str, ...], list[Problem]] = {}
    for problem in found.problems:
        said, place = _said(problem), _place(problem, graph)
        groups.setdefault((MARKS[problem.kind], *said, place), []).append(problem)
    names = [problem.name for problem in found.problems]
    counts = copies_in([*names, *(layer.name for layer in graph.layers)])
    rows = [TITLES, *(row for key, group in groups.items() for row in _rows(key, group, counts))]
    lines = [f"{shown(str(checkpoint.path))} does not fit {graph.name}: {_counts(found)}", ""]
    lines += table_lines(rows, "  ", range(0), WIDEST)
    cause = likely_cause(found)
    return "\n".join([*lines, *(["", f"help: {shown(cause)}"] if cause else [])])


def _counts(found: Fit) -> str:
    kinds = [problem.kind for problem in found.problems]
    parts = [f"{kinds.count(kind):,} {word}" for kind, word in WORDS.items() if kind in kinds]
    fits = len(found.pairs)
    return f"{', '.join(parts)}; {counted(fits, 'tensor', ',')} fit{'s' * (fits == 1)}"


def _said(problem: Problem) -> tuple[str, str]:
    """Return what is wrong, and what is expected."""
    wanted, tensor = problem.wanted, problem.tensor
    if wanted is None or tensor is None:
        return WORDS[problem.kind], ""
    if problem.kind == "type":
        return f"holds {shown(tensor.type)}", "floating point"
    depthwise = ", depthwise" if tensor.depthwise else ""
    return f"has {axes_text(tensor.shape)}{depthwise}", axes_text(wanted.stored.shape)


def _place(problem: Problem, graph: Graph) -> str:
    """Return the file and line of the layer of the tensor."""
    if problem.wanted is None:
        return ""
    place = Diagnostic("", "", Label(graph.span(problem.wanted.layer).origin)).place
    return shown(place.rpartition(":")[0])


def _rows(
    key: tuple[str, ...], group: list[Problem], counts: Mapping[str, int]
) -> Iterator[tuple[str, ...]]:
    """Yield the lines of equal problems: patterns of the names of tensors and layers."""
    mark, said, expected, place = key
    drawn = group[:MOST]
    names = patterns((problem.name for problem in drawn), counts)
    layers = patterns((p.wanted.layer.name for p in drawn if p.wanted), counts)
    many = f" ({len(group)})" if len(group) > 1 else ""
    for number, (name, layer) in enumerate(zip_longest(names, layers, fillvalue="")):
        if number:
            yield "", shown(name), "", "", layer, ""
        else:
            yield mark, shown(name), said + many, expected, layer, place
    if len(group) > MOST:
        yield "", f"... and {len(group) - MOST:,} more", "", "", "", ""


def contents_text(checkpoint: Checkpoint) -> str:
    """Return a table of the tensors in a file, with metadata and totals."""
    tensors = checkpoint.tensors.values()
    rows = [("tensor", "type", "shape", "values"), *map(_cells, tensors)]
    lines = [*table_lines(rows, "  ", range(3, 4), 80), ""]
    lines += [f"{shown(key)}: {shown(value)}" for key, value in sorted(checkpoint.metadata.items())]
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
        axes_text(tensor.shape),
        f"{_values(tensor):,}",
    )


def _values(tensor: Tensor) -> int:
    return math.prod(tensor.shape)


def fit_text(checkpoint: Checkpoint, graph: Graph, found: Fit) -> str:
    """Return whether a file fits a spec, with all problems."""
    if found.problems:
        return problems_text(checkpoint, graph, found) + "\n"
    fits = f"{shown(str(checkpoint.path))} fits {graph.name}: all {len(found.pairs):,} tensors\n"
    return fits + "".join(f"{line}\n" for line in remarks(checkpoint.path, graph, found))


def remarks(path: Path, graph: Graph, found: Fit) -> list[str]:
    """Return a note if the file was written for another network."""
    if found.other is None:
        return []
    return [
        f"note: {shown(str(path))} was written for a {shown(found.other)} of another fingerprint:"
        f" the tensors are the same, but {graph.name} may compute something else with them"
    ]


def contents_json(checkpoint: Checkpoint, found: Fit | None) -> str:
    """Return the contents as JSON; `fit` is null if no spec was given."""
    from archcompiler.checkpoints.document import document

    return document(checkpoint, found).text()
