"""The walk over the rows of a network or a block: shapes, and the check of each stated size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from archcompiler.diagnostics import Fault
from archcompiler.graph.alternatives import Alternatives, best_inputs
from archcompiler.graph.body import Body, Item, Passed, Path, Repeat, Use, shape_inside, size_of
from archcompiler.graph.connect import Connections, Read, connect
from archcompiler.graph.infer import Inferred, fits, inferred_of
from archcompiler.graph.layer import Layer
from archcompiler.graph.row_faults import place_of, report, report_stated
from archcompiler.graph.shape_names import UNKNOWN_READS, mentions, of_inputs, of_reads
from archcompiler.graph.stated import given_fault, stated_shape
from archcompiler.graph.stated_fallback import fallback_shape
from archcompiler.language.blocks import Block
from archcompiler.language.nodes import MappingNode, span_of
from archcompiler.language.rows import FAULTY, BlockCall, Checked, Deferred, Row, RowReader
from archcompiler.operations import Inputs, Shape

if TYPE_CHECKING:
    from archcompiler.graph.session import Session


class Reading(NamedTuple):
    """The rows of a network, or of a block with its arguments, as read before shapes are known."""

    reader: RowReader
    rows: list[Row]
    connections: Connections
    faulty: bool


def reading_of(reader: RowReader, inputs: tuple[str, ...]) -> Reading:
    """Read the rows of a spec or block, and report their faults; `inputs` are the block's."""
    before = reader.findings.found
    rows = reader.rows(inputs)
    connections = connect(reader.spec, rows, reader.findings, inputs)
    return Reading(reader, rows, connections, reader.findings.found > before)


