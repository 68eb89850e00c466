"""What a record says of the machine, where tensors live, and how light the package is."""

import getpass
import json
import platform
import subprocess
import sys

import pytest
import torch

from d2lab.core import device, machine
from d2lab.core.device import available_devices, resolve_device
from d2lab.core.errors import ConfigError
from d2lab.core.machine import configure_malloc, describe_machine, source_hash, usable_cores, version_of

HEAVY = ("torch", "numpy", "matplotlib", "sklearn", "pooch", "requests", "rich", "PIL")


def test_the_description_fits_a_json_file_and_names_no_one():
    text = json.dumps(describe_machine())
    assert json.loads(text) == describe_machine()
    assert platform.node() not in text or len(platform.node()) < 4
    assert f"/{getpass.getuser()}" not in text


def test_the_description_tells_cores_processor_and_versions():
    about = describe_machine()
    assert about["cores"] == usable_cores() >= 1
    assert about["processor"]
    assert about["libraries"]["torch"].split("+")[0] == torch.__version__.split("+")[0]


def test_the_version_of_what_is_not_installed_is_none():
    assert version_of("no-such-package-anywhere") is None


def test_the_source_hash_changes_with_one_byte_of_source(tmp_path, monkeypatch):
    (tmp_path / "a.py").write_bytes(b"x = 1\n")
    monkeypatch.setattr(machine.d2lab, "__file__", str(tmp_path / "__init__.py"))
    hashes = []
    for content in (b"x = 1\n", b"x = 1\r\n", b"x = 2\n"):
        (tmp_path / "a.py").write_bytes(content)
        source_hash.cache_clear()
        hashes.append(source_hash())
    source_hash.cache_clear()
    assert hashes[0] == hashes[1] != hashes[2]  # line ends of another system are no change
    assert len(hashes[0]) == 16


@pytest.mark.parametrize("code", ["import d2lab", "import d2lab, d2lab.core.errors; dir(d2lab)"])
def test_importing_the_package_imports_nothing_heavy(code):
    probe = f"import sys; {code}; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_room_is_imported_when_it_is_first_named():
    probe = "import d2lab, sys; assert 'd2lab.optimizers' not in sys.modules; print(d2lab.optimizers.__name__)"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "d2lab.optimizers"


def test_a_room_that_is_not_there_is_answered_with_the_rooms():
    import d2lab

    with pytest.raises(AttributeError, match=r"no attribute 'kitchen'; its rooms are .*models"):
        _ = d2lab.kitchen


def test_the_processor_always_works_and_comes_last():
    assert available_devices()[-1] == "cpu"
    assert resolve_device("cpu") == torch.device("cpu")


def test_auto_takes_the_best_there_is(monkeypatch):
    monkeypatch.setattr(device, "available_devices", lambda: ("mps", "cpu"))
    assert resolve_device() == torch.device("mps")


@pytest.mark.parametrize("name", ["gpu", "cuda:x", "", "cpu:"])
def test_a_name_that_is_no_device_is_refused(name):
    with pytest.raises(ConfigError, match=r"device: got '.*', need one of .*cpu.*Leave --device out"):
        resolve_device(name)


@pytest.mark.parametrize("name", ["xpu", "cuda:99", "meta"])
def test_a_device_that_is_not_here_is_refused(name):
    with pytest.raises(ConfigError, match=r"device: got '.*', need one of .*cpu.*\(found here\)"):
        resolve_device(name)


def test_a_number_beyond_the_graphics_cards_is_refused(monkeypatch):
    monkeypatch.setattr(device, "available_devices", lambda: ("cuda", "cpu"))
    monkeypatch.setattr(device.torch.cuda, "device_count", lambda: 2)
    assert resolve_device("cuda:1") == torch.device("cuda:1")
    with pytest.raises(ConfigError, match="cuda:2"):
        resolve_device("cuda:2")


def test_malloc_is_asked_only_where_it_is_glibcs(monkeypatch):
    monkeypatch.setattr(machine.platform, "libc_ver", lambda: ("", ""))
    assert configure_malloc() is False


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="mallopt is glibc's")
def test_glibc_agrees_to_keep_freed_memory():
    assert configure_malloc() is True


def test_a_library_without_mallopt_is_no_error(monkeypatch):
    monkeypatch.setattr(machine.platform, "libc_ver", lambda: ("glibc", "2.31"))
    monkeypatch.setattr(machine.ctypes, "CDLL", lambda _: object())
    assert configure_malloc() is False
