"""Claims about the order of memory and vectors: what their checks time and how they decide."""

import pytest

from d2lab.claims.catalog import find_claim
from d2lab.claims.checks import ch17_memory as memory


def run(name, **sizes):
    evidence = find_claim(name).run(**sizes)[0]
    return evidence.verdict, evidence.value


@pytest.fixture
def planted(monkeypatch):
    """Seconds as planted, in place of a clock."""

    def plant(columns=8.0, add=50.0, dot=500.0, tensors=5000.0):
        order = {"rows": 1.0, "columns": columns, "rows at once": 1.0, "columns at once": 3.0}
        adds = {"add": 1.0, "add, lists": add, "add, tensors": tensors, "dot": 1.0, "dot, lists": dot}
        monkeypatch.setattr(memory, "order_seconds", lambda *_: order)
        monkeypatch.setattr(memory, "stride_seconds", lambda *_: {1: 1.0, 8: 7.0, 64: 15.0})
        monkeypatch.setattr(memory, "add_seconds", lambda *_: adds)

    return plant


def test_order_is_decided_by_the_ratio_of_columns_to_rows(planted):
    for columns, verdict in ((8.0, "holds in scope"), (1.5, "not decided"), (1.0, "does not hold")):
        planted(columns=columns)
        found, value = run("reading-in-stored-order-is-faster")
        assert (found, value["columns"]) == (verdict, columns)
        assert value["lines"] == 8
        assert (value["stride_8"], value["stride_64"], value["at_once"]) == (7, 15, 3)


def test_loops_are_decided_by_the_slighter_of_two_ratios(planted):
    for lists, tensors, verdict in (
        (50, 5000, "holds in scope"),
        (5, 5000, "not decided"),
        (50, 2, "does not hold"),
    ):
        planted(add=lists, tensors=tensors)
        assert run("a-python-loop-is-far-slower-than-a-vectorized-addition")[0] == verdict


def test_vectors_are_the_key_only_if_they_gain_most(planted):
    for add, dot, columns, verdict in (
        (50, 500, 8, "holds in scope"),
        (50, 500, 40, "not decided"),
        (500, 5, 1, "not decided"),
        (2, 500, 1, "does not hold"),
    ):
        planted(columns=columns, add=add, dot=dot)
        assert run("vectorization-is-the-key-to-performance")[0] == verdict


def test_hyper_threads_are_judged_only_where_there_are_any():
    assert memory.verdict_on_hyper_threads(2, 2, 1.0) == "depends on hardware"
    assert memory.verdict_on_hyper_threads(4, 2, 1.05) == "holds"
    assert memory.verdict_on_hyper_threads(4, 2, 1.3) == "depends on hardware"


@pytest.mark.parametrize(
    ("physical", "gain", "verdict"),
    [(4, 1.3, "depends on hardware"), (2, 1.05, "holds"), (2, 1.3, "depends on hardware")],
)
def test_threads_are_timed_only_where_there_are_more_of_them_than_cores(monkeypatch, physical, gain, verdict):
    asked = []
    monkeypatch.setattr(memory.psutil, "cpu_count", lambda logical=True: 4 if logical else physical)
    monkeypatch.setattr(memory, "gain_of_threads", lambda *given: asked.append(given) or gain)
    found, value = run("hyper-threading-does-not-necessarily-help", side=8)
    assert asked == ([(2, 4, 8)] if physical == 2 else [])
    assert (found, value["gain"]) == (verdict, gain if physical == 2 else 1.0)


def test_the_gain_of_threads_is_of_few_over_many(monkeypatch):
    monkeypatch.setattr(memory, "time_interleaved", lambda actions, _: {"few": [9, 6, 1], "many": [3, 2, 4]})
    assert memory.gain_of_threads(1, 2, 4) == 2


def test_every_clock_has_its_name_and_the_fastest_lap():
    """No time is compared with another: what else the machine does would decide."""
    seconds = memory.order_seconds(50, rounds=2)
    assert set(seconds) == {"rows", "columns", "rows at once", "columns at once"}
    adds = memory.add_seconds(200, rounds=2)
    assert {"add", "add, lists", "add, tensors", "dot", "dot, lists"} <= set(adds)
    strides = memory.stride_seconds(2**12, rounds=2)
    assert list(strides) == [1, 8, 64]
    assert all(each > 0 for found in (seconds, adds, strides) for each in found.values())
