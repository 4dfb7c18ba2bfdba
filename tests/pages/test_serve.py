"""What the page of `archc serve` asks: who may, what is answered, and that nothing breaks it."""

from __future__ import annotations

import json
import re
import shutil
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scripts.specs import SPECS
from tests.conftest import ROOT, Served

pytest.importorskip("starlette")
import httpx2 as httpx
from starlette.testclient import TestClient

from archcompiler.backends import BACKENDS
from archcompiler.cli import cli
from archcompiler.graph import Limits
from archcompiler.pages import answers as asked
from archcompiler.pages.answers import QUESTIONS, Answers
from archcompiler.pages.server import HEADERS, MOST_BYTES, PATIENCE, TOKEN, application
from archcompiler.pages.workspace import Workspace

SECRET = "the-token"
HOST = "http://127.0.0.1:8000"
ALEXNET = (ROOT / "specs" / "alexnet.yaml").read_text()
FAULTY = ALEXNET.replace("55x55", "56x56")


class Page:
    """Asks as the page does."""

    def __init__(self, folder: Path, first: str = "") -> None:
        answers = Answers(Workspace(folder, Limits().bytes), first)
        self.client = TestClient(application(answers, SECRET), base_url=HOST)

    def post(self, question: str, fields: Any, **headers: str) -> httpx.Response:
        sent = {TOKEN: SECRET, **headers}
        return self.client.post(f"/ask/{question}", json=fields, headers=sent)

    def ask(self, question: str, **fields: Any) -> Any:
        reply = self.post(question, fields)
        assert reply.status_code == 200, reply.text
        return reply.json()


@pytest.fixture
def page(tmp_path: Path) -> Page:
    (tmp_path / "served" / "inner").mkdir(parents=True)
    (tmp_path / "served" / "alexnet.yaml").write_text(ALEXNET)
    (tmp_path / "served" / "inner" / "small.yaml").write_text(ALEXNET.replace("AlexNet", "Other"))
    (tmp_path / "served" / "no_spec.yaml").write_text("a: 1\n")
    (tmp_path / "secret.yaml").write_text(ALEXNET)
    return Page(tmp_path / "served")


def test_the_page_and_all_that_it_loads(page: Page) -> None:
    reply = page.client.get("/")
    policy = reply.headers["content-security-policy"]
    nonce = re.search(r'data-nonce="([^"]+)"', reply.text)
    assert nonce
    assert f"style-src 'self' 'nonce-{nonce[1]}'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    loaded = re.findall(r'(?:src|href)="(/[^"]+)"', reply.text)
    assert loaded
    assert page.client.get("/").text != reply.text  # another nonce
    for name in [*loaded, "/editor.js"]:
        found = page.client.get(name)
        assert found.status_code == 200
        assert len(found.text) > 500
        assert found.headers["content-type"].startswith(("text/css", "text/javascript"))
    assert SECRET not in reply.text


@pytest.mark.parametrize("name", ["/server.py", "/../view.py", "/%2e%2e/view.py", "/assets/app.js"])
def test_no_other_file_is_given_out(page: Page, name: str) -> None:
    assert page.client.get(name).status_code == 404


FOREIGN = {
    "another host": {"host": "archc.example:8000"},
    "a name that leads here": {"host": "rebound.example"},
    "no port": {"host": "127.0.0.1"},
    "a host with more": {"host": "127.0.0.1.example:80"},
    "no number for a port": {"host": "127.0.0.1:evil.com"},
    "a user's name": {"host": "me@127.0.0.1:8000"},
    "another site": {"origin": "https://example.com"},
    "another port": {"origin": "http://127.0.0.1:9999"},
    "a file": {"origin": "null"},
    "no token": {TOKEN: ""},
    "another token": {TOKEN: "the-tokem"},
}


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN)
@pytest.mark.parametrize("question", QUESTIONS)
def test_others_are_refused(page: Page, question: str, headers: dict[str, str]) -> None:
    reply = page.post(question, {"name": "alexnet.yaml", "text": ALEXNET}, **headers)
    assert reply.status_code == 403
    assert "AlexNet" not in reply.text


def test_of_two_origins_none_counts(page: Page) -> None:
    for second in (HOST, "https://example.com"):
        headers = [(b"origin", HOST.encode()), (b"origin", second.encode())]
        headers.append((TOKEN.encode(), SECRET.encode()))
        reply = page.client.post("/ask/files", content=b"{}", headers=headers)
        assert reply.status_code == (200 if second == HOST else 403)


def test_a_token_is_any_bytes(page: Page) -> None:
    for token in (b"\xff", b"\xe2\x82\xac", b" "):
        headers = [(TOKEN.encode(), token)]
        assert page.client.post("/ask/files", content=b"{}", headers=headers).status_code == 403


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "[::1]:8000"])
def test_this_machine_is_not(page: Page, host: str) -> None:
    own = {"host": host, "origin": f"http://{host}"}
    assert page.post("files", {}, **own).status_code == 200
    assert page.client.get("/", headers={"host": host}).status_code == 200


