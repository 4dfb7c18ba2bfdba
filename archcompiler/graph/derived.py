"""Derived parameters of blocks: defaults that each use computes for itself.

    params: {s: 1, out: int, start: "${input.maps}", residual: "${s == 1 and start == out}"}

A use that gives `out: 24` and reads 24 maps has `start` 24 and a `residual` that is true.
"""

from __future__ import annotations

from archcompiler.diagnostics import Findings
from archcompiler.graph.shape_names import of_inputs
from archcompiler.language.names import MISSING
from archcompiler.language.rows import BlockCall
from archcompiler.language.values import ValueReader
from archcompiler.operations import Inputs


def with_derived(call: BlockCall, shapes: Inputs, findings: Findings) -> BlockCall | None:
    """Return the use of a block on inputs of these shapes with all that it does not give.

    A fault is reported at the default; the result is None then.
    """
    block = call.block
    derived = [name for name in block.derived if name not in call.arguments]
    if not derived:
        return None if MISSING in call.arguments.values() else call
    spec = block.rows(call.arguments)
    names = {**spec.parameters, **of_inputs(block.inputs, shapes)}
    provenance, arguments = dict(call.provenance), dict(call.arguments)
    for name in derived:
        written = block.derived[name].provenance
        assert written is not None
        origins = {**spec.origins, **provenance}
        reader = ValueReader(spec.source, findings, names, origins)
        names[name] = arguments[name] = reader.argument(f"the parameter `{name}`", written.node)
        provenance[name] = reader.provenance_of(written.node)
    if MISSING in arguments.values():
        return None
    return call._replace(arguments=arguments, provenance=provenance)
