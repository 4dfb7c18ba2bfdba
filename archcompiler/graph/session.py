"""The check of one network: what the walks over its rows and those of its blocks share."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

from archcompiler.diagnostics import Fault, Findings, Label, Span
from archcompiler.graph.body import Body
from archcompiler.graph.derived import with_derived
from archcompiler.graph.graph import Limits
from archcompiler.graph.infer import Inferred
from archcompiler.graph.walk import Reading, Walk, reading_of
from archcompiler.language.blocks import Block
from archcompiler.language.defaults import Defaults
from archcompiler.language.names import MISSING
from archcompiler.language.rows import BlockCall, Checked, RowReader
from archcompiler.language.spec import Spec
from archcompiler.operations import Inputs, Shape

DEEPEST = 32  # blocks in blocks
Key = tuple[Any, ...]  # a block, its arguments, the shapes of its inputs, places of arguments


class Walked(NamedTuple):
    """A use of a block: its rows with their shapes, and its shape.

    `body` is None if the rows have faults; the shape may be known nevertheless. The shape is not
    `sure` where it is merely stated by a row that computes to another.
    """

    body: Body | None
    shape: Shape | None
    sure: bool


class Session:
    """Findings, limits and caches of one check: equal uses of a block are walked just once."""

    def __init__(self, findings: Findings, limits: Limits) -> None:
        self.findings = findings
        self.limits = limits
        self.inferred: dict[tuple[Checked, Inputs], Inferred] = {}
        self.bodies: dict[Key, Walked] = {}
        self.readings: dict[Key, Reading] = {}
        self.defaults: dict[int, Defaults] = {}
        self.used: set[Block] = set()
        self.faulty_arguments: set[Key] = set()  # uses whose faults are in their arguments
        self.open: list[tuple[str, Block]] = []  # the uses that lead to the current rows
        self.steps = 0  # rows in blocks and copies of rows
        self.is_trial = False  # whether faults are only counted, so that they need no suggestions
        self.joins = 0  # for which edits were looked for
        self.reader_counts: dict[int, Counter[int]] = {}  # by the id of the connections

    def network(self, spec: Spec) -> Body | None:
        """Return the rows of a network with their shapes; None if faults were reported.

        The rows of unused blocks are checked as far as that goes without shapes and arguments.
        """
        body = Walk(self, reading_of(self.reader(spec), ())).body()
        unchecked = self.findings.unchecked
        for block in spec.blocks.values():
            if block is not None and block not in self.used and not block.whole:
                rows = block.rows(dict.fromkeys(block.parameters, MISSING))
                reading = reading_of(self.reader(rows), block.inputs)
                Walk(self, reading, block).check_without_inputs()
        self.findings.unchecked = unchecked  # rows of unused blocks do not count
        return body

    def on_trial(self) -> Session:
        """Return a session with the same caches but findings and bodies of its own."""
        trial = Session(Findings(), self.limits)
        trial.inferred, trial.defaults, trial.open = self.inferred, self.defaults, list(self.open)
        trial.steps, trial.is_trial = self.steps, True
        return trial

    def reader(self, spec: Spec) -> RowReader:
        """Return a reader of rows; a spec's defaults are read once for all its blocks."""
        reader = RowReader(spec, self.findings, self.defaults.get(id(spec.blocks)))
        self.defaults[id(spec.blocks)] = reader.defaults
        return reader

    def use(self, name: str, call: BlockCall, shapes: Inputs, span: Span) -> Walked:
        """Return the use `name` of a block on inputs of these shapes; `span` is where it stands.

        Raises:
            Fault: The block uses itself, is nested too deep, or has another number of inputs.
        """
        block = call.block
        if any(block is other for _, other in self.open):
            blocks = [other.name for _, other in self.open] + [block.name]
            path = " -> ".join(blocks[blocks.index(block.name) :])
            raise Fault("ARC307", f"a block cannot use itself: {path}", field="type")
        if len(self.open) == DEEPEST:
            raise Fault("ARC406", f"blocks are used in blocks {DEEPEST} deep at most", field="type")
        if len(shapes) != len(block.inputs):
            names = ", ".join(f"`{name}`" for name in block.inputs)
            message = f"the block `{block.name}` reads {len(block.inputs)} ({names})"
            raise Fault("ARC304", f"{message}, but is given {len(shapes)}", field="from")
        full = ".".join([*(other for other, _ in self.open), name])
        used_here = Label(span, f"in `{full}`, used here")
        with self.findings.used(used_here):
            settled = with_derived(call, shapes, self.findings)
        if settled is None:
            self.used.add(block)
            return Walked(None, None, False)
        call = settled
        key: Key = (block, repr(sorted(call.arguments.items())), shapes)
        if key in self.faulty_arguments:  # such a fault is reported at each use that has it
            key = (*key, _places(call))
        if key not in self.bodies:
            self.used.add(block)
            self.open.append((name, block))
            before = len(self.findings.diagnostics)
            with self.findings.used(used_here):
                self.bodies[key] = self._walked(block, call, shapes, key[3:])
            self.open.pop()
            new = self.findings.diagnostics[before:]
            if new and any(found.span in _places(call) for found in new):
                self.faulty_arguments.add(key[:3])
                self.bodies[(*key[:3], _places(call))] = self.bodies[key]
        return self.bodies[key]

    def _walked(self, block: Block, call: BlockCall, shapes: Inputs, places: Key) -> Walked:
        key = (block, repr(sorted(call.arguments.items())), *places)
        if key not in self.readings:
            spec = block.rows(call.arguments)
            spec = spec._replace(origins={**spec.origins, **call.provenance})
            inputs = () if block.whole else block.inputs
            self.readings[key] = reading_of(self.reader(spec), inputs)
        walk = Walk(self, self.readings[key], block, shapes)
        body = walk.body()
        return Walked(body, walk.shape, walk.sure)

    def count(self, layers: int, span: Span) -> None:
        """Count a step.

        Raises:
            SpecError: Blocks and repeated rows make more layers than the limit.
        """
        self.steps += 1
        if max(layers, self.steps) > self.limits.layers:
            fault = Fault(
                "ARC406",
                f"blocks and repeated rows make more than {self.limits.layers:,} layers",
                help=["`--limit layers=NUMBER` raises the limit"],
            )
            self.findings.stop(fault.at(span))


def _places(call: BlockCall) -> frozenset[Span]:
    """Return where the arguments of a use are written."""
    return frozenset(it.origin(certain=True).span for it in call.provenance.values())
