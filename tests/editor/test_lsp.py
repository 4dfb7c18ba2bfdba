"""The language server, as an editor sees it: a client talks to the process over its pipes."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from archcompiler.editor.document import Document
from archcompiler.editor.hover import definition, hover
from tests.conftest import ROOT

pytest.importorskip("pygls")
from lsprotocol import types as lsp
from pygls.lsp.client import LanguageClient
from pygls.uris import from_fs_path

SOUND = """\
archc: 1
name: Small
params: {classes: 10}
blocks:
  unit:
    description: A convolution and its rectifier.
    params: {maps: int}
    layers:
    - {layer: conv, type: convolution, maps: "${maps}", kernel: 3x3, padding: same}
    - {layer: act,  type: activation,  activation: relu}
layers:
- {layer: In,  type: input,           maps: 3, size: 32x32}
- {layer: C1,  type: unit,            maps: 8}
- {layer: Sum, type: add,             from: [C1, C1]}
- {layer: Out, type: fully_connected, size: "${classes}", activation: softmax}
"""


class Editor:
    """A client with one text open."""

    def __init__(self, client: LanguageClient, path: Path) -> None:
        self.client = client
        self.path = path
        self.uri = from_fs_path(str(path)) or ""
        self.version = 0
        self.published: dict[str, list[lsp.Diagnostic]] = {}
        self.news = asyncio.Event()
        self.text = ""

    async def open(self, text: str) -> list[lsp.Diagnostic]:
        self.text = text
        item = lsp.TextDocumentItem(self.uri, "yaml", self.version, text)
        self.client.text_document_did_open(lsp.DidOpenTextDocumentParams(item))
        return await self.faults()

    async def type(self, text: str) -> list[lsp.Diagnostic]:
        """Replace the whole text, as an editor without increments does."""
        self.change(text)
        return await self.faults()

    def change(self, text: str) -> None:
        self.text = text
        self.version += 1
        whole = lsp.TextDocumentContentChangeWholeDocument(text)
        identifier = lsp.VersionedTextDocumentIdentifier(self.version, self.uri)
        self.client.text_document_did_change(lsp.DidChangeTextDocumentParams(identifier, [whole]))

    async def faults(self) -> list[lsp.Diagnostic]:
        """Wait for the faults of the newest version."""
        async with asyncio.timeout(20):
            while self.published.get("version") != self.version:
                self.news.clear()
                await self.news.wait()
        return self.published[self.uri]

    def at(self, part: str, behind: int = 0) -> dict[str, Any]:
        """Return where `part` begins, as the parameters of a request."""
        before = self.text[: self.text.index(part) + behind]
        line = before.count("\n")
        column = len(before[before.rfind("\n") + 1 :].encode("utf-16-le")) // 2
        return {
            "text_document": lsp.TextDocumentIdentifier(self.uri),
            "position": lsp.Position(line, column),
        }

    def words(self, place: lsp.Range) -> str:
        """Return the text at a place."""
        lines = [*self.text.splitlines(keepends=True), ""]
        starts = [sum(map(len, lines[:number])) for number in range(len(lines) + 1)]

        def offset(position: lsp.Position) -> int:
            units = lines[position.line].encode("utf-16-le")[: 2 * position.character]
            return starts[position.line] + len(units.decode("utf-16-le"))

        return self.text[offset(place.start) : offset(place.end)]

    async def complete(self, text: str) -> dict[str, lsp.CompletionItem]:
        """Return what is offered where `|` stands in a text."""
        at = text.index("|")
        self.change(text.replace("|", "", 1))
        place = self.at(self.text, at)
        found = await self.client.text_document_completion_async(lsp.CompletionParams(**place))
        assert isinstance(found, lsp.CompletionList)
        return {item.label: item for item in found.items}


def edited(folder: Path, use: Callable[[Editor], Awaitable[None]], name: str = "net.yaml") -> None:
    """Let `use` work with a server in a process of its own."""

    async def run() -> None:
        client = LanguageClient("test", "1")
        editor = Editor(client, folder / name)

        @client.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def published(params: lsp.PublishDiagnosticsParams) -> None:
            editor.published[params.uri] = list(params.diagnostics)
            editor.published["version"] = params.version  # type: ignore[assignment]
            editor.news.set()

        await client.start_io(sys.executable, "-m", "archcompiler", "lsp")
        try:
            started = await client.initialize_async(
                lsp.InitializeParams(lsp.ClientCapabilities(), root_uri=from_fs_path(str(folder)))
            )
            assert started.server_info is not None
            assert started.server_info.name == "archc"
            client.initialized(lsp.InitializedParams())
            await use(editor)
        finally:  # a server that still runs would be waited for
            async with asyncio.timeout(20):
                await client.shutdown_async(None)
                client.exit(None)
                await client.stop()

    asyncio.run(run())


def test_faults_appear_while_typing_and_go_when_mended(tmp_path: Path) -> None:
    async def use(editor: Editor) -> None:
        assert await editor.open(SOUND) == []
        (fault,) = await editor.type(SOUND.replace("kernel: 3x3", "kernal: 3x3"))
        assert (fault.code, fault.source) == ("ARC202", "archc")
        assert editor.words(fault.range) == "kernal"
        assert fault.message.startswith("unknown field `kernal` of a convolution layer")
        (label,) = fault.related_information or []
        assert label.message == "in `C1`, used here"
        assert await editor.type(SOUND) == []
        (fault,) = await editor.type(SOUND.replace("[C1, C1]}", "[C1, C1"))
        assert fault.code == "ARC101"
        assert await editor.type("no: spec\n") == []

    edited(tmp_path, use)


@pytest.mark.slow
def test_a_warning_is_told_as_one(tmp_path: Path) -> None:
    row = "- {layer: B1, type: batch_normalization, momentum: 0.99}\n"
    text = f"archc: 1\nname: Net\nlayers:\n- {{layer: In, type: input, maps: 3, size: 8x8}}\n{row}"

    async def use(editor: Editor) -> None:
        (warning,) = await editor.open(text)
        assert (warning.code, warning.severity) == ("ARC603", lsp.DiagnosticSeverity.Warning)
        assert editor.words(warning.range) == "0.99"
        (fault,) = await editor.type(text + "- {type: flaten}\n")
        assert fault.severity == lsp.DiagnosticSeverity.Error
        assert await editor.type(text.replace("0.99}", "0.99}  # archc: ignore[ARC603]")) == []

    edited(tmp_path, use)


@pytest.mark.slow
def test_only_the_last_of_many_keystrokes_is_looked_at(tmp_path: Path) -> None:
    async def use(editor: Editor) -> None:
        await editor.open(SOUND)
        for length in range(1, 40):
            editor.change(SOUND[:-length])
        assert await editor.type(SOUND) == []
        assert editor.version == 40

    edited(tmp_path, use)


@pytest.mark.slow
def test_places_are_in_the_units_of_the_editor(tmp_path: Path) -> None:
    async def use(editor: Editor) -> None:
        text = SOUND.replace("A convolution", "Ein \U0001f600 réseau").replace(
            "softmax}", "softmax, note: \U0001f600\U0001f600, qqqq: 1}"
        )
        (fault,) = await editor.open(text)
        assert editor.words(fault.range) == "qqqq"

    edited(tmp_path, use)


def test_hover_says_the_shape_and_what_the_word_means(tmp_path: Path) -> None:
    async def use(editor: Editor) -> None:
        await editor.open(SOUND)

        async def said(part: str, behind: int = 1) -> str:
            found = await editor.client.text_document_hover_async(
                lsp.HoverParams(**editor.at(part, behind))
            )
            assert found is not None
            assert isinstance(found.contents, lsp.MarkupContent)
            return found.contents.value

        assert "**C1**: 8 maps of 32x32; 224 parameters" in await said("C1,  type")
        assert "**C1.conv**: 3 maps of 32x32 → 8 maps of 32x32" in await said("conv, type")
        assert "multiply-adds; sees 3x3 of In" in await said("conv, type")
        assert "sees" not in await said("In,  type")
        assert "sees" not in await said("Out, type")
        await editor.type(SOUND.replace("maps: 8}", "maps: 8, repeat: 4}"))
        assert "and 1 more: 8 maps of 32x32" in await said("act,  type")
        assert "sees 3x3 to 9x9 of In" in await said("act,  type")
        await editor.type(SOUND)
        assert "Rows x columns of a kernel" in await said("kernel:")
        assert "Slides kernels over all input maps" in await said("convolution, maps")
        assert "`unit`, a block of this file. A convolution and its" in await said("unit,   ")
        assert "**C1**: 8 maps of 32x32" in await said("C1, C1]")
        assert "`classes` is 10." in await said('"${classes}"', 4)
        assert "`maps` is 8 where `unit` is used." in await said('"${maps}"', 4)
        assert "`maps` is 8 where `unit` is used." in await said("maps: int")
        assert "Adds its inputs" in await said("type: add")

    edited(tmp_path, use)


DERIVED = SOUND.replace(
    "{maps: int}", '{maps: int, start: "${input.maps}", wide: "${start < maps}"}'
)


def test_derived_parameters(tmp_path: Path) -> None:
    async def use(editor: Editor) -> None:
        other = "- {layer: C2, type: unit, maps: 8}\n- {layer: C3, type: unit, maps: 4}\n"
        text = DERIVED.replace("- {layer: Sum", other + "- {layer: Sum")
        await editor.open(text.replace("[C1, C1]", "[C3, C3]"))

        async def said(part: str, behind: int = 1) -> str:
            found = await editor.client.text_document_hover_async(
                lsp.HoverParams(**editor.at(part, behind))
            )
            assert found is not None
            assert isinstance(found.contents, lsp.MarkupContent)
            return found.contents.value

        assert "`start` is 3, 8 where `unit` is used." in await said("start < maps")
        assert "`wide` is true, false where `unit` is used." in await said("wide: ")
        assert "maps of what the block is given" in await said("input.maps", 8)
        found = await editor.complete(DERIVED.replace("${start < maps}", "${|"))
        assert {"start", "maps", "input.maps", "divisible", "sum"} <= set(found)
        found = await editor.complete(DERIVED.replace("maps: 8}", "maps: 8, |}"))
        assert found["wide"].detail == "${start < maps} if left out"

    edited(tmp_path, use)


COMPLETIONS = {
    "types": ("- {layer: X, type: con|", {"convolution", "concatenate", "unit", "flatten"}),
    "types in a block of lines": ("- layer: X\n  type: |\n", {"convolution", "unit"}),
    "fields": ("- {layer: X, type: convolution, |}\n", {"kernel", "stride", "maps", "activation"}),
    "parameters of a block": ("- {layer: X, type: unit, |}\n", {"maps", "from", "repeat"}),
    "layers": ("- {layer: X, type: add, from: [C|", {"In", "C1", "Sum", "Out"}),
    "activations": ("- {layer: X, type: flatten, activation: |}\n", {"relu", "leaky_relu(0.01)"}),
    "paddings": ("- {layer: X, type: max_pooling, padding: |", {"valid", "same"}),
    "in an expression": (
        '- {layer: X, type: dropout, rate: "${|',
        {"classes", "reads.maps", "min"},
    ),
    "the outermost keys": ("tr|", {"training", "outputs", "defaults"}),
    "losses": ("training:\n  loss: |", {"sparse_categorical_crossentropy"}),
    "optimizers": ("training: {optimizer: {type: |}}\n", {"sgd", "adam", "adamw"}),
}


def test_completion(tmp_path: Path) -> None:
    async def use(editor: Editor) -> None:
        await editor.open(SOUND)
        for tail, words in COMPLETIONS.values():
            found = await editor.complete(SOUND + tail)
            assert words <= set(found), (tail, list(found))
            await editor.type(SOUND)
        found = await editor.complete(SOUND + "- {layer: X, type: convolution, kernel: 3, |")
        assert "kernel" not in found
        assert found["stride"].insert_text == "stride: "
        assert isinstance(found["stride"].documentation, lsp.MarkupContent)
        found = await editor.complete(SOUND.replace("from: [C1, C1]", "from: [C1, |"))
        assert "Sum" not in found
        block = SOUND.replace("act,  type: activation", "act, from: |, type: activation")
        assert {"input", "conv"} == set(await editor.complete(block))

    edited(tmp_path, use)


def test_definitions(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "specs" / "vgg", tmp_path / "vgg")

    async def use(editor: Editor) -> None:
        await editor.open(SOUND)

        async def defined(part: str, behind: int = 1) -> str | None:
            found = await editor.client.text_document_definition_async(
                lsp.DefinitionParams(**editor.at(part, behind))
            )
            assert found is None or isinstance(found, lsp.Location)
            return found and f"{found.range.start.line}: {editor.words(found.range)}"

        assert await defined("C1]") == "12: C1"
        assert await defined("unit,   ") == "4: unit"
        assert await defined('"${maps}"', 4) == "6: maps"
        assert await defined('"${classes}"', 4) == "2: classes"
        assert await defined("softmax") is None
        inner = SOUND.replace("from: [C1, C1]", "from: [C1.conv, C1]")
        await editor.type(inner)
        assert await defined("C1.conv") == "8: conv"
        await editor.type("archc: 1\nname: X\nspec: vgg/vgg.yaml\n")
        found = await editor.client.text_document_definition_async(
            lsp.DefinitionParams(**editor.at("vgg/vgg"))
        )
        assert isinstance(found, lsp.Location)
        assert found.uri.endswith("/vgg/vgg.yaml")

    edited(tmp_path, use)


@pytest.mark.slow
def test_a_fault_of_a_file_that_is_named_is_told_where_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "vgg").mkdir()
    family = (ROOT / "specs" / "vgg" / "vgg.yaml").read_text()
    (tmp_path / "vgg" / "vgg.yaml").write_text(family.replace("rate: 0.5", "rate: 5", 1))

    async def use(editor: Editor) -> None:
        (fault,) = await editor.open("archc: 1\nname: X\nspec: vgg/vgg.yaml\n")
        assert editor.words(fault.range) == "vgg/vgg.yaml"
        assert "vgg/vgg.yaml:" in fault.message
        places = [label.location.uri for label in fault.related_information or []]
        assert any(uri.endswith("/vgg/vgg.yaml") for uri in places)
        (tmp_path / "vgg" / "vgg.yaml").write_text(family)
        editor.client.text_document_did_save(
            lsp.DidSaveTextDocumentParams(lsp.TextDocumentIdentifier(editor.uri))
        )
        editor.version += 1
        assert await editor.type(editor.text) == []

    edited(tmp_path, use)


def test_edits_are_offered(tmp_path: Path) -> None:
    async def use(editor: Editor) -> None:
        text = SOUND.replace("kernel: 3x3", "kernal: 3x3").replace(
            "fully_connected", "fuly_connected"
        )
        faults = await editor.open(text)
        assert [fault.code for fault in faults] == ["ARC202", "ARC201"]

        async def actions(
            place: lsp.Range, only: list[lsp.CodeActionKind] | None = None
        ) -> dict[str, lsp.CodeAction]:
            context = lsp.CodeActionContext(faults, only=only)
            document = lsp.TextDocumentIdentifier(editor.uri)
            found = await editor.client.text_document_code_action_async(
                lsp.CodeActionParams(document, place, context)
            )
            return {a.title: a for a in found or [] if isinstance(a, lsp.CodeAction)}

        found = await actions(faults[0].range)
        assert set(found) == {"write `kernel`", "make all edits that are safe"}
        quick = found["write `kernel`"]
        assert quick.is_preferred
        assert quick.edit is not None
        ((change,),) = (quick.edit.changes or {}).values()
        assert (editor.words(change.range), change.new_text) == ("kernal", "kernel")
        everything = await actions(faults[1].range, [lsp.CodeActionKind.SourceFixAll])
        (every,) = everything.values()
        assert every.edit is not None
        (changes,) = (every.edit.changes or {}).values()
        assert [change.new_text for change in changes] == ["kernel", "fully_connected"]

    edited(tmp_path, use)


@pytest.mark.slow
def test_an_edit_is_offered_here_and_at_all_places_with_the_same_fault(tmp_path: Path) -> None:
    async def use(editor: Editor) -> None:
        rows = "- {type: max_poolign, kernel: 1}\n" * 3
        faults = await editor.open(
            f"archc: 1\nname: N\nlayers:\n- {{type: input, maps: 3, size: 9}}\n{rows}"
        )
        assert [editor.words(fault.range) for fault in faults] == ["max_poolign"] * 3
        context = lsp.CodeActionContext(faults, only=[lsp.CodeActionKind.QuickFix])
        document = lsp.TextDocumentIdentifier(editor.uri)
        found = await editor.client.text_document_code_action_async(
            lsp.CodeActionParams(document, faults[1].range, context)
        )
        offered = []
        for action in found or []:
            assert isinstance(action, lsp.CodeAction)
            assert action.edit is not None
            (changes,) = (action.edit.changes or {}).values()
            lines = [change.range.start.line for change in changes]
            offered.append((action.title, action.is_preferred, lines))
        assert offered == [
            ("write `max_pooling`", True, [5]),
            ("write `max_pooling` in 3 places", False, [4, 5, 6]),
        ]

    edited(tmp_path, use)


def test_formatting(tmp_path: Path) -> None:
    async def use(editor: Editor) -> None:
        document = lsp.TextDocumentIdentifier(editor.uri)

        async def formatted() -> str | None:
            options = lsp.FormattingOptions(tab_size=2, insert_spaces=True)
            edits = await editor.client.text_document_formatting_async(
                lsp.DocumentFormattingParams(document, options)
            )
            if not edits:
                return None if edits is None else editor.text
            (edit,) = edits
            assert editor.words(edit.range) == editor.text
            return edit.new_text

        untidy = SOUND.replace("type: add,             from", "from")
        await editor.open(untidy.replace("C1]}", 'C1], type: "add"}  # why'))
        assert await formatted() == SOUND.replace("C1]}", "C1]}  # why")
        await editor.type(SOUND)
        assert await formatted() == SOUND
        await editor.type(SOUND[:-3])
        assert await formatted() is None
        await editor.type("no:   spec\n")
        assert await formatted() is None

    edited(tmp_path, use)


@pytest.mark.slow
def test_hostile_texts_end_in_a_fault(tmp_path: Path) -> None:
    texts = ["[" * 50_000, "archc: 1\n" + "{" * 9000, "archc: 1\nx: &a [*a]\n", "archc: \x00", ""]

    async def use(editor: Editor) -> None:
        await editor.open(SOUND)
        for text in texts:
            await editor.type(text)
            await editor.client.text_document_hover_async(lsp.HoverParams(**editor.at("")))
            await editor.client.text_document_completion_async(
                lsp.CompletionParams(**editor.at("", len(text)))
            )
        assert await editor.type(SOUND) == []

    edited(tmp_path, use)


@pytest.mark.parametrize("value", ["${wide", "unit", "[a]", '"${wide}"'])
def test_a_hover_over_blocks_that_are_none_says_nothing_wrong(value: str) -> None:
    text = f"archc: 1\nname: Half\nblocks: {value}\nlayers:\n- {{type: input, size: 4}}\n"
    document = Document("half.yaml", text)
    for offset in range(len(text)):
        hover(document, offset)
        definition(document, offset)
