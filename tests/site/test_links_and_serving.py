"""Dead links are found; the server answers this machine alone, and only with files of the site."""

import http.client

import pytest

from d2lab.core.errors import ConfigError, MissingExtraError, RunError
from d2lab.site import packages
from d2lab.site.links import dead_links
from d2lab.site.serve import served
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


def test_without_node_one_is_told_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(packages.shutil, "which", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"Node\.js with npm"):
        packages.install(tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_failing_npm_is_told(tmp_path, monkeypatch):
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho 'npm error no network' >&2\nexit 1\n")
    npm.chmod(0o755)
    monkeypatch.setattr(packages.shutil, "which", lambda name: str(npm))
    with pytest.raises(RunError, match="npm error no network"):
        packages.install(tmp_path / "new")
