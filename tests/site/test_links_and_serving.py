"""Dead links are found; the server answers this machine alone, and only with files of the site."""

import http.client
import os
import re

import pytest
from tests.hostile import asked, drip, hostile, request, statuses_of

from d2lab.core import loopback
from d2lab.core.errors import ConfigError
from d2lab.site.links import dead_links
from d2lab.site.serve import policy, served
from d2lab.site.stamp import STAMP


@pytest.fixture
def small(tmp_path):
    (tmp_path / "site" / "sub").mkdir(parents=True)
    site = tmp_path / "site"
    (site / "index.html").write_text('<h1 id="top">a</h1><a href="sub/b.html#there">b</a>', encoding="utf-8")
    (site / "sub" / "b.html").write_text('<p id="there"></p><a href="../index.html">a</a>', encoding="utf-8")
    (site / STAMP).write_text('{"lessons": []}', encoding="utf-8")
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    return site


def test_a_right_site_has_no_dead_links(small):
    assert dead_links(small, 1) == []


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ('<a href="gone.html">', "gone.html leads to no file"),
        ('<a href="sub/b.html#nowhere">', "no such place on its page"),
        ('<a href="#nowhere">', "no such place on its page"),
        ('<a href="../secret.txt">', "leads out of the site"),
        ('<script src="https://cdn.example.org/x.js"></script>', "loads https://cdn.example.org/x.js from outside"),
        ('<link rel="stylesheet" href="//fonts.example.org/a.css">', "from outside"),
        ('<img src="missing.png">', "missing.png leads to no file"),
    ],
)
def test_what_is_dead_or_outside_is_found(small, html, said):
    (small / "c.html").write_text(html, encoding="utf-8")
    (found,) = dead_links(small, 1)
    assert found.startswith("c.html: ")
    assert said in found


def test_links_to_elsewhere_are_links_and_no_requests(small):
    (small / "c.html").write_text('<a href="https://example.org">x</a><link rel="canonical" href="https://a.org">')
    assert dead_links(small, 1) == []


def ask(address, path, host=None):
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=5)
    connection.putrequest("GET", path, skip_host=host is not None)
    if host is not None:
        connection.putheader("Host", host)
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body


def port_of(address):
    return int(address.rpartition(":")[2])


def test_pages_are_served_on_loopback(small):
    with served(small) as address:
        assert address.startswith("http://127.0.0.1:")
        assert ask(address, "/index.html")[0] == 200
        assert ask(address, "/")[0] == 200
        assert ask(address, "/sub/")[0] == 404  # no listings
        assert ask(address, "/none.html")[0] == 404


@pytest.mark.parametrize("path", ["/../secret.txt", "/%2e%2e/secret.txt", "/sub/../../secret.txt", "/..%2fsecret.txt"])
def test_nothing_outside_the_site_is_served(small, path):
    with served(small) as address:
        status, body = ask(address, path)
        assert status == 404
        assert b"secret" not in body.replace(b"secret.txt", b"")


@pytest.mark.parametrize("host", ["evil.example.org", "evil.example.org:80", "127.0.0.1.evil.org:80", ""])
def test_another_name_is_refused(small, host):
    with served(small) as address:
        assert ask(address, "/index.html", host)[0] == 403


def test_a_folder_that_is_no_site_and_a_taken_port_are_refused(small, tmp_path):
    with pytest.raises(ConfigError, match="d2lab site build"), served(tmp_path):
        pass
    with served(small) as address:
        port = int(address.rpartition(":")[2])
        with pytest.raises(ConfigError, match="one that is free"), served(small, port):
            pass


def test_hostile_requests_are_refused_and_nothing_is_said(small, capfd):
    (small / "index.html").write_text("<h1>home</h1>", encoding="utf-8")
    with served(small) as address:
        port = port_of(address)
        for text in hostile(port):
            if isinstance(text, str) and re.match(
                r"(GET|HEAD) /(index\.html)?(\?\S*)? HTTP/1\.1\r\nHost: \S+:\d", text
            ):
                continue  # the home page of this site, asked for rightly
            answer = asked(port, text)
            assert not answer.startswith((b"HTTP/1.1 200", b"HTTP/1.0 200")), text[:200]
            assert b"Traceback" not in answer
        assert b"home" in asked(port, request(port))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "more",
    [
        "Host: 127.0.0.1:{port}\r\n",  # a second one, though right
        "Origin: http://evil.example\r\n",
        "Origin: null\r\n",
        "Sec-Fetch-Site: cross-site\r\n",
        "Sec-Fetch-Site: same-origin\r\nSec-Fetch-Site: cross-site\r\n",
        "Content-Length: 1\r\n",
        "Content-Length: 0\r\nContent-Length: 7\r\n",
        "Transfer-Encoding: chunked\r\n",
        "".join(f"X-{i}: y\r\n" for i in range(60)),
    ],
)
def test_another_page_a_body_and_heaps_of_headers_are_refused(small, more):
    with served(small) as address:
        port = port_of(address)
        answer = asked(port, request(port, more=more.format(port=port)))
        assert answer.startswith((b"HTTP/1.0 403", b"HTTP/1.0 413", b"HTTP/1.0 431"))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.0.0.1:1", "localhost:80"])