def test_every_answer_has_the_headers_that_keep_others_out(page: Page) -> None:
    replies = [
        page.client.get("/"),
        page.client.get("/page.css"),
        page.client.get("/nothing"),
        page.post("files", {}),
        page.post("files", {}, origin="https://example.com"),
    ]
    for reply in replies:
        assert HEADERS.items() <= {k.title(): v for k, v in reply.headers.items()}.items()


def test_files(page: Page, tmp_path: Path) -> None:
    (tmp_path / "served" / ".hidden").mkdir()
    (tmp_path / "served" / ".hidden" / "a.yaml").write_text(ALEXNET)
    (tmp_path / "served" / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    found = page.ask("files")
    assert found == {"files": ["alexnet.yaml", "inner/small.yaml"], "first": "alexnet.yaml"}


OUTSIDE = [
    "../secret.yaml", "inner/../../secret.yaml", "/etc/passwd", "/secret.yaml", "", ".", "..",
    "secret.yaml/../../secret.yaml", "link.yaml", "linked/secret.yaml", "passwd", "inner",
    ".hidden.yaml", "a\0.yaml", "a\n.yaml", "..\\secret.yaml", "alexnet.yaml/",
    "x" * 2000 + ".yaml", "alexnet.yaml/x.yaml", "C:\\secret.yaml",
]  # fmt: skip


@pytest.mark.parametrize("name", OUTSIDE)
def test_no_path_outside_is_read_or_written(page: Page, tmp_path: Path, name: str) -> None:
    (tmp_path / "served" / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    (tmp_path / "served" / "linked").symlink_to(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    for fields in ({}, {"text": "archc: 1\n", "version": ""}):
        reply = page.post("save" if fields else "open", {"name": name, **fields})
        if name == "alexnet.yaml/":  # a slash at the end says nothing
            assert reply.status_code in (200, 409)
            continue
        assert reply.status_code in (400, 404), reply.text
        assert set(reply.json()) == {"error"}
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("named", ["../secret.yaml", "/etc/hostname", "linked/secret.yaml"])
def test_a_spec_names_no_file_outside(page: Page, tmp_path: Path, named: str) -> None:
    (tmp_path / "served" / "linked").symlink_to(tmp_path)
    text = f"archc: 1\nname: Odd\nspec: {named}\n"
    for name in ("odd.yaml", "inner/odd.yaml"):
        found = page.ask("view", name=name, text=text)
        assert not found["sound"]
        assert not found["sound"]
        assert re.search("is not in the folder|cannot read", found["faults"])
    assert "is not in the folder" in page.ask("view", name="odd.yaml", text=text)["faults"]


def test_open_and_save(page: Page, tmp_path: Path) -> None:
    opened = page.ask("open", name="alexnet.yaml")
    assert opened["text"] == ALEXNET
    saved = page.ask("save", name="alexnet.yaml", text=FAULTY, version=opened["version"])
    assert (tmp_path / "served" / "alexnet.yaml").read_text() == FAULTY
    (tmp_path / "served" / "alexnet.yaml").write_text("archc: 1\n")  # another program
    late = {"name": "alexnet.yaml", "text": ALEXNET, **saved}
    refused = page.post("save", late)
    assert (refused.status_code, refused.json()["error"]) == (
        409,
        "alexnet.yaml was changed by another program",
    )
    assert (tmp_path / "served" / "alexnet.yaml").read_text() == "archc: 1\n"
    new = {"name": "deep/er/new.yaml", "text": ALEXNET, "version": ""}
    assert page.post("save", new).status_code == 200
    assert page.post("save", new).status_code == 200  # twice the same is once
    other = {**new, "text": FAULTY}
    refused = page.post("save", other)  # there is one now
    assert (refused.status_code, refused.json()["error"]) == (409, "deep/er/new.yaml exists")
    assert (tmp_path / "served" / "deep" / "er" / "new.yaml").read_text() == ALEXNET
    page.ask("save", **other, overwrite="yes")
    assert (tmp_path / "served" / "deep" / "er" / "new.yaml").read_text() == FAULTY


def test_a_folder_that_is_gone_is_not_made_again(page: Page, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "served")
    reply = page.post("save", {"name": "new.yaml", "text": ALEXNET, "version": ""})
    assert "is gone" in reply.json()["error"]
    assert not (tmp_path / "served").exists()
    assert page.ask("files")["files"] == []


def test_links_that_lead_to_themselves(page: Page, tmp_path: Path) -> None:
    (tmp_path / "served" / "loop.yaml").symlink_to("loop.yaml")
    (tmp_path / "served" / "round").symlink_to("round")
    assert page.ask("files")["files"] == ["alexnet.yaml", "inner/small.yaml"]
    for name in ("loop.yaml", "round/a.yaml"):
        for fields in ({}, {"text": ALEXNET, "version": ""}):
            reply = page.post("save" if fields else "open", {"name": name, **fields})
            assert reply.status_code == 404
    text = "archc: 1\nname: Odd\nspec: loop.yaml\n"
    assert "is not in the folder" in page.ask("view", name="a.yaml", text=text)["faults"]


def test_a_file_keeps_its_ends_of_lines_and_its_mark(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "served" / "windows.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + ALEXNET.replace("\n", "\r\n").encode())
    opened = page.ask("open", name="windows.yaml")
    text = opened["text"].replace("\r\n", "\n").replace("AlexNet", "Other")
    page.ask("save", name="windows.yaml", text=text, version=opened["version"])
    assert path.read_bytes() == b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()


@pytest.mark.parametrize("show", ["layered", "graph", "table", "keras", "torch"])
def test_a_sound_spec_is_shown(page: Page, show: str) -> None:
    found = page.ask("view", name="alexnet.yaml", text=ALEXNET, show=show)
    assert found["sound"]
    assert found["problems"] == []
    assert found["title"] == "AlexNet"
    assert found["layers"]["C1"] == "/C1"
    line = ALEXNET[: ALEXNET.index("layer: C1")].count("\n") + 1
    assert found["lines"][str(line)] == "/C1"
    assert 'data-layer="C1"' in found["pane"] or 'data-row="/C1"' in found["pane"]


def test_a_fault_is_told_at_its_place(page: Page) -> None:
    found = page.ask("view", name="alexnet.yaml", text=FAULTY)
    assert not found["sound"]
    [problem] = found["problems"]
    assert FAULTY[problem["from"] : problem["to"]] == "56x56"
    assert problem["code"] == "ARC401"
    assert problem["fix"]["text"] == "55x55"
    assert "^^^^^" in found["faults"]


def _words(html: str) -> str:
    return " ".join(re.sub("<[^>]+>", "", html).split())


@pytest.mark.parametrize(
    ("show", "what"),
    [("layered", "picture"), ("graph", "picture"), ("table", "table"), ("torch", "source")],
)
def test_a_faulty_spec_says_so_where_its_picture_would_be(page: Page, show: str, what: str) -> None:
    line = FAULTY[: FAULTY.index("56x56")].count("\n") + 1
    found = page.ask("view", name="alexnet.yaml", text=FAULTY, show=show)
    assert _words(found["pane"]) == (
        f"There is no {what} yet: this spec has a fault. It is told below the text, and is in line"
        f" {line}. The {what} comes by itself once it is mended."
    )
    assert f'data-from="{FAULTY.index("56x56")}"' in found["pane"]
    twice = FAULTY.replace("type: max_pooling", "type: max_poolong", 1)
    line = min(line, twice[: twice.index("poolong")].count("\n") + 1)
    found = page.ask("view", name="alexnet.yaml", text=twice, show=show)
    assert _words(found["pane"]) == (
        f"There is no {what} yet: this spec has 2 faults. They are told below the text; the first"
        f" one is in line {line}. The {what} comes by itself once they are mended."
    )
    found = page.ask("view", name="alexnet.yaml", text=ALEXNET, show=show)
    assert "There is no" not in found["pane"]


@pytest.mark.parametrize("text", ["", "archc: 1\n", "a: [", "archc: 1\nname: A\nlayers: 3\n"])
def test_what_is_no_spec_yet_says_so_too(page: Page, text: str) -> None:
    pane = _words(page.ask("view", name="new.yaml", text=text)["pane"])
    assert re.match(r"There is no picture yet: this spec has (a fault|\d+ faults)\.", pane)
    assert re.search(r"is in line \d+\.", pane)


def test_a_fault_of_another_file_is_placed_there(page: Page, tmp_path: Path) -> None:
    other = tmp_path / "served" / "a<b>.yaml"
    other.write_text(FAULTY)
    text = f"archc: 1\nname: Uses\nspec: {other.name}\n"
    found = page.ask("view", name="uses.yaml", text=text)
    assert not found["sound"]
    line = FAULTY[: FAULTY.index("56x56")].count("\n") + 1
    assert f"is in line {line} of a&lt;b&gt;.yaml." in _words(found["pane"])
    assert "data-from" not in found["pane"]


def test_a_warning_is_told_beside_the_picture(page: Page) -> None:
    text = f"{ALEXNET}- {{layer: B1, type: batch_normalization, momentum: 0.99}}\n"
    found = page.ask("view", name="alexnet.yaml", text=text)
    assert found["sound"]
    assert "<svg" in found["pane"]
    [problem] = found["problems"]
    assert (problem["code"], problem["severity"]) == ("ARC603", "warning")
    assert text[problem["from"] : problem["to"]] == "0.99"
    assert problem["fix"]["safe"] is False
    assert "All shapes are proven." in found["faults"]
    [fault] = page.ask("view", name="alexnet.yaml", text=FAULTY)["problems"]
    assert fault["severity"] == "error"


def test_what_a_backend_cannot_express_is_told_in_its_pane(page: Page) -> None:
    text = (
        "archc: 1\nname: Odd\nlayers:\n- {layer: In, type: input, maps: 4, size: '?x9'}\n"
        "- {layer: P, type: max_pooling, kernel: 3x3, stride: 2, rounding: ceil}\n"
    )
    found = page.ask("view", name="odd.yaml", text=text, show="torch")
    assert found["sound"]
    for show in BACKENDS:
        pane = page.ask("view", name="odd.yaml", text=text, show=show)["pane"]
        assert "ARC501" in pane or 'class="listing"' in pane
    assert "ARC501" in page.ask("view", name="odd.yaml", text=text, show="keras")["pane"]


def test_words_explanations_and_layout(page: Page) -> None:
    name, text = "alexnet.yaml", ALEXNET
    at = text.index("type: convolution") + len("type: conv")
    found = page.ask("complete", name=name, text=text, offset=at)
    assert text[found["from"] : at] == "conv"
    assert "convolution" in [word["label"] for word in found["words"]]
    said = page.ask("hover", name=name, text=text, offset=at)
    assert "<p>" in said["html"]
    assert text[said["from"] : said["to"]] == "convolution"
    assert page.ask("hover", name=name, text=text, offset=0) == {}
    comment = text.index("AlexNet as the layer")
    assert page.ask("complete", name=name, text=text, offset=comment)["words"] == []
    wide = text.replace("layer: C1,", "layer:    C1,")
    assert page.ask("layout", name=name, text=wide)["text"] == text
    assert page.post("layout", {"name": name, "text": "a: ["}).status_code == 422


DOWNLOADS = {
    "spec": ("alexnet.yaml", b"# yaml-language-server"),
    "keras": ("alexnet_keras.py", b'"""AlexNet.'),
    "torch": ("alexnet_torch.py", b'"""AlexNet.'),
    "svg": ("alexnet_layered.svg", b"<svg"),
    "png": ("alexnet_layered.png", b"\x89PNG"),
    "pdf": ("alexnet_layered.pdf", b"%PDF"),
    "report": ("alexnet.html", b"<!doctype html>"),
}


@pytest.mark.parametrize("what", DOWNLOADS)
def test_downloads(page: Page, what: str) -> None:
    if what == "png":
        pytest.importorskip("resvg_py")
    name, start = DOWNLOADS[what]
    fields = {"name": "alexnet.yaml", "text": ALEXNET, "what": what, "theme": "dark"}
    reply = page.post("download", fields)
    assert reply.content.startswith(start)
    assert reply.headers["content-disposition"].endswith(name)
    faulty = page.post("download", {**fields, "text": FAULTY})
    assert faulty.status_code == (200 if what in ("spec", "report") else 422)


WRONG: dict[str, tuple[str, Any]] = {
    "a list": ("view", []),
    "a number": ("view", 7),
    "no text": ("view", {"name": "a.yaml"}),
    "a text that is a number": ("view", {"name": "a.yaml", "text": 7}),
    "half a character": ("view", {"name": "a.yaml", "text": "\ud800"}),
    "a long text": ("view", {"name": "a.yaml", "text": "#" * (asked.MOST_TEXT + 1)}),
    "an unknown pane": ("view", {"name": "a.yaml", "text": ALEXNET, "show": "../x"}),
    "an unknown colour": ("view", {"name": "a.yaml", "text": ALEXNET, "heat": "x"}),
    "a depth": ("view", {"name": "a.yaml", "text": ALEXNET, "depth": 10**9}),
    "a depth that is no number": ("view", {"name": "a.yaml", "text": ALEXNET, "depth": True}),
    "an offset": ("hover", {"name": "a.yaml", "text": "a", "offset": 2}),
    "an offset below": ("complete", {"name": "a.yaml", "text": "a", "offset": -1}),
    "an unknown download": ("download", {"name": "a.yaml", "text": "a", "what": "passwd"}),
    "a theme": ("download", {"name": "a.yaml", "text": ALEXNET, "what": "svg", "theme": "x"}),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_questions_are_refused(page: Page, case: str) -> None:
    question, fields = WRONG[case]
    body = json.dumps(fields).encode()
    reply = page.client.post(f"/ask/{question}", content=body, headers={TOKEN: SECRET})
    assert reply.status_code == 400, reply.text


def test_bodies_are_bounded(page: Page) -> None:
    def body() -> Iterator[bytes]:
        for _ in range(1000):
            yield b" " * 2**16

    headers = {TOKEN: SECRET}
    assert page.client.post("/ask/view", content=body(), headers=headers).status_code == 413
    for text in (b"", b"{", b"\xff", b"[" * 10**6, b'{"a": NaN', b"1" * 10**5):
        assert page.client.post("/ask/view", content=text, headers=headers).status_code == 400
    assert len(b" " * MOST_BYTES) == MOST_BYTES
    assert page.client.post("/ask/nothing", content=b"{}", headers=headers).status_code == 404
    assert page.client.get("/ask/view", headers=headers).status_code == 405


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)
FIELDS = ("name", "text", "version", "show", "depth", "heat", "offset", "what", "theme")


@pytest.mark.slow
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(list(QUESTIONS)),
    st.dictionaries(st.sampled_from(FIELDS), JUNK | st.sampled_from([ALEXNET, "alexnet.yaml", 3])),
)
def test_no_question_breaks_it(page: Page, question: str, fields: dict[str, Any]) -> None:
    body = json.dumps(fields, allow_nan=True)
    reply = page.client.post(f"/ask/{question}", content=body, headers={TOKEN: SECRET})
    assert reply.status_code in (200, 400, 404, 409, 422), reply.text


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_no_text_breaks_it(page: Page, data: st.DataObject) -> None:
    """Specs with pieces cut out and put in, as they stand while someone types."""
    text = data.draw(st.sampled_from(SPECS)).read_text()
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 60)))
        text = text[:start] + data.draw(st.text(max_size=8) | st.just(text[end:][:50])) + text[end:]
    show = data.draw(st.sampled_from(["layered", "graph", "table", "torch"]))
    offset = data.draw(st.integers(0, len(text)))
    for question in ("view", "complete", "hover", "layout"):
        fields = {"name": "a.yaml", "text": text, "show": show, "offset": offset}
        reply = page.post(question, fields)
        assert reply.status_code in (200, 400, 422), reply.text


HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'`${x}"


def test_no_text_of_a_spec_becomes_markup(page: Page) -> None:
    text = f"archc: 1\nname: Odd\ndescription: {json.dumps(HOSTILE)}\nparams: {{x: 1}}\nlayers:\n"
    text += "- {layer: In, type: input, maps: 3, size: 8x8}\n"
    faulty = f"{text}- {{layer: {json.dumps(HOSTILE)}, type: {json.dumps(HOSTILE)}}}\n"
    replies = [page.post("view", {"name": "a.yaml", "text": faulty}).json()]
    for show in ("layered", "graph", "table", *BACKENDS):
        replies.append(page.post("view", {"name": "a.yaml", "text": text, "show": show}).json())
    for offset in range(0, len(faulty), 3):
        replies.append(
            page.post("hover", {"name": "a.yaml", "text": faulty, "offset": offset}).json()
        )
    pieces = [
        value
        for reply in replies
        for key, value in reply.items()
        if key in ("faults", "pane", "facts", "html")
    ]
    assert len(pieces) > 10
    for piece in pieces:
        assert "<script" not in piece
        assert "<img" not in piece
    assert any("&lt;script&gt;" in piece for piece in pieces)


def test_words_of_a_spec_lead_nowhere(page: Page) -> None:
    said = "[a](http://evil.example) ![b](http://evil.example) <http://evil.example>"
    text = f"archc: 1\nname: Odd\nblocks:\n  b:\n    description: {json.dumps(said)}\n    layers:\n"
    text += "    - {layer: D, type: dropout, rate: 0.1}\nlayers:\n"
    text += "- {layer: In, type: input, size: 9}\n- {layer: B, type: b}\n"
    found = page.ask("hover", name="a.yaml", text=text, offset=text.rindex("type: b") + 6)
    assert "evil" in found["html"]
    assert "<a" not in found["html"]
    assert "<img" not in found["html"]


