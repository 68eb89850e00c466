"""A learner's code in a process of its own: whatever it does, a hint comes back, and nothing is left running."""

import os
import time
from pathlib import Path

import psutil
import pytest

from d2lab.core.errors import ConfigError, DataError
from d2lab.exercises.catalog import course_folder, find, read_exercises, stub_text
from d2lab.exercises.runner import Limits, check_file, exercises_in

COURSE = course_folder()
STUB = stub_text(find(read_exercises(COURSE), "predict"), "mine.py")
BODIES = {
    "right": ("return inputs @ weights + bias", "right", ""),
    "a known mistake": ("return (inputs * weights).sum(1)", "no_bias", "bias is missing"),
    "crash": ("return inputs @ weight", "error", "NameError"),
    "loop": ("while True:\n        pass", "endless", "Line"),
    "sleep": ("import time; time.sleep(100)", "endless", "Line"),
    "exit": ("import os; os._exit(3)", "died", "code 3"),
    "leave": ("raise SystemExit(1)", "error", "exit()"),
    "print": ("while True: print('x' * 1000)", "prints", "megabyte"),
    "ask": ("return input()", "error", "input()"),
    "recursion": ("return predict(inputs, weights, bias)", "error", "RecursionError"),
    "memory": ("return torch.zeros(2**33)", "error", "How large"),
    "segfault": ("import ctypes; ctypes.string_at(0)", "died", "ended"),
    "thread": (
        "import threading, time\n"
        "    if threading.active_count() < 2: threading.Thread(target=time.sleep, args=(60,)).start()\n"
        "    return inputs @ weights + bias",
        "right",
        "",
    ),
}


def mine(folder, body):
    file = folder / "mine.py"
    file.write_text(STUB.replace("raise NotImplementedError", body), encoding="utf-8")
    return file


@pytest.mark.slow
@pytest.mark.parametrize("name", BODIES)
def test_whatever_the_code_does_a_hint_comes_back(tmp_path, name):
    body, kind, said = BODIES[name]
    begun = time.monotonic()
    checked = check_file(COURSE, "predict", mine(tmp_path, body), seed=0, limits=Limits(seconds=3, gibibytes=1))
    assert checked.verdict.kind == kind
    assert said in checked.verdict.hint["en"]
    assert "Traceback" not in checked.verdict.hint["en"] + checked.printed
    assert len(checked.printed) < 1000
    assert time.monotonic() - begun < 150


@pytest.mark.slow
def test_memory_that_grows_is_stopped(tmp_path):
    body = "kept = []\n    while True:\n        kept.append(torch.ones(4_000_000))"
    checked = check_file(COURSE, "predict", mine(tmp_path, body), seed=0, limits=Limits(seconds=60, gibibytes=0.3))
    assert checked.verdict.kind in {"too large", "error"}
    assert "memory" in checked.verdict.hint["en"] or "How large" in checked.verdict.hint["en"]


