"""The report: one spec, or two side by side, as a self-contained HTML file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import NamedTuple

from markupsafe import Markup

from archcompiler import __version__
from archcompiler.diagnostics import SpecError
from archcompiler.diff import Diff, compare
from archcompiler.diff.align import matching_pairs
from archcompiler.diff.formats import text as diff_text
from archcompiler.drawing import WIDTH
from archcompiler.drawing.html import PANZOOM, digest, font_faces
from archcompiler.pages.markup import asset, piece, templates
from archcompiler.pages.view import PICTURES, Text, View, diagnostics_html, sources

MARK = "Reported by archc"  # at the start of files that archc writes


Texts = list[Text] | SpecError  # the error of a backend that cannot express some layers
BESIDE = 700  # width of a picture beside another one, in px


class Cell(NamedTuple):
    """A column of a section."""

    title: str
    html: Markup


class Section(NamedTuple):
    """A section of the report."""

    title: str
    cells: list[Cell]


def report(view: View, other: View | None = None, *, depth: int = 1) -> str:
    """Return the page about a spec; with an `other` one, about both side by side.

    In pictures, blocks are folded at `depth`.
    """
    views = [view, *([other] if other else [])]
    script = f"{PANZOOM}{asset('page.js')}archc.wire(document);\n"
    style = "\n".join([font_faces(), asset("page.css"), asset("report.css")])
    policy = (
        f"default-src 'none'; script-src {digest(script)}; style-src {digest(style)};"
        " font-src data:; base-uri 'none'; form-action 'none'"
    )
    template = templates().get_template("report.html.jinja")
    page: str = template.render(
        mark=MARK,
        version=__version__,
        policy=policy,
        title=" and ".join(dict.fromkeys(each.name for each in views)),
        script=Markup(script),  # our script, without any text of a spec
        style=Markup(style),
        sections=list(_sections(views, depth)),
    )
    return page


class Side(NamedTuple):
    """One spec of the report; `marks` are the CSS classes of changed layers, by name."""

    title: str
    view: View
    marks: Mapping[str, str]

    def texts(self) -> dict[str, Texts]:
        """Return the texts of the spec and the sources by title; an error if there is no source."""
        texts: dict[str, Texts] = {"Spec": self.view.spec_texts()}
        if self.view.network:
            for name, backend in sources().items():
                try:
                    texts[backend.title] = [self.view.source_text(name)]
                except SpecError as error:
                    texts[backend.title] = error
        return texts


def _sections(views: list[View], depth: int) -> Iterator[Section]:
    graphs = [view.graph for view in views if view.network]
    diff = compare(*graphs) if len(graphs) == 2 else None
    titles = [view.source.name for view in views] if len(views) > 1 else [""]
    sides = [Side(*side) for side in zip(titles, views, _changed_layers(diff), strict=False)]
    sound = [side for side in sides if side.view.network]

    def beside(title: str, make: Callable[[Side], Markup]) -> Section:
        return Section(title, [Cell(side.title, make(side)) for side in sound])

    if sound:
        yield beside("Overview", lambda side: side.view.facts_html(described=True))
    yield Section("Diagnostics", [Cell(side.title, side.view.faults_html()) for side in sides])
    if diff:
        yield Section("What changed", [Cell("", piece("changes", diff_text(diff)))])
    if sound:
        width = WIDTH if len(views) == 1 else BESIDE
        for style, title in PICTURES.items():
            yield beside(title, partial(_picture, style, depth, width))
        yield beside("Table", lambda side: side.view.table_html(side.marks))
    yield from _sources(sides)


def _picture(style: str, depth: int, width: int, side: Side) -> Markup:
    return side.view.picture_html(style, depth=depth, width=width)


def _changed_layers(diff: Diff | None) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Return the marks of changed layers in the old table and in the new one, by name."""
    changes = [change for change in diff.layers if change.kind != "follows"] if diff else []
    return (
        {change.old.name: "old" for change in changes if change.old},
        {change.new.name: "new" for change in changes if change.new},
    )


def _sources(sides: list[Side]) -> Iterator[Section]:
    """Yield the sections of texts; with two specs, each kind of text is a section."""
    texts = [side.texts() for side in sides]
    if len(sides) == 1:
        yield Section("Source", [Cell("", _listings(of)) for of in texts[0].values()])
        return
    for title in dict.fromkeys(title for of in texts for title in of):
        found = _compared(*(of.get(title, []) for of in texts))
        cells = [Cell(side.title, _listings(of)) for side, of in zip(sides, found, strict=True)]
        yield Section(title, cells)


def _listings(texts: Texts) -> Markup:
    if isinstance(texts, SpecError):
        return diagnostics_html(texts)
    return Markup("").join(text.html for text in texts)


def _compared(old: Texts, new: Texts) -> tuple[Texts, Texts]:
    """Return both texts with marks on the lines that the other one does not have."""
    if isinstance(old, SpecError) or isinstance(new, SpecError):
        return old, new
    pairs = [_compared_text(one, other) for one, other in zip(old, new, strict=False)]
    rest = len(pairs)
    return [one for one, _ in pairs] + old[rest:], [other for _, other in pairs] + new[rest:]


def _compared_text(old: Text, new: Text) -> tuple[Text, Text]:
    lines = old.plain.split("\n"), new.plain.split("\n")
    pairs = matching_pairs(*lines)
    marked = []
    for text, kind, count, same in (
        (old, "old", len(lines[0]), {one for one, _ in pairs}),
        (new, "new", len(lines[1]), {other for _, other in pairs}),
    ):
        marks = {number + 1: kind for number in range(count) if number not in same}
        marked.append(text._replace(marks={**marks, **text.marks}))
    return marked[0], marked[1]
