"""The JSON document of a file of weights, see `archcompiler.documents.checkpoint`."""

from __future__ import annotations

from archcompiler.checkpoints import fit
from archcompiler.checkpoints.tensors import Checkpoint
from archcompiler.documents.checkpoint import Contents, Fit, Problem, Tensor


def document(checkpoint: Checkpoint, found: fit.Fit | None) -> Contents:
    """Return the contents of a file, and how it fits a spec if one was given."""
    return Contents(
        format_version=1,
        file=str(checkpoint.path),
        form=checkpoint.form,
        metadata=dict(sorted(checkpoint.metadata.items())),
        tensors=tuple(
            Tensor(name=tensor.name, type=tensor.type, shape=tensor.shape)
            for tensor in checkpoint.tensors.values()
        ),
        others=checkpoint.others,
        fit=found and _fit(found),
    )


def _fit(found: fit.Fit) -> Fit:
    return Fit(
        fits=not found.problems,
        written_for_another=found.other,
        layers=tuple(dict.fromkeys(wanted.layer.name for wanted, _ in found.pairs)),
        problems=tuple(map(_problem, found.problems)),
    )


def _problem(problem: fit.Problem) -> Problem:
    wanted, tensor = problem.wanted, problem.tensor
    return Problem(
        problem=problem.kind,
        tensor=problem.name,
        layer=wanted.layer.name if wanted else None,
        expected=wanted.stored.shape if wanted else None,
        found=tensor.shape if tensor else None,
        type=tensor.type if tensor else None,
    )
