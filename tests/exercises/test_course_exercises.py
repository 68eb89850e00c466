"""Every exercise of the course: the stub fails, the solution passes, each wrong solution gets its own hint."""

import ast
import doctest
from collections import Counter
from pathlib import Path

import pytest

from d2lab.core.language import LANGUAGES
from d2lab.exercises.catalog import definitions, read_exercises, stub_text
from d2lab.exercises.exercise import call
from d2lab.exercises.grader import grade
from d2lab.exercises.outcome import outcome
from d2lab.exercises.random_inputs import RandomInputs
from d2lab.lessons.lesson import read_course

COURSE = Path(__file__).parents[2] / "course"
EXERCISES = read_exercises(COURSE)
SEEDS = (0,)


@pytest.fixture(params=EXERCISES)
def entry(request):
    return EXERCISES[request.param]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_stub_fails_and_the_solution_passes(entry, seed):
    given = grade(entry.exercise, entry.solution.candidate, entry.exercise.stub, seed=seed)
    assert (given.passed, given.kind) == (False, "unfinished")
    assert grade(entry.exercise, entry.solution.candidate, entry.solution.candidate, seed=seed).passed


@pytest.mark.parametrize("seed", SEEDS)
def test_each_mistake_gets_its_own_hint(entry, seed):
    for mistake in entry.exercise.mistakes:
        found = grade(entry.exercise, entry.solution.candidate, mistake.wrong, seed=seed)
        if "hard_coded" in mistake.name and found.kind == "constant":  # said in general words, and as well
            continue
        assert (found.passed, found.kind) == (False, mistake.name)
        assert found.hint == mistake.hint


def test_an_answer_that_is_written_in_fails(entry):
    exercise = entry.exercise
    if exercise.measure is not call and any("hard_coded" in mistake.name for mistake in exercise.mistakes):
        return  # a class can't be a constant: one of its mistakes is such an answer
    answer = outcome(exercise, entry.solution.candidate, exercise.arguments(RandomInputs(0))).value
    found = grade(exercise, entry.solution.candidate, lambda *arguments: answer, seed=0)
    assert (found.passed, found.kind) == (False, "constant")


def test_there_are_five_wrong_solutions_and_their_hints_differ(entry):
    mistakes = entry.exercise.mistakes
    assert len([one for one in mistakes if "hard_coded" not in one.name]) + 1 >= 5
    for language in LANGUAGES:
        said = [mistake.hint[language] for mistake in mistakes]
        assert len(set(said)) == len(said)
        assert min(map(len, said)) >= (4 if language == "zh" else 10)


def test_no_hint_gives_the_answer(entry):
    """The last line of the solution, which holds the idea, stands in no hint."""
    node = ast.parse(definitions(entry)[1]).body[0]
    answer = ast.unparse(node.body[-1]).removeprefix("return ").strip()
    for mistake in entry.exercise.mistakes:
        assert len(answer) < 8 or not any(answer in mistake.hint[language] for language in LANGUAGES)


def test_the_examples_of_the_task_are_right(entry):
    stub = entry.exercise.stub
    scope = {**entry.exercise.scope, stub.__name__: entry.solution.candidate}
    test = doctest.DocTestParser().get_doctest(stub.__doc__, scope, entry.id, None, 0)
    assert test.examples
    assert doctest.DocTestRunner(verbose=False).run(test).failed == 0


def test_the_file_to_start_from_is_python_and_holds_no_mistake(entry):
    text = stub_text(entry, "mine.py")
    tree = ast.parse(text)
    assert [n.name for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef)] == [
        entry.exercise.stub.__name__
    ]
    assert "mistake" not in text
    assert "d2lab.exercises" not in text


def test_a_lesson_has_three_to_five_exercises():
    """Exercises may stand before the page of their lesson does; a misspelled label is found by the counts."""
    lessons = {lesson.label for lesson in read_course(COURSE)}
    counted = Counter(one.exercise.lesson for one in EXERCISES.values())
    assert counted.keys() >= lessons
    assert {label: n for label, n in counted.items() if not 3 <= n <= 5} == {}


def test_both_languages_of_every_task():
    for one in EXERCISES.values():
        words = one.exercise.stub.__doc__
        assert any("一" <= c <= "鿿" for c in words), one.id
        assert words.splitlines()[0].isascii(), one.id
