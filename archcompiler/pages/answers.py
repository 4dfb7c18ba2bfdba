"""The requests of the page of `archc serve`, and their answers: JSON values, or a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from archcompiler.backends import BACKENDS
from archcompiler.backends.code.names import module_name
from archcompiler.diagnostics import Diagnostic, Source, SpecError
from archcompiler.diagnostics.alike import apart
from archcompiler.drawing import STYLES, THEMES, WIDTH, CannotPaint, picture, rendered
from archcompiler.drawing.paint import COSTS
from archcompiler.editor.complete import completions
from archcompiler.editor.cursor import cursor_at
from archcompiler.editor.document import Document, placed
from archcompiler.editor.hover import hover
from archcompiler.graph import Limits
from archcompiler.language.format import formatted
from archcompiler.pages.report import report
from archcompiler.pages.view import PICTURES, View, diagnostics_html, sources
from archcompiler.pages.workspace import Workspace

MOST_TEXT = 2**20  # characters of a spec
MOST_LAYERS = 20_000  # that blocks may make: they are checked while the user types
MOST_FAULTS = 50  # that are shown in full
DEEPEST = 9
NARROWEST, WIDEST = 400, 4000  # px of the rows of a picture
PICTURE_FORMS = ("svg", "png", "pdf")
MEDIA = {
    "svg": "image/svg+xml", "png": "image/png", "pdf": "application/pdf", "html": "text/html",
    "yaml": "application/yaml", "py": "text/x-python",
}  # fmt: skip
BYTES = "application/octet-stream"  # of files of backends that are not text


class Wrong(Exception):
    """A request that the page does not send; the message says what is wrong."""


class Download(NamedTuple):
    """A file for download."""

    name: str
    media: str
    data: bytes


class Question:
    """The fields of a request; each value is checked when it is read."""

    def __init__(self, fields: object) -> None:
        if not isinstance(fields, dict):
            raise Wrong("a question is an object")
        self.fields: Mapping[str, Any] = fields

    def text(self, name: str, most: int = MOST_TEXT) -> str:
        """Return a text of at most `most` characters."""
        value = self.fields.get(name)
        if not isinstance(value, str) or len(value) > most:
            raise Wrong(f"`{name}` is a text of at most {most:,} characters")
        if any(0xD800 <= ord(letter) < 0xE000 for letter in value):
            raise Wrong(f"`{name}` has half a character")
        return value

    def number(self, name: str, most: int, otherwise: int) -> int:
        """Return a whole number from 0 to `most`."""
        value = self.fields.get(name, otherwise)
        if type(value) is not int or not 0 <= value <= most:
            raise Wrong(f"`{name}` is a whole number from 0 to {most:,}")
        return value

    def one_of(self, name: str, known: Sequence[str], otherwise: str) -> str:
        """Return one of the `known` words."""
        value = self.fields.get(name, otherwise)
        if value not in known:
            raise Wrong(f"`{name}` is one of {', '.join(known)}")
        return str(value)


class Answers:
    """Answers requests about the specs of one folder."""

    def __init__(self, workspace: Workspace, first: str = "", limits: Limits = Limits()) -> None:  # noqa: B008
        self.workspace = workspace
        self.first = first
        self.limits = limits._replace(layers=min(limits.layers, MOST_LAYERS))
        self.document: Document | None = None

    def files(self, question: Question) -> dict[str, Any]:
        """Return the names of the specs, and the one to open first."""
        names = self.workspace.names()
        return {"files": names, "first": self.first or next(iter(names), "")}

    def open(self, question: Question) -> dict[str, Any]:
        """Return the text of a file; raises what `Workspace.read` raises."""
        return self.workspace.read(question.text("name"))._asdict()

    def save(self, question: Question) -> dict[str, Any]:
        """Write a file; raises what `Workspace.write` raises."""
        name, text = question.text("name"), question.text("text")
        known = question.text("version", 64)
        overwrite = question.one_of("overwrite", ("", "yes"), "") == "yes"
        return {"version": self.workspace.write(name, text, None if overwrite else known)}

    def view(self, question: Question) -> dict[str, Any]:
        """Check a text, and return its diagnostics and one pane of the page."""
        view = self._view(question)
        show = question.one_of("show", (*PICTURES, "table", *sources()), "layered")
        found: dict[str, Any] = {
            "problems": [
                _problem(one, view.source) for found in view.diagnostics for one in apart(found)
            ],
            "faults": view.faults_html(MOST_FAULTS),
            "sound": view.network is not None,
        }
        if view.network:
            found |= {
                "title": view.name,
                "facts": view.facts_html(),
                "pane": self._pane(view, show, question),
                "lines": view.keys.get(view.source.name, {}),
                "layers": {entry.name: entry.key for entry in view.entries},
            }
        else:
            what = "picture" if show in PICTURES else "table" if show == "table" else "source"
            found["pane"] = view.absent_html(what)
        return found

    def _pane(self, view: View, show: str, question: Question) -> str:
        if show in PICTURES:
            wide = max(question.number("width", WIDEST, WIDTH), NARROWEST)
            return view.picture_html(show, **_options(question), width=wide)
        if show == "table":
            return view.table_html()
        try:
            return view.source_text(show).html
        except SpecError as error:
            return diagnostics_html(error)

    def complete(self, question: Question) -> dict[str, Any]:
        """Return the completions at an offset, and where the word there begins."""
        document, offset = self._document(question)
        cursor = cursor_at(document.source.text, offset)
        words = [
            {
                "label": found.word,
                "kind": found.kind,
                "detail": found.detail,
                "info": found.doc,
                "insert": found.insert or found.word,
            }
            for found in completions(document, offset)
        ]
        return {"from": offset - len(cursor.word), "words": words}

    def hover(self, question: Question) -> dict[str, Any]:
        """Return the hover at an offset as HTML; an empty answer if there is none."""
        from markdown_it import MarkdownIt

        document, offset = self._document(question)
        found = hover(document, offset)
        if found is None:
            return {}
        words, (_, start, end) = found
        plain = MarkdownIt("commonmark", {"html": False})
        html = plain.disable(["link", "image", "autolink"]).render(words)
        return {"from": start, "to": end, "html": html}

    def layout(self, question: Question) -> dict[str, Any]:
        """Return a text as formatted by `archc fmt`.

        Raises:
            SpecError: It is not YAML.
        """
        return {"text": formatted(self._source(question))}

    def download(self, question: Question) -> Download:
        """Return a file for download: the spec, a source, a picture or the report."""
        what = question.one_of("what", ("spec", *BACKENDS, *PICTURE_FORMS, "report"), "spec")
        source = self._source(question)
        stem = PurePosixPath(source.name).stem
        if what == "spec":
            return _file(f"{stem}.yaml", source.text)
        view = self._view(question)
        if what == "report":
            return _file(f"{stem}.html", report(view))
        if view.network is None:
            raise SpecError(view.faults, view.unchecked)
        if what in BACKENDS:
            name = module_name(f"{stem}_{what}")
            return _file(f"{name}{BACKENDS[what].ending}", view.network.file(what))
        style = question.one_of("show", STYLES, "layered")
        scene = picture(view.graph, style, **_options(question))
        theme = question.one_of("theme", list(THEMES), "light")
        try:
            return _file(f"{stem}_{style}.{what}", rendered(scene, what, theme))
        except CannotPaint as error:
            raise Wrong(str(error)) from None

    def _path(self, question: Question) -> Path:
        return self.workspace.path(question.text("name"))

    def _source(self, question: Question) -> Source:
        return Source(self._path(question).as_posix(), question.text("text"))

    def _view(self, question: Question) -> View:
        source = self._source(question)
        return View(source, folder=Path(source.name).parent, limits=self.limits)

    def _document(self, question: Question) -> tuple[Document, int]:
        """Return the document of a text, and an offset in it."""
        name, text = self._path(question).as_posix(), question.text("text")
        before = self.document if self.document and self.document.source.name == name else None
        if before is None or before.source.text != text:
            self.document = Document(name, text, before, self.limits)
        assert self.document is not None
        return self.document, question.number("offset", len(text), 0)


QUESTIONS: Mapping[str, Callable[[Answers, Question], dict[str, Any] | Download]] = {
    "files": Answers.files,
    "open": Answers.open,
    "save": Answers.save,
    "view": Answers.view,
    "complete": Answers.complete,
    "hover": Answers.hover,
    "layout": Answers.layout,
    "download": Answers.download,
}


def _options(question: Question) -> dict[str, Any]:
    heat = question.one_of("heat", ("", *COSTS), "")
    return {"depth": max(question.number("depth", DEEPEST, 1), 1), "heat": heat}


def _problem(fault: Diagnostic, source: Source) -> dict[str, Any]:
    """Return a diagnostic for the editor, with its fix if there is one."""
    (_, start, end), message = placed(fault, source)
    problem: dict[str, Any] = {
        "from": start, "to": end, "message": message, "code": fault.code,
        "severity": fault.severity,
    }  # fmt: skip
    if fault.fix and fault.fix.edits[0].span.source.name == source.name:
        (_, start, end), text = fault.fix.edits[0]
        problem["fix"] = {
            "title": fault.fix.title, "from": start, "to": end, "text": text,
            "safe": fault.fix.safe,
        }  # fmt: skip
    return problem


def _file(name: str, data: str | bytes) -> Download:
    ending = name.rpartition(".")[2]
    return Download(
        name, MEDIA.get(ending, BYTES), data.encode() if isinstance(data, str) else data
    )
