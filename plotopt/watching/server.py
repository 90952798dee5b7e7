"""The page that shows a run, served to this machine alone.

By the server of the standard library: one page, four buttons and a question four times a second need no
framework, and nothing is installed that could be attacked. Every address begins with a secret, and requests
must name this machine as their host, so that no other page can reach it by a name of its own.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import socketserver
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

from plotopt.watching.viewing import Viewing

_LOOPBACK = "127.0.0.1"
# A connection that nothing comes from for so long is closed.
_PATIENCE_S = 30
_LONGEST_NUMBER = 9
_HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


@contextmanager
def serving(viewing: Viewing) -> Iterator[str]:
    """The address of the page, which is there while the block runs."""
    server = _Server(viewing)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    try:
        yield f"http://{_LOOPBACK}:{server.server_port}/{server.token}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, viewing: Viewing) -> None:
        self.viewing, self.token = viewing, secrets.token_urlsafe(24)
        super().__init__((_LOOPBACK, 0), _Handler)

    def server_bind(self) -> None:
        """Bind without looking up this machine's name, which may take seconds."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A viewer that went away in the middle is nothing to tell of."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "plotopt", ""
    timeout = _PATIENCE_S

    def do_GET(self) -> None:
        """The page, what the drawing lies on, or how things stand now."""
        viewing, name = self.server.viewing, self._admitted()
        if name == "":
            page, policy = _page()
            self._answer(page, "text/html; charset=utf-8", {"Content-Security-Policy": policy})
        elif name == "ground":
            self._answer(json.dumps(viewing.ground.figures()).encode(), "application/json")
        elif name == "now":
            self._answer(viewing.now(self._asked("after"), self._asked("seen")), "application/octet-stream")
        elif name is not None:
            self._refuse(404)

    def do_POST(self) -> None:
        """What the buttons do; a body is not read, so the connection ends with the answer."""
        self.close_connection = True
        viewing, name = self.server.viewing, self._admitted()
        actions = {
            "pause": viewing.pause,
            "go-on": viewing.go_on,
            "stop": viewing.stop,
            "snapshot": viewing.snapshot,
        }
        if name in actions:
            actions[name]()
            self._answer(b"", "text/plain")
        elif name is not None:
            self._refuse(404)

    def _admitted(self) -> str | None:
        """What is asked for, below the secret; None where the request was refused."""
        here = {f"{host}:{self.server.server_port}" for host in (_LOOPBACK, "localhost")}
        origin = self.headers.get("Origin")
        path = self.path.partition("?")[0].removeprefix("/")
        token, slash, name = path.partition("/")
        if self.headers.get("Host") not in here or origin not in {None, *(f"http://{host}" for host in here)}:
            self._refuse(403)
        elif not slash or not secrets.compare_digest(token.encode(), self.server.token.encode()):
            self._refuse(404)
        else:
            return name
        return None

    def _asked(self, name: str) -> int:
        """A whole number of the query, 0 where there is none."""
        text = parse_qs(self.path.partition("?")[2]).get(name, ["0"])[0]
        return int(text) if text.isdecimal() and len(text) <= _LONGEST_NUMBER else 0

    def _answer(self, body: bytes, kind: str, more: dict[str, str] | None = None, code: int = 200) -> None:
        self.send_response(code)
        for name, value in {**_HEADERS, "Content-Type": kind, **(more or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _refuse(self, code: int) -> None:
        self._answer(b"", "text/plain", code=code)

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are nothing to tell of."""


@cache
def _page() -> tuple[bytes, str]:
    """The page and its policy: its own style and script, and questions to where it came from."""
    text = resources.files(__package__).joinpath("page.html").read_text("utf-8")
    style, script = (_hash(text.split(f"<{tag}>")[1].split(f"</{tag}>")[0]) for tag in ("style", "script"))
    policy = (
        f"default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'; "
        "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return text.encode(), policy


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
