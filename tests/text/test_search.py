"""Search: beam and Viterbi against every sequence there is."""

import itertools
import math

import pytest
import torch

from d2lab.core.errors import ConfigError
from d2lab.text import beam_search, count_transitions, forward_log_likelihood, stationary, viterbi

SIZE, LENGTH = 4, 5


def random_step(seed, state_axis=0):
    """Build a model whose next token depends on all tokens so far, through a state of floats."""
    draw = torch.Generator().manual_seed(seed)
    read = torch.randn(SIZE, 6, generator=draw, dtype=torch.float64)
    carry = torch.randn(6, 6, generator=draw, dtype=torch.float64)
    out = 2 * torch.randn(6, SIZE, generator=draw, dtype=torch.float64)

    def step(token, state):
        hidden = torch.zeros(len(token), 6, dtype=torch.float64) if state is None else state[0].squeeze(1 - state_axis)
        hidden = torch.tanh(read[token] + hidden @ carry)
        return hidden @ out, (hidden.unsqueeze(1 - state_axis),)

    return step


def every_sequence(step, end, alpha=0.0):
    """Return (score, tokens) of every sequence that ends or is full, the best first."""
    found = []

    def grow(path, total, token, state):
        logits, state = step(torch.tensor([token]), state)
        for nxt, value in enumerate(logits[0].log_softmax(-1).tolist()):
            longer = (*path, nxt)
            if nxt == end or len(longer) == LENGTH:
                found.append(((total + value) / ((5 + len(longer)) / 6) ** alpha, longer))
            else:
                grow(longer, total + value, nxt, state)

    grow((), 0.0, 0, None)
    return sorted(found, key=lambda item: -item[0])


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(("end", "alpha"), [(None, 0.0), (3, 0.0), (3, 0.9)])
def test_full_width_is_exact(seed, end, alpha):
    step = random_step(seed)
    width = SIZE ** (LENGTH - 1)
    ours = beam_search(step, 0, width=width, length=LENGTH, end=end, length_penalty=alpha)
    best = every_sequence(step, end, alpha)
    assert [h.tokens for h in ours[:10]] == [tokens for _, tokens in best[:10]]
    assert [h.score for h in ours[:10]] == pytest.approx([score for score, _ in best[:10]])
    assert all(h.ended == (h.tokens[-1] == end) for h in ours)


@pytest.mark.parametrize("seed", range(8))
def test_width_one_is_greedy(seed):
    step = random_step(seed)
    token, state, path, total = torch.tensor([0]), None, [], 0.0
    for _ in range(LENGTH):
        logits, state = step(token, state)
        token = logits.argmax(-1)
        total += logits.log_softmax(-1)[0, token].item()
        path.append(int(token))
    (only,) = beam_search(step, 0, width=1, length=LENGTH)
    assert only.tokens == tuple(path)
    assert only.log_probability == pytest.approx(total)


def test_the_state_follows_its_row_on_either_axis():
    for seed in range(5):
        ours = [beam_search(random_step(seed, axis), 0, width=3, length=LENGTH, state_axis=axis) for axis in (0, 1)]
        assert [h.tokens for h in ours[0]] == [h.tokens for h in ours[1]]
        assert [h.score for h in ours[0]] == pytest.approx([h.score for h in ours[1]])


def test_a_beam_finds_what_greedy_search_misses_and_the_penalty_what_is_longer():
    def step(token, state):  # 0 begins; 1 looks better than 2, but only 2 has a certain successor; 3 ends
        table = [[0, 0.5, 0.4, 0.1], [0.3, 0.3, 0.3, 0.1], [0, 0.02, 0.97, 0.01], [0.25] * 4]
        return torch.tensor([table[t] for t in token.tolist()]).log(), state

    narrow, wide = (beam_search(step, 0, width=w, length=3, end=3)[0] for w in (1, 2))
    assert narrow.log_probability < wide.log_probability
    assert wide.tokens == (2, 2, 2)
    short = beam_search(lambda t, s: (torch.tensor([[0.5, 0, 0, 0.5]]).log().expand(len(t), 4), s),
                        0, width=4, length=6, end=3)  # fmt: skip
    long = beam_search(lambda t, s: (torch.tensor([[0.5, 0, 0, 0.5]]).log().expand(len(t), 4), s),
                       0, width=4, length=6, end=3, length_penalty=9.0)  # fmt: skip
    assert len(short[0].tokens) == 1
    assert len(long[0].tokens) == 6


@pytest.mark.parametrize("seed", range(10))
def test_viterbi_and_forward_are_brute_force(seed):
    draw = torch.Generator().manual_seed(seed)
    states, time = 3, 6
    initial = torch.rand(states, generator=draw, dtype=torch.float64).log_softmax(0)
    transition = torch.randn(states, states, generator=draw, dtype=torch.float64).log_softmax(1)
    emission = torch.randn(time, states, generator=draw, dtype=torch.float64)
    scores = {}
    for path in itertools.product(range(states), repeat=time):
        score = initial[path[0]] + emission[0, path[0]]
        for t in range(1, time):
            score = score + transition[path[t - 1], path[t]] + emission[t, path[t]]
        scores[path] = float(score)
    best = max(scores, key=scores.get)
    path, value = viterbi(initial, transition, emission)
    assert tuple(path.tolist()) == best
    assert value == pytest.approx(scores[best])
    total = torch.tensor(list(scores.values()), dtype=torch.float64).logsumexp(0).item()
    assert forward_log_likelihood(initial, transition, emission) == pytest.approx(total)


def test_a_chain_by_hand():
    matrix = torch.tensor([[0.9, 0.1], [0.5, 0.5]], dtype=torch.float64)
    assert stationary(matrix).tolist() == pytest.approx([5 / 6, 1 / 6])
    assert stationary(torch.tensor([[0.0, 1], [1, 0]], dtype=torch.float64)).tolist() == pytest.approx([0.5, 0.5])
    assert count_transitions(torch.tensor([0, 0, 1, 2, 0, 1]), 3).tolist() == [[1, 2, 0], [0, 0, 1], [1, 0, 0]]
    assert count_transitions(torch.tensor([1]), 2).sum() == 0


ONE = torch.zeros(1)


@pytest.mark.parametrize(
    "act",
    [
        lambda: beam_search(random_step(0), 0, width=0, length=2),
        lambda: beam_search(random_step(0), 0, width=1, length=0),
        lambda: beam_search(random_step(0), 0, width=1, length=2, length_penalty=-1.0),
        lambda: beam_search(lambda t, s: (torch.full((1, 2), math.nan), s), 0, width=1, length=2),
        lambda: viterbi(ONE, ONE.view(1, 1), torch.empty(0, 1)),
        lambda: viterbi(ONE, ONE.view(1, 1), torch.full((1, 1), -math.inf)),
        lambda: forward_log_likelihood(ONE, ONE.view(1, 1), torch.empty(0, 1)),
        lambda: count_transitions(torch.tensor([0, 3]), 3),
        lambda: stationary(torch.eye(2)),
        lambda: stationary(torch.ones(2, 2)),
    ],
)
def test_bad_input_is_refused_in_one_line(act):
    with pytest.raises(ConfigError) as caught:
        act()
    assert "\n" not in str(caught.value)
