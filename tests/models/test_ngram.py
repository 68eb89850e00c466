"""The n-gram model as a module: the counts of the text room, window by window, and from its kept text."""

import pytest
import torch

from d2lab.core.errors import ConfigError
from d2lab.models import NGramConfig, NGramModel
from d2lab.text import NGram

DRAW = torch.Generator().manual_seed(0)
TEXT = torch.randint(0, 5, (200,), generator=DRAW)


def counted(**changes):
    model = NGramModel(NGramConfig(vocabulary=6, order=3, **changes))
    model.count(TEXT)
    return model


def test_each_position_has_the_distribution_after_all_tokens_before_it():
    model, counts = counted(), NGram(TEXT, order=3, size=6)
    tokens = torch.randint(0, 6, (2, 9), generator=DRAW)
    logits, _ = model(tokens)
    for row, scores in zip(tokens, logits, strict=True):
        for place in range(9):
            torch.testing.assert_close(
                scores[place].double().exp(), counts.distribution(row[: place + 1]), atol=1e-6, rtol=1e-5
            )


def test_windows_and_single_steps_carry_the_context():
    model, tokens = counted(), TEXT[:40].view(2, 20)
    whole, _ = model(tokens)
    first, state = model(tokens[:, :7])
    second, _ = model(tokens[:, 7:], state)
    assert torch.equal(torch.cat([first, second], 1), whole)
    state = None
    for place in range(20):
        logits, state = model.step(tokens[:, place], state)
        assert torch.equal(logits, whole[:, place])
    assert state.shape == (2, 2)


def test_a_kept_text_gives_the_same_counts():
    model, again = counted(), NGramModel(NGramConfig(vocabulary=6, order=3))
    with pytest.raises(ConfigError, match="a text that was counted"):
        again(TEXT[None])
    again.allocate(model.state_dict())
    again.load_state_dict(model.state_dict())
    assert torch.equal(again(TEXT[None])[0], model(TEXT[None])[0])
