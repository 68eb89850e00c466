"""Language models and autoregression: sizes, states, no look ahead, eight sequences memorized, bad input refused."""

import math
import re

import pytest
import torch
from torch import nn
from torch.nn import functional

from d2lab.core.errors import ConfigError
from d2lab.data.batch import Batch
from d2lab.models.autoregression import AutoregressionConfig
from d2lab.models.catalog import build_model
from d2lab.models.gpt import GPTConfig
from d2lab.models.language_rnn import LanguageRNNConfig
from d2lab.train.tasks import LanguageModeling
from d2lab.train.threads import using_threads

SMALL_GPT = GPTConfig(vocabulary=11, context=8, width=16, heads=2, layers=2)
RNNS = {cell: LanguageRNNConfig(vocabulary=11, cell=cell, hidden=24, layers=2) for cell in ("rnn", "gru", "lstm")}
MODELS = {**RNNS, "gpt": SMALL_GPT}
each = pytest.mark.parametrize("config", MODELS.values(), ids=MODELS)
each_rnn = pytest.mark.parametrize("config", RNNS.values(), ids=RNNS)


def built(config):
    """Build a model in float64; the closing matrices of a GPT, which begin at 0, are drawn."""
    torch.manual_seed(0)
    model = build_model(config).double()
    for weight in model.parameters():
        if not weight.any():
            nn.init.normal_(weight, std=0.3)
    return model


@pytest.mark.parametrize("config", [LanguageRNNConfig(), GPTConfig()], ids=["rnn", "gpt"])
def test_the_number_in_the_docstring_is_the_number_of_the_defaults(config):
    stated = re.search(r"defaults have ([\d,]+) parameters", type(config).__doc__)
    assert int(stated[1].replace(",", "")) == sum(p.numel() for p in build_model(config).parameters())


@each
def test_no_position_sees_what_comes_later(config):
    model = built(config)
    tokens = torch.arange(16).view(2, 8) % 11
    before = model(tokens)[0]
    tokens[:, 5] = (tokens[:, 5] + 1) % 11
    after = model(tokens)[0]
    torch.testing.assert_close(after[:, :5], before[:, :5], rtol=0, atol=1e-14)
    assert (after[:, 5:] - before[:, 5:]).abs().amax(-1).min() > 1e-6


@each
def test_examples_do_not_see_each_other(config):
    model = built(config).eval()
    tokens = torch.arange(24).view(3, 8) % 11
    alone = torch.cat([model(row[None])[0] for row in tokens])
    torch.testing.assert_close(model(tokens)[0], alone, rtol=1e-12, atol=1e-13)


@each
def test_step_by_step_is_the_whole_at_once(config):
    model = built(config).eval()
    tokens = torch.arange(16).view(2, 8) % 11
    state, logits = None, []
    for position in tokens.T:
        found, state = model.step(position, state)
        logits.append(found)
    torch.testing.assert_close(torch.stack(logits, 1), model(tokens)[0], rtol=1e-12, atol=1e-13)


@each_rnn
def test_a_carried_state_joins_two_batches(config):
    model = built(config)
    tokens = torch.arange(16).view(2, 8) % 11
    first, state = model(tokens[:, :5])
    second, _ = model(tokens[:, 5:], state)
    torch.testing.assert_close(torch.cat([first, second], 1), model(tokens)[0], rtol=1e-12, atol=1e-13)
    assert (model(tokens[:, 5:])[0] - second).abs().max() > 1e-3


@each_rnn
def test_the_recurrent_weights_of_every_gate_are_orthogonal(config):
    model = built(config)
    for name, weight in model.rnn.named_parameters():
        if "weight_hh" in name:
            for block in weight.split(24):
                torch.testing.assert_close(block @ block.T, torch.eye(24).double(), rtol=0, atol=1e-5)


def test_a_gpt_looks_no_further_back_than_its_context_and_keeps_a_text_of_any_length():
    model = built(SMALL_GPT).eval()
    texts = torch.tensor([[1] * 12 + [2, 3], [5] * 6 + [1] * 6 + [2, 3]])  # their last eight are the same
    state = None
    for position in texts.T:
        logits, state = model.step(position, state)
    assert state.shape == (2, 8)
    torch.testing.assert_close(logits[0], logits[1], rtol=0, atol=1e-14)


