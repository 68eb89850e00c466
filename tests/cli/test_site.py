"""`d2lab site` and `d2lab learn`: what they print, and what they refuse."""

import importlib.util
import json
import subprocess
import sys
import time
import urllib.request

import pytest

pytest.importorskip("jupytext")

LESSON = """\
+++ {"lang": "zh"}

(a)=
# 甲

+++ {"lang": "en"}

(a)=
# A 47
"""


@pytest.fixture
def small(here):
    """A folder that looks like a built site of one lesson."""
    site = here / "_site"
    for language in ("zh", "en"):
        (site / language / "course" / "05-small").mkdir(parents=True)
        (site / language / "index.html").write_text(f"<h1>{language}</h1>")
        (site / "notebooks" / language / "05-small").mkdir(parents=True)
        (site / "notebooks" / language / "05-small" / "01-halves.ipynb").write_text("{}")
    (site / "index.html").write_text("<h1>entry</h1>")
    (site / "built.json").write_text(json.dumps({"commit": "x", "lessons": ["05-small/01-halves"]}))
    return site


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["learn"], "the folder of a built site. Build it: d2lab site build"),
        (["learn", "--language", "fr"], "need zh or en"),
        (["learn", "--notebook"], "the name of one"),
        (["site", "check", "--course", "nowhere"], "a folder with NN-slug/MM-slug.md"),
        (["site", "build", "--course", "nowhere"], "a folder with NN-slug/MM-slug.md"),
    ],
)
def test_what_can_t_be_done_is_a_line(d2lab, here, arguments, said):
    code, _, err = d2lab(*arguments)
    assert code == 2
    assert said in err
    assert err.count("\n") == 1
    assert not list(here.iterdir())


def test_an_unknown_lesson_is_answered_with_the_nearest(d2lab, small):
    code, _, err = d2lab("learn", "halvs")
    assert code == 2
    assert "Did you mean 'halves'?" in err


def test_what_is_wrong_with_a_lesson_is_listed(d2lab, here):
    folder = here / "course" / "05-small"
    folder.mkdir(parents=True)
    (folder / "01-a.md").write_text(LESSON, encoding="utf-8")
    code, _, err = d2lab("site", "check", "--course", here / "course", "--no-run")
    assert code == 2
    assert "05-small/01-a: en: no section 'Exercises'" in err
    assert "names no claim" in err


def test_without_jupyterlab_one_is_told(d2lab, small, monkeypatch):
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *a: None if name == "jupyterlab" else real(name, *a))
    code, _, err = d2lab("learn", "halves", "--notebook")
    assert code == 2
    assert "pip install jupyterlab" in err


def test_a_copy_that_the_reader_changed_is_kept(d2lab, small, here, monkeypatch):
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *a: name if name == "jupyterlab" else real(name, *a))
    started = []
    monkeypatch.setattr("d2lab.cli.site.subprocess.run", lambda command, **_: started.append(command))
    code, out, _ = d2lab("learn", "halves", "--notebook", "--language", "zh")
    mine = here / "05-small-01-halves.zh.ipynb"
    assert code == 0
    assert mine.name in out
    mine.write_text("mine")
    d2lab("learn", "halves", "--notebook", "--language", "zh")
    assert mine.read_text() == "mine"
    assert started == [[sys.executable, "-m", "jupyterlab", mine.name]] * 2


def test_learn_serves_until_it_is_stopped(small):
    command = [sys.executable, "-m", "d2lab", "learn", "--no-browser", "--site", str(small)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=small.parent) as process:
        try:
            place = process.stdout.readline().strip()
            for _ in range(50):
                with urllib.request.urlopen(place, timeout=5) as answer:
                    page = answer.read()
                if page:
                    break
                time.sleep(0.1)
            assert page == b"<h1>entry</h1>"
        finally:
            process.kill()