class Walk:
    """Computes the shapes of rows, in an order in which each row reads only earlier ones.

    A fault is reported once. A row that fails has no item, and the rows that read it are not
    checked against its shape; but if it states its shape in full, they are checked against that
    (`stated_fallback`). A row that states another shape than it computes to goes on with the
    stated one, and the computed one is noted in `alternatives`.
    """

    def __init__(
        self, session: Session, reading: Reading, block: Block | None = None, shapes: Inputs = ()
    ) -> None:
        self.session = session
        self.findings = session.findings
        self.faults_before = self.findings.found
        self.block = block
        self.inputs = block.inputs if block else ()
        self.input_shapes = shapes
        self.shape_names = of_inputs(() if block is None or block.whole else block.inputs, shapes)
        self.reader, self.rows, self.connections, self.failed = reading
        self.source = self.reader.spec.source
        self.items: list[Item | None] = [None] * len(self.rows)  # None: not yet, or failed
        self.alternatives = Alternatives()
        # Deferred rows, by all that their expressions may use: copies are often alike.
        self.resolved: dict[tuple[Any, ...], BlockCall | Checked | None] = {}
        self.shape: Shape | None = None  # of the first output, once the rows were walked
        self.sure = True  # whether that shape is computed, and not merely stated by a row
        # Stated and computed shape of uses and repeated rows that failed.
        self.failed_shapes: dict[int, tuple[Shape, Shape]] = {}
        self.on_fallback: set[int] = set()  # rows that failed, and go on with what they state
        self.misstated: set[int] = set()  # rows whose `maps` or `size` is the fault
        self.inputs_taken = 0  # of the block's inputs, by rows of type input

    def body(self) -> Body | None:
        """Return all rows with their shapes; None if there are faults."""
        layers = 0
        for index in self.connections.order:
            item = self.items[index] = self._item(index) or self._fallback(index)
            if item is not None and not isinstance(item, Layer):
                layers += size_of(item)
                self.session.count(layers, span_of(item.node, self.source))
            elif self.block is not None:
                self.session.count(0, span_of(self.rows[index].node, self.source))
        self.findings.unchecked += len(self.connections.stuck)
        self._check_cycles()
        outputs = [self.source_of(read) for read in self.connections.outputs]
        self.shape = outputs[0][1] if outputs and outputs[0] else None
        self.sure = all(read.row not in self.alternatives for read in self.connections.outputs)
        if self.findings.found > self.faults_before or self.failed or None in outputs:
            return None
        items = [self.items[index] for index in self.connections.order]
        names = [source[0] for source in outputs if source]
        parameters = self.reader.spec.parameters
        return Body(filter(None, items), names, self.inputs, self.input_shapes, parameters)

    def check_without_inputs(self) -> None:
        """Report what is wrong with the rows of a block that no row uses: it has no inputs."""
        for index, row in enumerate(self.rows):
            if row.is_input:
                self._block_input(index)
            elif row.outcome is not FAULTY:
                self._check_without_inputs(row)

    def _fallback(self, index: int) -> Item | None:
        """Return an item of the shape that a failed row states, so that its readers are checked."""
        self.failed = True
        row = self.rows[index]
        shape: Shape | None
        if index in self.failed_shapes:
            shape, computed = self.failed_shapes[index]
            self.alternatives.note(index, shape, [computed])
        else:
            shape = None if index in self.misstated else fallback_shape(self, index)
        if shape is None or not fits(shape, self.session.limits):
            return None
        self.on_fallback.add(index)
        return Passed(self.connections.names[index], (), shape, row.node)

    def _item(self, index: int) -> Item | None:
        row, reads = self.rows[index], self.connections.reads[index]
        outcome = row.outcome
        if reads is None or outcome is FAULTY:
            return None  # reported already
        if row.is_input and self.block is not None:
            return self._block_input(index)
        sources = [self.source_of(read) for read in reads]
        known = [source for source in sources if source is not None]
        if len(known) < len(sources):
            self.findings.unchecked += 1
            self._check_without_inputs(row)
            return None
        paths = tuple(path for path, _ in known)
        shapes = tuple(shape for _, shape in known)
        name, used = self.connections.names[index], row.used
        if used is None:
            assert isinstance(row.node, MappingNode)
            reader = self.reader.given({**self.shape_names, **of_reads(shapes)})
            used = reader.used(row.node, inputs_known=True)
        if not used and paths:
            self.alternatives.note(index, shapes[0], self.alternatives.of(reads[0].row))
            return Passed(name, paths, shapes[0], row.node)
        if isinstance(outcome, Checked):
            return self._layer(index, name, outcome, paths, shapes)
        others = self.alternatives.inputs(reads, shapes) if self.alternatives else []
        if others:
            shapes = best_inputs(self, index, outcome, paths, [shapes, *others])
        return self.deferred_item(index, outcome, paths, shapes)

    def deferred_item(
        self, index: int, deferred: Deferred, paths: tuple[Path, ...], shapes: Inputs
    ) -> Item | None:
        """Return a deferred row that reads `shapes`; None if there are faults."""
        if deferred.repeated:
            return self._repeat(index, deferred, paths, shapes)
        return self._one(index, self.connections.names[index], deferred, paths, shapes, {})

    def _check_without_inputs(self, row: Row) -> None:
        """Report what is wrong with a deferred row whose inputs will never be known."""
        node, deferred = row.node, row.outcome
        if (
            isinstance(node, MappingNode)
            and isinstance(deferred, Deferred)
            and row.used is not False
        ):
            reader = self.reader.given({**self.shape_names, **UNKNOWN_READS})
            if deferred.repeated:
                reader.copies(node)
                reader = reader.given({"index": 0})
            if isinstance(deferred.of, Block):
                reader.block_call(node, deferred.of)
            else:
                reader.check(node, deferred.of)

    def _check_cycles(self) -> None:
        """Report what is wrong with the rows of cycles, and with those that depend on them."""
        if len(self.connections.order) < len(self.rows):
            self.failed = True
            for index in set(range(len(self.rows))).difference(self.connections.order):
                self._check_without_inputs(self.rows[index])

    def source_of(self, read: Read) -> tuple[Path, Shape] | None:
        """Return the path and the shape of what is read; None if that is not known."""
        inside = f".{read.inside}" if read.inside else ""
        if read.row < 0:
            name, shape = self.inputs[-1 - read.row], self.input_shapes[-1 - read.row]
            found = None if inside else shape
        else:
            name, item = self.connections.names[read.row], self.items[read.row]
            if item is None or (inside and read.row in self.on_fallback):
                return None
            found = shape_inside(item, read.inside)
        if found is None:
            assert read.name is not None
            fault = Fault("ARC301", f"`{name}` has nothing inside that is named `{read.inside}`")
            self.findings.add(fault.at(span_of(read.name, self.source)))
            return None
        return name + inside, found

    def _block_input(self, index: int) -> Item | None:
        """Return the input of the block that a row of type input stands for; check its size."""
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
        number, self.inputs_taken = self.inputs_taken, self.inputs_taken + 1
        shape = self.input_shapes[number]
        assert isinstance(row.outcome, Checked)
        assert row.outcome.operation is not None
        fault = given_fault(row.outcome.operation.shape(()), shape)
        if fault is not None:
            report(self, index, fault)
            return None
        return Passed(name, (self.inputs[number],), shape, row.node)

    def _repeat(
        self, index: int, deferred: Deferred, paths: tuple[Path, ...], shapes: Inputs
    ) -> Item | None:
        node = self.rows[index].node
        assert isinstance(node, MappingNode)
        count = self.reader.given({**self.shape_names, **of_reads(shapes)}).copies(node)
        if count is None:
            return None
        copies: list[Layer | Use] = []
        layers, inputs, before = 0, paths, self.findings.found
        others, other_shapes = paths[1:], shapes[1:]  # which each copy reads as they stand
        for number in range(count):
            last = number == count - 1  # the row states what its last copy gives
            one = self._one(index, str(number), deferred, inputs, shapes, {"index": number}, last)
            if one is None and index in self.failed_shapes:  # other copies may have other faults
                shapes = (self.failed_shapes[index][0], *other_shapes)
                continue
            if one is None:
                return None
            copies.append(one)
            layers += size_of(one)
            self.session.count(layers, span_of(node, self.source))
            inputs, shapes = (one.name, *others), (one.shape, *other_shapes)
        if len(copies) < count or self.findings.found > before:
            self.failed_shapes.setdefault(index, (shapes[0], shapes[0]))
            return None
        return Repeat(self.connections.names[index], tuple(copies), paths, node, self.source)

    def _one(
        self,
        index: int,
        name: str,
        deferred: Deferred,
        paths: tuple[Path, ...],
        shapes: Inputs,
        names: Mapping[str, Any],
        stated: bool = True,
    ) -> Layer | Use | None:
        """Return a deferred row, or one of its copies under `name`.

        `names` are those that the copy adds for expressions. The sizes that the row states are
        checked if `stated`.
        """
        known = {**names, **self.shape_names, **of_reads(shapes)}
        found = self._resolve(index, deferred, known, stated)
        if found is None or (isinstance(found, Checked) and found.operation is None):
            return None
        if isinstance(found, Checked):
            return self._layer(index, name, found, paths, shapes)
        return self._use(index, name, found, paths, shapes)

    def _resolve(
        self, index: int, deferred: Deferred, names: Mapping[str, Any], stated: bool
    ) -> BlockCall | Checked | None:
        """Return what a deferred row says, now that its expressions know all their `names`."""
        node = self.rows[index].node
        assert isinstance(node, MappingNode)
        key = (
            index,
            stated,
            *(names.get(word) for word in names if mentions(node, word.partition(".")[0])),
        )
        if key not in self.resolved:
            reader, of = self.reader.given(names), deferred.of
            found = reader.block_call(node, of) if isinstance(of, Block) else reader.check(node, of)
            self.resolved[key] = found if stated or found is None else found.unstated()
        return self.resolved[key]

    def _use(
        self, index: int, name: str, call: BlockCall, paths: tuple[Path, ...], shapes: Inputs
    ) -> Use | None:
        row = self.rows[index]
        if name != self.connections.names[index]:
            full = f"{self.connections.names[index]}.{name}"
        else:
            full = name
        try:
            body, shape, sure = self.session.use(full, call, shapes, place_of(self, index, "type"))
        except Fault as fault:
            report(self, index, fault)
            return None
        if shape is None:
            self.findings.unchecked += 1
            return None
        wanted = stated_shape(call, shape)
        if wanted != shape and sure:
            report_stated(self, index, call, shapes, shape)
        if body is None or wanted != shape:
            self.failed_shapes[index] = wanted, shape
            return None
        arguments = {parameter: body.parameters[parameter] for parameter in call.block.parameters}
        return Use(name, call.block, arguments, paths, body, row.node, self.source)

    def _layer(
        self, index: int, name: str, checked: Checked, paths: tuple[Path, ...], shapes: Inputs
    ) -> Layer | None:
        inferred = self._infer(index, checked, shapes)
        if inferred is None:
            return None
        return Layer(
            name,
            inferred.operation,
            checked.activation,
            paths,
            shapes,
            *inferred[1:],
            self.rows[index].node,
            self.source,
        )

    def _infer(self, index: int, checked: Checked, inputs: Inputs) -> Inferred | None:
        """Return shape, parameters and costs of a row; None if a fault was reported."""
        others = self._others(index, checked, inputs) if self.alternatives else []
        fitting = [it for it in others if stated_shape(checked, it.shape) == it.shape]
        taken = self.session.inferred.get((checked, inputs))
        if taken is None:
            try:
                taken = inferred_of(checked, inputs, self.session.limits)
            except Fault as fault:
                if not fitting:
                    report(self, index, fault, checked)
                    return None
                taken = fitting[0]
            shape = taken.shape
            wanted = stated_shape(checked, shape)
            if wanted == shape:
                self.session.inferred[checked, inputs] = taken
            elif fitting:
                taken = fitting[0]
            else:
                report_stated(self, index, checked, inputs, shape, *(it.shape for it in others))
                taken = taken._replace(shape=wanted) if wanted.alike(shape) else taken
                self.alternatives.note(index, taken.shape, (shape, *(it.shape for it in others)))
        if fitting:
            self.alternatives.note(index, taken.shape, (it.shape for it in fitting))
        return taken

    def _others(self, index: int, checked: Checked, inputs: Inputs) -> list[Inferred]:
        """Return what a row computes to on the alternatives of its inputs."""
        found = []
        for other in self.alternatives.inputs(self.connections.reads[index] or (), inputs):
            try:
                found.append(inferred_of(checked, other, self.session.limits))
            except Fault:
                continue
        return found
