"""A small web server with the faults of real ones, and cards that point at it."""

import hashlib
import http.server
import re
import threading

import pytest

from d2lab.data.card import Card, DataFile

BODY = bytes(range(251)) * 4000  # 1,004,000 bytes; 251 is prime, so that a shifted copy differs


class Server(http.server.ThreadingHTTPServer):
    """Serves `body` at every path; the first part of the path names the fault."""

    daemon_threads = True

    def __init__(self):
        self.body, self.requests, self.sent = BODY, [], 0
        super().__init__(("127.0.0.1", 0), Handler)

    def url(self, fault="good", name="file.bin"):
        return f"http://127.0.0.1:{self.server_port}/{fault}/{name}"

    def paths(self):
        return [path for path, _ in self.requests]


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers one GET; the faults are good, norange, cut (once, unannounced), wrong, shorter, longer..."""

    def do_GET(self):
        server, fault = self.server, self.path.split("/")[1]
        server.requests.append((self.path, dict(self.headers)))
        if fault == "missing":
            return self.send_error(404)
        body = {"wrong": b"x" * len(server.body), "shorter": server.body[:-9], "longer": server.body + b"xyz"}
        content = body.get(fault, server.body)
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = int(asked[1]) if asked and fault != "norange" else 0
        if "If-Range" in self.headers and self.headers["If-Range"] != self.tag():
            start = 0
        if start and (start >= len(content) or fault == "unsatisfiable"):
            return self.send_error(416)
        self.send_response(206 if start else 200)
        self.send_header("ETag", self.tag())
        if start:
            shown = start + 5 if fault == "shifted" else start
            self.send_header("Content-Range", f"bytes {shown}-{len(content) - 1}/{len(content)}")
        if fault == "gzip-label":
            self.send_header("Content-Encoding", "gzip")
        if fault not in ("endless", "cut-unannounced"):
            self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        self.stream(content[start + 5 * (fault == "shifted" and start > 0) :], fault)

    def tag(self):
        return f'"{hashlib.md5(self.server.body, usedforsecurity=False).hexdigest()}"'

    def stream(self, rest, fault):
        if fault.startswith("cut-un") and len(self.server.requests) == 1:
            rest = rest[: len(rest) // 2]  # without a stated length the client can't see the cut
        if fault == "cut" or (fault == "cut-once" and len(self.server.requests) == 1):
            rest = rest[: len(rest) // 2]
        if fault == "endless":
            rest = rest * 50
        try:
            for at in range(0, len(rest), 1 << 16):
                self.wfile.write(rest[at : at + (1 << 16)])
                self.server.sent += len(rest[at : at + (1 << 16)])
        except OSError:
            pass  # the client hung up, as it should on an endless body
        self.close_connection = True

    def log_message(self, *args):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Server() as one:
        threading.Thread(target=one.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield one
        one.shutdown()


def make_file(*mirrors, path="set/file.bin", body=BODY, **more):
    digest = hashlib.sha256(body).hexdigest()
    return DataFile(path=path, sha256=digest, bytes=len(body), mirrors=mirrors, **more)


def make_card(*files, name="toy"):
    return Card(
        name=name,
        task="classification",
        en="A toy.",
        zh="玩具。",
        shape=(1,),
        examples=(1, 1),
        classes=("a",),
        licence="none",
        cite="nobody",
        files=files,
        module="d2lab.data.digits",
    )


@pytest.fixture
def a_file():
    return make_file


@pytest.fixture
def a_card():
    return make_card


@pytest.fixture
def body():
    return BODY
