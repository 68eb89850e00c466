"""The page about devices: its figures come from the record, its code runs, and both languages hold the same."""

import importlib
import json
import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = {"en": ROOT / "docs" / "devices.md", "zh": ROOT / "docs" / "devices.zh.md"}
RECORD = ROOT / "benchmarks" / "devices" / "results.json"


def part(name):
    return importlib.import_module(f"benchmarks.{name}")


@pytest.fixture(autouse=True)
def _checkout_on_path(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))


def code(page, language):
    return re.findall(rf"```{language}\n(.*?)```", page, re.S)


@pytest.mark.parametrize("language", PAGES)
def test_figures_on_the_page_are_those_of_the_record(language):
    table = part("devices.table")
    block = PAGES[language].read_text("utf-8").partition(table.BEGIN)[2].partition(table.END)[0].strip()
    assert block == table.markdown(json.loads(RECORD.read_text("utf-8")), language)
    widths = {line.count("|") for line in block.splitlines() if line.startswith("|")}
    assert widths == {8, 9}


@pytest.mark.parametrize("language", PAGES)
def test_the_code_on_the_page_runs(language, tmp_path, capsys):
    blocks = code(PAGES[language].read_text("utf-8"), "python")
    script = tmp_path / "page.py"
    script.write_text("\n".join(blocks), encoding="utf-8")
    found = runpy.run_path(str(script))
    assert len(blocks) == 3
    assert found["replicas"][0].weight.grad.abs().sum() > 0
    assert "MB" in capsys.readouterr().out


def test_both_languages_have_the_same_code_and_commands():
    english, chinese = (page.read_text("utf-8") for page in PAGES.values())

    def bare(text):  # without comments, which are translated
        return [re.sub(r"\s+#.*", "", block) for block in code(text, "python")]

    assert bare(english) == bare(chinese)
    assert english.count("\n## ") == chinese.count("\n## ")
    rows = [[line for line in text.splitlines() if line.startswith("|")] for text in (english, chinese)]
    assert len(rows[0]) == len(rows[1])
    named = [set(re.findall(r"--[a-z]+[a-z-]*", text)) for text in (english, chinese)]
    assert named[0] == named[1]


def test_paths_that_the_page_names_are_there():
    for page in PAGES.values():
        for target in re.findall(r"\]\(([^)#]+\.md)\)", page.read_text("utf-8")):
            assert (page.parent / target).is_file(), target
        for dotted in re.findall(r"`(d2lab(?:\.\w+)+)", page.read_text("utf-8")):
            module, _, name = dotted.rpartition(".")
            assert hasattr(importlib.import_module(module), name), dotted


def test_memory_on_the_page_is_what_the_nets_need_now():
    """The counted table is exact, so it can be counted again; a model that changed needs a new record."""
    recorded = json.loads(RECORD.read_text("utf-8"))["memory"]
    measure = part("devices.measure")
    for name in ("lenet-sigmoid", "alexnet"):
        assert recorded[name] == measure.step_memory(name)
    assert recorded["lenet-sigmoid"]["parameters"] == 4 * 61_706


def test_a_device_is_measured_whole(monkeypatch):
    import torch

    measure = part("devices.measure")
    monkeypatch.setattr(measure, "copy_bandwidths", lambda device: {"copy": 1e9})
    monkeypatch.setattr(measure, "matrix_rates", lambda device: {"float32": 1e12})
    monkeypatch.setattr(measure, "ADDITIONS", 3)
    found = measure.measure_device(torch.device("cpu"))
    times = [value for key, value in found.items() if key.endswith("_s") and isinstance(value, float)]
    assert len(times) == 4
    assert min(times) > 0


def test_every_net_of_the_notes_table_is_counted():
    measure, contest, table = part("devices.measure"), part("gpu.contest"), part("devices.table")
    from benchmarks.vs_book.contest import MODELS

    assert set(measure.TABLE) == {MODELS[name].recipe for name in contest.NOTES}
    assert set(measure.TABLE) <= set(table.TITLES)
