"""Serving pages to this machine alone: a bounded number of connections, a deadline for each, nothing taken in."""

import contextlib
import io
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from d2lab.core.errors import ConfigError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

LOOPBACK = "127.0.0.1"
SECONDS = 10  # for the whole head of a request, and again for sending the answer
CONNECTIONS = 32  # at a time, each with a thread; a browser opens six to one server
MOST_HEADERS = 40
KINDS = {  # our own list: some systems call a script text/plain, and nosniff would then refuse it
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".ipynb": "application/x-ipynb+json",
    ".txt": "text/plain; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".woff2": "font/woff2",
}
BUSY = b"HTTP/1.0 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Page:
    """What answers a path.

    Args:
        kind: the value of Content-Type.
        body: the bytes.
        tag: names this content, so that a browser may keep it and ask whether it has changed; "" keeps nothing.
    """

    kind: str
    body: bytes
    tag: str = ""


class _Head(io.RawIOBase):
    """What a connection sends, up to a deadline: a byte now and then doesn't move it."""

    def __init__(self, connection: socket.socket, deadline: float) -> None:
        self._connection, self._deadline = connection, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the head of the request took too long")
        self._connection.settimeout(left)
        return self._connection.recv_into(buffer)


class _Handler(BaseHTTPRequestHandler):
    """Answers GET and HEAD for what `find` knows, to this machine's own pages; says nothing on the terminal."""

    timeout = SECONDS
    server_version, sys_version = "d2lab", ""
    policy = ""
    find: Callable[[str], Page | None]

    def setup(self) -> None:
        """Read through a deadline."""
        super().setup()
        self.rfile.close()
        self.rfile = io.BufferedReader(_Head(self.connection, time.monotonic() + SECONDS))

    def do_GET(self) -> None:
        """Answer with a page."""
        self._answer(body=True)

    def do_HEAD(self) -> None:
        """Answer with a page's headers."""
        self._answer(body=False)

    def _answer(self, *, body: bool) -> None:
        self.connection.settimeout(SECONDS)
        refused = self._refusal()
        page = None if refused else self.find(self.path.partition("?")[0])
        if refused or page is None:
            self.close_connection = True  # what it sends still is not read
            self.send_error(*(refused or (404, "no such page")))
            return
        known = bool(page.tag) and self.headers.get("If-None-Match") == page.tag
        self.send_response(304 if known else 200)
        self.send_header("Cache-Control", "no-cache" if page.tag else "no-store")
        if page.tag:
            self.send_header("ETag", page.tag)
        if not known:
            self.send_header("Content-Type", page.kind)
            self.send_header("Content-Length", str(len(page.body)))
        self.end_headers()
        if body and not known:
            self.wfile.write(page.body)

    def _refusal(self) -> tuple[int, str] | None:
        """Return why a request is not answered: another host's name, another site's page, a body."""
        own = {f"{host}:{self.server.server_address[1]}" for host in (LOOPBACK, "localhost")}  # type: ignore[index]
        hosts, origins = self.headers.get_all("Host", []), self.headers.get_all("Origin", [])
        if len(hosts) != 1 or hosts[0] not in own:
            return 403, "only this machine is answered"
        if any(origin not in {f"http://{host}" for host in own} for origin in origins):
            return 403, "only our own pages are answered"
        if any(site not in ("none", "same-origin") for site in self.headers.get_all("Sec-Fetch-Site", [])):
            return 403, "only our own pages are answered"
        if len(self.headers) > MOST_HEADERS:
            return 431, "too many headers"
        if self.headers.get("Transfer-Encoding") or any(n != "0" for n in self.headers.get_all("Content-Length", [])):
            return 413, "nothing is taken in"
        return None

    def end_headers(self) -> None:
        """Put the guards before every answer, errors too."""
        self.send_header("Content-Security-Policy", self.policy)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        self.send_header("Referrer-Policy", "no-referrer")
        super().end_headers()

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: ANN401
        """Stay quiet."""


class _Server(ThreadingHTTPServer):
    """A server with a bounded number of threads, whose broken connections are no news."""

    daemon_threads = True
    request_queue_size = 64
    allow_reuse_address = os.name != "nt"  # there it would let two programs share a port

    def __init__(self, port: int, handler: type[_Handler]) -> None:
        self._free = threading.BoundedSemaphore(CONNECTIONS)
        super().__init__((LOOPBACK, port), handler)

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 (the library's signature)
        """Hand the connection to a thread, or turn it away while all are taken."""
        if not self._free.acquire(blocking=False):
            with contextlib.suppress(OSError):
                request.setblocking(False)
                request.sendall(BUSY)
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:
            self._free.release()  # no thread could be started
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        """Answer, and free the place for the next."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        """Stay quiet: whoever breaks off is not our reader."""


@contextmanager
def serving(find: Callable[[str], Page | None], *, policy: str, port: int = 0) -> Iterator[str]:
    """Serve pages on loopback; return the address, and stop at the end of the block.

    Args:
        find: gives the page of a path ("/index.html"), or None where there is none; called by several threads.
        policy: the Content-Security-Policy of every answer.
        port: to listen at; 0 takes a free one.

    Raises:
        ConfigError: the port is taken.
    """
    handler = type("Handler", (_Handler,), {"find": staticmethod(find), "policy": policy})
    try:
        server = _Server(port, handler)
    except (OSError, OverflowError) as cause:
        fix = "Leave --port out to take a free one."
        raise ConfigError("port", got=port, need="one that is free", fix=fix) from cause
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://{LOOPBACK}:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
