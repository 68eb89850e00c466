"""Histories and files that several plot tests share."""

import numpy as np
import pytest

from d2lab.plot import History


@pytest.fixture
def history():
    """Make a history of some epochs with 20 steps each; two splits, loss and accuracy."""

    def make(epochs=3, *, accuracy=True, decades=1.0, title="lenet · fashion-mnist · seed 0", seed=0):
        luck = np.random.default_rng(seed)
        steps = np.arange(1, 20 * epochs + 1)
        falling = 10 ** (-decades * steps / steps[-1])
        ends = falling[19::20]
        series = {"train_loss": ends, "test_loss": ends * 1.1}
        if accuracy:
            series |= {"train_accuracy": 0.95 - ends / 3, "test_accuracy": 0.9 - ends / 3}
        noisy = falling * np.exp(luck.normal(0, 0.1, len(steps)))
        return History(title, steps, noisy, np.arange(1, epochs + 1), series)

    return make


@pytest.fixture
def lines():
    """Return the lines of a panel by their name."""

    def find(axes):
        return {line.get_gid(): line for line in axes.lines if line.get_gid() not in {None, "key"}}

    return find


@pytest.fixture
def labels():
    """Return the texts at the ends of lines, from top to bottom."""

    def find(axes):
        notes = [text for text in axes.texts if text.get_text()]
        return sorted(notes, key=lambda note: -note.xyann[1])

    return find
