"""The fuzz: a few hundred damaged records, data files and command lines a day; and it finds what it is made to find."""

import dataclasses
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from tests import rotation
from tools.fuzzing.case import Outcome, faults_of
from tools.fuzzing.damage import damage_bytes, damage_json
from tools.fuzzing.real import Result, can_run, difference

ROOT = Path(__file__).resolve().parents[1]
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="a case is a forked child")


def python(*arguments, timeout):
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, timeout=timeout, cwd=ROOT, env=environment
    )


@pytest.mark.slow
def test_damage_is_answered_in_a_line():
    """Seventy of each kind, of another seed each day; the first of each also as a program."""
    seed = str(rotation.turn() or 0)
    done = python("-m", "tools.fuzz", "all", "--cases", "70", "--seed", seed, "--programs", "70", timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    assert all(f"{kind}: 70 cases" in done.stdout for kind in ("records", "data", "commands"))


@pytest.mark.parametrize(
    ("outcome", "fault"),
    [
        (Outcome("x", 0), None),
        (Outcome("x", 2, err="d2lab: one line.\n"), None),
        (Outcome("x", 0, err="loading 1/2\rloading 2/2\n"), None),
        (Outcome("x", None, trace="Traceback ..."), "traceback"),
        (Outcome("x", 0, out="Traceback (most recent call last):\n"), "traceback"),
        (Outcome("x", -9), "exit code -9"),
        (Outcome("x", 3), "exit code 3"),
        (Outcome("x", 2), "no line"),
        (Outcome("x", 2, err="d2lab: one.\nand a second\n"), "no line"),
        (Outcome("x", 2, err="by the way\nd2lab: one.\n"), "more than lines"),
        (Outcome("x", 2, err="d2lab: " + "a" * 2000), "a line of 2007"),
    ],
)
def test_what_counts_as_a_fault(outcome, fault):
    found = faults_of(outcome)
    assert found == [] if fault is None else fault in found[0]


SELF_TEST = """
import json, os, signal, sys, time
from pathlib import Path
from tools.fuzzing import case
from d2lab.core.errors import ConfigError

place = Path(sys.argv[1]) / "place"
place.mkdir()
case.PATIENCE_S = 0.5

def fine(): return "value"
def refused(): raise ConfigError("x", got="a", need="b")
def broken(): raise KeyError("k")
def inside(): Path("mine").write_text("x")
def outside(): (place.parent / "theirs").write_text("x")
def moved(): os.rename("mine", place.parent / "theirs")
def program(): os.system("true")
def waits(): time.sleep(60)
def works():
    while True: pass
def stops():
    try: waits()
    except KeyboardInterrupt: raise SystemExit(130)
def crash(): os.kill(os.getpid(), signal.SIGSEGV)

def told(*steps, **more): return case.run_case(steps, place, **more).faults
def ignores(): signal.signal(signal.SIGINT, signal.SIG_IGN); time.sleep(60)

done = case.run_case([fine, refused], place)
print(json.dumps({
    "fine": [[step.code for step in done.steps], done.steps[0].value, done.faults],
    "inside": told(inside),
    "verb": told(("--help",)),
    **{f.__name__: told(f) for f in (broken, outside, moved, program, crash)},
    "waits": case.run_case([waits], place, limit_s=0.3).faults,
    "works": case.run_case([works], place, limit_s=0.3).faults,
    "stopped": told(stops, stoppable=True),
    "ignores": case.run_case([ignores], place, stoppable=True, limit_s=0.3).faults,
}))
"""


def test_the_tool_sees_each_kind_of_fault(tmp_path):
    done = python("-c", SELF_TEST, str(tmp_path), timeout=120)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found.pop("fine") == [[0, 2], "value", []]
    assert found.pop("inside") == found.pop("verb") == found.pop("stopped") == []
    begins = {
        "broken": "traceback in broken",
        "outside": "outside: open",
        "moved": "outside: os.rename",
        "program": "outside: os.system",
        "crash": "crash: signal 11",
        "waits": "hang",
        "works": "hang",
        "ignores": "hang",
    }
    assert {name: faults[0][: len(begins[name])] for name, faults in found.items()} == begins


def test_a_program_that_differs_from_the_forked_child_is_told():
    one = Result(0, "N epochs", "", ("runs",), ("ab",))
    assert difference(one, one) == ""
    changes = {"code": 2, "out": "N steps", "err": "d2lab: x", "files": (), "tensors": ("ac",)}
    for name, value in changes.items():
        assert difference(one, dataclasses.replace(one, **{name: value})).startswith(name)
    assert can_run(["list"])
    assert not can_run(["\ud800"])
    assert not can_run(["a" * 2**17])


def test_damage_is_the_same_for_a_seed_and_changes_something():
    content, text = bytes(range(256)), '{"a": [1, 2.5, {"b": null}], "c": "d"}'
    assert [damage_bytes(content, random.Random(i)) for i in range(50)] == [
        damage_bytes(content, random.Random(i)) for i in range(50)
    ]
    assert sum(damage_bytes(content, random.Random(i)) != content for i in range(50)) > 40
    assert len({damage_json(text, random.Random(i)) for i in range(50)}) > 30
