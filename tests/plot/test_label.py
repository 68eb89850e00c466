"""Labels move apart as little as needed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from d2lab.plot.label import spread

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
