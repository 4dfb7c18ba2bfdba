"""The HTTP server of `archc serve`: access control and limits.

It listens on the loopback interface only. Web sites in the browser and other local users cannot use
it: requests need the token in the printed address, and a `Host` and `Origin` of the page itself.
Their size, number and time of arrival are limited, and one is processed at a time.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import socket
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import h11
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from archcompiler.backends import BACKENDS
from archcompiler.diagnostics import SpecError
from archcompiler.drawing.html import PANZOOM, font_faces
from archcompiler.files import FileError
from archcompiler.pages.answers import QUESTIONS, Answers, Download, Question, Wrong
from archcompiler.pages.markup import asset, templates
from archcompiler.pages.view import PICTURES, sources
from archcompiler.pages.workspace import Changed

MOST_BYTES = 4 * 2**20  # of a request
PATIENCE = 10.0  # seconds in which a request must arrive
MOST_AT_ONCE = 100  # connections
TOKEN = "x-archc-token"
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

FILES: dict[str, list[Callable[[], str]]] = {  # files that the page loads, and their parts
    "page.css": [font_faces, lambda: asset("page.css"), lambda: asset("app.css")],
    "page.js": [lambda: PANZOOM, lambda: asset("page.js")],
    "app.js": [lambda: asset("app.js")],
    "editor.js": [lambda: asset("editor.js")],
}


def application(answers: Answers, token: str) -> ASGIApp:
    """Return the ASGI application; requests need `token`."""
    one_at_a_time = threading.Lock()

    async def page(request: Request) -> Response:
        nonce = secrets.token_urlsafe(16)
        html = _page(nonce)
        policy = (
            f"default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}';"
            " connect-src 'self'; img-src 'self' data:; font-src data:; base-uri 'none';"
            " form-action 'none'; frame-ancestors 'none'"
        )
        headers = {"Content-Security-Policy": policy}
        return Response(html, media_type="text/html", headers=headers)

    async def file(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in FILES:
            return _refused(404, "there is no such file")
        kind = "text/css" if name.endswith(".css") else "text/javascript"
        return Response("".join(part() for part in FILES[name]), media_type=kind)

    async def ask(request: Request) -> Response:
        name = request.path_params["name"]
        if not secrets.compare_digest(request.headers.get(TOKEN, "").encode(), token.encode()):
            return _refused(403, "open the address that `archc serve` printed")
        if name not in QUESTIONS:
            return _refused(404, "there is no such question")
        try:
            question = Question(json.loads(await _body(request)))
        except (Wrong, ValueError, RecursionError) as error:
            return _refused(400, f"not a question: {error}")
        except TooMuch as error:
            return _refused(error.status, str(error))

        def answer() -> Response:
            with one_at_a_time:
                return _answer(answers, name, question)

        return await run_in_threadpool(answer)

    routes = [
        Route("/", page, methods=["GET"]),
        Route("/{name}", file, methods=["GET"]),
        Route("/ask/{name}", ask, methods=["POST"]),
    ]
    return Guard(Starlette(routes=routes))


def _page(nonce: str) -> str:
    shown = sources()
    return (
        templates()
        .get_template("app.html.jinja")
        .render(
            nonce=nonce,
            backends=list(BACKENDS.values()),
            sources=shown,
            tabs={**PICTURES, "table": "Table", **{name: b.title for name, b in shown.items()}},
        )
    )


class TooMuch(Exception):
    """A request is too large or too slow."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Guard:
    """Refuses requests that do not come from the page itself, and adds `HEADERS` to responses."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        host = request.headers.get("host", "")
        origins = {f"http://{host}", *request.headers.getlist("origin")}
        name, _, port = host.rpartition(":")  # any port: it may be forwarded
        app: ASGIApp = self.app
        if name not in LOOPBACK or not port.isdecimal() or len(origins) > 1:
            app = _refused(403, "this page answers to itself alone")

        async def headed(message: Any) -> None:
            if message["type"] == "http.response.start":
                own = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
                message["headers"] = [*message["headers"], *own]
            await send(message)

        await app(scope, receive, headed)


class Impatient(H11Protocol):
    """Closes connections on which no complete request head arrives within `PATIENCE`."""

    timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the timer for the first request."""
        super().connection_made(transport)
        self.timer = self.loop.call_later(PATIENCE, transport.close)

    def data_received(self, data: bytes) -> None:
        """Keep the timer running until a request is complete."""
        super().data_received(data)
        begun = self.conn.their_state is h11.IDLE and self.conn.trailing_data[0]
        if begun and self.timer is None:
            self.timer = self.loop.call_later(PATIENCE, self.transport.close)
        elif not begun and self.timer is not None:
            self.timer.cancel()
            self.timer = None


async def _body(request: Request) -> bytes:
    body = bytearray()
    try:
        async with asyncio.timeout(PATIENCE):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MOST_BYTES:
                    raise TooMuch(413, f"a question has at most {MOST_BYTES:,} bytes")
    except TimeoutError:
        raise TooMuch(408, f"a question arrives within {PATIENCE:.0f} seconds") from None
    return bytes(body)


def _answer(answers: Answers, name: str, question: Question) -> Response:
    """Answer a request; errors are answers, too."""
    try:
        found = QUESTIONS[name](answers, question)
    except Wrong as error:
        return _refused(400, str(error))
    except Changed as error:
        return _refused(409, str(error))
    except FileError as error:
        return _refused(404, str(error))
    except SpecError as error:
        return _refused(422, error.diagnostics[0].message)
    except Exception as error:
        return _refused(500, f"a fault of archc: {type(error).__name__}: {error}")
    if isinstance(found, Download):
        name = f"attachment; filename*=UTF-8''{quote(found.name)}"
        return Response(found.data, headers={"Content-Disposition": name}, media_type=found.media)
    return JSONResponse(found)


def _refused(status: int, message: str) -> Response:
    return JSONResponse({"error": message}, status)


def listening(port: int) -> socket.socket:
    """Return a listening socket on the loopback interface; port 0 is any free port.

    Raises:
        OSError: The port is not available.
    """
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if os.name != "nt":  # on Windows it would let others take the port
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind(("127.0.0.1", port))
        found.listen()  # early requests wait until the page is served
    except OSError:
        found.close()
        raise
    return found


def serve(answers: Answers, token: str, listener: socket.socket) -> None:
    """Serve the page until the process is stopped."""
    config = uvicorn.Config(
        application(answers, token),
        http=Impatient,
        log_level="error",
        access_log=False,
        server_header=False,
        date_header=False,
        lifespan="off",
        limit_concurrency=MOST_AT_ONCE,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=2,
    )
    uvicorn.Server(config).run(sockets=[listener])
