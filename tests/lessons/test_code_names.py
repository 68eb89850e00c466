"""Names of d2lab in code cells: known without running."""

import pytest

pytest.importorskip("jupytext")

from d2lab.core.errors import DataError
from d2lab.lessons import read_lesson
from d2lab.lessons.code_names import unknown_in_code


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("from d2lab import layers\nlayers.Dropout(0.5)", []),
        ("from d2lab.layers import Dropin", ["d2lab.layers.Dropin does not exist"]),
        ("from d2lab import nothing", ["d2lab.nothing does not exist"]),
        ("from d2lab.nothing import a", ["d2lab.nothing.a does not exist"]),
        ("import d2lab.nothing", ["d2lab.nothing does not exist"]),
        ("from d2lab import layers as l\nl.Dropin()", ["d2lab.layers.Dropin does not exist"]),
        ("from d2lab.layers import dropout\ndropout.Dropin", ["d2lab.layers.dropout.Dropin does not exist"]),
        ("from d2lab import layers\nlayers.Linear(1, 1, bios=True)", ["Linear takes no argument bios"]),
        ("from d2lab import layers\nlayers = [1]\nlayers.Dropin", []),  # it is the lesson's own by then
        ("from d2lab import layers\ndef f(layers):\n    return layers.Dropin", []),
        ("import torch\ntorch.nothing", []),  # running tells
    ],
)
def test_what_does_not_exist_is_said(write, code, said):
    lesson = read_lesson(write(("half = 37 / 2", f"{code}\nhalf = 37 / 2")))
    assert unknown_in_code(lesson) == [f"code cell 1: {line}" for line in said]


def test_a_cell_that_is_no_python_is_refused(write):
    with pytest.raises(DataError, match="05-small/01-halves, code cell 1"):
        unknown_in_code(read_lesson(write(("half = 37 / 2", "half = 37 /"))))
