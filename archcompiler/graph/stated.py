"""The comparison of sizes that a row states with those that it computes to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from archcompiler.diagnostics import Fault
from archcompiler.diagnostics.wording import counted
from archcompiler.language.rows import BlockCall, Checked
from archcompiler.operations import Dimension, Inputs, Shape
from archcompiler.operations.shape import size_text


def stated_shape(checked: Checked | BlockCall, shape: Shape) -> Shape:
    """Return the computed `shape` with what the row states in its place.

    96 maps of 55x55 and `size: 54x54` give 96 maps of 54x54; without stated sizes, `shape` itself.
    """
    maps, size = checked.maps, checked.size
    if maps is None and size is None:
        return shape
    if shape.is_vector:
        if maps is not None or (size is not None and len(size) > 1):
            return Shape(maps or 1, size or (1, 1))
        assert size is not None
        return shape if size[0] in (None, shape.channels) else Shape(size[0] or 0)
    channels = shape.channels if maps is None else maps
    size = size or (None,)
    if len(size) not in (1, shape.rank):
        return Shape(channels, size)
    size = size * shape.rank if len(size) == 1 else size
    return shape._replace(channels=channels, places=tuple(map(_dimension, size, shape.places)))


def _dimension(stated: Dimension, computed: Dimension) -> Dimension:
    return computed if stated is None or computed is None else stated


def stated_faults(
    checked: Checked | BlockCall,
    inputs: Inputs,
    shape: Shape,
    wanted: Shape,
    *,
    reads_input: bool,
) -> Iterator[Fault]:
    """Yield the faults of a row that states the shape `wanted` but computes to `shape`."""
    if not wanted.alike(shape):
        bare = "without `maps` " if shape.is_vector else ""
        parts = [counted(checked.maps, "map")] if checked.maps else []
        parts += [size_text(checked.size)] if checked.size else []
        yield Fault(
            "ARC401",
            f"this layer is stated as {' of '.join(parts)} but computes to {shape}",
            field="maps" if checked.maps is not None else "size",
            label="stated here",
            help=[f"`size: {shape.size}` {bare}states what it computes to"],
        )
        return
    if not shape.is_vector and wanted.channels != shape.channels:
        yield _differs("maps", counted(wanted.channels, "map"), str(shape.channels))
    if wanted.size == shape.size:
        return
    if isinstance(checked, BlockCall):
        yield _differs("size", wanted.size, shape.size)
    else:
        from archcompiler.graph.suggest import edits  # imported only for a fault

        assert checked.operation is not None
        operation = checked.operation.on(inputs)
        goal = wanted if shape.is_vector else wanted._replace(channels=shape.channels)
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
    """Return the fault of an input row that states `wanted` in a block on an input of `shape`."""
    if wanted.alike(shape) and all(
        length in (None, there) for length, there in zip(wanted.lengths, shape.lengths, strict=True)
    ):
        return None
    maps = not wanted.is_vector and not shape.is_vector and wanted.channels != shape.channels
    return Fault(
        "ARC401",
        f"this layer is stated as {wanted}, but the block is given {shape}",
        field="maps" if maps else "size",
        label="stated here",
    )
