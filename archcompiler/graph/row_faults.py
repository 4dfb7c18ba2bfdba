"""Reports of faults in rows, with labels for the field, its origin and the inputs of the row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcompiler.diagnostics import Fault, Label, Span
from archcompiler.graph.stated import stated_faults, stated_shape
from archcompiler.language.nodes import MappingNode, field_span
from archcompiler.language.rows import BlockCall, Checked
from archcompiler.operations import Inputs, Shape

if TYPE_CHECKING:
    from archcompiler.graph.walk import Walk


def place_of(walk: Walk, index: int, field: str | None) -> Span:
    """Return the place of a field of a row, or of its type where the row has no such field."""
    return field_span(walk.rows[index].node, walk.source, field, "type", "layer")


def _written(walk: Walk, index: int, field: str | None) -> tuple[Span, list[Label]]:
    """Return where the value of a field is written, with labels that show the way there.

    For `kernel: ${k}` that is the argument or the parameter `k`, with a label at the row.
    """
    node = walk.rows[index].node
    value = node.get(field) if field and isinstance(node, MappingNode) else None
    if value is None:
        return place_of(walk, index, field), []
    here = f"in `{walk.block.name}.{walk.connections.names[index]}`, " if walk.block else ""
    place, labels = walk.reader.values.place(value, certain=False, here=f"{here}read here")
    return place, list(labels)


def report(walk: Walk, index: int, fault: Fault, checked: Checked | None = None) -> None:
    """Report a fault of a row; `checked` is the row, where a rule of its operation failed."""
    fault.message = fault.message.replace("this layer", f"`{walk.connections.names[index]}`")
    for read in walk.connections.reads[index] or ():
        if read.row < 0:  # an input of the block has no place to label, so a note tells its shape
            given = f"`{walk.inputs[-1 - read.row]}` is {walk.input_shapes[-1 - read.row]}"
            fault.notes = tuple(dict.fromkeys((*fault.notes, given)))
    if fault.field in ("maps", "size") and fault.code != "ARC401":
        walk.misstated.add(index)
    place, labels = _written(walk, index, fault.field)
    own = place_of(walk, index, fault.field)
    moved = place != own
    if walk.findings.shared or "${" in own.text or walk.rows[index].translated:
        # Another use, or another value of a parameter, may need what is written there; and what is
        # written in the words of another library may mean something else.
        fault.safe = False
    labels += _inputs(walk, index)
    if fault.code == "ARC410" and checked and not walk.findings.has(fault.code, place):
        from archcompiler.graph.joins import add_offers  # imported only for a fault

        labels += add_offers(walk, index, checked, fault)
    walk.findings.add(fault.at(place, *labels), once=moved)


def report_stated(
    walk: Walk, index: int, row: Checked | BlockCall, inputs: Inputs, *shapes: Shape
) -> None:
    """Report that a row states another shape than it computes to, which is the first of `shapes`.

    The others are its alternatives; one that differs in just the number of maps is preferred.
    """
    shape = min(shapes, key=lambda it: stated_shape(row, it).size != it.size)
    wanted = stated_shape(row, shape)
    sources = [read.row for read in walk.connections.reads[index] or ()]
    plain = isinstance(row, Checked)
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
