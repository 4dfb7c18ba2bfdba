"""Faults to put into sound specs, each with the code and the place that it must be reported at.

A kind is a function from a row (or a file) to a `Seed`, or to None where the row has no place for
such a fault. What is known of a seed beside its place says which other faults it may hide: one in
whose row a shape is lost hides what needs that shape, and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import archcompiler
from archcompiler.diagnostics import Findings, Source
from archcompiler.graph import Body
from archcompiler.language import yaml_reader
from archcompiler.language.nodes import MappingNode, Node, ScalarNode, SequenceNode, span_of
from archcompiler.operations import REGISTRY

Edit = tuple[int, int, str]

WINDOWS = ("convolution", "max_pooling", "average_pooling")


class Seed(NamedTuple):
    """One fault: the edits that make it, its code, and its place.

    The place is `plus` characters behind where `at`, an offset of the sound text, comes to lie.
    """

    kind: str
    code: str
    edits: tuple[Edit, ...]
    at: int
    plus: int = 0
    block: str = ""  # the block that the row is in; the network itself if there is none
    row: int = -1  # the number of the row there; -1 outside of rows
    needs_shape: bool = False  # found only where the shape of what the row reads is known
    loses_shape: bool = False  # the shape that the row gives is not known any more
    needs_names: bool = False  # found only where all names are known
    loses_names: bool = False
    ends: bool = False  # nothing else of the file is looked at
    rests_on: tuple[int, ...] = ()  # other rows that have to stay as they are

    def position(self, edits: list[Edit]) -> int:
        """Return the offset in a text with all `edits` made."""
        moved = sum(len(text) - (end - start) for start, end, text in edits if start < self.at)
        return self.at + moved + self.plus


class Row(NamedTuple):
    """A row of a sound spec with what the kinds of fault ask of it."""

    spec: SoundSpec
    block: str
    index: int
    node: MappingNode
    rows: list[Row]

    def text(self, field: str) -> str:
        """Return the text of a scalar field; nothing where there is none."""
        value = self.node.get(field)
        return value.text if isinstance(value, ScalarNode) else ""

    def span(self, field: str) -> tuple[int, int]:
        """Return where the value of a field begins and ends."""
        value = self.node.get(field)
        assert value is not None
        return span_of(value, self.spec.source)[1:]

    @property
    def end(self) -> int:
        """Where the closing brace is; -1 for a row without braces."""
        text = self.spec.source.text
        return self.node.end - 1 if text[self.node.start] == "{" else -1

    @property
    def name(self) -> str:
        return self.text("layer")

    @property
    def kind(self) -> str:
        return self.text("type")

    def uses(self, blocks: set[str]) -> bool:
        """Whether the row uses one of `blocks`; a type that is computed may be any."""
        return self.kind in blocks or "${" in self.kind

    @property
    def is_named(self) -> bool:
        """Whether something names the row: another row, or `outputs`."""
        return self.name in self.spec.named

    @property
    def is_walked(self) -> bool:
        """Whether the row is in the network, or in a block that it uses."""
        return self.block in self.spec.walked

    @property
    def states_shape(self) -> bool:
        """Whether the row says what it gives, so that a fault in it loses nothing."""
        plain = all("${" not in self.text(field) for field in ("maps", "size"))
        whole = self.text("maps") and re.fullmatch(r"\d+x\d+", self.text("size"))
        return bool(plain and whole) and self.kind in REGISTRY and "when" not in self.node.names

    def seed(self, kind: str, code: str, edit: Edit, plus: int = 0, **known: bool) -> Seed:
        loses = known.pop("loses_shape", False) and not self.states_shape
        return Seed(
            kind, code, (edit,), edit[0], plus, self.block, self.index, loses_shape=loses, **known
        )

    def replaced(
        self, kind: str, code: str, field: str, text: str, plus: int = 0, **known: bool
    ) -> Seed:
        return self.seed(kind, code, (*self.span(field), text), plus, **known)

    def inserted(self, kind: str, code: str, text: str, plus: int, **known: bool) -> Seed | None:
        """Return a seed that adds a field at the end of a row in braces."""
        if self.end < 0:
            return None
        return self.seed(kind, code, (self.end, self.end, f", {text}"), plus + 2, **known)


class SoundSpec:
    """A sound spec and its rows."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.source = Source(path.as_posix(), path.read_text())
        root = yaml_reader.read(self.source, Findings())
        self.root = root
        self.network = archcompiler.load(path)
        self.is_member = "spec" in root.names

    @cached_property
    def walked(self) -> set[str]:
        """The blocks that the network uses, by name; the network itself is nameless."""
        found = {""}

        def visit(body: Body) -> None:
            for item in body.items:
                for use in getattr(item, "copies", (item,)):
                    if hasattr(use, "block"):
                        found.add(use.block.name)
                        visit(use.body)

        visit(self.network.graph.body)
        return found

    @cached_property
    def rows(self) -> list[Row]:
        """All rows: the network's, then those of each block."""
        lists: list[tuple[str, Node | None]] = [("", self.root.get("layers"))]
        blocks = self.root.get("blocks")
        if isinstance(blocks, MappingNode):
            lists += [
                (key.text, block.get("layers"))
                for key, block in blocks.items()
                if isinstance(block, MappingNode)
            ]
        found: list[Row] = []
        for name, node in lists:
            if isinstance(node, SequenceNode):
                rows: list[Row] = []
                rows += [
                    Row(self, name, index, item, rows)
                    for index, item in enumerate(node.items)
                    if isinstance(item, MappingNode)
                ]
                found += rows
        return found

    @cached_property
    def named(self) -> set[str]:
        """Names that stand in a `from` or under `outputs`, and what the last row is called."""
        found = set()
        for row in self.rows:
            found |= set(_texts(row.node.get("from")))
        return found | set(_texts(self.root.get("outputs")))

    @cached_property
    def defaults(self) -> set[tuple[str, str]]:
        """Pairs of a type and a field that has a default in this spec."""
        section = self.root.get("defaults")
        if not isinstance(section, MappingNode):
            return set()
        return {
            (key.text, field)
            for key, node in section.items()
            if isinstance(node, MappingNode)
            for field in node.names
        }

    def first_use(self, block: str) -> int:
        """Return the number of the network's first row that uses `block`, itself or in a block."""
        users, more = {block}, {block}
        while more:
            more = {row.block for row in self.rows if row.kind in users and row.block} - users
            users |= more
        uses = (row.index for row in self.rows if not row.block and row.uses(users))
        return min(uses, default=10**6)

    def hides(self, one: Seed, other: Seed) -> bool:
        """Whether `one` may keep `other` from being found: that rests on what `one` breaks."""
        if one.ends or (one.loses_names and other.needs_names):
            return True
        conditional = self._is_conditional(other)  # found in a use that has the row
        if not (one.loses_shape and (other.needs_shape or conditional)):
            return False
        if one.block == other.block:
            return conditional or other.row >= one.row
        if not one.block:
            return conditional or self.first_use(other.block) >= one.row
        if not other.block:
            return self.first_use(one.block) <= other.row
        return self.first_use(one.block) <= self.first_use(other.block)

    def _is_conditional(self, seed: Seed) -> bool:
        """Whether the row may be left out, or all rows that use its block."""
        rows = [row for row in self.rows if (row.block, row.index) == (seed.block, seed.row)]
        while rows:
            if any("when" in row.node.names for row in rows):
                return True
            blocks = {row.block for row in rows if row.block}
            rows = [row for row in self.rows if row.kind in blocks]
        return False

    def clash(self, one: Seed, other: Seed) -> bool:
        """Whether both end the file, or one is about a row that the other is about, or rests on."""
        if one.block != other.block or -1 in (one.row, other.row):
            ends = one.ends and other.ends
            return ends or one.edits[0] == other.edits[0]
        rows = {one.row, *one.rests_on} & {other.row, *other.rests_on}
        return bool(rows)


