"""The walk over the rows of a network or a block: shapes, and the check of every stated size."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import TYPE_CHECKING, Any, NamedTuple

from archcompiler.diagnostics import Fault, SpecError
from archcompiler.diagnostics.diagnostic import MAXIMUM
from archcompiler.graph.assumed import assumed_shape
from archcompiler.graph.body import Body, Item, Passed, Path, Repeat, Use, shape_inside, size_of
from archcompiler.graph.connect import Connections, Read, connect
from archcompiler.graph.doubts import Doubts
from archcompiler.graph.infer import Inferred, fits, inferred_of
from archcompiler.graph.layer import Layer
from archcompiler.graph.placed import place_of, report, report_stated
from archcompiler.graph.shape_names import UNKNOWN_READS, mentions, of_inputs, of_reads
from archcompiler.graph.stated import given_fault, stated_shape
from archcompiler.language.blocks import Block
from archcompiler.language.nodes import Mapping as Row_
from archcompiler.language.nodes import span_of
from archcompiler.language.rows import FAULTY, Called, Later, Prepared, Row, RowReader
from archcompiler.operations import Inputs, Shape

if TYPE_CHECKING:
    from archcompiler.graph.walks import Walks


class Reading(NamedTuple):
    """What the rows of a network, or of a block with its arguments, say, whatever the shapes."""

    reader: RowReader
    rows: list[Row]
    connections: Connections
    faulty: bool


def reading_of(reader: RowReader, inputs: tuple[str, ...]) -> Reading:
    """Return what rows say that are given `inputs`; faults are reported."""
    before = reader.findings.found
    rows = reader.rows(inputs)
    connections = connect(reader.spec, rows, reader.findings, inputs)
    return Reading(reader, rows, connections, reader.findings.found > before)


class Walk:
    """Computes shapes row by row.

    A row that failed has no item, and its readers stay silent, unless it states its shape in full:
    they go by that.

    Where a row states another shape than it computes to, its item has what is stated, and what it
    computes to is among the `doubts`.
    """

    def __init__(
        self, walks: Walks, reading: Reading, block: Block | None = None, shapes: Inputs = ()
    ) -> None:
        self.walks = walks
        self.findings = walks.findings
        self.before = self.findings.found
        self.block = block
        self.inputs = block.inputs if block else ()
        self.input_shapes = shapes
        self.given = of_inputs(() if block is None or block.whole else block.inputs, shapes)
        self.reader, self.rows, self.connections, self.failed = reading
        self.source = self.reader.spec.source
        self.made: list[Item | None] = [None] * len(self.rows)
        self.doubts = Doubts()
        self.called: dict[tuple[Any, ...], Called | Prepared | None] = {}
        self.shape: Shape | None = None  # of the first output, once the rows were walked
        self.sure = True  # whether it is what the rows compute to, and not just what one states
        self.settled: dict[int, tuple[Shape, Shape]] = {}  # uses that failed: stated, computed
        self.assumed: set[int] = set()  # rows that failed, and have what they state
        self.blamed: set[int] = set()  # rows that failed just because of what they state
        self.taken = 0  # of what the block is given, by rows of type input

    def body(self) -> Body | None:
        """Return all rows with their shapes; None if there are faults."""
        layers = 0
        for index in self.connections.order:
            item = self.made[index] = self._item(index) or self._assumed(index)
            if item is not None and not isinstance(item, Layer):
                layers += size_of(item)
                self.walks.count(layers, span_of(item.node, self.source))
            elif self.block is not None:
                self.walks.count(0, span_of(self.rows[index].node, self.source))
        self.findings.unchecked += len(self.connections.stuck)
        self._check_cycles()
        outputs = [self.source_of(read) for read in self.connections.outputs]
        self.shape = outputs[0][1] if outputs and outputs[0] else None
        self.sure = all(read.row not in self.doubts for read in self.connections.outputs)
        if self.findings.found > self.before or self.failed or None in outputs:
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
        shape: Shape | None
        if index in self.settled:
            shape, computed = self.settled[index]
            self.doubts.note(index, shape, [computed])
        else:
            shape = None if index in self.blamed else assumed_shape(self, index)
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
        sources = [self.source_of(read) for read in reads]
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
            reader = self.reader.given({**self.given, **of_reads(shapes)})
            used = reader.used(row.node, inputs_known=True)
        if not used and paths:
            self.doubts.note(index, shapes[0], self.doubts.of(reads[0].row))
            return Passed(name, paths, shapes[0], row.node)
        if isinstance(prepared, Prepared):
            return self._layer(index, name, prepared, paths, shapes)
        others = self.doubts.inputs(reads, shapes) if self.doubts else []
        if others:
            return self._by_either(index, prepared, paths, [shapes, *others])
        return self._waited(index, prepared, paths, shapes)

    def _waited(
        self, index: int, later: Later, paths: tuple[Path, ...], shapes: Inputs
    ) -> Item | None:
        if later.repeated:
            return self._repeat(index, later, paths, shapes)
        return self._one(index, self.connections.names[index], later, paths, shapes, {})

    def _by_either(
        self, index: int, later: Later, paths: tuple[Path, ...], candidates: list[Inputs]
    ) -> Item | None:
        """Return a row that waited, by those of the shapes it may read that give fewest faults.

        Where all of them give some, the size above was more likely a slip than all the rest.
        """
        trials = [self._on_trial(index, later, paths, shapes) for shapes in candidates]
        faults = [found for _, found in trials]
        fewest = [at for at, found in enumerate(faults) if found == min(faults)]
        best = fewest[-1] if min(faults) else fewest[0]
        taken = trials[best][0]
        if taken is not None:
            self.doubts.note(index, taken, (shape for shape, _ in trials))
        return self._waited(index, later, paths, candidates[best])

    def _on_trial(
        self, index: int, later: Later, paths: tuple[Path, ...], shapes: Inputs
    ) -> tuple[Shape | None, int]:
        """Return what a row gives on `shapes`, and how many faults that brings, untold."""
        trial = copy(self)
        trial.walks = self.walks.on_trial()
        trial.findings = trial.walks.findings
        trial.reader = RowReader(self.reader.spec, trial.findings, self.reader.defaults)
        trial.doubts, trial.called, trial.settled, trial.blamed = Doubts(), {}, {}, set()
        try:
            item = trial._waited(index, later, paths, shapes)
        except SpecError:  # too many layers
            return None, MAXIMUM
        shape = item.shape if item else trial.settled.get(index, (None, None))[1]
        return shape, self.findings.news(trial.findings)

    def _check_alone(self, row: Row) -> None:
        """Report what is wrong with a row that had to wait for an input which is not known."""
        node, later = row.node, row.prepared
        if isinstance(node, Row_) and isinstance(later, Later) and row.used is not False:
            reader = self.reader.given({**self.given, **UNKNOWN_READS})
            if later.repeated:
                reader.copies(node)
                reader = reader.given({"index": 0})
            if isinstance(later.of, Block):
                reader.call(node, later.of)
            else:
                reader.prepare(node, later.of)

    def _check_cycles(self) -> None:
        """Report what is wrong with rows that wait for each other, and those behind them."""
        if len(self.connections.order) < len(self.rows):
            self.failed = True
            for index in set(range(len(self.rows))).difference(self.connections.order):
                self._check_alone(self.rows[index])

    def source_of(self, read: Read) -> tuple[Path, Shape] | None:
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
            report(
                self,
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
            report(self, index, fault)
            return None
        return Passed(name, (self.inputs[number],), shape, row.node)

    def _repeat(
        self, index: int, later: Later, paths: tuple[Path, ...], shapes: Inputs
    ) -> Item | None:
        node = self.rows[index].node
        assert isinstance(node, Row_)
        count = self.reader.given({**self.given, **of_reads(shapes)}).copies(node)
        if count is None:
            return None
        if len(paths) != 1:
            message = f"a repeated row reads one layer, and this layer reads {len(paths)}"
            why = "each copy reads the one before"
            report(self, index, Fault("ARC308", message, field="from", notes=[why]))
            return None
        copies: list[Layer | Use] = []
        layers, inputs, before = 0, paths, self.findings.found
        for number in range(count):
            last = number == count - 1  # the row states what its last copy gives
            one = self._one(index, str(number), later, inputs, shapes, {"index": number}, last)
            if one is None and index in self.settled:  # the others may have faults of their own
                shapes = self.settled[index][:1]
                continue
            if one is None:
                return None
            copies.append(one)
            layers += size_of(one)
            self.walks.count(layers, span_of(node, self.source))
            inputs, shapes = (one.name,), (one.shape,)
        if len(copies) < count or self.findings.found > before:
            self.settled.setdefault(index, (shapes[0], shapes[0]))
            return None
        return Repeat(self.connections.names[index], tuple(copies), paths, node, self.source)

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
        names = {**names, **self.given, **of_reads(shapes)}
        key = (
            index,
            stated,
            *(names.get(word) for word in names if mentions(node, word.partition(".")[0])),
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
            body, shape, sure = self.walks.use(full, called, shapes, place_of(self, index, "type"))
        except Fault as fault:
            report(self, index, fault)
            return None
        if shape is None:
            self.findings.unchecked += 1
            return None
        wanted = stated_shape(called, shape)
        if wanted != shape and sure:
            report_stated(self, index, called, shapes, shape)
        if body is None or wanted != shape:
            self.settled[index] = wanted, shape
            return None
        return Use(name, called.block, called.arguments, paths, body, row.node, self.source)

    def _layer(
        self, index: int, name: str, prepared: Prepared, paths: tuple[Path, ...], shapes: Inputs
    ) -> Layer | None:
        inferred = self._infer(index, prepared, shapes)
        if inferred is None:
            return None
        return Layer(
            name,
            inferred.operation,
            prepared.activation,
            paths,
            shapes,
            *inferred[1:],
            self.rows[index].node,
            self.source,
        )

    def _infer(self, index: int, prepared: Prepared, inputs: Inputs) -> Inferred | None:
        """Return what equal rows on equal inputs share; None if a fault was reported."""
        others = self._others(index, prepared, inputs) if self.doubts else []
        fitting = [it for it in others if stated_shape(prepared, it.shape) == it.shape]
        taken = self.walks.known.get((prepared, inputs))
        if taken is None:
            try:
                taken = inferred_of(prepared, inputs, self.walks.limits)
            except Fault as fault:
                if not fitting:
                    report(self, index, fault, prepared)
                    return None
                taken = fitting[0]
            shape = taken.shape
            wanted = stated_shape(prepared, shape)
            if wanted == shape:
                self.walks.known[prepared, inputs] = taken
            elif fitting:
                taken = fitting[0]
            else:
                report_stated(self, index, prepared, inputs, shape, *(it.shape for it in others))
                taken = taken._replace(shape=wanted) if wanted.alike(shape) else taken
                self.doubts.note(index, taken.shape, (shape, *(it.shape for it in others)))
        if fitting:
            self.doubts.note(index, taken.shape, (it.shape for it in fitting))
        return taken

    def _others(self, index: int, prepared: Prepared, inputs: Inputs) -> list[Inferred]:
        """Return what a row is on the other shapes that its inputs may have."""
        found = []
        for other in self.doubts.inputs(self.connections.reads[index] or (), inputs):
            try:
                found.append(inferred_of(prepared, other, self.walks.limits))
            except Fault:
                continue
        return found
