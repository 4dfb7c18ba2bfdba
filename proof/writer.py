"""Random networks: rows of all registered operations, drawn one by one until each is proven."""

from __future__ import annotations

import contextlib
import keyword
import re
from collections.abc import Callable
from functools import cache, partial
from random import Random

import archcompiler
from archcompiler import Architecture, SpecError
from archcompiler.graph import Body, Limits, Repeat, Use
from archcompiler.operations import REGISTRY, Operation, Shape
from archcompiler.operations.fields import ACTIVATION, REQUIRED, Count, Field
from archcompiler.operations.lengths import Size, Window
from archcompiler.operations.training import LOSSES, METRICS, OPTIMIZERS, SCHEDULES
from proof.expressed import SORTS, Scope, expressed, flags
from proof.fields import OFTEN, drawn, fields
from proof.spec import Row, names_in, renamed, sources, text_of, unread

SMALL = Limits(dimension=3000, parameters=10**5, activations=10**6, layers=60)
MOST_MULTIPLY_ADDS = 10**7
POOL = 400  # networks that are looked at in more than one way
OPERATIONS = 4  # that are tried for a row before it is given up
TRIES = 10  # of each, with other fields and other inputs
ACTIVATED = Field(ACTIVATION, "the field that every row has", None)
SOURCES = [operation for operation in REGISTRY.values() if not operation.maximum_inputs]
OTHERS = [operation for operation in REGISTRY.values() if operation.maximum_inputs]
BACKENDS = ("keras", "torch")
MERGES = [operation for operation in OTHERS if operation.minimum_inputs > 1]


def network(random: Random) -> str:
    """Return the text of a random spec that is sound and small."""
    while True:
        writer = Writer(random)
        if writer.write():
            return writer.text()


def pooled(random: Random) -> str:
    """Return one of some random networks, each of which is written once."""
    return _of_pool(random.randrange(POOL))


@cache
def _of_pool(number: int) -> str:
    return network(Random(f"pool {number}"))