def test_many_faults_are_told_in_part(page: Page) -> None:
    rows = "".join(f"- {{layer: D{i}, type: dropout, rate: 7{i}}}\n" for i in range(900))
    text = f"archc: 1\nname: Odd\nlayers:\n- {{layer: In, type: input, size: 9}}\n{rows}"
    found = page.ask("view", name="a.yaml", text=text)
    assert len(found["problems"]) == 900
    assert found["faults"].count('class="diagnostic"') == asked.MOST_FAULTS
    assert "900 errors" in found["faults"]


@pytest.mark.slow
def test_large_networks_are_bounded(page: Page) -> None:
    """A page with a line for each of many layers would stall the browser."""
    rows = "".join(f"- {{layer: D{i}, type: dropout, rate: 0.1}}\n" for i in range(5000))
    text = f"archc: 1\nname: Deep\nlayers:\n- {{layer: In, type: input, size: 9}}\n{rows}"
    for show in ("layered", "graph", "table", "torch"):
        found = page.ask("view", name="a.yaml", text=text, show=show)
        assert found["sound"]
        assert len(found["pane"]) < 4 * 10**6
    assert "3,001 more layers" in page.ask("view", name="a.yaml", text=text, show="table")["pane"]
    many = "- {layer: X, type: dropout, rate: 0.1, repeat: 1000}\n"
    blocks = "".join(f"  b{i}:\n    layers:\n    {many}" for i in range(1))
    nested = f"archc: 1\nname: N\nblocks:\n{blocks}layers:\n- {{layer: In, type: input, size: 9}}\n"
    nested += "- {layer: B, type: b0, repeat: 1000}\n"
    assert "limit" in page.ask("view", name="a.yaml", text=nested)["faults"]


