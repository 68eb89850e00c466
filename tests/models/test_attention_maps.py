"""Attention maps are what the model computes with: causal, summing to 1, and enough to make its output again."""

import pytest
import torch

from d2lab.core.errors import ConfigError
from d2lab.models.gpt import GPT, GPTConfig, norm


@pytest.fixture
def model():
    torch.manual_seed(0)
    made = GPT(GPTConfig(vocabulary=11, context=12, width=16, heads=2, layers=2)).double()
    for parameter in made.parameters():  # the output matrices begin at zero
        torch.nn.init.normal_(parameter, std=0.3)
    return made.eval()


def test_the_output_of_a_layer_is_made_of_its_maps(model):
    tokens = torch.randint(11, (9,), generator=torch.Generator().manual_seed(1))
    maps = model.attention_maps(tokens)
    assert maps.shape == (2, 2, 9, 9)
    torch.testing.assert_close(maps.sum(-1), torch.ones(2, 2, 9).double())
    assert not maps.triu(1).any()
    layer, turns = model.blocks[0].attention, (model.cosine[:9], model.sine[:9])
    x = norm(norm(model.embedding(tokens[None])))
    value = layer.queries_keys_values(x, turns)[2]  # batch head time each
    mixed = (maps[0] @ value).transpose(1, 2).flatten(2)
    torch.testing.assert_close(layer.out(mixed), layer(x, turns))
    second = model.blocks[1].attention
    x = norm(model.blocks[0](norm(model.embedding(tokens[None])), turns))
    mixed = (maps[1] @ second.queries_keys_values(x, turns)[2]).transpose(1, 2).flatten(2)
    torch.testing.assert_close(second.out(mixed), second(x, turns))


def test_too_long_a_text_is_refused(model):
    with pytest.raises(ConfigError, match="at most 12"):
        model.attention_maps(torch.zeros(13, dtype=torch.int64))
