"""The server of `d2lab explore` under 200 hostile requests, and more: only its pages, only to this machine."""

import socket
import threading
import time

import pytest
from tests.hostile import asked, drip, hostile, request, statuses_of

from d2lab.core import loopback
from d2lab.core.errors import ConfigError
from d2lab.explore.server import serving

PAGES = {"/": b"<h1>home</h1>", "/net.js": b"window.x=1"}


@pytest.fixture(scope="module")
def port():
    with serving(PAGES) as address:
        yield int(address.rpartition(":")[2])


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


def test_a_head_that_drips_is_cut_off(monkeypatch):
    assert loopback.SECONDS == 10
    monkeypatch.setattr(loopback, "SECONDS", 1)
    with serving(PAGES) as address:
        assert 0.5 < drip(int(address.rpartition(":")[2])) < 5


def test_threads_are_bounded_and_come_back(capfd):
    with serving(PAGES) as address:
        port = int(address.rpartition(":")[2])
        statuses, threads = statuses_of(port, loopback.CONNECTIONS + 8)
        assert statuses == [""] * loopback.CONNECTIONS + ["503"] * 8
        assert threads <= loopback.CONNECTIONS
        deadline = time.monotonic() + 5
        while b"home" not in asked(port, request(port)) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert b"home" in asked(port, request(port))
    assert capfd.readouterr() == ("", "")


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
