"""The doctor's lines about devices: measured figures, and a broken device that is a line, not a trace."""

import os
import re

import pytest
import torch

from d2lab.cli.devices import device_lines
from d2lab.core import bandwidth, device, device_card, matrix_rate
from d2lab.core.device_card import DeviceCard
from d2lab.core.machine import usable_cores

CARD = torch.device("cuda:1")


@pytest.fixture
def two_cards(monkeypatch):
    """A machine with a broken card beside its processor, and figures that take no time."""
    monkeypatch.setattr(os, "getloadavg", lambda: (0.1, 0.1, 0.1), raising=False)
    monkeypatch.setattr(device, "devices", lambda: (CARD, torch.device("cpu")))
    monkeypatch.setattr(device_card, "describe_device", lambda d: DeviceCard(d, "Chip", 8 * 10**9, 4 * 10**9))
    monkeypatch.setattr(matrix_rate, "matrix_rates", lambda d: {"float32": 1.5e11, "bfloat16": 7.9e14})
    monkeypatch.setattr(bandwidth, "copy_bandwidths", lambda d, most_bytes: {"copy": 3e12, "to, pinned": 5e10})


def test_the_processor_is_named_measured_and_its_threads_are_told(d2lab, here, cache):
    code, out, _ = d2lab("doctor")
    assert code == 0
    found = {line[5:20].strip(): line[20:] for line in out.splitlines()}
    assert found["cpu"]
    assert re.fullmatch(r"\d+\.\d GB/s \(\d+ threads?\)", found["cpu copy"])
    assert re.fullmatch(r"float32 [\d.]+  bfloat16 [\d.]+ TFLOP/s \(\d+ threads?\)", found["cpu matrix"])


def test_quick_measures_nothing(d2lab, here, cache, monkeypatch):
    def never(*_, **__):
        raise AssertionError("measured")

    monkeypatch.setattr(bandwidth, "copy_bandwidths", never)
    monkeypatch.setattr(matrix_rate, "matrix_rates", never)
    code, out, _ = d2lab("doctor", "--quick")
    assert code == 0
    assert "\nok   cpu " in out
    assert "GB/s" not in out


def test_every_device_has_its_lines(two_cards):
    threads = torch.get_num_threads()
    words = f" ({threads} thread{'s' if threads > 1 else ''})"
    assert list(device_lines(measure=True)) == [
        ("ok", "cuda:1", "Chip, 4.0 of 8.0 GB free"),
        ("ok", "cuda:1 copy", "3000.0  to, pinned 50.0 GB/s"),
        ("ok", "cuda:1 matrix", "float32 0.150  bfloat16 790 TFLOP/s"),
        ("ok", "cpu", "Chip, 4.0 of 8.0 GB free"),
        ("ok", "cpu copy", f"3000.0  to, pinned 50.0 GB/s{words}"),
        ("ok", "cpu matrix", f"float32 0.150  bfloat16 790 TFLOP/s{words}"),
    ]


@pytest.mark.parametrize(
    ("error", "level", "said"),
    [
        (RuntimeError("CUDA error: launch failure\nCompile with"), "fix", "launch failure: update its driver"),
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate"), "note", "close what else uses this device"),
        (MemoryError("memory"), "note", "close what else"),
        (RuntimeError(), "fix", "RuntimeError: update its driver"),
    ],
)  # fmt: skip
def test_a_broken_device_is_one_line_and_the_others_are_still_seen(two_cards, monkeypatch, error, level, said):
    def broken(where):
        if where == CARD:
            raise error
        return {"float32": 1e12}

    monkeypatch.setattr(matrix_rate, "matrix_rates", broken)
    lines = list(device_lines(measure=True))
    bad = [line for line in lines if line[0] != "ok"]
    assert [(line[0], line[1]) for line in bad] == [(level, "cuda:1")]
    assert said in bad[0][2]
    assert "\n" not in bad[0][2]
    assert lines[-1][1] == "cpu matrix"


def test_a_copy_is_no_larger_than_an_eighth_of_what_is_free(two_cards, monkeypatch):
    asked = []
    monkeypatch.setattr(bandwidth, "copy_bandwidths", lambda d, most_bytes: asked.append(most_bytes) or {"copy": 1e9})
    list(device_lines(measure=True))
    assert asked == [5 * 10**8] * 2


def test_a_busy_machine_says_that_its_figures_are_too_low(two_cards, monkeypatch):
    cores = usable_cores()
    monkeypatch.setattr(os, "getloadavg", lambda: (5.0 * cores, 0.0, 0.0))
    level, subject, said = list(device_lines(measure=True))[-1]
    assert (level, subject) == ("note", "cpu load")
    assert said == f"{5 * cores:.1f} on {cores} cores: the machine is busy, measured rates are too low"
    assert all(line[1] != "cpu load" for line in device_lines(measure=False))
    monkeypatch.delattr(os, "getloadavg")  # Windows
    assert list(device_lines(measure=True))[-1][1] == "cpu matrix"
