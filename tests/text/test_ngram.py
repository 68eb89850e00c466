"""n-grams: each distribution sums to one, and is what the paper's formulas give, counted in dictionaries."""

import itertools
import math
from collections import Counter

import pytest
import torch

from d2lab.core.errors import ConfigError
from d2lab.text import NGram, bits_per_byte, fit_zipf, perplexity, rank_counts
from d2lab.text.ngram import SMOOTHINGS

SIZE = 5
TOKENS = torch.randint(0, SIZE, (60,), generator=torch.Generator().manual_seed(2)).clamp(max=3)  # 4 never occurs
each = pytest.mark.parametrize("smoothing", SMOOTHINGS)


def counts(text, m, *, distinct=False):
    """Count followers of each context of m - 1 tokens; `distinct` counts the tokens in front of them instead."""
    grams = [tuple(text[i : i + m]) for i in range(len(text) - m + 1)]
    if distinct:
        grams = [gram[1:] for gram in {tuple(text[i : i + m + 1]) for i in range(len(text) - m)}]
    table = {}
    for gram in grams:
        table.setdefault(gram[:-1], Counter())[gram[-1]] += 1
    return table


def brute(text, context, order, smoothing, k):
    """Return the distribution after a context by the paper's recursion."""
    context = tuple(context[max(0, len(context) - order + 1) :])

    def at(m):
        if m == 0:
            return [1 / SIZE] * SIZE
        lower = at(m - 1)
        table = counts(text, m, distinct=smoothing == "kneser-ney" and m < order)
        row = table.get(context[len(context) - m + 1 :] if m > 1 else (), Counter())
        total = sum(row.values())
        if smoothing == "add-k":
            return [(row[w] + k) / (total + k * SIZE) for w in range(SIZE)] if m == order else lower
        if not total:
            return lower
        if smoothing == "interpolated":
            return [k * row[w] / total + (1 - k) * lower[w] for w in range(SIZE)]
        if smoothing == "back-off":
            unseen = sum(lower[w] for w in range(SIZE) if not row[w])
            if unseen < 1e-12:
                return [row[w] / total for w in range(SIZE)]
            spare = k * len(row) / total
            return [(row[w] - k) / total if row[w] else spare * lower[w] / unseen for w in range(SIZE)]
        return [max(row[w] - k, 0) / total + k * len(row) / total * lower[w] for w in range(SIZE)]

    return at(min(order, len(context) + 1))


BEGINS_ALONE = torch.tensor([0, 1, 2, 3, 2, 3, 2, 1, 2])  # 0 stands nowhere but at the beginning: it continues nothing


@each
@pytest.mark.parametrize("order", [1, 2, 3, 4])
@pytest.mark.parametrize("text", [TOKENS, BEGINS_ALONE], ids=["random", "begins-alone"])
def test_every_distribution_is_the_papers_and_sums_to_one(smoothing, order, text):
    model = NGram(text, order=order, size=SIZE, smoothing=smoothing)
    for length in range(order + 1):
        for context in itertools.product(range(SIZE), repeat=length):
            ours = model.distribution(torch.tensor(context, dtype=torch.int64))
            assert ours.sum().item() == pytest.approx(1, abs=1e-12)
            assert (ours > 0).all() or smoothing == "back-off"
            expected = brute(text.tolist(), list(context), order, smoothing, model.strength)
            assert ours.tolist() == pytest.approx(expected, abs=1e-12), context


@each
def test_a_text_at_once_is_the_text_token_by_token(smoothing):
    model = NGram(TOKENS, order=3, size=SIZE, smoothing=smoothing)
    text = torch.randint(0, SIZE, (40,), generator=torch.Generator().manual_seed(1))
    one_by_one = [math.log(model.distribution(text[:i])[token]) for i, token in enumerate(text)]
    assert model.log_probabilities(text).tolist() == pytest.approx(one_by_one, abs=1e-12)
    assert model.perplexity(text) == pytest.approx(math.exp(-sum(one_by_one) / 40))
    state = None
    for i, token in enumerate(text[:6]):
        logits, state = model.step(token.view(1), state)
        torch.testing.assert_close(logits[0].exp(), model.distribution(text[: i + 1]))


def test_laplace_by_hand():
    model = NGram(torch.tensor([0] * 8 + [1] * 2), order=1, size=20, smoothing="add-k")
    assert model.distribution(torch.empty(0, dtype=torch.int64))[1].item() == pytest.approx(0.1)  # (2 + 1) / (10 + 20)


def test_a_longer_memory_helps_where_the_chain_has_one():
    chain = torch.tensor([0, 1, 0, 2] * 300)  # what follows 0 depends on two tokens back
    found = [NGram(chain[:800], order=n, size=3).perplexity(chain[800:]) for n in (1, 2, 3)]
    assert found[0] > found[1] > 1.3
    assert found[2] < 1.02


def test_perplexity_and_bits_by_hand():
    p = torch.tensor([0.5, 0.25, 0.125], dtype=torch.float64).log()
    assert perplexity(p) == pytest.approx(4)  # the geometric mean of 2, 4, 8
    assert bits_per_byte(p, 3) == pytest.approx(2)
    assert perplexity(torch.tensor([-1e4])) == math.inf


@pytest.mark.parametrize("exponent", [0.7, 1.0, 1.3])
def test_zipf_finds_the_exponent_of_an_exact_power(exponent):
    made = (1e9 / torch.arange(1, 400, dtype=torch.float64) ** exponent).round().long()
    fit = fit_zipf(made)
    assert fit.exponent == pytest.approx(exponent, abs=1e-3)
    assert fit.scale == pytest.approx(1e9, rel=1e-2)
    assert fit.r_squared > 0.9999
    assert fit.count(100) == pytest.approx(float(made[99]), rel=1e-2)
    assert rank_counts("abracadabra").tolist() == [5, 2, 2, 1, 1]
    assert fit_zipf(torch.tensor([9, 8, 4, 2, 1]), first=2, last=4).exponent == pytest.approx(
        -float(torch.linalg.lstsq(
            torch.tensor([[1, math.log(2)], [1, math.log(3)], [1, math.log(4)]], dtype=torch.float64),
            torch.tensor([[8.0], [4], [2]], dtype=torch.float64).log(),
        ).solution[1])
    )  # fmt: skip


@pytest.mark.parametrize(
    "act",
    [
        lambda: NGram(TOKENS, order=0, size=SIZE),
        lambda: NGram(TOKENS, order=61, size=SIZE),
        lambda: NGram(TOKENS, order=2, size=2),
        lambda: NGram(TOKENS, order=2, size=0),
        lambda: NGram(TOKENS, order=2, size=SIZE, strength=0.0),
        lambda: NGram(TOKENS, order=2, size=SIZE, strength=1.0),
        lambda: NGram(TOKENS, order=2, size=SIZE, strength=math.nan),
        lambda: NGram(TOKENS, order=2, size=SIZE).log_probabilities(torch.tensor([5])),
        lambda: NGram(TOKENS, order=2, size=SIZE).distribution(torch.tensor([-1])),
        lambda: perplexity(torch.empty(0)),
        lambda: bits_per_byte(torch.zeros(1), 0),
        lambda: fit_zipf(torch.tensor([3])),
        lambda: fit_zipf(torch.tensor([3, 4])),
        lambda: fit_zipf(torch.tensor([3, 0])),
        lambda: fit_zipf(torch.tensor([3, 2])).count(0),
    ],
)
def test_bad_input_is_refused_in_one_line(act):
    with pytest.raises(ConfigError) as caught:
        act()
    assert "\n" not in str(caught.value)
