"""Names that a Keras model's layers have: the spec's own, and those of steps around them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from archcompiler.backends.code import Expression, Formatted, Literal, Name
from archcompiler.backends.code.names import Namespace
from archcompiler.graph import Item, Layer

# Between the name of a block and those inside of it: Keras forbids `/`, its PyTorch backend `.`.
# No name of a spec has it, so that names stay unique.
INSIDE = "-"

# What Keras itself calls the operations of `keras.ops` that the emitted code uses.
_KERAS_OWN = re.compile(
    r"(cast|dot_product_attention|einsum|gelu|get_item|logical_and|multiply|ones_like|pad|repeat"
    r"|reshape|sigmoid|split|stack|subtract|swapaxes|transpose|tril)"
    r"(_[0-9]+)?\Z"
)


class Names:
    """Unique names, which Keras demands of all layers of a model, as code.

    `inside` holds the name of the block that the layers are in; the network itself has none.
    """

    def __init__(self, rows: Iterable[Item], inside: Expression | None = None) -> None:
        rows = list(rows)
        names = {row.name: row.name for row in rows}
        self._inside = inside
        self._namespace = Namespace(names)
        layers = [row.name for row in rows if isinstance(row, Layer) and inside is None]
        clashing = [name for name in layers if _KERAS_OWN.match(name)]
        self._names = names | {name: self._namespace.free(f"{name}_") for name in clashing}

    def __getitem__(self, name: str) -> Expression:
        """Return what the layer `name` of the spec is called."""
        return self._text(self._names.get(name, name))

    def text(self, name: str) -> str:
        """Return what the layer `name` of the network itself is called."""
        return self._names[name].replace(".", INSIDE)

    def step(self, name: str, what: str) -> Expression:
        """Return a name for a step in front of a layer, or behind it."""
        return self._text(self._namespace.free(f"{self._names.get(name, name)}_{what}"))

    def copies(self, name: str) -> Names:
        """Return the names of the copies of the repeated row `name`, which a loop counts."""
        return _Copies(self, name)

    def _text(self, name: str) -> Expression:
        name = name.replace(".", INSIDE)  # a copy of a row that no loop makes
        if self._inside is None:
            return Literal(name)
        return Formatted((self._inside, f"{INSIDE}{name}"))


class _Copies(Names):
    """The names of copies: each holds the number of the loop's turn."""

    def __init__(self, names: Names, name: str) -> None:
        super().__init__(())
        self._start = Names.__getitem__(names, name)

    def _text(self, name: str) -> Expression:
        number = re.match(r"[0-9]+", name)
        rest = name[number.end() :] if number else name
        tail: tuple[str | Expression, ...] = (INSIDE, Name("index"), rest)
        if isinstance(self._start, Formatted):
            return Formatted((*self._start.parts, *tail))
        assert isinstance(self._start, Literal)
        return Formatted((str(self._start.value), *tail))
