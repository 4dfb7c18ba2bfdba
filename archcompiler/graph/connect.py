"""The connections of rows: names, `from`, outputs, cycles, and layers that nothing reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from archcompiler.diagnostics import Diagnostic, Findings, Label
from archcompiler.graph.topological_order import order_of
from archcompiler.language.names import MISSING
from archcompiler.language.nodes import MappingNode, Node, ScalarNode, field_span, span_of
from archcompiler.language.rows import FAULTY, Row
from archcompiler.language.spec import Spec
from archcompiler.operations.words import nearest

MAXIMUM_SHOWN = 20  # layers of a cycle
MAXIMUM_GUESSES = 20  # unknown names for which a similar one is looked for


class Read(NamedTuple):
    """One input of a row: the index of another row, or -1, -2, … for the inputs of the block.

    `inside` is the rest of a dotted name, as `0.conv1` of `layer2.0.conv1`. `name` is the node of
    the name; None if the row has no `from`.
    """

    row: int
    inside: str = ""
    name: ScalarNode | None = None


class Connections(NamedTuple):
    """The names of rows, and what each reads; None if that is not known.

    `order` is an order of computation, `stuck` are rows that depend on a cycle.
    """

    names: list[str]
    reads: list[tuple[Read, ...] | None]
    order: Sequence[int]
    stuck: list[int]
    outputs: list[Read]


def connect(
    spec: Spec, rows: list[Row], findings: Findings, inputs: Sequence[str] = ()
) -> Connections:
    """Resolve all names in `rows`; `inputs` are the names of the block's inputs.

    Unknown and duplicate names, cycles and layers that nothing reads are reported.
    """
    return _Connector(spec, rows, findings, inputs).connections()


class _Connector:
    def __init__(
        self, spec: Spec, rows: list[Row], findings: Findings, inputs: Sequence[str]
    ) -> None:
        self.spec = spec
        self.rows = rows
        self.findings = findings
        self.inputs = inputs
        self.names: list[str] = []
        self.index = {name: -1 - number for number, name in enumerate(inputs)}
        self.all_known = True  # whether every `from` could be resolved
        self.guesses = 0

    def connections(self) -> Connections:
        self._name_rows()
        reads = [self._reads(index, row) for index, row in enumerate(self.rows)]
        edges = [_edges(sources) for sources in reads]
        order, cycles = order_of(edges)
        for cycle in cycles:
            self._report_cycle(cycle)
        in_cycles = {index for cycle in cycles for index in cycle}
        placed = set(order) if cycles else ()
        stuck = [
            index
            for index in (range(len(edges)) if cycles else ())
            if index not in placed and index not in in_cycles
        ]
        outputs = self._outputs()
        if not cycles and self.all_known:
            self._report_unread(reads, outputs)
        return Connections(self.names, reads, order, stuck, outputs)

    def _place(self, node: Node, field: str) -> Label:
        return Label(field_span(node, self.spec.source, field))

    def _name_rows(self) -> None:
        for index, row in enumerate(self.rows):
            self.names.append(row.name)
            if not row.name:
                continue
            first = self.index.setdefault(row.name, index)
            here = self._place(row.node, "layer")._replace(text="named again here")
            if first < 0:
                message = f"`{row.name}` is what the block is given: a layer needs another name"
                self.findings.add(Diagnostic("ARC303", message, here))
            elif first != index:
                there = self._place(self.rows[first].node, "layer")._replace(text="first here")
                message = f"two layers are named `{row.name}`"
                self.findings.add(Diagnostic("ARC303", message, here, (there,)))
        counts: dict[str, int] = {}
        for index, row in enumerate(self.rows):
            if not row.name:
                kind = row.kind
                number, name = counts.get(kind, 0), ""
                while not name or name in self.index:
                    number += 1
                    name = f"{kind}_{number}"
                counts[kind] = number
                self.names[index] = name
                self.index[name] = index

    def _reads(self, index: int, row: Row) -> tuple[Read, ...] | None:
        if not isinstance(row.node, MappingNode):  # it cannot be known what it reads
            self.all_known = False
        if row.reads is not None:
            return self._resolve(self.names[index], row.reads)
        if row.is_input:
            if row.used is False:  # an input reads nothing to pass on
                message = f"`{self.names[index]}` is an input, which `when` cannot leave out"
                self.findings.add(Diagnostic("ARC305", message, self._place(row.node, "when")))
            return ()
        if index > 0:
            return (Read(index - 1),)
        if self.inputs:
            return (Read(-1),)
        if row.outcome is not FAULTY:
            self.findings.add(
                Diagnostic(
                    "ARC305",
                    "the first layer is not an input, and there is none above it",
                    self._place(row.node, "type"),
                    help=("begin with `- {layer: In, type: input, maps: 3, size: 227x227}`",),
                )
            )
        return None

    def _resolve(self, row: str, names: list[ScalarNode]) -> tuple[Read, ...] | None:
        if not names:  # a faulty `from`, which was reported
            self.all_known = False
            return None
        found = [self._named(name, f"`{row}` reads") for name in names]
        known = tuple(read for read in found if read is not None)
        return known if len(known) == len(names) else None

    def _named(self, name: ScalarNode, what: str) -> Read | None:
        first, _, inside = name.text.partition(".")
        if first in self.index:
            return Read(self.index[first], inside, name)
        self.all_known = False
        self._report_unknown(name, what)
        return None

    def _report_unknown(self, name: ScalarNode, what: str) -> None:
        self.guesses += 1
        known = nearest(name.text, self.index) if self.guesses <= MAXIMUM_GUESSES else None
        labels: tuple[Label, ...] = ()
        if known is not None and self.index[known] >= 0:
            place = self._place(self.rows[self.index[known]].node, "layer")
            labels = (place._replace(text="a similar name"),)
        self.findings.add(
            Diagnostic(
                "ARC301",
                f"{what} `{name.text}`, and no layer has that name",
                Label(span_of(name, self.spec.source)),
                labels,
                help=(f"did you mean `{known}`?",) if known else (),
            )
        )

    def _report_cycle(self, cycle: list[int]) -> None:
        names = [self.names[index] for index in [*cycle, cycle[0]]]
        gap = ["..."] if len(cycle) > MAXIMUM_SHOWN else []
        path = " -> ".join([*names[:-1][:MAXIMUM_SHOWN], *gap, names[-1]])
        first, *others = [
            self._place(self.rows[index].node, "from")._replace(text=f"`{name}` reads `{read}`")
            for index, name, read in zip(cycle[:MAXIMUM_SHOWN], names, names[1:], strict=False)
        ]
        message = f"the layers {path} wait for each other"
        if len(cycle) == 1:
            message, first = f"`{names[0]}` reads itself", first._replace(text="")
        self.findings.add(Diagnostic("ARC302", message, first, tuple(others)))

    def _outputs(self) -> list[Read]:
        if self.spec.outputs is None:
            return [Read(len(self.rows) - 1)] if self.rows else []
        found: dict[tuple[int, str], Read] = {}
        for name in self.spec.outputs:
            read = self._named(name, "`outputs` names")
            if read is not None and read is not found.setdefault(read[:2], read):
                self._report_twice(name, found[read[:2]].name)
        return list(found.values())

    def _report_twice(self, name: ScalarNode, first: ScalarNode | None) -> None:
        assert first is not None
        here = Label(span_of(name, self.spec.source), "named again here")
        there = Label(span_of(first, self.spec.source), "first here")
        message = f"`outputs` names `{name.text}` twice: a layer is one output"
        self.findings.add(
            Diagnostic("ARC303", message, here, (there,), help=("remove one of them",))
        )

    def _report_unread(self, reads: list[tuple[Read, ...] | None], outputs: Iterable[Read]) -> None:
        read = {output.row for output in outputs}
        for sources in reads:
            read.update(source.row for source in sources or ())
        if len(read) >= len(self.rows) + len(self.inputs):
            return
        self._report_unread_inputs(read)
        for index, row in enumerate(self.rows):
            if index in read or row.used is False or row.outcome is FAULTY:
                continue
            if index + 1 < len(self.rows) and reads[index + 1] is None:
                continue  # the row below failed, and may be its reader
            if self._may_be_left_out(row):
                continue
            self.findings.add(
                Diagnostic(
                    "ARC306",
                    f"no layer reads `{self.names[index]}`, and it is not an output",
                    self._place(row.node, "layer"),
                    help=("name it in `outputs`, let a layer read it (`from`), or remove it",),
                )
            )

    def _may_be_left_out(self, row: Row) -> bool:
        """Whether the row has a `when`, in a block that no row uses: arguments are unknown."""
        conditional = isinstance(row.node, MappingNode) and "when" in row.node.names
        return conditional and MISSING in self.spec.parameters.values()

    def _report_unread_inputs(self, read: set[int]) -> None:
        if self.inputs and not any(row.is_input for row in self.rows):
            for number, name in enumerate(self.inputs):
                if -1 - number not in read:
                    message = f"no row of the block `{self.spec.name}` reads `{name}`"
                    place = self._place(self.rows[0].node, "from")
                    self.findings.add(Diagnostic("ARC306", message, place))


def _edges(reads: tuple[Read, ...] | None) -> tuple[int, ...]:
    return tuple(read.row for read in reads or () if read.row >= 0)