def _texts(node: Node | None) -> Iterator[str]:
    items = node.items if isinstance(node, SequenceNode) else [node]
    yield from (item.text.partition(".")[0] for item in items if isinstance(item, ScalarNode))


def misspelled(word: str) -> str:
    """Return a word with two letters exchanged: the second and the third, if these differ."""
    at = next((n for n in range(1, len(word) - 1) if word[n] != word[n + 1]), 1)
    return word[:at] + word[at + 1 : at + 2] + word[at : at + 1] + word[at + 2 :]


# ---- Kinds of fault in a row

KINDS: dict[str, Callable[[Row], Seed | None]] = {}


def kind(function: Callable[[Row], Seed | None]) -> Callable[[Row], Seed | None]:
    """Register a kind of fault under the name of its function."""
    KINDS[function.__name__.replace("_", " ")] = function
    return function


@kind
def misspelled_type(row: Row) -> Seed | None:
    if row.kind not in REGISTRY or misspelled(row.kind) == row.kind or row.kind == "input":
        return None
    return row.replaced("misspelled type", "ARC201", "type", misspelled(row.kind))


@kind
def unknown_type(row: Row) -> Seed | None:
    if row.kind == "input":
        return None
    return row.replaced("unknown type", "ARC201", "type", "zzz", loses_shape=True)


