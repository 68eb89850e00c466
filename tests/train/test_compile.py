"""A compiled step: the results of eager, few compilations, states that either can go on from, errors in one line."""

import os
import subprocess
import sys

import pytest
import torch
from torch import nn

from d2lab.core.errors import ConfigError
from d2lab.core.machine import cpp_compiler
from d2lab.data.batch import Batch
from d2lab.optimizers import OptimizerConfig, ScheduleConfig
from d2lab.train import memory_format
from d2lab.train.config import LoopConfig
from d2lab.train.tasks import find_task
from d2lab.train.train_step import TrainStep

needs_compiler = pytest.mark.skipif(cpp_compiler() is None, reason="torch.compile needs a C++ compiler")


def train_step(**loop):
    torch.manual_seed(0)
    return TrainStep(
        nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Dropout(0.5), nn.Linear(8, 3)),
        find_task("classification"),
        optimizer=OptimizerConfig(learning_rate=0.1, momentum=0.9),
        schedule=ScheduleConfig(),
        loop=LoopConfig(**loop),
        prepare=lambda x: x,
        example=torch.zeros(1, 4),
        device=torch.device("cpu"),
        total_steps=10,
    )


def epochs(rng):
    inputs, targets = torch.randn(24, 4, generator=rng), torch.randint(0, 3, (24,), generator=rng)
    return [Batch(*pair) for _ in range(2) for pair in zip(inputs.split(10), targets.split(10), strict=True)]


@needs_compiler
def test_dropout_draws_the_same_and_a_run_may_change_between_compiled_and_eager(rng):
    batches = epochs(rng)  # 10, 10, 4 and again
    plain, compiled = train_step(), train_step(compile=True)
    torch._dynamo.utils.counters.clear()
    results = {}
    for name, begin in (("eager", plain), ("compiled", compiled), ("changed", train_step(compile=True))):
        torch.manual_seed(1)
        for batch in batches[:3]:
            begin(batch)
        kept, end = {key: value.clone() for key, value in begin.state().items()}, begin
        if name == "changed":
            end = train_step()
            end.restore(3, kept, begin.values())
        for batch in batches[3:]:
            end(batch)
        results[name] = [weight.detach().clone() for weight in end.parameters]
    for name in ("compiled", "changed"):
        for mine, theirs in zip(results[name], results["eager"], strict=True):
            torch.testing.assert_close(mine, theirs, rtol=1e-5, atol=1e-6)
    assert torch._dynamo.utils.counters["stats"]["unique_graphs"] <= 4  # two of each run that compiles


def test_without_a_compiler_one_line_says_so(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    with pytest.raises(ConfigError, match=r"no C\+\+ compiler") as caught:
        train_step(compile=True)
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(sys.platform != "linux", reason="a compiler by another name counts where torch looks for g++")
def test_a_compiler_counts_only_where_torch_looks_for_it(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    for name in ("c++", "clang++", "mine"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    assert cpp_compiler() is None
    monkeypatch.setenv("CXX", "mine --fast")
    assert cpp_compiler() == "mine --fast"
    monkeypatch.setenv("CXX", "absent")
    assert cpp_compiler() is None
    monkeypatch.delenv("CXX")
    (tmp_path / "mine").rename(tmp_path / "g++")
    assert cpp_compiler() == "g++"


def test_what_the_compiler_says_becomes_one_line(monkeypatch):
    def broken(device):
        raise RuntimeError(
            "backend='inductor' raised:\nCppCompileError: no Python.h\n\nSet TORCHDYNAMO_VERBOSE=1 for more"
        )

    monkeypatch.setattr(memory_format, "cpp_compiler", lambda: "g++")
    monkeypatch.setattr(memory_format, "_try_compiler", broken)
    with pytest.raises(ConfigError, match=r"no Python\.h") as caught:
        train_step(compile=True)
    assert "\n" not in str(caught.value)
    assert "TORCHDYNAMO" not in str(caught.value)


@pytest.mark.skipif(sys.platform != "linux", reason="a compiler that is a shell script")
def test_a_compiler_that_compiles_nothing_is_told_before_the_first_step(tmp_path):
    fake = tmp_path / "g++"
    fake.write_text(
        '#!/bin/sh\n[ "$1" = --version ] && echo "g++ 12" && exit 0\necho "fatal error: no such header" >&2\nexit 1\n'
    )
    fake.chmod(0o755)
    words = [sys.executable, "-m", "d2lab", "train", "softmax", "--data", "digits", "--compile"]
    env = os.environ | {"CXX": str(fake), "TORCHINDUCTOR_CACHE_DIR": str(tmp_path), "NO_COLOR": "1"}
    said = subprocess.run(words, capture_output=True, text=True, check=False, cwd=tmp_path, env=env)
    assert said.returncode != 0
    assert "Traceback" not in said.stderr
    assert [line for line in said.stderr.splitlines() if line.startswith("d2lab: ")] == said.stderr.splitlines()[-1:]
    assert "compile" in said.stderr
