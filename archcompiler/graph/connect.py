"""Who reads whom: names, `from`, rows left out by `when`, outputs, and layers nobody reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from archcompiler.diagnostics import Diagnostic, Findings, Label
from archcompiler.graph.order import order_of
from archcompiler.language.nodes import Node, Scalar, field_span, span_of
from archcompiler.language.rows import Row
from archcompiler.language.spec import Spec
from archcompiler.operations.words import nearest

MAXIMUM_SHOWN = 20  # layers of a cycle
MAXIMUM_GUESSES = 20  # unknown names for which a similar one is looked for


class Connections(NamedTuple):
    """For each row its name and the rows that it reads (None where that is not known).

    `order` is an order of computation; `stuck` are rows that wait for a cycle.
    """

    names: list[str]
    edges: list[tuple[int, ...] | None]
    order: Sequence[int]
    stuck: list[int]
    outputs: list[str]


def connect(spec: Spec, rows: list[Row], findings: Findings) -> Connections:
    """Resolve all names of `rows` and report those that cannot be."""
    return _Connector(spec, rows, findings).connections()


class _Connector:
    def __init__(self, spec: Spec, rows: list[Row], findings: Findings) -> None:
        self.spec = spec
        self.rows = rows
        self.findings = findings
        self.names: list[str] = []
        self.index: dict[str, int] = {}
        self.all_known = True  # whether every `from` could be resolved
        self.guesses = 0

    def connections(self) -> Connections:
        self._name_rows()
        edges = [self._edges(index, row) for index, row in enumerate(self.rows)]
        order, cycles = order_of([sources or () for sources in edges])
        for cycle in cycles:
            self._report_cycle(cycle)
        edges = self._past_unused(edges, order)
        in_cycles = {index for cycle in cycles for index in cycle}
        placed = set(order) if cycles else ()
        stuck = [
            index
            for index in (range(len(edges)) if cycles else ())
            if index not in placed and index not in in_cycles
        ]
        outputs = self._outputs(edges)
        if not cycles and self.all_known:
            self._report_unread(edges, outputs)
        return Connections(self.names, edges, order, stuck, [self.names[i] for i in outputs])

    def _place(self, node: Node, field: str) -> Label:
        return Label(field_span(node, self.spec.source, field))

    def _name_rows(self) -> None:
        for index, row in enumerate(self.rows):
            self.names.append(row.name)
            if not row.name:
                continue
            first = self.index.setdefault(row.name, index)
            if first != index:
                here = self._place(row.node, "layer")._replace(text="named again here")
                there = self._place(self.rows[first].node, "layer")._replace(text="first here")
                message = f"two layers are named `{row.name}`"
                self.findings.add(Diagnostic("ARC303", message, here, (there,)))
        counts: dict[str, int] = {}
        for index, row in enumerate(self.rows):
            if not row.name:
                kind = row.prepared.operation.type if row.prepared.operation else "layer"
                number, name = counts.get(kind, 0), ""
                while not name or name in self.index:
                    number += 1
                    name = f"{kind}_{number}"
                counts[kind] = number
                self.names[index] = name
                self.index[name] = index

    def _edges(self, index: int, row: Row) -> tuple[int, ...] | None:
        if row.reads is not None:
            return self._resolve(self.names[index], row.reads)
        operation = row.prepared.operation
        if operation is not None and operation.maximum_inputs == 0:
            if not row.used:  # another row passes on what it reads: an input has nothing
                message = f"`{self.names[index]}` is an input, which `when` cannot leave out"
                self.findings.add(Diagnostic("ARC305", message, self._place(row.node, "when")))
            return ()
        if index > 0:
            return (index - 1,)
        if operation is not None:
            self.findings.add(
                Diagnostic(
                    "ARC305",
                    "the first layer is not an input, and there is none above it",
                    self._place(row.node, "type"),
                    help=("begin with `- {layer: In, type: input, maps: 3, size: 227x227}`",),
                )
            )
        return None

    def _resolve(self, row: str, names: list[Scalar]) -> tuple[int, ...] | None:
        if not names:  # a faulty `from`, which was reported
            self.all_known = False
            return None
        found = []
        for name in names:
            if name.text in self.index:
                found.append(self.index[name.text])
            else:
                self.all_known = False
                self._report_unknown(name, f"`{row}` reads")
        return tuple(found) if len(found) == len(names) else None

    def _report_unknown(self, name: Scalar, what: str) -> None:
        self.guesses += 1
        known = nearest(name.text, self.index) if self.guesses <= MAXIMUM_GUESSES else None
        labels: tuple[Label, ...] = ()
        if known is not None:
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

    def _past_unused(
        self, edges: list[tuple[int, ...] | None], order: Sequence[int]
    ) -> list[tuple[int, ...] | None]:
        """Lead the readers of a row whose `when` is false on to what that row reads."""
        if all(row.used for row in self.rows):
            return edges
        passes: dict[int, int | None] = {}
        for index in order:
            sources = edges[index]
            if sources is not None:
                through = tuple(passes.get(source, source) for source in sources)
                known = tuple(source for source in through if source is not None)
                edges[index] = sources = known if len(known) == len(through) else None
            if not self.rows[index].used:
                passes[index] = sources[0] if sources else None
        return edges

    def _outputs(self, edges: list[tuple[int, ...] | None]) -> list[int]:
        if self.spec.outputs is None:
            last = len(self.rows) - 1
            found = [last] if self.rows else []
        else:
            found = []
            for name in self.spec.outputs:
                if name.text in self.index:
                    found.append(self.index[name.text])
                else:
                    self.all_known = False
                    self._report_unknown(name, "`outputs` names")
        return [self._used(index, edges) for index in dict.fromkeys(found)]

    def _used(self, index: int, edges: list[tuple[int, ...] | None]) -> int:
        sources = edges[index]
        return index if self.rows[index].used or not sources else sources[0]

    def _report_unread(self, edges: list[tuple[int, ...] | None], outputs: list[int]) -> None:
        read = set(outputs)
        for sources in edges:
            read.update(sources or ())
        if len(read) >= len(self.rows):
            return
        for index, row in enumerate(self.rows):
            if index in read or not row.used or row.prepared.operation is None:
                continue
            if index + 1 < len(self.rows) and edges[index + 1] is None:
                continue  # the row below failed, and may be its reader
            self.findings.add(
                Diagnostic(
                    "ARC306",
                    f"no layer reads `{self.names[index]}`, and it is not an output",
                    self._place(row.node, "layer"),
                    help=("name it in `outputs`, let a layer read it (`from`), or remove it",),
                )
            )
