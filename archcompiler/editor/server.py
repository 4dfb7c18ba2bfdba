"""The language server: `editor` over the Language Server Protocol.

https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer
from pygls.uris import from_fs_path, to_fs_path
from pygls.workspace import PositionCodec, TextDocument

from archcompiler import __version__
from archcompiler.diagnostics import Diagnostic, Edit, Source, Span, SpecError
from archcompiler.diagnostics.alike import apart
from archcompiler.diagnostics.diagnostic import ERROR, WARNING
from archcompiler.editor.complete import Completion, completions
from archcompiler.editor.document import Document, placed
from archcompiler.editor.hover import definition, hover

DELAY = 0.05  # seconds without typing before a text is checked
NAME = "archc"

_KINDS = {
    "type": lsp.CompletionItemKind.Class,
    "field": lsp.CompletionItemKind.Property,
    "value": lsp.CompletionItemKind.EnumMember,
    "layer": lsp.CompletionItemKind.Variable,
    "parameter": lsp.CompletionItemKind.Constant,
}
_SEVERITIES = {ERROR: lsp.DiagnosticSeverity.Error, WARNING: lsp.DiagnosticSeverity.Warning}


class Server(LanguageServer):
    """Keeps the open specs, and checks each when typing pauses."""

    def __init__(self) -> None:
        super().__init__(NAME, __version__)
        self.documents: dict[str, Document] = {}
        self.waiting: dict[str, asyncio.Task[None]] = {}

    def text_document(self, uri: str) -> TextDocument:
        """Return the text that is open under `uri`."""
        return self.workspace.get_text_document(uri)

    def document(self, uri: str) -> Document:
        """Return the document of the current text."""
        text = self.text_document(uri).source
        known = self.documents.get(uri)
        if known is None or known.source.text != text:
            known = Document(to_fs_path(uri) or uri, text, known)
            self.documents[uri] = known
        return known

    def publish(self, uri: str) -> None:
        """Publish the diagnostics of a text."""
        document = self.document(uri)
        found = [
            self.diagnostic(uri, document, each)
            for merged in document.diagnostics
            for each in apart(merged)
        ]
        self.text_document_publish_diagnostics(
            lsp.PublishDiagnosticsParams(uri, found, version=self.text_document(uri).version)
        )

    async def publish_soon(self, uri: str) -> None:
        """Publish the diagnostics of a text when typing pauses."""
        if uri in self.waiting:
            self.waiting[uri].cancel()

        async def after_a_pause() -> None:
            await asyncio.sleep(DELAY)
            self.publish(uri)

        self.waiting[uri] = asyncio.create_task(after_a_pause())

    def range(self, span: Span, uri: str = "") -> lsp.Range:
        """Convert a span to a range in the encoding of the client."""
        codec = self.text_document(uri).position_codec if uri else PositionCodec()
        lines = span.source.text.splitlines(keepends=True)
        ends = [_position(span.source, offset) for offset in (span.start, span.end)]
        return codec.range_to_client_units(lines, lsp.Range(*ends))

    def diagnostic(self, uri: str, document: Document, found: Diagnostic) -> lsp.Diagnostic:
        """Convert a diagnostic; one of another file is shown where this file leads to it."""
        at, message = placed(found, document.source)
        related = [
            lsp.DiagnosticRelatedInformation(
                lsp.Location(self.uri_of(label.span.source), self.range(label.span)), label.text
            )
            for label in (found.label, *found.labels)
            if label.text or label.span.source.name != document.source.name
        ]
        return lsp.Diagnostic(
            self.range(at, uri),
            message,
            severity=_SEVERITIES[found.severity],
            code=found.code,
            source=NAME,
            related_information=related,
        )

    def uri_of(self, source: Source) -> str:
        """Return the URI of a file."""
        return from_fs_path(str(Path(source.name).absolute())) or source.name

    def edit(self, uri: str, edits: list[Edit]) -> lsp.WorkspaceEdit:
        """Convert edits of one text."""
        texts = [lsp.TextEdit(self.range(edit.span, uri), edit.text) for edit in edits]
        return lsp.WorkspaceEdit(changes={uri: texts})


def _position(source: Source, offset: int) -> lsp.Position:
    line, column = source.position(offset)
    return lsp.Position(line - 1, column - 1)


server = Server()


@server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
def opened(ls: Server, params: lsp.DidOpenTextDocumentParams) -> None:
    """Check a text that was opened."""
    ls.publish(params.text_document.uri)


@server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
async def changed(ls: Server, params: lsp.DidChangeTextDocumentParams) -> None:
    """Check a text that was changed."""
    await ls.publish_soon(params.text_document.uri)


@server.feature(lsp.TEXT_DOCUMENT_DID_SAVE)
def saved(ls: Server, params: lsp.DidSaveTextDocumentParams) -> None:
    """Check all open texts again: one may name another."""
    for uri in list(ls.documents):
        del ls.documents[uri]
        ls.publish(uri)


@server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
def closed(ls: Server, params: lsp.DidCloseTextDocumentParams) -> None:
    """Forget a text, and clear its diagnostics."""
    uri = params.text_document.uri
    ls.documents.pop(uri, None)
    ls.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, []))


@server.feature(lsp.TEXT_DOCUMENT_HOVER)
def hovered(ls: Server, params: lsp.HoverParams) -> lsp.Hover | None:
    """Show the hover at a position."""
    uri = params.text_document.uri
    found = hover(ls.document(uri), ls.text_document(uri).offset_at_position(params.position))
    if found is None:
        return None
    words, span = found
    content = lsp.MarkupContent(lsp.MarkupKind.Markdown, words)
    return lsp.Hover(content, ls.range(span, uri))


@server.feature(
    lsp.TEXT_DOCUMENT_COMPLETION,
    lsp.CompletionOptions(trigger_characters=[" ", ":", "{", "[", ",", "$", "."]),
)
def completed(ls: Server, params: lsp.CompletionParams) -> lsp.CompletionList:
    """Offer completions at the cursor."""
    uri = params.text_document.uri
    offset = ls.text_document(uri).offset_at_position(params.position)
    found = completions(ls.document(uri), offset)
    items = [_item(number, completion) for number, completion in enumerate(found)]
    return lsp.CompletionList(is_incomplete=False, items=items)


def _item(number: int, completion: Completion) -> lsp.CompletionItem:
    doc = lsp.MarkupContent(lsp.MarkupKind.Markdown, completion.doc) if completion.doc else None
    return lsp.CompletionItem(
        completion.word,
        kind=_KINDS[completion.kind],
        detail=completion.detail or None,
        documentation=doc,
        insert_text=completion.insert or None,
        sort_text=f"{number:04}",
    )


@server.feature(lsp.TEXT_DOCUMENT_DEFINITION)
def defined(ls: Server, params: lsp.DefinitionParams) -> lsp.Location | None:
    """Go to the definition of a layer, a block, a parameter or a file."""
    uri = params.text_document.uri
    document = ls.document(uri)
    found = definition(document, ls.text_document(uri).offset_at_position(params.position))
    if isinstance(found, str):
        path = Path(document.source.name).parent / found
        first = lsp.Position(0, 0)
        return lsp.Location(from_fs_path(str(path)) or "", lsp.Range(first, first))
    return None if found is None else lsp.Location(uri, ls.range(found, uri))


@server.feature(lsp.TEXT_DOCUMENT_FORMATTING)
def laid_out(ls: Server, params: lsp.DocumentFormattingParams) -> list[lsp.TextEdit] | None:
    """Format a text as `archc fmt` does; one that is not a valid spec is not changed."""
    from archcompiler.language.format import formatted

    uri = params.text_document.uri
    document = ls.document(uri)
    if not document.is_spec:
        return None
    try:
        text = formatted(document.source)
    except SpecError:
        return None
    whole = Span(document.source, 0, len(document.source.text))
    return [lsp.TextEdit(ls.range(whole, uri), text)] if text != document.source.text else []


@server.feature(
    lsp.TEXT_DOCUMENT_CODE_ACTION,
    lsp.CodeActionOptions(
        code_action_kinds=[lsp.CodeActionKind.QuickFix, lsp.CodeActionKind.SourceFixAll]
    ),
)
def mended(ls: Server, params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
    """Offer fixes: those of diagnostics in the range, and all safe ones at once."""
    uri = params.text_document.uri
    document = ls.document(uri)
    own = [
        (found, found.fix)
        for found in document.diagnostics
        if found.fix and found.span.source.name == document.source.name
    ]
    actions = []
    for merged, fix in own:
        for found in apart(merged):
            at = ls.range(found.span, uri)
            if at.start <= params.range.end and params.range.start <= at.end:
                actions += [
                    lsp.CodeAction(
                        each.title,
                        kind=lsp.CodeActionKind.QuickFix,
                        diagnostics=[ls.diagnostic(uri, document, found)],
                        edit=ls.edit(uri, [*each.edits]),
                        is_preferred=each.safe and each == found.fix,
                    )
                    for each in dict.fromkeys((found.fix, fix))  # here, and at all places
                    if each
                ]
    safe = [edit for _, fix in own if fix.safe for edit in fix.edits]
    if safe:
        kind = lsp.CodeActionKind.SourceFixAll
        title = "make all edits that are safe"
        actions.append(lsp.CodeAction(title, kind=kind, edit=ls.edit(uri, safe)))
    return [action for action in actions if _is_asked(action, params.context.only)]


def _is_asked(action: lsp.CodeAction, only: Sequence[lsp.CodeActionKind | str] | None) -> bool:
    """Whether an action is of one of the requested kinds, or of a subkind."""
    kind = str(getattr(action.kind, "value", action.kind))
    return not only or any(kind.startswith(str(getattr(each, "value", each))) for each in only)
