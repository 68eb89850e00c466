"""Serving a few pages to this machine alone: nothing is read from the disk by name, nothing is taken in."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from d2lab.core.errors import ConfigError

LOOPBACK = "127.0.0.1"
KINDS = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
POLICY = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
POLICY += "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
SECONDS = 10  # that a slow request is waited for
MOST_HEADERS = 40


class Handler(BaseHTTPRequestHandler):
    """Answers GET for the paths that it was given, from this machine's own pages; says nothing on the terminal."""

    timeout = SECONDS
    server_version, sys_version = "d2lab", ""
    pages: Mapping[str, bytes] = {}

    def do_GET(self) -> None:
        """Answer with a page."""
        self._answer(body=True)

    def do_HEAD(self) -> None:
        """Answer with a page's headers."""
        self._answer(body=False)

    def _answer(self, *, body: bool) -> None:
        refused = self._refusal()
        if refused is not None:
            self.close_connection = True  # what it sends still is not read
            self.send_error(*refused)
            return
        page = self.pages[self.path.partition("?")[0]]
        kind = KINDS.get("." + self.path.partition("?")[0].rpartition(".")[2], "text/html")
        self.send_response(200)
        for name, value in (
            ("Content-Type", f"{kind}; charset=utf-8"),
            ("Content-Length", str(len(page))),
            ("Cache-Control", "no-store"),
            ("Content-Security-Policy", POLICY),
            ("X-Content-Type-Options", "nosniff"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
            ("Referrer-Policy", "no-referrer"),
        ):
            self.send_header(name, value)
        self.end_headers()
        if body:
            self.wfile.write(page)

    def _refusal(self) -> tuple[int, str] | None:
        """Return why a request is not answered: another host's name, another site's page, a body, a path not ours."""
        own = {f"{host}:{self.server.server_address[1]}" for host in (LOOPBACK, "localhost")}  # type: ignore[index]
        hosts, origins = self.headers.get_all("Host", []), self.headers.get_all("Origin", [])
        if len(hosts) != 1 or hosts[0] not in own:
            return 403, "only this machine is answered"
        if any(origin.removeprefix("http://") not in own for origin in origins):
            return 403, "only our own pages are answered"
        if self.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
            return 403, "only our own pages are answered"
        if len(self.headers) > MOST_HEADERS:
            return 431, "too many headers"
        if self.headers.get("Transfer-Encoding") or self.headers.get("Content-Length", "0") != "0":
            return 413, "nothing is taken in"
        return None if self.path.partition("?")[0] in self.pages else (404, "no such page")

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: ANN401
        """Stay quiet."""


class Server(ThreadingHTTPServer):
    """A server whose broken connections are no news."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 (the library's signature)
        """Stay quiet: whoever breaks off is not our reader."""


@contextmanager
def serving(pages: Mapping[str, bytes], port: int = 0) -> Iterator[str]:
    """Serve pages on loopback; return the address, and stop at the end of the block.

    Args:
        pages: by path: "/" and "/net.js".
        port: to listen at; 0 takes a free one.

    Raises:
        ConfigError: the port is taken.
    """
    handler = type("Pages", (Handler,), {"pages": dict(pages)})
    try:
        server = Server((LOOPBACK, port), handler)
    except (OSError, OverflowError) as cause:
        fix = "Leave --port out to take a free one."
        raise ConfigError("port", got=port, need="one that is free", fix=fix) from cause
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://{LOOPBACK}:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
