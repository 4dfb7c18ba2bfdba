"""The pieces of HTML for one spec, each made when it is needed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from markupsafe import Markup

from archcompiler.architecture import Architecture, loads
from archcompiler.backends import BACKENDS
from archcompiler.backends.backend import SourceBackend
from archcompiler.diagnostics import Diagnostic, Source, SpecError
from archcompiler.diagnostics.diagnostic import WARNING
from archcompiler.diagnostics.forms.text import count
from archcompiler.drawing import WIDTH, picture
from archcompiler.drawing.svg import svg
from archcompiler.drawing.theme import THEMES
from archcompiler.files import Folder
from archcompiler.graph import Graph, Limits
from archcompiler.graph.summary import number_text
from archcompiler.pages.layer_table import Entry, entries_of, lines_of_rows, table_of
from archcompiler.pages.markup import listing, painted, piece

PICTURES = {"layered": "Layers", "graph": "Graph"}


class Text(NamedTuple):
    """A text to list: `keys` are the keys of the rows that its lines belong to.

    `marks` are the CSS classes of lines: `fault` and `warning`, and in a comparison `old` and
    `new`.
    """

    title: str
    language: str
    plain: str
    keys: Mapping[int, str]
    marks: Mapping[int, str] = {}

    @property
    def html(self) -> Markup:
        """The listing."""
        return piece("code", self.title, listing(self.plain, self.language, self.keys, self.marks))


class View:
    """A checked spec. A faulty one has no network, and no pieces that show it.

    `diagnostics` are its faults, or else its warnings.
    """

    def __init__(
        self,
        source: Source,
        *,
        folder: Path,
        params: Mapping[str, str] | None = None,
        limits: Limits = Limits(),  # noqa: B008  (immutable)
    ) -> None:
        """Check the text of `source`, which may name specs in `folder`.

        Raises:
            UnknownParameter: `params` names a parameter that the spec does not have.
        """
        self.source = source
        self.network: Architecture | None = None
        self.faults: tuple[Diagnostic, ...] = ()
        self.unchecked = 0
        try:
            self.network = loads(
                source.text, source.name, params=params, limits=limits, folder=folder
            )
        except SpecError as error:
            self.faults, self.unchecked = error.diagnostics, error.unchecked

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """The faults, or the warnings of a valid spec."""
        return self.network.warnings if self.network else self.faults

    @property
    def graph(self) -> Graph:
        """The network's graph; only a valid spec has one."""
        assert self.network is not None
        return self.network.graph

    @property
    def name(self) -> str:
        """The name of the network; that of the file if there are faults."""
        return self.network.name if self.network else Path(self.source.name).name

    @cached_property
    def entries(self) -> list[Entry]:
        """The layers, and the blocks around them."""
        return entries_of(self.graph)

    @cached_property
    def keys(self) -> dict[str, dict[int, str]]:
        """The keys of rows, by the name of the text and the number of the line."""
        return {source.name: keys for source, keys in self._rows.items()}

    @cached_property
    def _rows(self) -> dict[Source, dict[int, str]]:
        return lines_of_rows(self.graph) if self.network else {}

    def facts_html(self, *, described: bool = False) -> Markup:
        """Return the facts about the whole network, with its description if `described`."""
        graph, totals = self.graph, self.graph.totals
        parameters = number_text(totals.parameters)
        if totals.not_trainable:
            parameters += f", {totals.not_trainable:,} of them not trained"
        facts = {
            "Input": ", ".join(str(layer.shape) for layer in graph.inputs),
            "Output": ", ".join(str(graph[name].shape) for name in graph.outputs),
            "Layers": number_text(len(graph.layers)),
            "Parameters": parameters,
            "Multiply-adds": number_text(totals.multiply_adds),
            "Fingerprint": graph.fingerprint[:12],
        }
        return piece("facts", facts, graph.description if described else "")

    def table_html(self, marks: Mapping[str, str] = {}) -> Markup:
        """Return the layer table, with the share of each line in all costs.

        `marks` are the CSS classes of layers, by name.
        """
        return piece("table", table_of(self.graph, self.entries), self.graph.totals, marks)

    def picture_html(
        self, style: str, *, depth: int = 1, heat: str = "", width: int = WIDTH
    ) -> Markup:
        """Return a picture in the colours of the page; its rows are at most `width` px wide."""
        scene = picture(self.graph, style, depth=depth, heat=heat, width=width)
        drawn = svg(scene, THEMES["light"], THEMES["dark"])
        return piece("stage", PICTURES[style], Markup(drawn))

    def absent_html(self, what: str) -> Markup:
        """Return what replaces `what` if there are faults: their number and the first place."""
        source, start, _ = self.faults[0].span
        line = source.position(start)[0]
        own = source.name == self.source.name
        where = f"line {line}" if own else f"line {line} of {Path(source.name).name}"
        return piece("absent", what, len(self.faults), where, start if own else None)

    def faults_html(self, most: int | None = None) -> Markup:
        """Return all or the first diagnostics, or that there are none."""
        summary = count(self.diagnostics, self.unchecked)
        sound = self.network is not None
        return piece("faults", _painted(self.diagnostics[:most]), summary, self.source.name, sound)

    def spec_texts(self) -> list[Text]:
        """Return the texts of the spec and of other files that its rows are from."""
        texts = {source.name: source.text for source in (self.source, *self._rows)}
        marks: dict[str, dict[int, str]] = {}
        for found in self.diagnostics:
            source, start, _ = found.span
            mark = "warning" if found.severity == WARNING else "fault"
            marks.setdefault(source.name, {})[source.position(start)[0]] = mark
        return [
            Text(Path(name).name, "yaml", text, self.keys.get(name, {}), marks.get(name, {}))
            for name, text in texts.items()
        ]

    def source_text(self, backend: str) -> Text:
        """Return the source for a backend.

        Raises:
            SpecError: The backend cannot express some layers.
        """
        writer = sources()[backend]
        found = writer.listing(self.graph)
        keys = {number: key for number, key in enumerate(found.rows, 1) if key}
        return Text(writer.title, "python", found.text, keys)


def sources() -> dict[str, SourceBackend]:
    """Return the backends that emit text, by name."""
    return {each.name: each for each in BACKENDS.values() if isinstance(each, SourceBackend)}


def diagnostics_html(error: SpecError) -> Markup:
    """Return the diagnostics of `error`."""
    found = error.diagnostics
    return piece("faults", _painted(found), count(found, error.unchecked), "", False)


def _painted(found: tuple[Diagnostic, ...]) -> list[tuple[Diagnostic, Markup]]:
    return [(diagnostic, painted(diagnostic)) for diagnostic in found]


def read(
    path: Path,
    *,
    params: Mapping[str, str] | None = None,
    limits: Limits = Limits(),  # noqa: B008  (immutable)
) -> View:
    """Return the view of the spec at `path`.

    Raises:
        FileError: It cannot be read.
        SpecError: It is too large, or not text.
        UnknownParameter: `params` names a parameter that the spec does not have.
    """
    folder = Folder(path.parent, limits.bytes)
    source = folder.read(path)
    return View(source, folder=folder.path, params=params, limits=limits)
