"""Fresh outputs beside kept ones: words exactly, numbers within tolerance, times not at all."""

import pytest

pytest.importorskip("jupytext")

from d2lab.core.errors import RunError
from d2lab.lessons import read_lesson, rerun
from d2lab.lessons.compare import agree, differences, same_processor, text_difference
from d2lab.lessons.export_values import VALUES_MIME
from d2lab.lessons.kept import Executed, code_hash, core_of, keep_outputs

VARIES = ("```{code-cell} ipython3\n", "```{code-cell} ipython3\n---\nvaries: true\n---\n")


def gave(text, machine=None, **values):
    outputs = [{"output_type": "stream", "name": "stdout", "text": text}, {"data": {VALUES_MIME: values}}]
    return Executed([outputs], 1.0, machine=machine or {})


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ("0.8731", "0.8745", True),
        ("0.8731", "0.91", False),
        ("0.3", "0.4", True),  # one unit of the last digit
        ("0.3", "0.5", False),
        ("1.2e-07", "3.6e-07", True),  # rounding errors
        ("1,797", "1,798", True),
        ("7", "8", False),
        ("1.2e-03", "1.3e-03", True),
        ("nan", "nan", True),
        ("1.0", "inf", False),
    ],
)
def test_printed_numbers_agree_within_tolerance(before, after, same):
    assert agree(before, after) is same


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("loss 0.51\n", "loss 0.515\n", ""),
        ("loss 0.51\n", "cost 0.51\n", "'cost 0.51', kept 'loss 0.51'"),
        ("a\nloss 0.51\n", "a\nloss 0.71\n", "'loss 0.71', kept 'loss 0.51'"),
        ("a\n", "a\nb\n", "2 lines, kept 1"),
        ("tensor([1., 2.])\n", "tensor([1., 2., 3.])\n", "'tensor([1., 2., 3.])', kept 'tensor([1., 2.])'"),
        ("accuracy  9.5 %", "accuracy 10.0 %", "'accuracy 10.0 %', kept 'accuracy  9.5 %'"),
        ("accuracy  9.9 %", "accuracy 10.0 %", ""),
    ],
)
def test_the_first_line_that_differs_is_said(before, after, said):
    assert text_difference(before, after) == said


def test_of_a_cell_that_varies_only_the_words_count(write):
    lesson = read_lesson(write())
    assert differences(lesson, gave("took 3 ms\n"), gave("took 9 ms\n")) == [
        "05-small/01-halves, code cell 1: 'took 9 ms', kept 'took 3 ms'"
    ]
    timed = read_lesson(write(VARIES))
    assert differences(timed, gave("took 3 ms\n", ms=3.0), gave("took 9 ms\n", ms=9.0)) == []
    assert differences(timed, gave("took 3 ms\n"), gave("used 3 MB\n")) != []


def test_exported_values_and_figures_count(write):
    lesson = read_lesson(write())
    assert differences(lesson, gave("", a=1.0), gave("", a=1.01)) == []
    assert "a = 2.0, kept 1.0" in differences(lesson, gave("", a=1.0), gave("", a=2.0))[0]
    assert "the values ['b'], kept ['a']" in differences(lesson, gave("", a=1.0), gave("", b=1.0))[0]
    drawn = Executed([[*gave("").outputs[0], {"data": {"image/svg+xml": "<svg/>"}}]], 1.0)
    assert "1 figures, kept 0" in differences(lesson, gave(""), drawn)[0]


def test_one_name_of_a_processor_stands_for_several_generations():
    cpu = "processor : {0}\ncpu family : 25\nmodel : {0}\nmodel name : AMD EPYC\nstepping : 1\n"
    milan, genoa = cpu.format(1), cpu.format(17)
    assert core_of(milan + genoa) == "cpu family 25 model 1 stepping 1"
    assert core_of("") == ""
    libraries = {"processor": "AMD EPYC", "libraries": {"torch": "2"}}
    kept, here = (gave("", {**libraries, "core": core_of(said)}) for said in (genoa, milan))
    assert same_processor(here, here)
    assert not same_processor(kept, here)
    assert not same_processor(gave("", libraries), here)  # kept before cores were


@pytest.mark.parametrize("processor", ["the same", "another"])
def test_a_difference_fails_where_the_processor_is_the_same_and_is_told_elsewhere(
    write, tmp_path, monkeypatch, processor
):
    lesson, said = read_lesson(write()), []
    before = gave("1.0\n", {"processor": "the same"})
    keep_outputs(lesson, Executed(before.outputs, 1.0, code_hash(lesson), {}, before.machine), tmp_path)
    fresh = {lesson.name: gave("2.0\n", {"processor": processor})}
    monkeypatch.setattr(rerun, "execute_all", lambda *_, **__: fresh)
    if processor == "the same":
        with pytest.raises(RunError, match="1 differences from what is kept"):
            rerun.rerun([lesson], tmp_path, 1, None, said.append)
    else:
        assert len(rerun.rerun([lesson], tmp_path, 1, None, said.append)) == 1
        assert "made on another processor" in said[0]