@kind
def misspelled_field(row: Row) -> Seed | None:
    fields = [name for name in ("kernel", "stride", "padding") if name in row.node.names]
    if not fields or row.kind not in REGISTRY:
        return None
    key = row.node.key(fields[0])
    edit = (key.start, key.start + len(key.text), misspelled(key.text))
    return row.seed("misspelled field", "ARC202", edit)


def _misspelled_key(field: str) -> Callable[[Row], Seed | None]:
    def make(row: Row) -> Seed | None:
        if field not in row.node.names:
            return None
        key = row.node.key(field)
        edit = (key.start, key.start + len(key.text), misspelled(field))
        return row.seed(f"misspelled {field} of a row", "ARC202", edit)

    return make


for _field in ("layer", "type", "from", "when", "repeat", "activation", "maps", "size"):
    KINDS[f"misspelled {_field} of a row"] = _misspelled_key(_field)


@kind
def misspelled_argument(row: Row) -> Seed | None:
    blocks = row.spec.root.get("blocks")
    block = blocks.get(row.kind) if isinstance(blocks, MappingNode) else None
    params = block.get("params") if isinstance(block, MappingNode) else None
    names = params.names if isinstance(params, MappingNode) else ()
    given = [name for name in row.node.names if name in names and len(name) > 4]
    if not given:
        return None
    key = row.node.key(given[0])
    edit = (key.start, key.start + len(key.text), misspelled(key.text))
    return row.seed("misspelled argument", "ARC202", edit)


@kind
def unknown_field(row: Row) -> Seed | None:
    return row.inserted("unknown field", "ARC202", "qqqq: 1", 0, loses_shape=True)


@kind
def invalid_value(row: Row) -> Seed | None:
    fields = [name for name in ("kernel", "stride", "rate") if name in row.node.names]
    if not fields or row.kind not in REGISTRY:
        return None
    return row.replaced("invalid value", "ARC203", fields[0], "-3", loses_shape=True)


@kind
def missing_field(row: Row) -> Seed | None:
    field = {"convolution": "kernel", "max_pooling": "kernel", "dropout": "rate"}.get(row.kind, "")
    if field not in row.node.names or (row.kind, field) in row.spec.defaults or row.end < 0:
        return None
    text = row.spec.source.text
    start = text.rindex(",", 0, row.node.key(field).start)
    seed = row.replaced("missing field", "ARC204", "type", row.kind, loses_shape=True)
    return seed._replace(edits=((start, row.span(field)[1], ""),))


@kind
def field_given_twice(row: Row) -> Seed | None:
    return row.inserted("field given twice", "ARC103", "type: flatten", 0)


@kind
def no_name(row: Row) -> Seed | None:
    if not row.name or row.is_named:
        return None
    return row.replaced("no name", "ARC205", "layer", f"{row.index}x")


@kind
def bad_expression(row: Row) -> Seed | None:
    fields = [name for name in ("kernel", "stride", "rate") if name in row.node.names]
    if not fields:
        return None
    text = '"${2 * unheard_of}"'
    return row.replaced("bad expression", "ARC206", fields[0], text, 7, loses_shape=True)


@kind
def unknown_layer(row: Row) -> Seed | None:
    known = {"loses_shape": True, "loses_names": True}
    if row.kind == "input":
        return None
    if "from" not in row.node.names:
        return row.inserted("unknown layer", "ARC301", "from: nowhere_at_all", 6, **known)
    return row.replaced("unknown layer", "ARC301", "from", "nowhere_at_all", **known)


@kind
def layer_given_twice(row: Row) -> Seed | None:
    others = [other for other in row.rows[: row.index] if not other.is_named and other.name]
    if not others or row.is_named:
        return None
    seed = row.replaced("layer given twice", "ARC303", "layer", others[0].name)
    return seed._replace(rests_on=(others[0].index,))


