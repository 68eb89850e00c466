"""What the site takes from npm: the stated hashes and nothing else, and clear words where that fails."""

import base64
import hashlib
import io
import json
import re
import shutil
import tarfile

import pytest

from d2lab.core.errors import MissingExtraError, RunError
from d2lab.site import packages


def test_the_lock_has_a_hash_of_every_package_and_no_address():
    text = packages.LOCK.read_text(encoding="utf-8")
    lock, pins = json.loads(text), json.loads(packages.PINS.read_text(encoding="utf-8"))["dependencies"]
    assert "resolved" not in text
    assert "://" not in text
    root, *others = lock["packages"].items()
    assert root == ("", {"name": "d2lab-site", "dependencies": pins})
    for name, package in others:
        assert re.fullmatch(r"sha512-[A-Za-z0-9+/]{86}==", package["integrity"]), name
    assert pins.items() <= {name.removeprefix("node_modules/"): one["version"] for name, one in others}.items()


def test_fonts_from_elsewhere_and_code_made_from_text_are_dropped(tmp_path):
    own, outside = "@font-face{src:url(vendor/a.woff2)}", "@font-face {\n src: url('https://cdn.example.org/f.woff2')}"
    (tmp_path / "theme.css").write_text(f"{own}{outside}p{{color:red}}", encoding="utf-8")
    (tmp_path / "translations.js").write_text("Documentation.addTranslations({})", encoding="utf-8")
    packages.keep_to_policy(tmp_path)
    assert (tmp_path / "theme.css").read_text(encoding="utf-8") == own + "p{color:red}"
    assert (tmp_path / "translations.js").read_bytes() == b""


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """A package in a file, so that npm needs no network, and its pins and lock; return the folder and a lock writer."""
    if shutil.which("npm") is None:
        pytest.skip("no Node.js here")
    folder = tmp_path / "cache"
    folder.mkdir()
    content = json.dumps({"name": "tiny", "version": "1.0.0"}).encode()
    entry = tarfile.TarInfo("package/package.json")
    entry.size = len(content)
    with tarfile.open(folder / "tiny.tgz", "w:gz") as archive:
        archive.addfile(entry, io.BytesIO(content))
    right = hashlib.sha512((folder / "tiny.tgz").read_bytes()).digest()
    root = {"name": "d2lab-site", "dependencies": {"tiny": "file:tiny.tgz"}}
    for name in ("PINS", "LOCK"):
        monkeypatch.setattr(packages, name, tmp_path / getattr(packages, name).name)
    packages.PINS.write_text(json.dumps(root | {"private": True}))

    def lock(digest=right):
        integrity = f"sha512-{base64.b64encode(digest).decode()}"
        made = {"version": "1.0.0", "resolved": "file:tiny.tgz", "integrity": integrity}
        content = {"name": "d2lab-site", "lockfileVersion": 3, "packages": {"": root, "node_modules/tiny": made}}
        packages.LOCK.write_text(json.dumps(content))

    return folder, lock


def test_a_package_of_the_stated_hash_is_installed_once(tiny, monkeypatch):
    folder, lock = tiny
    lock()
    modules = packages.install(folder)
    assert json.loads((modules / "tiny" / "package.json").read_text())["version"] == "1.0.0"
    monkeypatch.setattr(packages.shutil, "which", lambda name: None)
    assert packages.install(folder) == modules  # nothing is asked for again


def test_a_package_of_another_hash_is_refused_in_one_line(tiny):
    folder, lock = tiny
    lock()
    packages.install(folder)
    lock(hashlib.sha512(b"another").digest())  # what was installed with another hash does not count either
    with pytest.raises(RunError, match=r"another content.*package-lock\.json") as refused:
        packages.install(folder)
    assert "\n" not in str(refused.value)
    assert not (folder / "node_modules" / "tiny").exists()


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
