"""Claims about compiled graphs and saved programs: their rules, and what they run."""

import pytest
import torch

from d2lab.claims.catalog import find_claim
from d2lab.claims.checks import ch17_graphs as graphs


@pytest.mark.parametrize(
    ("difference", "network", "elementwise", "verdict"),
    [
        (0.0, 0.5, 0.5, "holds"),
        (0.0, 1.2, 0.2, "holds in scope"),
        (0.0, 0.95, 0.2, "holds in scope"),
        (0.0, 1.2, 0.95, "does not hold"),
        (1e-3, 0.5, 0.5, "does not hold"),
        (float("nan"), 0.5, 0.5, "does not hold"),
    ],
)
def test_the_rule_asks_for_equal_outputs_and_both_times(difference, network, elementwise, verdict):
    assert graphs.judged(difference, network, elementwise) == verdict


def test_a_share_is_time_over_that_of_eager(monkeypatch):
    called = {"way": 0, "eager": 0}

    def laps(actions, rounds):
        assert rounds == 3
        for action in actions.values():
            action()
        return {"way": [3.0, 9.0, 8.0], "eager": [1.0, 3.0, 2.0]}

    def program(name):
        def answer(x):
            called[name] += 1
            return x

        return answer

    monkeypatch.setattr(graphs, "time_interleaved", laps)
    assert graphs.share_of_eager(program("way"), program("eager"), torch.ones(2), 5, 3) == 3
    assert called == {"way": 5, "eager": 5}


def test_a_polynomial_and_a_difference_by_hand():
    assert graphs.horner(torch.tensor(2.0)).item() == pytest.approx(
        0.1 * 64 + 32 + 0.5 * 16 - 0.3 * 8 + 0.8 - 0.2 + 0.4
    )
    assert graphs.apart(torch.tensor([1.5, 10.0]), torch.tensor([1.0, 5.0])) == pytest.approx(1.0)
    assert graphs.apart(torch.tensor([0.5]), torch.tensor([0.25])) == pytest.approx(0.25)


def test_a_program_that_computes_something_else_is_found(monkeypatch):
    wrong = {}

    def compiled(program, backend):
        wrong[backend] = wrong.get(backend, 0) + 1
        return lambda x: program(x) + 1

    monkeypatch.setattr(torch, "compile", compiled)
    evidence, _ = find_claim("compiling-keeps-results-and-saves-time").run(numbers=100, rounds=1, backend="eager")
    assert wrong == {"eager": 2}
    assert evidence.value["difference"] >= 0.1
    assert evidence.verdict == "does not hold"


def test_nothing_is_decided_without_a_compiler(monkeypatch):
    monkeypatch.setattr(graphs, "cpp_compiler", lambda: None)
    monkeypatch.setattr(torch, "compile", lambda program, backend: program)
    evidence, _ = find_claim("compiling-keeps-results-and-saves-time").run(numbers=100, rounds=1)
    assert evidence.verdict == "not decided"


def test_a_saved_program_runs_in_a_process_without_the_class():
    evidence, _ = find_claim("a-saved-program-runs-without-its-class").run(library=False)
    assert evidence.verdict == "holds"
    assert evidence.value == {"difference": 0, "files": 1, "pickled": 0}
