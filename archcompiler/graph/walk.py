"""The walk over the rows of a network or a block: shapes, and the check of every stated size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from archcompiler.diagnostics import Fault, Label, Span
from archcompiler.graph.asked import asked, says
from archcompiler.graph.assumed import assumed_shape
from archcompiler.graph.body import Body, Item, Passed, Path, Repeat, Use, shape_inside, size_of
from archcompiler.graph.connect import Read, connect
from archcompiler.graph.infer import Inferred, fits, inferred_of
from archcompiler.graph.layer import Layer
from archcompiler.graph.stated import given_fault, stated_faults, stated_shape
from archcompiler.language.blocks import Block
from archcompiler.language.nodes import Mapping as Row_
from archcompiler.language.nodes import field_span, span_of
from archcompiler.language.rows import FAULTY, Called, Later, Prepared, Row
from archcompiler.language.spec import Spec
from archcompiler.operations import Inputs, Shape

if TYPE_CHECKING:
    from archcompiler.graph.walks import Walks


class Walk:
    """Computes shapes row by row.

    A row that failed has no item, and its readers stay silent, unless it states its shape in full:
    they go by that.

    Where a row states another shape than it computes to, its readers may go by either of the two:
    `doubted` holds what was computed, the item has what was stated.
    """

    def __init__(
        self, walks: Walks, spec: Spec, block: Block | None = None, shapes: Inputs = ()
    ) -> None:
        self.walks = walks
        self.findings = walks.findings
        self.block = block
        self.inputs = block.inputs if block else ()
        self.input_shapes = shapes
        self.source = spec.source
        self.reader = walks.reader(spec)
        self.rows = self.reader.rows()
        inputs = () if block is None or block.whole else self.inputs
        self.connections = connect(spec, self.rows, self.findings, inputs)
        self.made: list[Item | None] = [None] * len(self.rows)
        self.doubted: dict[int, Shape] = {}
        self.called: dict[tuple[Any, ...], Called | Prepared | None] = {}
        self.assumed: set[int] = set()  # rows that failed, and have what they state
        self.failed = False  # whether some row has no item of its own
        self.taken = 0  # of what the block is given, by rows of type input

    def body(self) -> Body | None:
        """Return all rows with their shapes; None if there are faults."""
        before, layers = self.findings.found, 0
        for index in self.connections.order:
            item = self.made[index] = self._item(index) or self._assumed(index)
            if item is not None and not isinstance(item, Layer):
                layers += size_of(item)
                self.walks.count(layers, span_of(item.node, self.source))
            elif self.block is not None:
                self.walks.count(0, span_of(self.rows[index].node, self.source))
        self.findings.unchecked += len(self.connections.stuck)
        outputs = [self._source(read) for read in self.connections.outputs]
        if self.findings.found > before or self.failed or None in outputs:
            return None
        items = [self.made[index] for index in self.connections.order]
        names = [source[0] for source in outputs if source]
        parameters = self.reader.spec.parameters
        return Body(filter(None, items), names, self.inputs, self.input_shapes, parameters)

    def look(self) -> None:
        """Report what is wrong with rows whose inputs are not known."""
        for index, row in enumerate(self.rows):
            if row.is_input:
                self._given(index)
            elif row.prepared is not FAULTY:
                self._check_alone(row)

    def _assumed(self, index: int) -> Item | None:
        """Return what the readers of a row that failed go by, if it states its shape."""
        self.failed = True
        row = self.rows[index]
        shape = assumed_shape(row, self.reader.spec)
        if shape is None or not fits(shape, self.walks.limits):
            return None
        self.assumed.add(index)
        return Passed(self.connections.names[index], (), shape, row.node)

    def _item(self, index: int) -> Item | None:
        row, reads = self.rows[index], self.connections.reads[index]
        prepared = row.prepared
        if reads is None or prepared is FAULTY:
            return None  # reported already
        if row.is_input and self.block is not None:
            return self._given(index)
        sources = [self._source(read) for read in reads]
        known = [source for source in sources if source is not None]
        if len(known) < len(sources):
            self.findings.unchecked += 1
            self._check_alone(row)
            return None
        paths = tuple(path for path, _ in known)
        shapes = tuple(shape for _, shape in known)
        name, used = self.connections.names[index], row.used
        if used is None:
            assert isinstance(row.node, Row_)
            used = self.reader.given(asked(shapes)).used(row.node, inputs_known=True)
        if not used and paths:
            if reads[0].row in self.doubted:
                self.doubted[index] = self.doubted[reads[0].row]
            return Passed(name, paths, shapes[0], row.node)
        if isinstance(prepared, Prepared):
            return self._layer(index, name, prepared, paths, shapes)
        if prepared.repeated:
            return self._repeat(index, prepared, paths, shapes)
        return self._one(index, name, prepared, paths, shapes, {})

    def _check_alone(self, row: Row) -> None:
        """Report what is wrong with a row that had to wait for an input which is not known."""
        node, later = row.node, row.prepared
        if isinstance(node, Row_) and isinstance(later, Later) and not says(node, "input"):
            reader = self.reader
            if later.repeated:
                reader.copies(node)
                reader = reader.given({"index": 0})
            if isinstance(later.of, Block):
                reader.call(node, later.of)
            else:
                reader.prepare(node, later.of)

    def _source(self, read: Read) -> tuple[Path, Shape] | None:
        """Return the path and the shape of what is read; None if that is not known."""
        inside = f".{read.inside}" if read.inside else ""
        if read.row < 0:
            name, shape = self.inputs[-1 - read.row], self.input_shapes[-1 - read.row]
            found = None if inside else shape
        else:
            name, item = self.connections.names[read.row], self.made[read.row]
            if item is None or (inside and read.row in self.assumed):
                return None
            found = shape_inside(item, read.inside)
        if found is None:
            assert read.name is not None
            fault = Fault("ARC301", f"`{name}` has nothing inside that is named `{read.inside}`")
            self.findings.add(fault.at(span_of(read.name, self.source)))
            return None
        return name + inside, found

    def _given(self, index: int) -> Item | None:
        """Return a row of type input as what the block is given, whose stated size is checked."""
        name, row = self.connections.names[index], self.rows[index]
        assert self.block is not None
        if not self.block.whole:
            self._report(
                index,
                Fault(
                    "ARC305",
                    "a block has no rows of type input: it reads what it is given",
                    field="type",
                    help=["`from: input` reads it; `inputs: [a, b]` names several"],
                ),
            )
            return None
        number, self.taken = self.taken, self.taken + 1
        shape = self.input_shapes[number]
        assert isinstance(row.prepared, Prepared)
        assert row.prepared.operation is not None
        fault = given_fault(row.prepared.operation.shape(()), shape)
        if fault is not None:
            self._report(index, fault)
            return None
        return Passed(name, (self.inputs[number],), shape, row.node)

    def _repeat(
        self, index: int, later: Later, paths: tuple[Path, ...], shapes: Inputs
    ) -> Item | None:
        node = self.rows[index].node
        assert isinstance(node, Row_)
        count = self.reader.copies(node)
        if count is None:
            return None
        if len(paths) != 1:
            message = f"a repeated row reads one layer, and this layer reads {len(paths)}"
            why = "each copy reads the one before"
            self._report(index, Fault("ARC308", message, field="from", notes=[why]))
            return None
        copies: list[Layer | Use] = []
        layers, inputs, before = 0, paths, self.findings.found
        for number in range(count):
            last = number == count - 1  # the row states what its last copy gives
            copy = self._one(index, str(number), later, inputs, shapes, {"index": number}, last)
            if copy is None or self.findings.found > before:
                return None
            copies.append(copy)
            layers += size_of(copy)
            self.walks.count(layers, span_of(node, self.source))
            inputs, shapes = (copy.name,), (copy.shape,)
        return Repeat(self.connections.names[index], tuple(copies), paths, node)

    def _one(
        self,
        index: int,
        name: str,
        later: Later,
        paths: tuple[Path, ...],
        shapes: Inputs,
        names: Mapping[str, Any],
        stated: bool = True,
    ) -> Layer | Use | None:
        """Return a row that had to wait, or one of its copies; `stated` checks its sizes."""
        node = self.rows[index].node
        assert isinstance(node, Row_)
        names = {**names, **asked(shapes)}
        key = (
            index,
            stated,
            *(names.get(word) for word in names if says(node, word.partition(".")[0])),
        )
        if key not in self.called:
            reader = self.reader.given(names)
            if isinstance(later.of, Block):
                call = reader.call(node, later.of)
                self.called[key] = call if stated or call is None else call.unstated()
            else:
                plain = reader.prepare(node, later.of)
                self.called[key] = plain if stated else plain.unstated()
        called = self.called[key]
        if called is None or (isinstance(called, Prepared) and called.operation is None):
            return None
        if isinstance(called, Prepared):
            return self._layer(index, name, called, paths, shapes)
        return self._use(index, name, called, paths, shapes)

    def _use(
        self, index: int, name: str, called: Called, paths: tuple[Path, ...], shapes: Inputs
    ) -> Use | None:
        row = self.rows[index]
        if name != self.connections.names[index]:
            full = f"{self.connections.names[index]}.{name}"
        else:
            full = name
        try:
            body = self.walks.use(full, called, shapes, self._place(index, "type"))
        except Fault as fault:
            self._report(index, fault)
            return None
        if body is None:
            self.findings.unchecked += 1
            return None
        wanted = stated_shape(called, body.shape)
        if wanted != body.shape:
            for wrong in stated_faults(called, shapes, body.shape, wanted, reads_input=False):
                self._report(index, wrong)
            return None
        return Use(name, called.block, called.arguments, paths, body, row.node)

    def _layer(
        self, index: int, name: str, prepared: Prepared, paths: tuple[Path, ...], shapes: Inputs
    ) -> Layer | None:
        inferred = self._infer(index, prepared, shapes)
        if inferred is None:
            return None
        assert prepared.operation is not None
        return Layer(
            name,
            prepared.operation,
            prepared.activation,
            paths,
            shapes,
            *inferred,
            self.rows[index].node,
            self.source,
        )

    def _infer(self, index: int, prepared: Prepared, inputs: Inputs) -> Inferred | None:
        """Return what equal rows on equal inputs share; None if a fault was reported."""
        otherwise = self._otherwise(index, prepared) if self.doubted else None
        inferred = self.walks.known.get((prepared, inputs))
        if inferred is None:
            try:
                inferred = inferred_of(prepared, inputs, self.walks.limits)
            except Fault as fault:
                if otherwise is None:
                    self._report(index, fault)
                return otherwise
            shape = inferred.shape
            wanted = stated_shape(prepared, shape)
            if wanted != shape:
                if otherwise is not None:
                    return otherwise
                self._report_stated(index, prepared, inputs, shape, wanted)
                self.doubted[index] = shape
                return inferred._replace(shape=wanted) if type(wanted) is type(shape) else inferred
            self.walks.known[prepared, inputs] = inferred
        if otherwise is not None:
            self.doubted[index] = otherwise.shape
        return inferred

    def _otherwise(self, index: int, prepared: Prepared) -> Inferred | None:
        """Return what the row is on what its inputs compute to, if it states just that."""
        reads = self.connections.reads[index] or ()
        if not any(read.row in self.doubted for read in reads):
            return None
        sources = [self._source(read) for read in reads]
        inputs = tuple(
            self.doubted.get(read.row, source[1])
            for read, source in zip(reads, sources, strict=True)
            if source
        )
        try:
            inferred = inferred_of(prepared, inputs, self.walks.limits)
        except Fault:
            return None
        return inferred if stated_shape(prepared, inferred.shape) == inferred.shape else None

    def _place(self, index: int, field: str | None) -> Span:
        return field_span(self.rows[index].node, self.source, field, "type", "layer")

    def _inputs_labels(self, index: int) -> list[Label]:
        labels = {}
        for read in self.connections.reads[index] or ():
            source = self._source(read) if read.row >= 0 else None
            if source is not None:
                path, shape = source
                labels[read.row] = Label(self._place(read.row, "size"), f"`{path}` gives {shape}")
        return list(labels.values())

    def _report(self, index: int, fault: Fault) -> None:
        name = f"`{self.connections.names[index]}`"
        fault.message = fault.message.replace("this layer", name)
        for read in self.connections.reads[index] or ():
            if read.row < 0:  # it has no place here: it is told
                given = f"`{self.inputs[-1 - read.row]}` is {self.input_shapes[-1 - read.row]}"
                fault.notes = tuple(dict.fromkeys((*fault.notes, given)))
        place = self._place(index, fault.field)
        if self.findings.shared or "${" in place.text:
            fault.safe = False  # another use, or another value, may need what stands there
        self.findings.add(fault.at(place, *self._inputs_labels(index)))

    def _report_stated(
        self, index: int, prepared: Prepared, inputs: Inputs, shape: Shape, wanted: Shape
    ) -> None:
        sources = [read.row for read in self.connections.reads[index] or ()]
        reads_input = any(row >= 0 and self.rows[row].is_input for row in sources)
        for fault in stated_faults(prepared, inputs, shape, wanted, reads_input=reads_input):
            self._report(index, fault)
