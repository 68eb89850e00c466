"""Labels move apart as little as needed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from d2lab.plot.label import spread
from d2lab.plot.measured import lines

heights = st.lists(st.floats(0, 1), min_size=1, max_size=8)


@given(heights)
def test_neighbors_keep_their_order_the_gap_and_the_frame(given_heights):
    moved = np.array(spread(given_heights, 0.1))
    order = np.argsort(given_heights, kind="stable")
    assert (np.diff(moved[order]) >= 0.1 - 1e-9).all()
    assert moved.min() >= 0
    assert moved.max() <= 1 + 1e-9


def test_labels_with_room_stay_where_they_are():
    assert spread([0.9, 0.1, 0.5], 0.1) == pytest.approx([0.9, 0.1, 0.5])


def test_labels_that_collide_share_the_move():
    assert spread([0.5, 0.5, 0.5], 0.1) == pytest.approx([0.4, 0.5, 0.6])


def test_a_label_stands_level_with_the_end_of_its_line_on_a_logarithmic_axis_too():
    drawn = lines([1.0, 2.0], {"up": [1.0, 1e6], "middle": [1.0, 1e3]}, title="", horizontal="x", vertical="y", log="y")
    heights = {text.get_text(): text.xyann[1] for text in drawn.axes[0].texts if text.get_text()}
    assert heights["middle"] == pytest.approx(0.5, abs=0.02)
    assert heights["up"] == pytest.approx(1 - 0.05 / 1.1, abs=0.02)