def test_questions_at_once_are_answered_one_by_one(page: Page, monkeypatch: Any) -> None:
    running, most = [0], [0]
    real = asked.View

    def slow(*args: Any, **kwargs: Any) -> Any:
        running[0] += 1
        most[0] = max(most[0], running[0])
        time.sleep(0.01)
        running[0] -= 1
        return real(*args, **kwargs)

    monkeypatch.setattr(asked, "View", slow)
    fields = {"name": "a.yaml", "text": ALEXNET}
    codes: list[int] = []
    threads = [
        threading.Thread(target=lambda: codes.append(page.post("view", fields).status_code))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == [200] * 8
    assert most == [1]


def test_the_command_serves_and_ends(served: Callable[..., Served], tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(ALEXNET)
    one, other = served("mine.yaml"), served()
    assert one.token != other.token
    for each in (one, other):
        client = httpx.Client(base_url=each.root, headers={TOKEN: each.token}, timeout=20)
        assert client.get("/").status_code == 200
        assert client.post("/ask/files", json={}).json()["first"] == "mine.yaml"
    mixed = httpx.post(f"{one.root}ask/files", json={}, headers={TOKEN: other.token})
    assert mixed.status_code == 403
    port = re.search(r":(\d+)/", one.root)
    assert port
    taken = served("--port", port[1])
    assert taken.process.wait(20) == 2
    assert "cannot listen on port" in taken.process.communicate()[1]
    one.process.send_signal(signal.SIGINT)
    assert one.process.wait(20) == 0
    assert one.process.communicate()[1] == ""


@pytest.mark.slow
def test_sockets_that_say_nothing_are_closed(served: Callable[..., Served], tmp_path: Path) -> None:
    """Neither idle ones nor halves of requests keep others out for long."""
    (tmp_path / "mine.yaml").write_text(ALEXNET)
    one = served()
    address = httpx.URL(one.root)
    idle = [socket.create_connection((address.host, address.port)) for _ in range(150)]
    for each in idle[::2]:
        each.sendall(b"GET / HTTP/1.1\r\nHost: ")
    assert httpx.get(one.root).status_code == 503
    time.sleep(PATIENCE + 1)
    assert httpx.get(one.root).status_code == 200
    for each in idle:
        each.settimeout(5)
        with suppress(ConnectionResetError):
            assert each.recv(10) == b""
        each.close()


@pytest.mark.slow
@pytest.mark.parametrize("argument", ["missing", "missing.yaml"])
def test_the_command_without_a_folder(served: Callable[..., Served], argument: str) -> None:
    process = served(argument).process
    assert process.wait(20) == 2
    assert process.communicate()[1].startswith("error: ")


def test_without_its_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "archcompiler.pages.server", None)
    result = CliRunner().invoke(cli, ["serve"])
    assert result.exit_code == 2
    assert "pip install 'archcompiler[serve]'" in result.output