def test_only_its_own_port_is_its_name(small, host):
    with served(small) as address:
        assert ask(address, "/index.html", host)[0] == 403
        assert ask(address, "/index.html", f"localhost:{port_of(address)}")[0] == 200


@pytest.mark.parametrize(
    "name", [".git", ".env.html", "sub/.hidden.html", "%2egit", "sub/%2ehidden.html", "shown.html", "sub%00"]
)
def test_hidden_files_are_not_served(small, name):
    for hidden in (".git", ".env.html", "sub/.hidden.html"):
        (small / hidden).write_text("secret", encoding="utf-8")
    (small / "shown.html").symlink_to(small / ".env.html")
    with served(small) as address:
        status, body = ask(address, f"/{name}")
    assert (status, b"secret" in body) == (404, False)


def test_links_out_of_the_site_are_not_followed(small, tmp_path):
    (tmp_path / "site-too").mkdir()
    (tmp_path / "site-too" / "secret.html").write_text("secret", encoding="utf-8")
    (small / "a.html").symlink_to(tmp_path / "secret.txt")
    (small / "up").symlink_to(tmp_path)
    (small / "b.html").symlink_to(tmp_path / "site-too" / "secret.html")
    (small / "loop.html").symlink_to("loop.html")
    (small / "inside.html").symlink_to("index.html")
    (tmp_path / "by-link").symlink_to(small)
    with served(tmp_path / "by-link") as address:  # the site itself may lie behind a link
        for path in ("/a.html", "/up/secret.txt", "/up/site/index.html/../../secret.txt", "/b.html", "/loop.html"):
            status, body = ask(address, path)
            assert (status, b"secret" in body) == (404, False), path
        assert ask(address, "/inside.html")[0] == 200


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFOs")
def test_a_fifo_keeps_nobody_waiting(small):
    os.mkfifo(small / "pipe.html")
    with served(small) as address:
        assert ask(address, "/pipe.html")[0] == 404


def test_every_answer_has_its_guards_and_a_browser_may_keep_a_page(small):
    with served(small) as address:
        port = port_of(address)
        for path in ("/index.html", "/none.html"):
            head = asked(port, request(port, path=path)).partition(b"\r\n\r\n")[0].decode()
            for line in (
                "Content-Security-Policy: default-src 'none'; script-src 'self'",
                "X-Content-Type-Options: nosniff",
                "Cross-Origin-Resource-Policy: same-origin",
                "Referrer-Policy: no-referrer",
            ):
                assert line in head, path
        tag = re.search(r'ETag: ("\w+")', asked(port, request(port)).decode())[1]
        again = asked(port, request(port, more=f"If-None-Match: {tag}\r\n"))
        assert again.startswith(b"HTTP/1.0 304")
        assert again.endswith(b"\r\n\r\n")
        os.utime(small / "index.html", (1, 1))
        assert asked(port, request(port, more=f"If-None-Match: {tag}\r\n")).startswith(b"HTTP/1.0 200")


def test_inline_scripts_run_when_a_home_page_has_them(small):
    page = "<script>location.replace('en/index.html')</script>"
    (small / "index.html").write_text(page, encoding="utf-8")
    (small / "sub" / "b.html").write_text("<script>alert(1)</script>", encoding="utf-8")
    digest = "DQEHXwS4m6Eea3FqtzjRL36tM14gopSNv67jcGekkuQ="
    assert re.findall(r"'sha256-(.*?)'", policy(small)) == [digest]


def test_a_head_that_drips_is_cut_off(small, monkeypatch):
    monkeypatch.setattr(loopback, "SECONDS", 1)
    with served(small) as address:
        assert 0.5 < drip(port_of(address)) < 5


def test_threads_are_bounded(small):
    with served(small) as address:
        statuses, threads = statuses_of(port_of(address), loopback.CONNECTIONS + 3)
    assert statuses == [""] * loopback.CONNECTIONS + ["503"] * 3
    assert threads <= loopback.CONNECTIONS
