"""The explorers of several devices: chunks, bytes, seconds and ticks are those of the library."""

import math

import pytest
import torch

from d2lab.parallel.cost import Link, all_reduce_s, busiest_bytes
from d2lab.parallel.pipeline import gpipe, one_forward_one_backward, short
from d2lab.parallel.schedules import naive_schedule, ring_schedule
from d2lab.parallel.simulation import simulate

pytestmark = pytest.mark.slow
SCHEDULES = {"gpipe": gpipe, "1f1b": one_forward_one_backward}


@pytest.mark.parametrize("n", range(2, 9))
def test_chunks_hold_the_contributions_that_the_simulation_adds(explorer, n):
    page, _ = explorer("ring")
    states = simulate([torch.full((n,), 2**rank) for rank in range(n)], ring_schedule(n))  # bits: whose contributions
    found = page.evaluate("([n, last]) => Array.from({ length: last }, (_, t) => D2.ring.ring(n, t))", [n, len(states)])
    for state, held in zip(states, found, strict=True):
        assert [row.tolist() for row in state] == [[sum(2**r for r in whose) for whose in row] for row in held]
        assert all(len(set(whose)) == len(whose) for row in held for whose in row)  # nobody counts twice
    for t, step in enumerate(ring_schedule(n).steps):
        sent = page.evaluate("([n, t]) => D2.ring.sent(n, t)", [n, t])
        assert [(m["from"], m["to"], m["chunk"], m["adds"]) for m in sent] == [
            (m.sender, m.receiver, m.chunk, m.adds) for m in step
        ]


def seconds_of(schedule, size, latency, bandwidth, slow):
    """Play a schedule message by message: one leaves when its sender holds it and both ends are free."""
    free, held = [0.0] * schedule.ranks, [0.0] * schedule.ranks
    sending = [0.0] * schedule.ranks
    for step in schedule.steps:
        news = {}
        for message in step:
            ends = (message.sender, message.receiver)
            slowed = slow if ends == (0, 1) or (schedule.chunks == 1 and ends == (1, 0)) else 1.0
            begin = max(sending[message.sender], free[message.receiver], held[message.sender])
            news[message] = begin + (latency + size / schedule.chunks / bandwidth) * slowed
        for message, end in news.items():
            sending[message.sender] = free[message.receiver] = end
            held[message.receiver] = max(held[message.receiver], end)
    return max(held)


@pytest.mark.parametrize("slow", [1.0, 2.5, 10.0])
@pytest.mark.parametrize("n", range(2, 9))
def test_seconds_and_bytes_are_those_of_the_model_and_of_messages_played(explorer, n, slow):
    page, _ = explorer("ring")
    for size, latency, bandwidth in ((1e8, 2e-5, 1e10), (1e3, 2e-5, 1e8), (1e6, 0.0, 1e9)):
        asked = [n, size, latency, bandwidth, slow]
        ring, server = page.evaluate("(a) => [D2.ring.around(...a), D2.ring.middle(...a)]", asked)
        assert ring["busiest"] == pytest.approx(busiest_bytes("ring", n, size), rel=1e-12)
        assert server["busiest"] == pytest.approx(busiest_bytes("naive", n, size), rel=1e-12)
        assert ring["seconds"] == pytest.approx(seconds_of(ring_schedule(n), size, latency, bandwidth, slow), rel=1e-9)
        one = latency + size / bandwidth
        assert server["seconds"] == pytest.approx(2 * (n - 2 + slow) * one, rel=1e-9)
        if slow == 1:
            link = Link(latency, bandwidth)
            assert ring["seconds"] == pytest.approx(all_reduce_s("ring", n, size, link), rel=1e-12)
            assert server["seconds"] == pytest.approx(all_reduce_s("naive", n, size, link), rel=1e-12)
        assert (ring["steps"], server["steps"]) == (len(ring_schedule(n).steps), len(naive_schedule(n).steps))


def test_the_ring_shows_counts_and_ends_with_all_of_them(explorer):
    page, read = explorer("ring", {"n": 4})
    counts = "[...document.querySelectorAll('.d2-chunk')].map((e) => Number(e.dataset.count))"
    assert page.evaluate(counts) == [1] * 16
    for _ in range(3):
        page.click("[data-key=next]")
    assert sorted(page.evaluate(counts)) == sorted([1, 2, 3, 4] * 4)
    assert "4 of 16 chunks are complete" in read("e.words.textContent")
    for _ in range(3):
        page.click("[data-key=next]")
    assert page.evaluate(counts) == [4] * 16
    page.click("[data-key=next]")
    assert read("e.state.step") == 0
    page.click("[data-key=back]")
    assert read("e.state.step") == 6
    page.fill("[data-key=n]", "2")
    assert read("e.state.step") == 2


def test_it_plays_to_the_end_and_stops(explorer):
    page, read = explorer("ring")
    page.fill("[data-key=n]", "2")
    page.click("[data-key=play]")
    assert read("e.state.step") == 1
    for _ in range(60):
        if not read("e.state.running"):
            break
        page.wait_for_timeout(100)
    assert (read("e.state.step"), read("e.state.running")) == (2, False)
    assert page.inner_text("[data-key=play]") == "play"


def test_a_slow_link_delays_each_step_of_the_ring(explorer):
    _, read = explorer("ring", {"n": 8, "slow": 10})
    assert read("e.result.ring.seconds") == pytest.approx(14 * 10 * (2e-5 + 1e8 / 8 / 1e10))
    assert "slow link" in read("e.words.textContent")


@pytest.mark.parametrize("name", SCHEDULES)
def test_ticks_bubbles_and_activations_are_those_of_the_library(explorer, name):
    page, _ = explorer("pipeline")
    for stages in range(1, 7):
        for batches in (1, 2, 3, 5, 12):
            table = SCHEDULES[name](stages, batches)
            found = page.evaluate("(a) => D2.pipeline.counted(...a)", [name, stages, batches])
            ticks = [["." if task is None else f"{task[0]}{task[1]}" for task in tick] for tick in found["ticks"]]
            assert ticks == [[short(task) for task in tick] for tick in table.ticks]
            assert math.isclose(found["share"], table.bubble_share, abs_tol=1e-12)
            assert found["most"] == table.most_held


def test_the_pipeline_draws_what_it_counts(explorer):
    page, read = explorer("pipeline", {"stages": 4, "batches": 8})
    assert page.locator(".d2-task").count() == 4 * 22
    assert page.locator(".d2-task.d2-idle").count() == read("e.result.idle") == 24
    assert page.get_attribute("[data-key=tick]", "max") == "22" or read("e.result.ticks.length") == 22
    page.select_option("[data-key=schedule]", index=1)
    assert "at most 4 micro-batches, the last one of 1" in read("e.words.textContent")
    page.fill("[data-key=tick]", "22")
    page.fill("[data-key=batches]", "1")
    assert read("e.state.tick") == 8
    page.click("[data-key=next]")
    assert read("e.state.tick") == 1
    page.click("[data-key=back]")
    assert read("e.state.tick") == 8
