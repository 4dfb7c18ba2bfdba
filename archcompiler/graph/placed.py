"""The faults of rows, at their places: the field, what the row reads, and where that comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcompiler.diagnostics import Fault, Label, Span
from archcompiler.graph.stated import stated_faults, stated_shape
from archcompiler.language.nodes import Mapping, field_span
from archcompiler.language.rows import Called, Prepared
from archcompiler.operations import Inputs, Shape

if TYPE_CHECKING:
    from archcompiler.graph.walk import Walk


def place_of(walk: Walk, index: int, field: str | None) -> Span:
    """Return where a field of a row stands, or else its type."""
    return field_span(walk.rows[index].node, walk.source, field, "type", "layer")


def _written(walk: Walk, index: int, field: str | None) -> tuple[Span, list[Label]]:
    """Return where the value of a field is written, with labels for what leads there."""
    node = walk.rows[index].node
    value = node.get(field) if field and isinstance(node, Mapping) else None
    if value is None:
        return place_of(walk, index, field), []
    here = f"in `{walk.block.name}.{walk.connections.names[index]}`, " if walk.block else ""
    place, labels = walk.reader.reads.place(value, certain=False, here=f"{here}read here")
    return place, list(labels)


def report(walk: Walk, index: int, fault: Fault, prepared: Prepared | None = None) -> None:
    """Note a fault of a row; `prepared` is what the row says, where a rule found the fault."""
    fault.message = fault.message.replace("this layer", f"`{walk.connections.names[index]}`")
    for read in walk.connections.reads[index] or ():
        if read.row < 0:  # it has no place here: it is told
            given = f"`{walk.inputs[-1 - read.row]}` is {walk.input_shapes[-1 - read.row]}"
            fault.notes = tuple(dict.fromkeys((*fault.notes, given)))
    if fault.field in ("maps", "size") and fault.code != "ARC401":
        walk.blamed.add(index)
    place, labels = _written(walk, index, fault.field)
    own = place_of(walk, index, fault.field)
    moved = place != own
    if walk.findings.shared or "${" in own.text or walk.rows[index].translated:
        # Another use, or another value, may need what stands there; in the words of others it may
        # mean something else.
        fault.safe = False
    labels += _inputs(walk, index)
    if fault.code == "ARC410" and prepared and not walk.findings.has(fault.code, place):
        from archcompiler.graph.joins import add_offers  # only a fault pays for it

        labels += add_offers(walk, index, prepared, fault)
    walk.findings.add(fault.at(place, *labels), once=moved)


def report_stated(
    walk: Walk, index: int, row: Prepared | Called, inputs: Inputs, *shapes: Shape
) -> None:
    """Note that a row states another shape than it computes to, which may be one of several.

    It goes by the first; by another where just the number of maps differs from that.
    """
    shape = min(shapes, key=lambda it: stated_shape(row, it).size != it.size)
    wanted = stated_shape(row, shape)
    sources = [read.row for read in walk.connections.reads[index] or ()]
    plain = isinstance(row, Prepared)
    reads_input = plain and any(at >= 0 and walk.rows[at].is_input for at in sources)
    for fault in stated_faults(row, inputs, shape, wanted, reads_input=reads_input):
        report(walk, index, fault)


def _inputs(walk: Walk, index: int) -> list[Label]:
    labels = {}
    for read in walk.connections.reads[index] or ():
        source = walk.source_of(read) if read.row >= 0 else None
        if source is not None:
            path, shape = source
            labels[read.row] = Label(place_of(walk, read.row, "size"), f"`{path}` gives {shape}")
    return list(labels.values())
