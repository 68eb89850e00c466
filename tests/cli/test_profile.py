"""`d2lab profile`: what it prints, writes and draws, in both languages, and what it refuses."""

import json
import re

import pytest
from tests.cli.test_inspect import drawn

QUICK = ("--device", "cpu", "--steps", 5, "--set", "threads=1")


@pytest.fixture(autouse=True)
def _roof(monkeypatch):
    """A roof that need not be measured."""
    from d2lab.experiments import profile
    from d2lab.inspection.roofline import Roof

    roof = Roof(
        flops_per_s={"float32": 5e10, "bfloat16": 1e11}, bytes_per_s={2**20: 5e10, 2**26: 1e10}, operation_s=1e-5
    )
    monkeypatch.setattr(profile, "measure_roof", lambda *_, **__: roof)


def test_a_recipe_is_profiled(d2lab, here):
    code, out, err = d2lab("profile", "lenet", *QUICK, "--json", "lenet.json")
    assert (code, err) == (0, "")
    assert out.startswith("lenet: lenet, digits\none step: ")
    assert "batch 32, cpu, 1 thread, float32" in out
    assert re.search(r"^conv2 +SpaceToDepthCo", out, re.M)
    assert "float32 50 GFLOP/s" in out
    assert "memory 10 GB/s" in out
    assert "an operation 10 µs" in out
    assert "weights 247 kB" in out
    assert "\nbottleneck:\n  " in out
    assert max(map(len, out.splitlines())) <= 80
    assert drawn(here, "profile-lenet")
    found = json.loads((here / "lenet.json").read_text())
    assert found["recipe"] == "lenet"
    assert found["memory"]["weights"] == 4 * 61_706
    assert {layer["regime"] for layer in found["layers"]} <= {"compute", "bandwidth", "overhead"}
    assert found["bottleneck"] == next(iter(found["causes"]))


def test_the_table_holds_the_layers_with_most_time(d2lab, here):
    out = d2lab("profile", "lenet", *QUICK, "--top", 3, "--out", here / "drawn.png")[1]
    rows = out.split("reached\n")[1].split("\n")
    assert re.match(r"\d+ other layers take ", rows[3])
    assert all(re.search(r" (compute|bandwidth|overhead) +[\d.]+ %$", row) for row in rows[:3])
    assert drawn(here, "drawn")


def test_a_run_is_profiled_and_left_alone(d2lab, trained, here):
    before = sorted(path.name for path in trained["mlp"].iterdir())
    code, out, err = d2lab("profile", trained["mlp"], *QUICK, "--set", "batch_size=8")
    assert (code, err) == (0, "")
    assert "batch 8, cpu" in out
    assert sorted(path.name for path in trained["mlp"].iterdir()) == before
    assert not (here / "runs").exists()


def test_a_chinese_reader_is_answered_in_chinese(d2lab, here, monkeypatch):
    monkeypatch.setenv("D2LAB_LANGUAGE", "zh")
    out = d2lab("profile", "softmax", *QUICK)[1]
    assert "\n一步：" in out.replace(": ", "：")
    assert "瓶颈" in out
    assert "bottleneck" not in out


def test_the_help_speaks_chinese_too():
    import os
    import subprocess
    import sys

    environment = os.environ | {"D2LAB_LANGUAGE": "zh", "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-m", "d2lab", "profile", "--help"]
    told = subprocess.run(command, env=environment, capture_output=True, check=True).stdout.decode()
    assert "测量一个训练步" in told
    assert "计时的步数" in told


@pytest.mark.parametrize("precision", ["bfloat16"])
def test_another_precision_is_profiled(d2lab, here, precision):
    out = d2lab("profile", "softmax", *QUICK, "--precision", precision)[1]
    assert precision in out.splitlines()[1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("lenett",), "Did you mean 'lenet'"),
        (("lenet", "--steps", 0), "from 1 to"),
        (("lenet", "--top", 0), "from 1 to"),
        (("lenet", "--device", "warp"), "cpu"),
        (("lenet", "--precision", "float8"), "float32"),
        (("lenet", "--precision", "float16"), "a cuda device"),
        (("lenet", "--set", "depth"), "KEY=VALUE"),
        (("lenet", "--data", "imagenett"), "digits"),
        (("ngram",), "in each step"),
    ],
)
def test_what_can_t_be_profiled_is_refused_in_a_line(d2lab, here, arguments, words):
    code, out, err = (
        d2lab("profile", *arguments, "--device", "cpu") if "--device" not in arguments else d2lab("profile", *arguments)
    )
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert words in err
    assert not list(here.iterdir())


def test_the_options_are_frozen(d2lab):
    options = set(re.findall(r"(--[a-z-]+)", d2lab("profile", "--help")[1])) - {"--help"}
    frozen = "--data --set --device --precision --steps --top --json --out --recipe --download"
    assert frozen.split() == sorted(options, key=frozen.index)