@kind
def too_many_inputs(row: Row) -> Seed | None:
    if row.kind not in REGISTRY or REGISTRY[row.kind].maximum_inputs != 1 or row.index == 0:
        return None
    if not {"from", "repeat", "when"}.isdisjoint(row.node.names) or not row.is_walked:
        return None
    above = row.rows[row.index - 1].name
    text = f"from: [{above}, {above}]"
    known = {"loses_shape": True, "needs_shape": True}
    seed = row.inserted("too many inputs", "ARC304", text, 6, **known)
    return seed and seed._replace(rests_on=(row.index - 1,))


@kind
def wrong_size(row: Row) -> Seed | None:
    if not re.fullmatch(r"\d+x\d+", row.text("size")) or not row.is_walked:
        return None
    if row.kind in REGISTRY and "size" in REGISTRY[row.kind].fields:  # the result is not stated
        return None
    size = f"{11 + row.index}x{5 + 3 * row.index}"
    return row.replaced("wrong size", "ARC401", "size", size, needs_shape=True)


@kind
def large_kernel(row: Row) -> Seed | None:
    if row.kind not in WINDOWS or "kernel" not in row.node.names or not row.is_walked:
        return None
    padded = row.text("padding") not in ("", "valid")
    sizes = [layer.shape for layer in row.spec.network.graph.inputs]
    if any(size.elements is None for size in sizes):
        return None
    if padded or any("padding" in pair for pair in row.spec.defaults) or "${" in row.text("kernel"):
        return None
    known = {"loses_shape": True, "needs_shape": True}
    return row.replaced("large kernel", "ARC402", "kernel", "999", **known)


@kind
def missing_space(row: Row) -> Seed | None:
    fields = [name for name in ("kernel", "maps", "type") if name in row.node.names]
    text, start = row.spec.source.text, row.span(fields[0])[0] if fields else 0
    if row.end < 0 or not fields or text[start - 2 : start] != ": ":
        return None
    seed = row.seed("missing space", "ARC109", (start - 1, start, ""))
    is_expression = text[start] in "'\""  # braces in what is no quoted text to YAML
    return seed._replace(at=row.node.key(fields[0]).start, ends=is_expression)


@kind
def wrong_maps(row: Row) -> Seed | None:
    if row.kind not in ("max_pooling", "average_pooling", "dropout", "add", "crop"):
        return None
    if not row.text("maps").isdecimal() or not row.is_walked:
        return None
    return row.replaced("wrong maps", "ARC401", "maps", f"{row.index + 7001}", needs_shape=True)


@kind
def invalid_size(row: Row) -> Seed | None:
    if "size" not in row.node.names or row.kind not in REGISTRY:
        return None
    seed = row.replaced("invalid size", "ARC203", "size", "-3x4")
    return seed._replace(loses_shape=True)  # what it states is nothing


def _cuts_to_a_size(row: Row) -> bool:
    """Whether the row is a crop to a size, and not to that of a second layer."""
    several = isinstance(row.node.get("from"), SequenceNode)
    return row.kind == "crop" and row.is_walked and bool(row.text("size")) and not several


@kind
def crop_to_more(row: Row) -> Seed | None:
    """The size that is stated is itself the fault: nobody can go by it."""
    if not _cuts_to_a_size(row):
        return None
    seed = row.replaced("crop to more", "ARC402", "size", "9999", needs_shape=True)
    return seed._replace(loses_shape=True)


@kind
def crop_to_an_unknown_size(row: Row) -> Seed | None:
    if not _cuts_to_a_size(row):
        return None
    seed = row.replaced("crop to an unknown size", "ARC404", "size", '"?"', needs_shape=True)
    return seed._replace(loses_shape=True)


@kind
def uneven_maps(row: Row) -> Seed | None:
    """A number of maps that the groups of the row, or of its readers, do not divide."""
    if not row.text("groups").isdecimal() or not row.text("maps").isdecimal():
        return None
    if row.kind != "convolution" or not row.is_walked:
        return None
    seed = row.replaced("uneven maps", "ARC405", "maps", "9973", needs_shape=True)
    return seed._replace(loses_shape=True)


@kind
def uneven_groups(row: Row) -> Seed | None:
    if row.kind != "convolution" or "groups" in row.node.names or not row.is_walked:
        return None
    known = {"loses_shape": True, "needs_shape": True}
    return row.inserted("uneven groups", "ARC405", "groups: 9973", 8, **known)


