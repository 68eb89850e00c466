"""Which of several failures is told: the cause, not what follows from it."""

import signal
from types import SimpleNamespace

import pytest

from d2lab.parallel.launch import LOST, _first_error


def failure(exitcode, timestamp, line=None, *, lost=False):
    told = None if line is None else {"message": {"message": line, LOST: lost}}
    return SimpleNamespace(exitcode=exitcode, timestamp=timestamp, error_file_data=told)


TERMINATED, KILLED = -signal.SIGTERM, -signal.SIGKILL


@pytest.mark.parametrize(
    ("failures", "code", "words"),
    [
        ({0: failure(2, 10, "the cause"), 1: failure(2, 9, "missed it", lost=True)}, 2, "the cause"),
        ({0: failure(TERMINATED, 11), 1: failure(2, 10, "the cause")}, 2, "the cause"),
        # process 0 told its error and was still leaving when the other, which missed it, had left
        ({0: failure(TERMINATED, 12, "the cause"), 1: failure(2, 11, "missed it", lost=True)}, 2, "the cause"),
        ({0: failure(2, 9, "missed it", lost=True), 1: failure(KILLED, 10)}, 2, "process 1 was ended by SIGKILL"),
        ({0: failure(3, 12, "later"), 1: failure(4, 11, "earlier")}, 4, "earlier"),
        ({0: failure(1, 10)}, 1, ""),
    ],
)
def test_the_cause_is_told(failures, code, words):
    ended = _first_error(SimpleNamespace(failures=failures))
    assert ended.code == code
    assert ended.line.startswith(words)
    assert words or not ended.line
