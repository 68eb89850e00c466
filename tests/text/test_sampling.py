"""Sampling: distributions to the digit, draws by their frequencies, and a model that is warmed up."""

import math

import pytest
import torch

from d2lab.core.errors import ConfigError
from d2lab.text import SamplingRule, generate, greedy, min_p, temper, top_k, top_p

LOGITS = torch.tensor([2.0, 1.0, 0.0], dtype=torch.float64)


def shares(logits):
    return [round(p, 3) for p in logits.softmax(-1).tolist()]


@pytest.mark.parametrize(
    ("temperature", "expected"),
    [(0.5, [0.867, 0.117, 0.016]), (1.0, [0.665, 0.245, 0.090]), (2.0, [0.506, 0.307, 0.186])],
)
def test_temperature_by_hand(temperature, expected):
    assert shares(temper(LOGITS, temperature)) == expected


def test_top_p_keeps_the_crossing_token():
    assert shares(top_p(LOGITS, 0.9)) == [0.731, 0.269, 0]
    assert shares(top_p(LOGITS, 0.6)) == [1, 0, 0]
    assert shares(top_p(LOGITS, 0.001)) == [1, 0, 0]
    assert torch.equal(top_p(LOGITS, 1.0), LOGITS)


@pytest.mark.parametrize("seed", range(20))
def test_filters_are_their_definitions(seed):
    draw = torch.Generator().manual_seed(seed)
    logits = torch.randn(4, 30, generator=draw).round(decimals=1)  # with ties
    for row, k, p, least in zip(logits, top_k(logits, 7), top_p(logits, 0.8), min_p(logits, 0.3), strict=True):
        probabilities = row.double().softmax(-1).tolist()
        order = sorted(range(30), key=lambda i: (-row[i].item(), i))
        kept, total = [], 0.0
        for i in order:
            kept.append(i)
            total += probabilities[i]
            if total >= 0.8:
                break
        assert set(k.isfinite().nonzero().flatten().tolist()) == set(order[:7])
        assert set(p.isfinite().nonzero().flatten().tolist()) == set(kept)
        expected = {i for i in range(30) if probabilities[i] >= 0.3 * max(probabilities) * (1 - 1e-6)}
        assert set(least.isfinite().nonzero().flatten().tolist()) == expected
        for filtered in (k, p, least):
            assert torch.equal(filtered[filtered.isfinite()], row[filtered.isfinite()])


def test_ties_go_to_the_smaller_token():
    assert top_k(torch.ones(5), 2).isfinite().tolist() == [True, True, False, False, False]
    assert greedy(torch.tensor([[0.0, 3, 3], [1, 0, 0]])).tolist() == [1, 0]
    assert torch.equal(top_k(LOGITS, 9), LOGITS)


@pytest.mark.parametrize(
    "rule",
    [
        SamplingRule(),
        SamplingRule(temperature=0.7),
        SamplingRule(top_k=3),
        SamplingRule(top_p=0.7),
        SamplingRule(min_p=0.2, temperature=1.5),
        SamplingRule(top_k=4, top_p=0.9, temperature=2.0),
    ],
)
def test_draws_follow_the_distribution(rule):
    logits = torch.tensor([1.5, 0.2, -1.0, 0.9, 0.0, -3.0])
    n = 40_000
    drawn = rule.choose(logits.expand(n, 6), torch.Generator().manual_seed(0)).bincount(minlength=6).double()
    expected = rule.distribution(logits.unsqueeze(0))[0].double() * n
    possible = expected > 0
    assert drawn[~possible].sum() == 0
    chi = float(((drawn - expected).square() / expected)[possible].sum())
    assert chi < 25  # 5 degrees of freedom: a fair draw is above it once in 7,000
    assert float(expected.sum()) == pytest.approx(n)


def test_a_temperature_of_zero_is_greedy():
    rule = SamplingRule(temperature=0.0)
    assert rule.choose(LOGITS.unsqueeze(0)).tolist() == [0]
    assert rule.distribution(LOGITS).tolist() == [1, 0, 0]


def test_the_prompt_is_read_before_the_first_draw():
    read = []

    def step(token, state):
        read.append((token.tolist(), state))
        logits = torch.full((len(token), 10), -math.inf)
        logits[torch.arange(len(token)), (token + 1) % 10] = 0  # counts
        return logits, (state or 0) + 1

    drawn = generate(step, torch.tensor([[3, 4, 5], [7, 8, 9]]))
    assert [next(drawn).tolist() for _ in range(3)] == [[6, 0], [7, 1], [8, 2]]
    assert read[:3] == [([3, 7], None), ([4, 8], 1), ([5, 9], 2)]


@pytest.mark.parametrize(
    "act",
    [
        lambda: temper(LOGITS, 0.0),
        lambda: temper(LOGITS, math.nan),
        lambda: top_k(LOGITS, 0),
        lambda: top_p(LOGITS, 0.0),
        lambda: top_p(LOGITS, 1.1),
        lambda: min_p(LOGITS, 2.0),
        lambda: SamplingRule(temperature=-1.0),
        lambda: SamplingRule(top_k=-1),
        lambda: SamplingRule(top_p=0.0),
        lambda: SamplingRule(min_p=-1.0),
        lambda: SamplingRule().choose(torch.tensor([[math.nan, 1.0]])),
        lambda: SamplingRule().choose(torch.full((1, 3), -math.inf)),
        lambda: next(generate(lambda token, state: (LOGITS, state), torch.empty(1, 0, dtype=torch.int64))),
    ],
)
def test_bad_input_is_refused_in_one_line(act):
    with pytest.raises(ConfigError) as caught:
        act()
    assert "\n" not in str(caught.value)
