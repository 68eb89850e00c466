"""The catalog: a file adds an exercise, in its place; what is no exercise of its name is refused in one line."""

import ast
import re
from collections import defaultdict

import pytest

from d2lab.core.errors import ConfigError, DataError
from d2lab.exercises.catalog import (
    course_folder,
    definitions,
    find,
    former_ids,
    lesson_labels,
    read_exercises,
    solution_text,
    stub_text,
)

EXERCISE = '''\
import torch
from torch import Tensor

from d2lab.exercises import exercise
{shared}

@exercise("{lesson}", order={order}, en="Twice", zh="两倍", arguments=lambda draw: (draw.normal(3),), formerly=({old}))
def {name}(x: Tensor) -> Tensor:
    """Return twice x.

    两倍。

    >>> {name}(torch.ones(1))
    tensor([2.])
    """
    raise NotImplementedError


@{name}.solution(en=r"Add $x$.", zh="加上 $x$。")
def {name}(x):
    return x + x
'''


@pytest.fixture
def chapter(tmp_path):
    folder = tmp_path / "01-one"
    (folder / "exercises").mkdir(parents=True)
    for number, label in enumerate(("later", "sooner"), 1):
        (folder / f"{3 - number:02}-{label}.md").write_text(f"+++\n({label})=\n# Title\n", encoding="utf-8")

    def add(name, lesson="sooner", order=1, old="", shared="", change=lambda text: text):
        text = EXERCISE.format(name=name, lesson=lesson, order=order, old=old and f'"{old}",', shared=shared)
        (folder / "exercises" / f"{name}.py").write_text(change(text), encoding="utf-8")

    return add


def test_a_file_adds_an_exercise_in_its_place(tmp_path, chapter):
    chapter("a", lesson="later", order=1)
    chapter("b", lesson="sooner", order=2)
    chapter("c", lesson="sooner", order=1)
    chapter("d", lesson="unknown", order=0)
    found = read_exercises(tmp_path)
    assert lesson_labels(tmp_path / "01-one") == ["sooner", "later"]
    assert list(found) == ["c", "b", "a", "d"]
    assert found["a"].solution.explanation == {"en": "Add $x$.", "zh": "加上 $x$。"}
    assert solution_text(found["a"]) == ([], "def a(x):\n    return x + x")
    text = stub_text(found["a"], "mine.py")
    assert "return x + x" not in text
    assert "import torch\nfrom torch import Tensor\n" in text


def test_what_exercises_share_stands_beside_them(tmp_path, chapter):
    shared = tmp_path / "01-one" / "exercises" / "_shared.py"
    shared.write_text("SHARED = 3\n", encoding="utf-8")
    chapter("a", shared="\nfrom ._shared import SHARED\n")
    assert read_exercises(tmp_path)["a"].exercise.scope["SHARED"] == 3
    assert "_shared" not in stub_text(read_exercises(tmp_path)["a"], "mine.py")


def test_a_former_name_is_found(tmp_path, chapter):
    chapter("new_name", old="old_name")
    found = read_exercises(tmp_path)
    assert former_ids(found) == {"old-name": "new-name"}
    assert find(found, "old-name") is find(found, "old_name") is find(found, "new_name")
    with pytest.raises(ConfigError, match="Did you mean 'new-name'"):
        find(found, "new-nam")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text.replace("def a(", "def b(").replace("@a.", "@b."), "named like the file"),
        (lambda text: text.replace("@a.solution", "# "), "TypeError|no solution|named like"),
        (lambda text: text[: text.index("@a.solution")], "no solution"),
        (lambda text: "x = (\n", "SyntaxError"),
        (lambda text: "import no_such_library\n" + text, "no_such_library"),
        (lambda text: "x = 1\n", "named like the file"),
    ],
)
def test_a_file_that_holds_no_exercise_of_its_name_is_refused(tmp_path, chapter, change, said):
    chapter("a", change=change)
    with pytest.raises(DataError, match=said) as refused:
        read_exercises(tmp_path)
    assert "a.py" in str(refused.value)


def test_two_of_one_id_are_refused(tmp_path, chapter):
    chapter("a")
    folder = tmp_path / "02-two" / "exercises"
    folder.mkdir(parents=True)
    (folder / "a.py").write_text((tmp_path / "01-one" / "exercises" / "a.py").read_text(encoding="utf-8"), "utf-8")
    with pytest.raises(DataError, match="id of its own"):
        read_exercises(tmp_path)


def test_orders_count_from_1_in_each_lesson_and_every_import_is_used():
    orders = defaultdict(list)
    for entry in read_exercises(course_folder()).values():
        orders[entry.exercise.lesson].append(entry.exercise.order)
        text = entry.file.read_text(encoding="utf-8")
        assert len(definitions(entry)) == 2, entry.file
        assert len(text.splitlines()) <= 120, entry.file
        for node in ast.parse(text).body:
            for alias in node.names if isinstance(node, ast.Import | ast.ImportFrom) else []:
                assert len(re.findall(rf"\b{alias.asname or alias.name}\b", text)) > 1, (entry.file, alias.name)
    assert all(found == list(range(1, len(found) + 1)) for found in orders.values())


def test_a_former_name_is_nobody_elses():
    exercises = read_exercises(course_folder())
    former = [name for entry in exercises.values() for name in entry.exercise.formerly]
    assert len(set(former)) == len(former)
    assert not former_ids(exercises).keys() & exercises.keys()
