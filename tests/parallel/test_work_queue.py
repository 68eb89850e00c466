"""The queue between processor and device: numbers by hand, the closed form, and a simulation by small ticks."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from d2lab.core.errors import ConfigError
from d2lab.parallel import queued_s, run_queue

TIMES = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=8)


def by_ticks(issue, work, waits, read, depth):
    """Return the ends of issuing and of working, by letting a clock run: no formula, one unit of work a tick."""
    n, clock = len(issue), 0
    issued, done, position = [None] * n, [None] * n, 0
    left, doing, working = issue[0], "issue", list(work)
    reading, finished = 0, None
    while finished is None or None in done:
        moved = True
        while moved:  # what takes no time happens at once
            moved = False
            for k in range(n):  # the device: in order, one at a time
                ready = issued[k] is not None and (k == 0 or done[k - 1] is not None)
                if done[k] is None and ready and working[k] == 0:
                    done[k], moved = clock, True
            if (
                doing == "issue"
                and left == 0
                and (depth is None or position < depth or done[position - depth] is not None)
            ):
                issued[position], moved = clock, True
                doing = "wait" if position in waits else "next"
            if doing == "wait" and done[position] is not None:
                doing, reading, moved = "read", read, True
            if doing == "read" and reading == 0:
                doing, moved = "next", True
            if doing == "next":
                position, moved = position + 1, True
                doing, left = ("issue", issue[position]) if position < n else ("end", 0)
                finished = clock if doing == "end" else None
        clock += 1
        left -= doing == "issue" and left > 0
        reading -= doing == "read"
        for k in range(n):
            if issued[k] is not None and done[k] is None:
                working[k] -= 1
                break
    return issued, done, max(finished, done[-1])


@settings(deadline=None, max_examples=200)
@given(TIMES, st.data(), st.integers(0, 3), st.one_of(st.none(), st.integers(1, 3)))
def test_it_is_what_a_clock_does_tick_by_tick(times, data, read, depth):
    issue, work = ([pair[k] for pair in times] for k in (0, 1))
    waits = data.draw(st.sets(st.integers(0, len(times) - 1)))
    found = run_queue(issue, work, waits=waits, read_s=read, depth=depth)
    issued, done, total = by_ticks(issue, work, waits, read, depth)
    assert [end for _, end in found.issued] == issued
    assert [end for _, end in found.executed] == done
    assert found.total_s == total
    assert set(found.read) == waits


@given(st.floats(0, 9), st.floats(0, 9), st.floats(0, 9), st.integers(1, 30))
def test_the_closed_form_of_equal_operations(issue, work, read, n):
    times = [issue] * n, [work] * n
    assert run_queue(*times, waits=[n - 1], read_s=read).total_s == pytest.approx(queued_s(issue, work, read, n))
    assert run_queue(*times, waits=range(n), read_s=read).total_s == pytest.approx(n * (issue + work + read))


def test_ten_operations_by_hand():
    lanes = run_queue([1] * 10, [2] * 10, waits=[9], read_s=1)
    assert lanes.issued[:2] == ((0, 1), (1, 2))
    assert lanes.executed[:2] == ((1, 3), (3, 5))
    assert lanes.read == {9: (21, 22)}
    assert (lanes.issued_s, lanes.total_s, lanes.device_use) == (10, 22, 20 / 22)


def test_a_clock_that_does_not_wait_sees_the_issuing_alone():
    assert run_queue([1] * 100, [50] * 100).issued_s == 100
    assert run_queue([1] * 100, [50] * 100, depth=10).issued_s == 1 + 90 * 50  # a full queue makes the processor wait
    assert run_queue([1] * 100, [50] * 100, depth=10).total_s == run_queue([1] * 100, [50] * 100).total_s == 5001


def test_operations_that_are_smaller_than_their_issue_leave_the_device_idle():
    assert run_queue([4] * 10, [1] * 10).device_use == 10 / 41


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (([], []), "operations"),
        (([1], [1, 2]), "operations"),
        (([1], [-1]), "seconds"),
        (([float("nan")], [1]), "seconds"),
        (([1], [1], {"read_s": -1}), "seconds"),
        (([1], [1], {"waits": [1]}), "wait"),
        (([1], [1], {"depth": 0}), "depth"),
    ],
)
def test_impossible_queues_are_refused(arguments, word):
    *times, more = arguments if len(arguments) == 3 else (*arguments, {})
    with pytest.raises(ConfigError, match=word):
        run_queue(*times, **more)
    with pytest.raises(ConfigError, match="number of operations"):
        queued_s(1, 1, 1, 0)
