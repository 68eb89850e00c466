"""The page on one's own code is run from top to bottom, in both languages."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from d2lab.train.record import open_record

PAGES = [Path(__file__).resolve().parents[2] / "docs" / name for name in ("own-code.md", "own-code.zh.md")]
BLOCK = re.compile(r"```(python|bash)\n(.*?)```", re.S)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_example_runs(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("D2LAB_RUNS", str(tmp_path / "runs"))
    names: dict[str, object] = {}
    for kind, text in BLOCK.findall(page.read_text(encoding="utf-8")):
        if kind == "python":
            exec(compile(text, str(page), "exec"), names)  # noqa: S102 (our own page)
        else:
            for line in text.splitlines():
                run_command(line, tmp_path)
    runs = [path.name for path in (tmp_path / "runs").iterdir()]
    assert sum(name.startswith("sweep-lenet-") for name in runs) == 1
    assert any(name.startswith("my-mlp-") for name in runs)
    lenets = [open_record(tmp_path / "runs" / name) for name in runs if name.startswith("lenet-")]
    assert any((record.folder / "metrics.csv").is_file() for record in lenets)
    assert all((record.folder / "config.toml").is_file() for record in lenets)


def run_command(line, folder):
    words = line.split()
    assert words[0] == "d2lab"
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "d2lab", *words[1:]],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr


def test_both_languages_show_the_same_code():
    english, chinese = (
        [re.sub(r"#.*|print\(f.*", "", text) for _, text in BLOCK.findall(page.read_text("utf-8"))] for page in PAGES
    )
    assert english == chinese
