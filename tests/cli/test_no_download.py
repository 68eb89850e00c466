"""A record brings no data: what it names is downloaded by nobody but who asks for it."""

import socket

import pytest

from d2lab.data import catalog
from d2lab.experiments import load_run, resume, train

LINE = "d2lab: the files of mnist: got 'absent', need all on disk. Run d2lab data fetch mnist, or set D2LAB_DATA"


@pytest.fixture
def asked(monkeypatch):
    """The hosts that were looked up or connected to; none of them answers."""
    hosts = []

    def refused(host, *_, **__):
        hosts.append(host)
        raise OSError("no network in this test")

    for name in ("getaddrinfo", "gethostbyname", "create_connection"):
        monkeypatch.setattr(socket, name, refused)
    monkeypatch.setattr(socket.socket, "connect", lambda _, address: refused(address))
    monkeypatch.setattr(socket.socket, "connect_ex", lambda _, address: refused(address))
    return hosts


@pytest.fixture
def run(here, cache):
    """A run on MNIST from a machine that has it: digits stood in for its files."""
    real = catalog.load_card
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalog, "load_card", lambda _, **how: real(catalog.card("digits"), **how))
        return train("lenet", data="mnist", budget="smoke", device="cpu", root=here / "runs").record.folder


@pytest.mark.parametrize("verb", ["resume", "evaluate", "plot", "features"])
def test_a_record_that_names_data_downloads_nothing(d2lab, asked, run, verb):
    before = sorted(path.name for path in run.iterdir())
    code, out, err = d2lab(verb, run)
    assert (code, out, err.count("\n"), asked) == (2, "", 1, [])
    assert err.startswith(LINE)
    assert sorted(path.name for path in run.iterdir()) == before


def test_an_explorer_goes_without_the_images_of_the_record(asked, run):
    from d2lab.explore.run import model_of_run

    assert model_of_run(load_run(run))["examples"] == []
    assert asked == []


def test_nor_does_it_in_python(asked, run):
    for again in (lambda: resume(run), lambda: load_run(run).evaluate(), lambda: load_run(run).test_split()):
        with pytest.raises(catalog.DataError, match="Run d2lab data fetch mnist"):
            again()
    assert asked == []


@pytest.mark.parametrize(
    "words", [("resume", "--download"), ("evaluate", "--download"), ("evaluate", "--data", "mnist")]
)
def test_who_asks_for_the_data_gets_them(d2lab, asked, run, words):
    code, _, err = d2lab(words[0], run, *words[1:])
    assert (code, err.count("\n")) == (2, 1)
    assert {"ossci-datasets.s3.amazonaws.com", "storage.googleapis.com"} <= set(asked)
