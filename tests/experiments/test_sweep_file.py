"""The file of a sweep that is damaged, or names runs outside its folder: refused in a line."""

import pytest

from d2lab.core.errors import RunError
from d2lab.experiments.sweep import SWEEP, _read

WHOLE = '{"format": 1, "arms": [{"changes": {}, "runs": {"0": "mlp-20260101-000000-0"}}]}'


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"format": NaN}',
        "[]",
        WHOLE.replace("1", "2", 1),
        WHOLE.replace('{"changes"', '3, {"changes"'),
        WHOLE.replace("mlp-20260101-000000-0", "../outside"),
        WHOLE.replace("mlp-20260101-000000-0", ".."),
        WHOLE.replace('"0"', '"x"'),
        WHOLE.replace('{"0": "mlp-20260101-000000-0"}', "[]"),
    ],
)
def test_it_is_refused_in_a_line(text, tmp_path):
    (tmp_path / SWEEP).write_text(text)
    with pytest.raises(RunError, match=r"what d2lab sweep wrote|JSON|deep|NaN") as caught:
        _read(tmp_path / SWEEP)
    assert "\n" not in str(caught.value)


def test_a_whole_one_is_read_and_a_link_is_not(tmp_path):
    (tmp_path / "kept").write_text(WHOLE)
    assert _read(tmp_path / "kept")["arms"]
    (tmp_path / SWEEP).symlink_to("kept")
    with pytest.raises(RunError, match="a link"):
        _read(tmp_path / SWEEP)
