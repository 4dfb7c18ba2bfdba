"""Specs in Python: checked like their text, with faults at their places in Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from pydantic import PrivateAttr

from archcompiler.api.origins import Origins
from archcompiler.api.part import Part
from archcompiler.api.rows import Row, Training
from archcompiler.api.site import shown
from archcompiler.api.text import lines
from archcompiler.architecture import Architecture, checked
from archcompiler.diagnostics import Diagnostic, Label, Source, SpecError
from archcompiler.files import Folder
from archcompiler.graph import Limits
from archcompiler.language.format import formatted
from archcompiler.language.spec import KEYS, VERSION

Scalar: TypeAlias = bool | int | float | str
Value: TypeAlias = Scalar | Sequence[Scalar]


class Block(Part):
    """Rows under a name. Calling it gives a row that stands for them: `unit(maps=64, repeat=3)`."""

    name: str
    """The type of the rows that stand for it."""
    description: str = ""
    """A docstring for its class or function."""
    params: Mapping[str, Value | type] = {}
    """Its parameters: a type (`int`, `float`, `bool`, `str`, `list`), or a default."""
    inputs: str | Sequence[str] | None = None
    """Names for what it is given; `input` if left out."""
    layers: Sequence[Row] = ()
    """Its rows; the first reads what it is given, if it does not say otherwise."""
    spec: str | None = None
    """Instead of all that: the path of a spec in another file."""

    def __call__(
        self,
        /,
        *,
        layer: str | None = None,
        from_: str | Sequence[str] | None = None,
        when: bool | str | None = None,
        repeat: int | str | None = None,
        note: Any = None,
        **arguments: Value,
    ) -> Row:
        """Return a row that stands for the block with these arguments."""
        given: dict[str, Any] = {
            "layer": layer, "from_": from_, "when": when, "repeat": repeat, "note": note,
            **arguments,
        }  # fmt: skip
        row = _Use(type=self.name, **given)
        row._block = self
        return row

    def entries(self) -> dict[str, Any]:
        """Return the given values by their keys below the name of the block."""
        return {key: value for key, value in super().entries().items() if key != "name"}


def row(type: str, **fields: Any) -> Row:  # noqa: A002  (the word of the language)
    """Return a row of a type that only a text tells, such as `row("${block}", maps=64)`."""
    return Row(type=type, **fields)


class _Use(Row):
    """A row that stands for a block."""

    _block: Block = PrivateAttr()


class Spec(Part):
    """A network in Python. Its fields mean what they mean in the text of a spec.

    So do texts in them: `"3x3"`, or `"${width // 2}"`, which is worth what the parameter says.
    """

    name: str
    """The network's name: a class, or model, in the generated source."""
    description: str = ""
    """A text for the generated source."""
    spec: str | None = None
    """Instead of `layers`: the path of the spec whose layers these are."""
    params: Mapping[str, Value] = {}
    """Values that expressions know, and that `check(params=...)` replaces."""
    defaults: Mapping[str | type[Row], Mapping[str, Any]] = {}
    """What all rows of a type start from: `{Convolution: {"bias": False}}`."""
    blocks: Sequence[Block] = ()
    """Blocks that only texts name; those that were called come along by themselves."""
    layers: Sequence[Row] = ()
    """Its rows; each reads the one above, if it does not say otherwise."""
    outputs: str | Sequence[str] | None = None
    """The layers that are the network's outputs; the last if left out."""
    training: Training | None = None
    """How the network is trained."""

    def check(
        self,
        *,
        params: Mapping[str, Value] | None = None,
        limits: Limits = Limits(),  # noqa: B008  (immutable)
        folder: str | Path | None = None,
    ) -> Architecture:
        """Return the architecture that this describes; `params` sets its parameters.

        Specs that it names are read from `folder`, or else that of the Python file.

        Raises:
            SpecError: There are faults; all of them are listed, with their places in Python.
            UnknownParameter: `params` names a parameter that the spec does not have.
        """
        file = Path(self.site.file)
        if folder is None:
            folder = shown(str(file.parent)) if file.is_file() else ""
        source = self._source((Path(folder) / file.name).as_posix())
        return checked(source, params, limits, Folder(Path(folder), limits.bytes))

    def yaml(self) -> str:
        """Return the text of this spec, in the layout that `archc fmt` has.

        Raises:
            SpecError: There is none that says what was given.
        """
        return self._source(Path(self.site.file).name).text

    def entries(self) -> dict[str, Any]:
        """Return the values of the text of this spec by their keys."""
        entries = {"archc": VERSION, **super().entries()}
        if isinstance(self.blocks, list | tuple):  # anything else is reported by the check
            entries["blocks"] = {_name_of(block): block for block in reversed(self._blocks())}
        if not entries.get("blocks"):
            entries.pop("blocks", None)
        return {key: entries[key] for key in sorted(entries, key=_rank)}

    def _source(self, name: str) -> Source:
        origins = Origins(self)
        self._check_names(origins)
        text = "\n".join([*lines(origins.entries), ""])
        laid_out = formatted(Source(name, text, origin=origins.origin))
        return Source(name, laid_out, origin=origins.origin)

    def _blocks(self) -> list[Block]:
        """Return the blocks that are listed or called; used blocks come before their users."""
        found: dict[int, Block] = {}

        def collect(block: Block) -> None:
            if isinstance(block, Block) and id(block) not in found:
                called(block.layers)
                found[id(block)] = block

        def called(rows: Sequence[Row]) -> None:
            for row in rows if isinstance(rows, list | tuple) else ():
                if isinstance(row, _Use):
                    collect(row._block)

        for block in self.blocks if isinstance(self.blocks, list | tuple) else ():
            collect(block)
        called(self.layers)
        return list(found.values())

    def _check_names(self, origins: Origins) -> None:
        """Raise a `SpecError` if different blocks have one name."""
        first: dict[str, Block] = {}
        for block in self._blocks():
            other = first.setdefault(_name_of(block), block)
            if other != block:
                here, there = (origins.field_span(each, "name") for each in (block, other))
                label = Label(here, "given again here")
                message = f"two blocks are called `{block.name}`"
                raise SpecError(
                    [Diagnostic("ARC103", message, label, (Label(there, "first here"),))]
                )


def _name_of(block: Block) -> str:
    """Return the name of a block as text; an invalid one is reported by the check."""
    return "" if block.name is None else str(block.name)


def _rank(key: str) -> int:
    return KEYS.index(key) if key in KEYS else len(KEYS)
