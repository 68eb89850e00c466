"""What tests of claims share: records of their own, and the command line."""

import sys

import pytest

from d2lab.claims import record as record_file
from d2lab.cli import main as cli


@pytest.fixture
def records(tmp_path, monkeypatch):
    monkeypatch.setattr(record_file, "FOLDER", tmp_path / "records")
    monkeypatch.setattr(record_file, "commit", lambda: "0123456789ab")  # whatever is being edited here
    return tmp_path / "records"


@pytest.fixture
def d2lab(monkeypatch, capsys):
    def run(*words):
        monkeypatch.setattr(sys, "argv", ["d2lab", *words])
        with pytest.raises(SystemExit) as caught:
            cli.main()
        return caught.value.code, *capsys.readouterr()

    return run
