"""Derived parameters in code: computed from other arguments, where code has words for that.

    params: {s: 1, out: int, residual: "${s == 1 and input.maps == out}"}

If no use gives `residual` itself, code has `s == 1 and in_maps == out` for it. Else it is an
argument, and so is one that is no number, that is long, or that calls what code does not have.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Any

from archcompiler.backends.blocks.translation import Known, Scope
from archcompiler.backends.code import Expression
from archcompiler.backends.code.expressions import size_of
from archcompiler.backends.code.symbolic import LARGEST
from archcompiler.graph import Block, Body
from archcompiler.graph.row_expressions import ExpressionError, value_of, whole_expression
from archcompiler.graph.shape_names import of_inputs

LARGEST_CONDITION = 2 * LARGEST  # names and numbers of what decides whether rows are there


def codes_of_derived(
    block: Block, bodies: Sequence[tuple[Body, Known]], names: Known
) -> list[dict[str, Expression]]:
    """Return for each use what code has for derived parameters that are no arguments.

    `bodies` are the uses, each with what code has for `input.maps` and its like; `names` says what
    it has for the parameters.
    """
    found: list[dict[str, Expression]] = [{} for _ in bodies]
    for name in block.derived:
        codes = [
            _code_in(body, name, block, {**names, **known, **given})
            for (body, given), known in zip(bodies, found, strict=True)
        ]
        for known, code in zip(found, codes, strict=True):
            if code is not None and None not in codes:
                known[name] = code
    return found


def derived_code(
    block: Block, name: str, value: Any, names: Known, values: Mapping[str, Any]
) -> Expression | None:
    """Return what code has for a derived parameter worth `value`; None if it has no words for it.

    `names` says what code has for names in the default, `values` what the others are worth.
    """
    tree = _tree(block, name)
    if tree is None or not isinstance(value, bool | int | float):
        return None
    return Scope({}, names, values).expression(tree)


def _code_in(body: Body, name: str, block: Block, names: Known) -> Expression | None:
    value, tree = body.parameters[name], _tree(block, name)
    known = {**body.parameters, **of_inputs(body.inputs, body.input_shapes)}
    try:
        default = None if tree is None else value_of(tree, known)
    except ExpressionError:  # the use gives it, since it could not be computed
        return None
    if type(default) is not type(value) or default != value:
        return None
    code = derived_code(block, name, value, names, body.parameters)
    largest = LARGEST_CONDITION if isinstance(value, bool) else LARGEST
    return None if code is None or size_of(code) > largest else code


def _tree(block: Block, name: str) -> ast.expr | None:
    """Return the default of a derived parameter, if it is one expression."""
    written = block.derived[name].provenance
    return whole_expression(written.node) if written else None
