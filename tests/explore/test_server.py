"""The server of `d2lab explore` under 200 hostile requests, and more: only its pages, only to this machine."""

import itertools
import socket
import threading
import time

import pytest

from d2lab.core.errors import ConfigError
from d2lab.explore.server import serving

PAGES = {"/": b"<h1>home</h1>", "/net.js": b"window.x=1"}
TRAVERSALS = [
    "/../etc/passwd", "/..%2f..%2fetc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd", "/./net.js", "/net.js/", "/NET.JS", "/net.js%00",
    "/..\\..\\windows\\win.ini", "/%5c..%5c..%5cwindows", "/static/../../pyproject.toml", "/net.js/../../x", "/.git/config", "/~root/.bashrc",
    "/file:///etc/passwd", "/%c0%ae%c0%ae/etc/passwd", "/..;/etc/passwd", "/....//....//etc/passwd", "/net.js;x", "/%2fetc%2fpasswd",
    "/index.html", "/runs/", "/favicon.ico", "/net.json", "/" + "a" * 5000, "/" + "../" * 500, "http://evil.example/", "*", "/ net.js", "/\tnet.js",
]  # fmt: skip
HOSTS = ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "127.0.0.1", "127.0.0.1:1", "0.0.0.0", "[::1]", "", "127.1", "localhost@evil.example",
         "evil.example:{port}", "127.0.0.1:{port}.evil.example", "127.0.0.1:{port}@evil.example", "LOCALHOST.:{port}", "user@127.0.0.1:{port}"]  # fmt: skip
ORIGINS = ["http://evil.example", "https://127.0.0.1:{port}", "null", "file://", "http://127.0.0.1", "http://127.0.0.1:1", "http://localhost:{port}.evil.example",
           "http://evil.example:{port}", "chrome-extension://abc", "http://127.0.0.1:{port}/", "data:", "http://[::1]:{port}", " ", "http://0.0.0.0:{port}", "https://localhost:{port}"]  # fmt: skip
METHODS = [
    "POST",
    "PUT",
    "DELETE",
    "PATCH",
    "OPTIONS",
    "TRACE",
    "CONNECT",
    "PROPFIND",
    "get",
    "GET\x00",
    "MOVE",
    "LINK",
]


@pytest.fixture(scope="module")
def port():
    with serving(PAGES) as address:
        yield int(address.rpartition(":")[2])


def asked(port, text, patience=20.0):
    """Send bytes and read all that comes back."""
    with socket.create_connection(("127.0.0.1", port), timeout=patience) as line:
        try:
            line.sendall(text if isinstance(text, bytes) else text.encode("latin-1", "replace"))
            line.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it hung up on us: that is an answer too
        answer = b""
        try:
            while part := line.recv(65536):
                answer += part
        except OSError:
            pass
    return answer


def request(port, method="GET", path="/", host="127.0.0.1:{port}", more=""):
    return f"{method} {path} HTTP/1.1\r\nHost: {host.format(port=port)}\r\nConnection: close\r\n{more}\r\n"


