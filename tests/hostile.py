"""Requests that a server for this machine alone must refuse, as bytes on the wire."""

import contextlib
import itertools
import socket
import threading
import time

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


def drip(port, every=0.1, most=15.0):
    """Send the head of a request a byte at a time; return the seconds until the server hung up."""
    begun = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=most) as line:
        line.sendall(b"GET / HTTP/1.1\r\nX-Slow: ")
        while time.monotonic() - begun < most:
            line.settimeout(every)
            try:
                if line.recv(1) == b"":
                    break
            except TimeoutError:
                pass
            except OSError:
                break
            try:
                line.sendall(b"y")
            except OSError:
                break
    return time.monotonic() - begun


def statuses_of(port, count):
    """Open connections that send nothing; return what each is answered at once, and the threads they took."""
    before = threading.active_count()
    lines = [socket.create_connection(("127.0.0.1", port), timeout=5) for _ in range(count)]
    deadline = time.monotonic() + 5
    answers = [b""] * count
    while time.monotonic() < deadline and sum(map(bool, answers)) < count - 32:
        for number, line in enumerate(lines):
            line.settimeout(0.01)
            with contextlib.suppress(OSError):
                answers[number] = answers[number] or line.recv(100)
    threads = threading.active_count() - before
    for line in lines:
        line.close()
    return [answer[9:12].decode() for answer in answers], threads