@pytest.mark.slow
def test_children_of_the_code_are_ended_too(tmp_path):
    note = tmp_path / "pid"
    body = (
        "import subprocess, sys, pathlib\n"
        "    p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"    pathlib.Path({str(note)!r}).write_text(str(p.pid))\n"
        "    p.wait()"
    )
    check_file(COURSE, "predict", mine(tmp_path, body), seed=0, limits=Limits(seconds=2))
    pid = int(note.read_text())
    alive = psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    assert not alive


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="sessions and fork are of POSIX")
def test_what_leaves_its_group_or_its_parent_is_ended_too(tmp_path):
    note = tmp_path / "pids"
    file = mine(tmp_path, "return inputs @ weights + bias")
    head = (
        "import os, subprocess, time\n"
        f"note = open({str(note)!r}, 'a')\n"
        "note.write(f\"{subprocess.Popen(['sleep', '600'], start_new_session=True).pid}\\n\")\n"
        "note.flush()\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork() == 0:\n"
        "        note.write(f'{os.getpid()}\\n')\n"
        "        note.flush()\n"
        "        time.sleep(600)\n"
        "    os._exit(0)\n"
        "while len(open(note.name).read().split()) < 2:\n"
        "    time.sleep(0.01)\n"
    )
    file.write_text(head + file.read_text(encoding="utf-8"), encoding="utf-8")
    assert check_file(COURSE, "predict", file, seed=0).verdict.passed
    pids = [int(pid) for pid in note.read_text().split()]
    assert len(pids) == 2
    assert [pid for pid in pids if psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie"] == []


RIGHT = '{"passed": true, "kind": "right", "hint": {"en": "", "zh": ""}}'
FORGERIES = {
    "a file": (f"open('verdict', 'w').write({RIGHT!r}); os._exit(0)", "died"),
    "broken json": ("open('verdict', 'w').write('{]'); os._exit(0)", "died"),
    "every pipe": (
        "[os.write(fd, b'0 ' + b) for fd in range(3, 40) if not call(os.fstat, fd)"
        f" for b in [{RIGHT!r}.encode() + b'\\n', b'{{\"verdict\": {RIGHT}}}\\n', b'[[[[\\n']"
        " if not call(os.write, fd, b)]; os._exit(0)",
        "died",
    ),
    "another grader": (
        "import __main__; from d2lab.exercises.grader import RIGHT\n"
        "    __main__.grade = __main__._ours = lambda *a, **k: RIGHT",
        "changes the checker",
    ),
    "another comparison": (
        "import d2lab.exercises.grader as g; g.same_outcome = lambda *a: True",
        "changes the checker",
    ),
    "equal to anything": (
        "class Liar(float):\n"
        "        __eq__ = __sub__ = __rsub__ = __abs__ = lambda self, other=None: True\n"
        "        __hash__ = float.__hash__\n"
        "    return Liar(7)",
        "constant",
    ),
    "a tensor that is anything": (
        "class Liar(torch.Tensor):\n"
        "        shape = (1,)\n"
        "        @classmethod\n"
        "        def __torch_function__(cls, f, types, args=(), kwargs=None): return True\n"
        "    return torch.zeros(1).as_subclass(Liar)",
        "constant",
    ),
    "no text": ("class No(Exception):\n        __str__ = None\n    raise No", "error"),
    "nested without end": ("x = []\n    for _ in range(5_000): x = [x]\n    return x", "error"),
    "Ctrl-C": ("raise KeyboardInterrupt", "error"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", FORGERIES)
def test_no_verdict_but_the_graders_is_believed(tmp_path, name):
    body, kind = FORGERIES[name]
    file = mine(tmp_path, body)
    call = "import os\n\ndef call(f, *a):\n    try:\n        f(*a)\n    except OSError:\n        return True\n\n"
    file.write_text(call + file.read_text(encoding="utf-8"), encoding="utf-8")
    verdict = check_file(COURSE, "predict", file, seed=0, limits=Limits(seconds=5)).verdict
    assert (verdict.passed, verdict.kind) == (False, kind)
    assert verdict.hint["en"]
    assert verdict.hint["zh"]


@pytest.mark.slow
def test_a_fault_of_the_checker_is_said_to_be_that(tmp_path):
    folder = tmp_path / "course" / "01-one" / "exercises"
    folder.mkdir(parents=True)
    text = (COURSE / "07-dropout" / "exercises" / "drop.py").read_text(encoding="utf-8")
    (folder / "drop.py").write_text(text.replace("n, d = draw", "n, d = 1 / 0, draw"), encoding="utf-8")
    file = tmp_path / "mine.py"
    file.write_text("def drop(x, noise, p): return x\n")
    with pytest.raises(DataError, match=r"ZeroDivisionError.*not of your code"):
        check_file(tmp_path / "course", "drop", file, seed=0)
    (folder / "drop.py").write_text("def broken(:\n")
    with pytest.raises(DataError, match="not of your code"):
        check_file(tmp_path / "course", "drop", file, seed=0)


@pytest.mark.slow
def test_a_name_of_an_earlier_release_is_checked(tmp_path):
    entry = next(one for one in read_exercises(COURSE).values() if one.exercise.formerly)
    file = tmp_path / "mine.py"
    text = stub_text(entry, "mine.py").replace(entry.names[0], entry.exercise.formerly[0])
    file.write_text(text, encoding="utf-8")
    assert exercises_in(file, read_exercises(COURSE)) == [entry.id]
    assert check_file(COURSE, entry.id, file, seed=0).verdict.kind == "unfinished"


@pytest.mark.slow
def test_a_function_that_is_gone_when_the_file_has_run_is_missing(tmp_path):
    file = mine(tmp_path, "return inputs @ weights + bias")
    file.write_text(file.read_text(encoding="utf-8") + "\ndel predict\n", encoding="utf-8")
    assert check_file(COURSE, "predict", file, seed=0).verdict.kind == "missing"


@pytest.mark.slow
def test_the_learners_folder_shadows_no_library(tmp_path):
    (tmp_path / "torch.py").write_text("raise RuntimeError('shadow')")
    before = sorted(path.name for path in tmp_path.iterdir())
    file = mine(tmp_path, "return inputs @ weights + bias")
    assert check_file(COURSE, "predict", file, seed=0).verdict.passed
    after = {path.name for path in tmp_path.iterdir() if path.name != "__pycache__"}
    assert after == {*before, "mine.py"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "said"), [("1 / 0", "ZeroDivisionError"), ("import no_such_library", "no_such_library")]
)
def test_a_file_that_fails_before_its_function_is_a_hint(tmp_path, text, said):
    file = mine(tmp_path, "return inputs @ weights + bias")
    file.write_text(file.read_text(encoding="utf-8") + f"\n\n{text}\n", encoding="utf-8")
    verdict = check_file(COURSE, "predict", file, seed=0).verdict
    assert verdict.kind == "unreadable"
    assert said in verdict.hint["en"]


def test_a_file_tells_its_exercises(tmp_path):
    file = tmp_path / "a.py"
    file.write_text("def half_square(a, b): ...\n\nx = 1\n\ndef predict(): ...\n\ndef other(): ...\n")
    assert exercises_in(file, read_exercises(COURSE)) == ["half-square", "predict"]


@pytest.mark.parametrize(
    ("content", "error", "said"),
    [
        (b"def other(): ...", ConfigError, "exercise list"),
        (b"def predict(:", DataError, "line 1"),
        (b"x = a" + b".a" * 100_000, DataError, "nested too deep"),
        (b"x = " + b"-" * 100_000 + b"1", DataError, "nested too deep"),
        (b"\xff\xfe\x00", DataError, "UTF-8"),
        (None, DataError, "UTF-8"),
    ],
)
def test_a_file_that_is_no_exercise_is_refused(tmp_path, content, error, said):
    file = tmp_path / "a.py"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(error, match=said):
        exercises_in(file, read_exercises(COURSE))


def test_the_course_of_a_wheel_is_found_or_said_to_be_missing(tmp_path, monkeypatch):
    from d2lab.exercises import catalog

    monkeypatch.setattr(catalog, "PACKAGE", tmp_path / "a" / "b")
    with pytest.raises(DataError, match="--course"):
        catalog.course_folder()
    (tmp_path / "a" / "b" / "course").mkdir(parents=True)
    place = tmp_path / "a" / "b" / "course" / "02-linear-regression"
    place.symlink_to(COURSE / "02-linear-regression")
    assert catalog.course_folder() == tmp_path / "a" / "b" / "course"
    assert Path(catalog.course_folder(), "02-linear-regression", "exercises", "predict.py").is_file()