def hostile(port):
    yield from (request(port, path=path) for path in TRAVERSALS)
    yield from (request(port, host=host) for host in HOSTS)
    yield from (request(port, more=f"Origin: {origin.format(port=port)}\r\n") for origin in ORIGINS)
    yield from (request(port, method=method) for method in METHODS)
    for path, host in itertools.product(TRAVERSALS[:8], HOSTS[:6]):
        yield request(port, path=path, host=host)
    for site in ("cross-site", "same-site", "x"):
        yield request(port, more=f"Sec-Fetch-Site: {site}\r\n")
    for size in ("1", "999999999999", "-1", "abc", "0x10", "1e3", "+1", " 5", "00", "0, 0"):
        yield request(port, more=f"Content-Length: {size}\r\n") + "x"
        yield request(port, method="POST", more=f"Content-Length: {size}\r\n") + "x" * 100
    yield request(port, more="Content-Length: 5000000\r\n") + "x" * 5_000_000
    yield request(port, more="Transfer-Encoding: chunked\r\n") + "5\r\nhello\r\n0\r\n\r\n"
    yield request(port, more="Transfer-Encoding: chunked\r\n") + "FFFFFFFF\r\n" + "x" * 100_000
    yield request(port, more="Host: evil.example\r\n")
    yield request(
        port, more="Origin: http://127.0.0.1:{p}\r\nOrigin: http://evil.example\r\n".replace("{p}", str(port))
    )
    yield request(port, more="".join(f"X-{i}: y\r\n" for i in range(60)))
    yield request(port, more="".join(f"X-{i}: y\r\n" for i in range(5000)))
    yield request(port, more=f"X-Long: {'y' * 200_000}\r\n")
    yield f"GET {'/' + 'a' * 200_000} HTTP/1.1\r\n\r\n"
    yield "GET / HTTP/1.1\r\n\r\n"
    yield "GET /\r\n\r\n"
    yield "GET / HTTP/9.9\r\nHost: x\r\n\r\n"
    yield "GET / HTTP/1.0\r\n\r\n"
    yield "\r\n\r\n"
    yield b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200  # TLS
    yield b"\xff" * 10_000
    yield "HEAD / HTTP/1.1\r\nHost: evil.example\r\n\r\n"
    yield from (request(port, path=f"{path}?x=1") for path in TRAVERSALS[:14])
    yield from (request(port, method="HEAD", path=path) for path in TRAVERSALS[:14])
    yield from (request(port, method="HEAD", host=host) for host in HOSTS)


def test_two_hundred_hostile_requests_are_refused(port):
    tried = list(hostile(port))
    assert len(tried) >= 200
    for text in tried:
        answer = asked(port, text)
        first = answer.partition(b"\r\n")[0]
        assert not first.startswith((b"HTTP/1.1 200", b"HTTP/1.0 200")), (text[:200], first)
        assert b"home" not in answer
        assert b"window.x" not in answer
        assert b"root:" not in answer
        assert b"Traceback" not in answer
    assert b"<h1>home</h1>" in asked(port, request(port))  # and it still stands


def test_its_own_pages_are_answered_with_their_guards(port):
    answer = asked(
        port,
        request(port, path="/net.js?again", more=f"Origin: http://127.0.0.1:{port}\r\nSec-Fetch-Site: same-origin\r\n"),
    )
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.0 200")
    assert body == PAGES["/net.js"]
    for line in (
        b"text/javascript",
        b"Content-Security-Policy: default-src 'none'",
        b"nosniff",
        b"no-store",
        b"same-origin",
    ):
        assert line in head
    assert asked(port, request(port, host="localhost:{port}")).startswith(b"HTTP/1.0 200")
    assert asked(port, request(port, method="HEAD")).partition(b"\r\n\r\n")[2] == b""


def test_only_loopback_listens(port):
    outside = socket.gethostbyname(socket.gethostname())
    if outside.startswith("127."):
        pytest.skip("this machine has no other address")
    with socket.socket() as other:
        other.settimeout(2)
        assert other.connect_ex((outside, port)) != 0


def test_slow_and_idle_connections_keep_nobody_waiting(port):
    lines = [socket.create_connection(("127.0.0.1", port)) for _ in range(30)]
    for line in lines[:15]:
        line.sendall(b"GET / HTTP/1.1\r\nHost:")
    begun = time.monotonic()
    assert b"home" in asked(port, request(port))
    assert time.monotonic() - begun < 5
    for line in lines:
        line.close()


def test_it_says_nothing_whatever_happens(capfd):
    with serving(PAGES) as address:
        port = int(address.rpartition(":")[2])
        for text in ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\xff\xfe", request(port)):
            asked(port, text)
        with socket.create_connection(("127.0.0.1", port)) as line:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
            line.sendall(request(port).encode())
    time.sleep(0.2)
    said = capfd.readouterr()
    assert said.out + said.err == ""


def test_a_taken_port_is_one_line_and_threads_end():
    before = threading.active_count()
    with serving(PAGES) as address:
        again = serving(PAGES, port=int(address.rpartition(":")[2]))
        with pytest.raises(ConfigError, match="--port"):
            again.__enter__()
    deadline = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert threading.active_count() <= before