@kind
def not_a_row(row: Row) -> Seed | None:
    if row.is_named or row.end < 0:
        return None
    edit = (row.node.start, row.node.end, "flatten")
    seed = row.seed("not a row", "ARC106", edit, loses_names=True)
    return seed._replace(loses_shape=True)  # whatever it stated


@kind
def anchor(row: Row) -> Seed | None:
    if row.end < 0:
        return None
    return row.seed("anchor", "ARC104", (row.node.start, row.node.start, "&here "))


@kind
def cycle(row: Row) -> Seed | None:
    if row.index == 0 or row.index + 1 >= len(row.rows) or "from" in row.node.names:
        return None
    below = row.rows[row.index + 1]
    if "from" in below.node.names or "input" in (row.kind, below.kind):
        return None
    known = {"loses_shape": True, "loses_names": True}
    seed = row.inserted("cycle", "ARC302", f"from: {below.name}", 6, **known)
    return seed and seed._replace(loses_shape=True, rests_on=(below.index,))


@kind
def too_many_copies(row: Row) -> Seed | None:
    if row.kind not in WINDOWS or "repeat" in row.node.names or "from" in row.node.names:
        return None
    return row.inserted("too many copies", "ARC308", "repeat: 5000", 8, loses_shape=True)


@kind
def input_left_out(row: Row) -> Seed | None:
    if row.kind != "input":
        return None
    return row.inserted("input left out", "ARC305", "when: false", 6)


@kind
def too_large(row: Row) -> Seed | None:
    if row.kind != "convolution" or not row.is_walked or "maps" not in row.node.names:
        return None
    known = {"loses_shape": True, "needs_shape": True}
    seed = row.replaced("too large", "ARC406", "maps", "144144000", **known)
    return seed._replace(loses_shape=True)  # what it states is not within the limits


@kind
def unread_layer(row: Row) -> Seed | None:
    """A row that reads what the row above does, where the row below names what it reads."""
    if row.index + 1 >= len(row.rows) or row.end < 0 or row.kind == "input":
        return None
    if "from" not in row.rows[row.index + 1].node.names:
        return None
    indent = row.node.start - row.spec.source.text.rindex("\n", 0, row.node.start) - 3
    words = f"{{layer: unread_{row.index}, type: dropout, rate: 0.5, from: {row.name}}}"
    text = f"\n{' ' * indent}- {words}"
    edit = (row.node.end, row.node.end, text)
    seed = row.seed("unread layer", "ARC306", edit, text.index("unread_"), needs_names=True)
    return seed._replace(rests_on=(row.index + 1,))


@kind
def vector_instead_of_maps(row: Row) -> Seed | None:
    if row.kind not in WINDOWS or "from" in row.node.names or row.index == 0 or row.end < 0:
        return None
    if not row.is_walked or (row.is_named and row.block) or "input." in row.text("maps"):
        return None
    if row.block and "when" in row.node.names:  # a use without it passes the vector on
        return None
    indent = row.node.start - row.spec.source.text.rindex("\n", 0, row.node.start) - 3
    inserted = f"{{layer: flat_{row.index}, type: global_max_pooling}}\n{' ' * indent}- "
    known = {"loses_shape": True, "needs_shape": True}
    seed = row.replaced("vector instead of maps", "ARC403", "type", row.kind, **known)
    return seed._replace(edits=((row.node.start, row.node.start, inserted),))


@kind
def block_inside_itself(row: Row) -> Seed | None:
    last = row.rows[-1]
    if not row.block or row.index != last.index or not row.is_walked:
        return None
    blocks = row.spec.root.get("blocks")
    assert isinstance(blocks, MappingNode)
    block = blocks.get(row.block)
    assert isinstance(block, MappingNode)
    params = block.get("params")
    required = params.names if isinstance(params, MappingNode) else ()
    if len(list(_texts(block.get("inputs")))) > 1:
        return None
    arguments = "".join(f", {name}: 1" for name in required)
    indent = row.node.start - row.spec.source.text.rindex("\n", 0, row.node.start) - 3
    text = f"\n{' ' * indent}- {{layer: again_, type: {row.block}{arguments}}}"
    end = row.spec.source.text.index("\n", row.node.end - 1)
    seed = row.seed(
        "block inside itself", "ARC307", (end, end, text), text.index("type: ") + 6,
        needs_shape=True,
    )  # fmt: skip
    return seed._replace(loses_shape=True)


