"""Interleaved timing: every action warmed up once, then timed in each round."""

from d2lab.core.timing import time_interleaved


def test_actions_are_interleaved_after_one_uncounted_call_each():
    called = []
    ticks = iter(map(float, range(1000)))
    laps = time_interleaved(
        {"a": lambda: called.append("a"), "b": lambda: called.append("b")}, 3, clock=lambda: next(ticks)
    )
    assert "".join(called) == "ab" * 4
    assert laps == {"a": [1, 1, 1], "b": [1, 1, 1]}


def test_a_lap_lasts_as_long_as_its_action():
    now = [0.0]

    def lasting(seconds):
        def action():
            now[0] += seconds

        return action

    assert time_interleaved({"x": lasting(2), "y": lasting(5)}, 2, clock=lambda: now[0]) == {
        "x": [2.0, 2.0],
        "y": [5.0, 5.0],
    }
