"""The sizes that a row states, against those that it computes to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from archcompiler.diagnostics import Fault
from archcompiler.diagnostics.wording import counted
from archcompiler.language.rows import Called, Prepared
from archcompiler.operations import Dimension, Inputs, Maps, Shape, Vector
from archcompiler.operations.shape import text_of


def stated_shape(prepared: Prepared | Called, shape: Shape) -> Shape:
    """Return the shape that a row states, with what it leaves open as in the computed `shape`."""
    maps, size = prepared.maps, prepared.size
    if maps is None and size is None:
        return shape
    if isinstance(shape, Vector):
        if maps is not None or (size is not None and len(size) == 2):
            height, width = (size[0], size[-1]) if size else (1, 1)
            return Maps(maps or 1, height, width)
        assert size is not None
        return shape if size[0] in (None, shape.features) else Vector(size[0] or 0)
    height, width = (size[0], size[-1]) if size else (None, None)
    return Maps(
        shape.maps if maps is None else maps,
        _dimension(height, shape.height),
        _dimension(width, shape.width),
    )


def _dimension(stated: Dimension, computed: Dimension) -> Dimension:
    return computed if stated is None or computed is None else stated


def stated_faults(
    prepared: Prepared | Called,
    inputs: Inputs,
    shape: Shape,
    wanted: Shape,
    *,
    reads_input: bool,
) -> Iterator[Fault]:
    """Yield what is wrong where a row states the shape `wanted` but computes to `shape`."""
    if type(wanted) is not type(shape):
        parts = [counted(prepared.maps, "map")] if prepared.maps else []
        parts += ["x".join(map(text_of, prepared.size))] if prepared.size else []
        yield Fault(
            "ARC401",
            f"this layer is stated as {' of '.join(parts)} but computes to {shape}",
            field="maps" if prepared.maps is not None else "size",
            label="stated here",
            help=[f"`size: {shape.size}` without `maps` states what it computes to"],
        )
        return
    if isinstance(shape, Maps) and wanted[0] != shape.maps:
        yield _differs("maps", counted(wanted[0], "map"), str(shape.maps))
    if wanted.size == shape.size:
        return
    if isinstance(prepared, Called):
        yield _differs("size", wanted.size, shape.size)
    else:
        from archcompiler.graph.suggest import edits  # only a fault pays for it

        operation = prepared.operation
        assert operation is not None
        goal = Maps(shape.maps, *wanted[1:]) if isinstance(shape, Maps) else wanted
        suggestions = edits(operation, inputs, goal, reads_input=reads_input)
        yield _differs("size", wanted.size, shape.size, operation.arithmetic(inputs), suggestions)


def _differs(
    field: str, stated: str, right: str, why: str | None = None, suggestions: Iterable[str] = ()
) -> Fault:
    return Fault(
        "ARC401",
        f"this layer is stated as {stated} but computes to {right}",
        field=field,
        label="stated here",
        notes=[why] if why else [],
        help=[*suggestions, f"`{field}: {right}` states what it computes to"],
        fix=right,
        safe=True,
        facts=[("stated", stated), ("computed", right), *([("formula", why)] if why else [])],
    )


def given_fault(wanted: Shape, shape: Shape) -> Fault | None:
    """Return what is wrong where an input row states `wanted`, and the block is given `shape`."""
    if type(wanted) is type(shape) and all(
        length in (None, there) for length, there in zip(wanted, shape, strict=True)
    ):
        return None
    maps = isinstance(wanted, Maps) and isinstance(shape, Maps) and wanted.maps != shape.maps
    return Fault(
        "ARC401",
        f"this layer is stated as {wanted}, but the block is given {shape}",
        field="maps" if maps else "size",
        label="stated here",
    )