class Writer:
    """Writes one spec, which is sound after each step."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.spec: Row = {"archc": "1", "name": "Random", "params": {}, "defaults": {}}
        self.spec |= {"blocks": {}, "layers": [], "outputs": [], "training": {}}
        self.parameters: dict[str, str] = {}  # of the spec, with their sorts
        self.sorts: dict[str, dict[str, str]] = {}  # those of each block
        self.known: Architecture | None = None  # what the spec describes so far
        self.count = 0

    @property
    def rows(self) -> list[Row]:
        """The rows of the network."""
        found: list[Row] = self.spec["layers"]
        return found

    def text(self) -> str:
        """Return the spec; what nobody reads is an output."""
        outputs = unread(self.rows)
        self.spec["outputs"] = outputs if outputs != names_in(self.rows[-1:]) else []
        return text_of({key: value for key, value in self.spec.items() if value})

    def sound(self) -> Architecture | None:
        """Return what the spec describes; None where it has a fault, or is too large to run."""
        try:
            found = archcompiler.loads(self.text(), limits=SMALL)
        except SpecError:
            return None
        return found if (found.totals.multiply_adds or 0) <= MOST_MULTIPLY_ADDS else None

    def write(self) -> bool:
        """Write all of it; return whether it is sound and more than inputs."""
        self._head()
        self._inputs()
        self.known = self.sound()
        if self.known is None:
            return False
        for _ in range(self.random.randint(2, 7)):
            if self.chance(0.25) and len(self.sorts) < 3:
                self._block()
            else:
                self._grow(self.rows, Scope(self.parameters), "")
        self._drop_unread_inputs()
        for step in (self._state, self._train, self._rename):
            step()
        return self.sound() is not None and len(self.rows) > 1

    def chance(self, share: float) -> bool:
        """Return true as often as `share` says."""
        return self.random.random() < share

    def fresh(self, start: str) -> str:
        """Return a name that is not taken."""
        self.count += 1
        return f"{start}{self.count}"

    def _head(self) -> None:
        for sort in self.random.sample(list(SORTS), self.random.choice([0, 0, 1, 2, 4])):
            name = self.fresh(sort)
            self.parameters[name] = sort
            self.spec["params"][name] = self.random.choice(SORTS[sort][0])
        if self.chance(0.15):
            operation = self.random.choice(OTHERS)
            plain = {
                name: item
                for name, item in operation.fields.items()
                if not isinstance(item.kind, Count | Window | Size)
            }
            values = {name: drawn(item, self.random) for name, item in plain.items()}
            if values:
                self.spec["defaults"] = {operation.type: values}

    def _inputs(self) -> None:
        for _ in range(self.random.choice([1, 1, 1, 1, 2, 3])):
            operation = self.random.choice(SOURCES)
            row: Row = {"layer": self.fresh("in"), "type": operation.type}
            row |= fields(operation, self.random, often=0.85)
            if self.chance(0.9):  # few layers take whole numbers
                row.pop("vocabulary", None)
            elif "vocabulary" in row and self.chance(0.7):  # words, for an embedding
                row.pop("maps", None)
                row["size"] = str(self.random.randint(2, 7))
            if self.chance(0.04) and isinstance(row.get("size"), str) and "x" in row["size"]:
                row["size"] = self.random.choice(["?x?", "?x9", "8x?"])
            self.rows.append(row)

    def _block(self) -> None:
        """Add a block, and a row that uses it."""
        name = self.fresh("block")
        sorts = {
            self.fresh(sort): sort
            for sort in self.random.choices(list(SORTS), k=self.random.randint(0, 3))
        }
        declared = {
            parameter: self.random.choice([SORTS[sort][1], *SORTS[sort][0][:2]])
            for parameter, sort in sorts.items()
        }
        inputs = ["one", "two"] if self.chance(0.2) else ["input"]
        block: Row = {"params": declared, "inputs": inputs, "layers": []}
        if inputs == ["input"]:
            del block["inputs"]
        self.spec["blocks"][name], self.sorts[name] = block, sorts
        self.rows.append(self._use(name, self.rows, Scope(self.parameters), ""))
        for _ in range(self.random.randint(1, 4)):
            self._grow(block["layers"], Scope(sorts, tuple(inputs)), name)
        if not block["layers"]:
            self.rows.pop()
            del self.spec["blocks"][name], self.sorts[name]

    def _grow(self, rows: list[Row], scope: Scope, block: str) -> None:
        """Add a row to those of a block, or of the network where `block` is nothing."""
        usable = [name for name in self.sorts if self._may_use(block, name)]
        for _ in range(OPERATIONS):
            make: Callable[[list[Row], Scope, str], Row]
            if usable and self.chance(0.35):
                make = partial(self._use, self.random.choice(usable))
            else:
                joins = block and not rows and "inputs" in self.spec["blocks"][block]
                make = partial(self._operation, self.random.choice(MERGES if joins else OTHERS))
            for _ in range(TRIES):
                rows.append(make(rows, scope, block))
                before, found = self.known, self.sound()
                self.known = found or before
                if found is not None and not (self._flattens(rows, block) and self.chance(0.7)):
                    return
                self.known = before
                rows.pop()

    def _flattens(self, rows: list[Row], block: str) -> bool:
        """Whether the last row makes a vector of maps, after which little can follow."""
        shapes = self._shapes(block)
        read = shapes.get(self._read(rows, block))
        made = shapes.get(rows[-1]["layer"])
        return bool(read and made and not read.is_vector and made.is_vector)

    def _read(self, rows: list[Row], block: str) -> str:
        """Return what the last row reads first."""
        above = [*self._given(block), *names_in(rows[:-1])]
        return next(iter(sources(rows[-1])), above[-1] if above else "")

    def _given(self, block: str) -> list[str]:
        """Return the names of what a block is given."""
        if not block:
            return []
        found: list[str] = self.spec["blocks"][block].get("inputs", ["input"])
        return found

    def _may_use(self, block: str, other: str) -> bool:
        """Whether rows of `block` may use `other`: one above it that has rows."""
        names = list(self.sorts)
        if block and names.index(other) >= names.index(block):
            return False
        return bool(self.spec["blocks"][other]["layers"])

    def _use(self, name: str, rows: list[Row], scope: Scope, block: str) -> Row:
        """Return a row that uses the block `name`."""
        declared = self.spec["blocks"][name]
        count = len(declared.get("inputs", [""]))
        row: Row = {"layer": self.fresh("use"), "type": name}
        row |= self._from(count, rows, block)
        if count == 1 and self.chance(0.3):
            row["repeat"] = str(self.random.randint(1, 3))
            scope = scope._replace(counted=True)
        for parameter, sort in self.sorts[name].items():
            values, needed = SORTS[sort]
            if declared["params"][parameter] == needed or self.chance(0.6):
                row[parameter] = self.random.choice(values)
                if self.chance(0.4):
                    kind = {"whole": Count(), "function": ACTIVATION}.get(sort)
                    given = expressed(kind, scope, self.random) if kind else None
                    row[parameter] = given or row[parameter]
        return row

    def _operation(
        self, operation: type[Operation], rows: list[Row], scope: Scope, block: str
    ) -> Row:
        """Return a row of an operation."""
        count = min(operation.maximum_inputs, self.random.choice([2, 2, 3]))
        row: Row = {"layer": self.fresh("r"), "type": operation.type}
        row |= self._from(count, rows, block)
        if self.chance(0.12):
            row["repeat"] = str(self.random.randint(1, 3))
            scope = scope._replace(counted=True)
        for name, item in {"activation": ACTIVATED, **operation.fields}.items():
            if item.default is REQUIRED or self.chance(OFTEN):
                often = 0.4 if block or scope.counted else 0.15
                given = expressed(item.kind, scope, self.random) if self.chance(often) else None
                row[name] = given or drawn(item, self.random)
        if self.chance(0.08):
            values = ["false", "true", *(f"${{{part}}}" for part in flags(scope) * 2)]
            row["when"] = self.random.choice(values)
        return row

    def _from(self, count: int, rows: list[Row], block: str) -> Row:
        """Return the field `from` of a new row: mostly the row above, and what has its shape."""
        given = self._given(block)
        if len(given) > 1 and not rows:
            return {"from": list(given)}  # each has to be read
        names = [*given, *names_in(rows)]
        shapes = self._shapes(block)
        first = names[-1] if self.chance(0.75) else self.random.choice(names)
        alike = [name for name in names if shapes.get(name) == shapes.get(first)]
        others = alike if self.chance(0.8) else names
        found = [first, *self.random.choices(others, k=count - 1)]
        self.random.shuffle(found)
        if count > 1:
            return {"from": found}
        return {} if first == names[-1] and self.chance(0.7) else {"from": first}

    def _shapes(self, block: str) -> dict[str, Shape]:
        """Return what is known of the shapes in a block, in the first row that uses it."""
        body = _body(self.known.graph.body, block) if self.known else None
        if body is None:
            return {}
        given = dict(zip(body.inputs, body.input_shapes, strict=False))
        return given | {item.name: item.shape for item in body.items}

    # ---- What is done once all rows are there

    def _drop_unread_inputs(self) -> None:
        """Take most inputs out that nothing reads: an input that is an output is rare."""
        kinds = {operation.type for operation in SOURCES}
        for name in unread(self.rows):
            row = next(row for row in self.rows if row["layer"] == name)
            if row["type"] in kinds and len(self.rows) > 1 and self.chance(0.9):
                at = self.rows.index(row)
                below = self.rows[at + 1 : at + 2]
                if not below or below[0].get("from") or below[0]["type"] in kinds:
                    self.rows.remove(row)
        self.known = self.sound() or self.known

    def _state(self) -> None:
        """State the sizes of some rows, as the tables of articles do."""
        shapes = self._shapes("")
        stated = []
        for row in self.rows:
            shape, operation = shapes.get(row["layer"]), REGISTRY.get(row["type"])
            if operation is None or shape is None or not self.chance(0.3):
                continue
            sizes = {"size": shape.size}
            if not shape.is_vector:
                sizes["maps"] = str(shape.channels)
            own = {name: text for name, text in sizes.items() if name not in operation.fields}
            stated.append((row, own))
        before = [dict(row) for row, _ in stated]
        for row, own in stated:
            row.update(own)
        if self.sound() is None:
            for (row, _), old in zip(stated, before, strict=True):
                row.clear()
                row.update(old)

    def _train(self) -> None:
        """Add a section `training`, if one that fits is drawn soon."""
        if self.chance(0.6) or len(unread(self.rows)) > 1:
            return
        random = self.random
        for _ in range(TRIES):
            name = random.choice(list(OPTIMIZERS))
            optimizer = {"type": name, **fields(OPTIMIZERS[name], random)}
            optimizer["learning_rate"] = random.choice(["0.001", "0.01", "0.1"])
            training: Row = {"loss": random.choice(list(LOSSES)), "optimizer": optimizer}
            if self.chance(0.3):
                name = random.choice(list(SCHEDULES))
                training["schedule"] = {"type": name, **fields(SCHEDULES[name], random)}
            if self.chance(0.4):
                count = random.randint(1, 2)
                training["metrics"] = random.sample(list(METRICS), k=count)
            self.spec["training"] = training
            if self.sound() is not None:
                return
        self.spec["training"] = {}

    def _rename(self) -> None:
        """Give rows, blocks and the network names that the emitted files use themselves."""
        found = self.sound()
        if found is None or self.chance(0.75):
            return
        words = [*keyword.kwlist, *keyword.softkwlist]
        for backend in BACKENDS:
            with contextlib.suppress(SpecError):  # it cannot express the network
                words += re.findall(r"\b[A-Za-z]\w*", found.source(backend))
        words = sorted(set(words))
        names = [*names_in(self.rows), *self.sorts, *[self.spec["name"]] * 4]
        for block in self.spec["blocks"].values():
            names += names_in(block["layers"])
        for _ in range(self.random.randint(1, 4)):
            before, old = self.spec, self.random.choice(names)
            self.spec = renamed(before, old, self.random.choice(words))
            if self.sound() is None:
                self.spec = before


def _body(body: Body, block: str) -> Body | None:
    """Return the rows of the first use of `block` in `body`, or `body` itself if it is nothing."""
    if not block:
        return body
    for item in body.items:
        use = item.copies[0] if isinstance(item, Repeat) else item
        if isinstance(use, Use):
            found = use.body if use.block.name == block else _body(use.body, block)
            if found is not None:
                return found
    return None
