"""Suggestions for a join (`add`, `concatenate`, …) whose inputs do not fit each other.

Candidates are edits of fields, rows to insert, and other layers to read. Each is tried by computing
the shapes, and only those after which the join is right are suggested.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import TYPE_CHECKING, NamedTuple

from archcompiler.diagnostics import Fault, Label
from archcompiler.graph.layer import Layer
from archcompiler.graph.stated import stated_shape
from archcompiler.graph.suggest import given, variants
from archcompiler.language.nodes import MappingNode, ScalarNode, field_span
from archcompiler.language.rows import Checked
from archcompiler.operations import REGISTRY, Inputs, Operation, Shape
from archcompiler.operations.fields import Count

if TYPE_CHECKING:
    from archcompiler.graph.walk import Walk

MOST = 4  # suggestions of a fault
MOST_JOINS = 20  # of a spec for which suggestions are searched
LONGEST = 12  # rows above an input that are considered
FARTHEST = 200  # distance in rows to a layer that may be read instead
LARGEST_STEP = 16  # stride of an inserted row


class Way(NamedTuple):
    """One input of a join, and the chain of rows that only lead there, the nearest first.

    `others` are the shapes of the inputs that it has to fit.
    """

    number: int
    name: str
    shape: Shape
    others: Inputs
    rows: tuple[int, ...]


class Edit(NamedTuple):
    """An edit of one field, in words; edits are ordered by likelihood, the likeliest first."""

    rank: int  # among the fields of a row; 0 for the number of maps
    place: int  # of the row in its chain
    number: int  # of the input
    text: str
    why: str


def add_offers(walk: Walk, index: int, checked: Checked, fault: Fault) -> list[Label]:
    """Add suggestions to the fault of a join; return labels where sizes change above it."""
    if walk.session.is_trial or walk.session.joins >= MOST_JOINS:
        return []
    walk.session.joins += 1
    join = _Join(walk, index, checked)
    found = list(dict.fromkeys(join.offers()))[:MOST]
    fault.help = (*found, *(() if found else fault.help))
    return join.changes()


class _Join:
    def __init__(self, walk: Walk, index: int, checked: Checked) -> None:
        self.walk = walk
        self.index = index
        self.checked = checked
        assert checked.operation is not None
        self.operation = checked.operation
        self.reads = walk.connections.reads[index] or ()
        sources = [walk.source_of(read) for read in self.reads]
        self.names = [name for name, _ in filter(None, sources)]
        self.shapes = tuple(shape for _, shape in filter(None, sources))
        self.readers = _readers(walk)
        directions = [*self._directions()]
        self.ways = [way for ways in directions if len(ways) == 1 for way in ways]
        self.several = [ways for ways in directions if 1 < len(ways) <= MOST][:MOST]

    def _directions(self) -> Iterator[list[Way]]:
        """Yield groups of inputs to change so that all fit the majority; of two, either."""
        groups: dict[object, list[int]] = {}
        for number, shape in enumerate(self.shapes):
            whole = not self.operation.appends
            groups.setdefault((shape.bare,) if whole else shape.places, []).append(number)
        most = max(map(len, groups.values()))
        for group in groups.values():
            if len(group) == most:
                others = tuple(self.shapes[number] for number in group)
                odd = [number for number in range(len(self.shapes)) if number not in group]
                yield [self._way(number, others) for number in odd]

    def _way(self, number: int, others: Inputs) -> Way:
        rows = tuple(islice(self._rows_above(number), LONGEST))
        return Way(number, self.names[number], self.shapes[number], others, rows)

    def _rows_above(self, number: int) -> Iterator[int]:
        read = self.reads[number]
        while read.row >= 0 and not read.inside and self.readers[read.row] == 1:
            above = self.walk.connections.reads[read.row] or ()
            plain = isinstance(self.walk.rows[read.row].outcome, Checked)
            if not plain or not isinstance(self.walk.items[read.row], Layer) or len(above) != 1:
                return
            yield read.row
            read = above[0]

    def _fits(self, way: Way, shape: Shape | None) -> bool:
        """Whether an input of this `shape` fits the others, and the join has its stated size."""
        if shape is None:
            return False
        others, number = way.others, way.number
        made = given(self.operation, (*others[:number], shape, *others[number:]))
        if made is None:
            return False
        wanted = stated_shape(self.checked, made)
        return wanted == made if way in self.ways else wanted.size == made.size

    def offers(self) -> Iterator[str]:
        """Yield suggestions, the likeliest first."""
        edits = [edit for edit in map(self._field, self.ways) if edit]
        shortcut = not all(
            way.rows for way in self.ways
        )  # a shortcut should adapt to the main path
        late = [edit for edit in edits if shortcut and edit.rank == 0]
        yield from (edit.text + edit.why for edit in sorted(edits) if edit not in late)
        yield from self._put_between(self.ways)
        yield from (edit.text for edit in late)
        yield from self._other_layer()
        yield from [text for ways in self.several for text in self._together(ways)][:1]

    def _together(self, ways: list[Way]) -> Iterator[str]:
        """Yield one suggestion that changes several inputs, where changing one is not enough."""
        edits = [
            edit.text if (edit := self._field(way)) else next(self._put_between([way]), "")
            for way in ways
        ]
        if all(edits):
            yield ", and ".join(edits)

    def _put_between(self, ways: list[Way]) -> Iterator[str]:
        """Yield the first row that can be inserted; shortcuts are tried before other inputs."""
        ways = sorted(ways, key=lambda way: (bool(way.rows), -(way.shape.elements or 0)))
        put = self._pooled if self.operation.appends else self._projected
        puts: list[Callable[[Way], Iterable[str]]] = [put, self._cropped, self._flattened]
        yield from [text for put in puts for way in ways for text in put(way)][:1]

    # ---- Another value of a field

    def _field(self, way: Way) -> Edit | None:
        """Return the likeliest edit of one field in the chain of an input."""
        if self._is_used_soundly():
            return None
        places = range(len(way.rows))
        return min((edit for place in places for edit in self._edits(way, place)), default=None)

    def _is_used_soundly(self) -> bool:
        """Whether the join is in a block with a sound use, which an edit could break."""
        walk = self.walk
        bodies = walk.session.bodies.items() if walk.block else ()
        return any(key[0] is walk.block and walked.body for key, walked in bodies)

    def _edits(self, way: Way, place: int) -> Iterator[Edit]:
        """Yield for each field of a row the first value that works, except for expressions."""
        row = way.rows[place]
        layer, node = self.walk.items[row], self.walk.rows[row].node
        assert isinstance(layer, Layer)
        assert isinstance(node, MappingNode)
        for rank, choices in enumerate([_goal(layer.operation, way), *variants(layer.operation)]):
            written = node.get(choices[0][0].partition(":")[0]) if choices else None
            if isinstance(written, ScalarNode) and "${" in written.text:
                continue
            for text, changed in choices:
                shape = self._below(way, place, given(changed, layer.input_shapes))
                if self._fits(way, shape):
                    to = f"makes `{way.name}` {shape}" if place else f"gives {shape}"
                    why = changed.arithmetic(layer.input_shapes)
                    words = f"`{text}` of `{layer.name}` {to}"
                    yield Edit(rank, place, way.number, words, f": {why}" if why and rank else "")
                    break

    def _below(self, way: Way, place: int, shape: Shape | None) -> Shape | None:
        """Return the shape at the end of a chain if the row at `place` has `shape`.

        None if a row of the chain would fail, or not have its stated size.
        """
        for row in reversed(way.rows[: place + 1]):
            layer, checked = self.walk.items[row], self.walk.rows[row].outcome
            assert isinstance(layer, Layer)
            assert isinstance(checked, Checked)
            if row != way.rows[place] and shape is not None:
                shape = given(layer.operation, (shape,))
            if shape is None or stated_shape(checked, shape) != shape:
                return None
        return shape

    # ---- Another layer

    def _other_layer(self) -> Iterator[str]:
        """Yield the nearest other layer that fits, unless the present one would be left unread."""
        found = []
        for way in self.ways:
            read = self.reads[way.number]
            if read.row >= 0 and self.readers[read.row] < 2:
                continue
            near = sorted(self._near(read.row), key=lambda row: abs(row - read.row))
            fitting = (row for row in near if self._fits(way, self._shape(row)))
            row = next(fitting, None)
            if row is not None:
                names = [*self.names]
                names[way.number] = self.walk.connections.names[row]
                found.append((abs(row - read.row), names))
        for _, names in sorted(found)[:1]:
            same = "vectors" if self.shapes[0].is_vector else "maps"
            what = "one size" if self.operation.appends else "one shape"
            yield f"`from: [{', '.join(names)}]` reads {same} of {what}"

    def _near(self, row: int) -> Iterator[int]:
        taken = {read.row for read in self.reads}
        last = min(row + FARTHEST, len(self.walk.rows) - 1)
        for other in range(max(row - FARTHEST, 0), last + 1):
            if other not in taken and other not in self.walk.on_fallback:
                yield other

    def _shape(self, row: int) -> Shape | None:
        item = self.walk.items[row]  # None if it comes later, or failed
        return item.shape if item else None

    # ---- A row in between

    def _projected(self, way: Way) -> Iterator[str]:
        if not way.shape.is_vector and not way.others[0].is_vector:
            maps = way.others[0].channels
            for step in range(1, LARGEST_STEP + 1):
                fields = {"maps": maps, "kernel": (1,), "stride": (step,)}
                words = f"maps: {maps}, kernel: 1"
                words += f", stride: {step}" if step > 1 else ""
                yield from self._put(way, "convolution", words, fields)

    def _pooled(self, way: Way) -> Iterator[str]:
        for step in range(2, LARGEST_STEP + 1):
            yield from self._put(way, "max_pooling", f"kernel: {step}", {"kernel": (step,)})

    def _cropped(self, way: Way) -> Iterator[str]:
        for other in way.others[:1]:
            if not other.is_vector and other.alike(way.shape):
                yield from self._put(way, "crop", f"size: {other.size}", {"size": other.places})

    def _flattened(self, way: Way) -> Iterator[str]:
        if not way.shape.is_vector and way.others[0].is_vector:
            yield from self._put(way, "flatten", "", {})
            if self.operation.appends:
                yield from self._put(way, "global_average_pooling", "", {})

    def _put(self, way: Way, kind: str, words: str, fields: dict[str, object]) -> Iterator[str]:
        shape = given(REGISTRY[kind](**fields), (way.shape,))
        if self._fits(way, shape):
            row = f"type: {kind}" + (f", {words}" if words else "")
            yield f"`{row}` after `{way.name}` gives {shape}"

    # ---- Labels

    def changes(self) -> list[Label]:
        """Return labels at rows above the join that change the size, if they are few."""
        found = []
        for way in self.ways or chain(*self.several[:1]):
            for row in way.rows[1:]:
                layer = self.walk.items[row]
                assert isinstance(layer, Layer)
                before, after = layer.input_shapes[0], layer.shape
                if before.size != after.size and before.alike(after):
                    node, fields = self.walk.rows[row].node, ("stride", "kernel", "size", "type")
                    place = field_span(node, self.walk.source, *fields)
                    found.append(Label(place, f"{before.size} becomes {after.size}"))
        return found if len(found) <= MOST else []


def _readers(walk: Walk) -> Counter[int]:
    """Return how many rows and outputs read each row."""
    known, connections = walk.session.reader_counts, walk.connections
    if id(connections) not in known:
        counts = Counter(read.row for reads in connections.reads for read in reads or ())
        counts.update(read.row for read in connections.outputs)
        known[id(connections)] = counts
    return known[id(connections)]


def _goal(operation: Operation, way: Way) -> list[tuple[str, Operation]]:
    """Return the operation with the number of maps, or features, of the other inputs."""
    other = way.others[0]
    name = "size" if other.is_vector else "maps"
    field = operation.fields.get(name)
    if field is None or not isinstance(field.kind, Count) or getattr(operation, name) is None:
        return []
    return [(f"{name}: {other.channels}", operation.replaced(**{name: other.channels}))]
