"""What the walks over a network and over its blocks share."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

from archcompiler.diagnostics import Fault, Findings, Label, Span
from archcompiler.graph.body import Body
from archcompiler.graph.graph import Limits
from archcompiler.graph.infer import Inferred
from archcompiler.graph.walk import Reading, Walk, reading_of
from archcompiler.language.blocks import Block
from archcompiler.language.defaults import Defaults
from archcompiler.language.names import MISSING
from archcompiler.language.rows import Called, Prepared, RowReader
from archcompiler.language.spec import Spec
from archcompiler.operations import Inputs, Shape

DEEPEST = 32  # blocks in blocks
Key = tuple[Any, ...]  # a block, its arguments, what it is given, and where the arguments stand


class Walked(NamedTuple):
    """The rows of a block; None if they have faults. Its shape may be known all the same.

    It is not `sure` where it is what a row states, and computes to something else.
    """

    body: Body | None
    shape: Shape | None
    sure: bool


class Walks:
    """What the walks over a network and its blocks share: equal uses of a block are walked once."""

    def __init__(self, findings: Findings, limits: Limits) -> None:
        self.findings = findings
        self.limits = limits
        self.known: dict[tuple[Prepared, Inputs], Inferred] = {}
        self.bodies: dict[Key, Walked] = {}
        self.readings: dict[Key, Reading] = {}
        self.defaults: dict[int, Defaults] = {}
        self.walked: set[Block] = set()
        self.blaming: set[Key] = set()  # uses whose faults are those of what they are given
        self.open: list[tuple[str, Block]] = []  # the uses that lead to the rows in hand
        self.steps = 0  # rows in blocks and copies of rows
        self.told = True  # whether faults are for people, who want to know what would be right
        self.joins = 0  # for which edits were looked for
        self.readers: dict[int, Counter[int]] = {}

    def network(self, spec: Spec) -> Body | None:
        """Return the rows of a network with their shapes; None if faults were reported.

        Blocks that no row came to use are looked at without shapes and arguments.
        """
        body = Walk(self, reading_of(self.reader(spec), ())).body()
        unchecked = self.findings.unchecked
        for block in spec.blocks.values():
            if block is not None and block not in self.walked and not block.whole:
                rows = block.rows(dict.fromkeys(block.parameters, MISSING))
                Walk(self, reading_of(self.reader(rows), block.inputs), block).look()
        self.findings.unchecked = unchecked  # no use of these rows waits for anything
        return body

    def on_trial(self) -> Walks:
        """Return the same for walks whose faults are not told, and whose bodies are not kept."""
        trial = Walks(Findings(), self.limits)
        trial.known, trial.defaults, trial.open = self.known, self.defaults, list(self.open)
        trial.steps, trial.told = self.steps, False
        return trial

    def reader(self, spec: Spec) -> RowReader:
        """Return a reader of rows; a spec's defaults are read once for all its blocks."""
        reader = RowReader(spec, self.findings, self.defaults.get(id(spec.blocks)))
        self.defaults[id(spec.blocks)] = reader.defaults
        return reader

    def use(self, name: str, called: Called, shapes: Inputs, span: Span) -> Walked:
        """Return the rows of a block with their shapes, and the shape that it gives."""
        block = called.block
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
        key: Key = (block, repr(sorted(called.arguments.items())), shapes)
        if key in self.blaming:  # what is wrong is what each use writes: it is told at each
            key = (*key, _places(called))
        if key not in self.bodies:
            full = ".".join([*(other for other, _ in self.open), name])
            self.walked.add(block)
            self.open.append((name, block))
            before = len(self.findings.diagnostics)
            with self.findings.used(Label(span, f"in `{full}`, used here")):
                self.bodies[key] = self._walked(block, called, shapes, key[3:])
            self.open.pop()
            new = self.findings.diagnostics[before:]
            if new and any(found.span in _places(called) for found in new):
                self.blaming.add(key[:3])
                self.bodies[(*key[:3], _places(called))] = self.bodies[key]
        return self.bodies[key]

    def _walked(self, block: Block, called: Called, shapes: Inputs, places: Key) -> Walked:
        key = (block, repr(sorted(called.arguments.items())), *places)
        if key not in self.readings:
            spec = block.rows(called.arguments)
            spec = spec._replace(origins={**spec.origins, **called.written})
            inputs = () if block.whole else block.inputs
            self.readings[key] = reading_of(self.reader(spec), inputs)
        walk = Walk(self, self.readings[key], block, shapes)
        body = walk.body()
        return Walked(body, walk.shape, walk.sure)

    def count(self, layers: int, span: Span) -> None:
        """Stop where blocks and repeated rows make too many layers."""
        self.steps += 1
        if max(layers, self.steps) > self.limits.layers:
            fault = Fault(
                "ARC406",
                f"blocks and repeated rows make more than {self.limits.layers:,} layers",
                help=["`--limit layers=NUMBER` raises the limit"],
            )
            self.findings.stop(fault.at(span))


def _places(called: Called) -> frozenset[Span]:
    """Return where the arguments of a use come from."""
    return frozenset(it.origin(certain=True).span for it in called.written.values())