def test_a_gpt_begins_with_the_uniform_guess_and_caps_its_logits():
    model = build_model(SMALL_GPT)
    tokens = torch.arange(16).view(2, 8) % 11
    assert torch.equal(model(tokens)[0], torch.zeros(2, 8, 11))
    nn.init.constant_(model.head.weight, 100.0)
    assert model(tokens)[0].abs().max() <= 15


def test_attention_of_the_gpt_knows_the_order_of_earlier_tokens():
    layers = 1  # two causal layers tell an order even without positions: the first sees growing sets
    model = built(GPTConfig(vocabulary=11, context=8, width=16, heads=2, layers=layers)).eval()
    one, other = model(torch.tensor([[1, 2, 3, 4]]))[0], model(torch.tensor([[2, 1, 3, 4]]))[0]
    assert (one[0, -1] - other[0, -1]).abs().max() > 1e-4


@each
def test_a_language_model_memorizes_eight_sequences(config, rng):
    torch.manual_seed(0)
    model, task = build_model(config), LanguageModeling()
    text = torch.randint(11, (8, 7), generator=rng)
    text[:, 0] = torch.arange(8)  # tells the sequences apart
    batch = Batch(text[:, :-1], text[:, 1:])
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    with using_threads(1):
        for step in range(300):
            result = task.loss(model, batch)
            if step == 0:
                assert float(result.loss.detach()) == pytest.approx(math.log(11), abs=0.5)
            if result.loss < 0.05:
                break
            optimizer.zero_grad()
            result.loss.backward()
            optimizer.step()
    assert result.loss < 0.05


def test_dropout_drops_in_training_only():
    for config in (LanguageRNNConfig(vocabulary=11, dropout=0.5), GPTConfig(vocabulary=11, dropout=0.5)):
        model = built(config)
        tokens = torch.arange(8).view(1, 8)
        assert not torch.equal(model(tokens)[0], model(tokens)[0])
        model.eval()
        assert torch.equal(model(tokens)[0], model(tokens)[0])


def test_an_autoregression_finds_the_recurrence_of_a_sine(rng):
    series = torch.sin(0.3 * torch.arange(200.0, dtype=torch.float64))
    windows = series.unfold(0, 3, 1)
    torch.manual_seed(0)
    model = build_model(AutoregressionConfig(tau=2, hidden=())).double()
    optimizer = torch.optim.LBFGS(model.parameters(), max_iter=200, tolerance_change=1e-14, tolerance_grad=1e-12)

    def closure():
        optimizer.zero_grad()
        loss = functional.mse_loss(model(windows[:, :2]).squeeze(1), windows[:, 2])
        loss.backward()
        return loss

    optimizer.step(closure)
    expected = torch.tensor([[-1.0, 2 * math.cos(0.3)]], dtype=torch.float64)
    torch.testing.assert_close(model.out.weight, expected, rtol=0, atol=1e-4)
    ahead = model.rollout(series[None, :100], 20)
    torch.testing.assert_close(ahead[0], series[100:120], rtol=0, atol=1e-2)
    with torch.no_grad():
        torch.testing.assert_close(ahead[:, :1], model(series[None, 98:100]))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: GPTConfig(width=100, heads=8), "GPTConfig.width: got 100, need a multiple of 16, twice the heads."),
        (
            lambda: build_model(SMALL_GPT)(torch.zeros(1, 9, dtype=torch.long)),
            "tokens in a row: got 9, need at most 8, the context. Use shorter windows or --set context=.",
        ),
        (lambda: GPTConfig(vocabulary=1), "GPTConfig.vocabulary: got 1, need a whole number from 2 to"),
        (
            lambda: LanguageRNNConfig(layers=0),
            "LanguageRNNConfig.layers: got 0, need a whole number from 1 to 64 (layers).",
        ),
        (
            lambda: build_model(AutoregressionConfig()).rollout(torch.zeros(1, 3), 5),
            "rollout: got '3 values, 5 steps', need at least 4 values, and 1 step or more.",
        ),
    ],
    ids=["width", "context", "vocabulary", "layers", "rollout"],
)
def test_what_does_not_fit_is_refused(call, words):
    with pytest.raises(ConfigError) as caught:
        call()
    assert words in str(caught.value)