@kind
def wrong_argument(row: Row) -> Seed | None:
    """A number that is none for a field of the block, where all that reads it just reads it."""
    blocks = row.spec.root.get("blocks")
    block = blocks.get(row.kind) if isinstance(blocks, MappingNode) else None
    if not isinstance(block, MappingNode) or not row.is_walked:
        return None
    text = row.spec.source.text[block.start : block.end]
    expressions = re.findall(r"\$\{([^}]*)\}", text)
    for name in row.node.names:
        readers = [each for each in expressions if re.search(rf"\b{name}\b", each)]
        fields = re.findall(rf"(?:maps|stride|kernel|groups): \"\$\{{{name}\}}\"", text)
        if row.text(name).isdecimal() and readers and len(readers) == len(fields):
            known = {"loses_shape": True, "needs_shape": True}
            return row.replaced("wrong argument", "ARC203", name, "-3", **known)
    return None


@kind
def missing_argument(row: Row) -> Seed | None:
    blocks = row.spec.root.get("blocks")
    block = blocks.get(row.kind) if isinstance(blocks, MappingNode) else None
    params = block.get("params") if isinstance(block, MappingNode) else None
    if not isinstance(params, MappingNode) or row.end < 0:
        return None
    required = [
        key.text
        for key, node in params.items()
        if isinstance(node, ScalarNode) and node.text == "int"
    ]
    given = [name for name in required if name in row.node.names]
    if not given:
        return None
    text = row.spec.source.text
    start = text.rindex(",", 0, row.node.key(given[0]).start)
    seed = row.replaced("missing argument", "ARC204", "type", row.kind, loses_shape=True)
    return seed._replace(edits=((start, row.span(given[0])[1], ""),))


# ---- Kinds of fault outside of rows


def in_the_file(spec: SoundSpec) -> Iterator[Seed]:
    """Return the faults that a spec may have outside of its rows."""
    text, root = spec.source.text, spec.root

    def replaced(kind: str, code: str, node: Node, words: str, **known: bool) -> Seed:
        edit = (*span_of(node, spec.source)[1:], words)
        return Seed(kind, code, (edit,), edit[0], **known)

    version, name = root.get("archc"), root.get("name")
    assert version is not None
    assert name is not None
    yield replaced("another version", "ARC107", version, "2")
    yield replaced("no name of a network", "ARC205", name, "1st")
    end = text.index("\n", root.key("name").start)
    edit = (end, end, "\nnmae: Twice")
    yield Seed("unknown key", "ARC202", (edit,), end, 1)
    space = (name.start - 1, name.start, "")
    yield Seed("missing space in a line", "ARC109", (space,), root.key("name").start, ends=True)
    path = root.get("spec")
    if path is not None:
        ends = {"needs_shape": True, "loses_shape": True}
        yield replaced("no such file", "ARC309", path, "none.yaml", **ends)
    params = root.get("params")
    if spec.is_member and isinstance(params, MappingNode):
        key = params.keys[0]
        edit = (key.start, key.start + len(key.text), misspelled(key.text))
        yield Seed("unknown parameter", "ARC202", (edit,), key.start, needs_shape=True)
    training = root.get("training")
    if isinstance(training, MappingNode):
        loss, optimizer = training.get("loss"), training.get("optimizer")
        assert loss is not None
        yield replaced("misspelled loss", "ARC203", loss, "mean_sqared_error")
        if isinstance(optimizer, MappingNode):
            rate = optimizer.get("learning_rate")
            assert rate is not None
            yield replaced("negative rate", "ARC203", rate, "-0.5")
        schedule = training.get("schedule")
        if isinstance(schedule, MappingNode):
            kind = schedule.get("type")
            assert kind is not None
            yield replaced("misspelled schedule", "ARC203", kind, "cosin")
    defaults = root.get("defaults")
    if isinstance(defaults, MappingNode):
        key = defaults.keys[0]
        edit = (key.start, key.start + len(key.text), misspelled(key.text))
        yield Seed("misspelled default", "ARC201", (edit,), key.start)
    rows = [row for row in spec.rows if row.end > 0]
    if rows:
        middle = rows[len(rows) // 2]
        edit = (middle.end, middle.end + 1, "")
        yield Seed("not YAML", "ARC101", (edit,), middle.end, ends=True)
