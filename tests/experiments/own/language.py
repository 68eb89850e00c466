"""A token-shaped recipe in a file of its own: windows of one long text, the state carried from batch to batch."""

from dataclasses import dataclass

import torch
from torch import nn

from d2lab.data.card import Card
from d2lab.data.catalog import register_card
from d2lab.data.split import Dataset, Split
from d2lab.models.catalog import ModelConfig, register_model
from d2lab.optimizers.config import OptimizerConfig
from d2lab.recipes.recipe import Recipe, Settings
from d2lab.train.config import LoopConfig

TOKENS, TIME, ROWS = 7, 6, 8  # the longest memory that a window of 6 alone can't hold is 7

CARD = register_card(
    Card(
        name="toy-text",
        task="language",
        en="A cycle of seven tokens.",
        zh="七个符号的循环。",
        shape=(TIME,),
        examples=(96, 24),
        classes=(),
        licence="generated",
        cite="nobody",
        files=(),
        module=__name__,
    )
)


def load(card, *, seed=0, fetch=True):
    return Dataset(card, *(windows(count) for count in card.examples))


def windows(count):
    """Cut one text into rows that go on from batch to batch: row r of batch b is followed by row r of batch b + 1."""
    steps = count // ROWS
    text = (torch.arange(ROWS * steps * TIME + 1) ** 2) % TOKENS
    inputs = text[:-1].view(ROWS, steps, TIME).transpose(0, 1).reshape(count, TIME)
    targets = text[1:].view(ROWS, steps, TIME).transpose(0, 1).reshape(count, TIME)
    return Split(inputs.contiguous(), targets.contiguous())


@dataclass(frozen=True, kw_only=True, slots=True)
class RecurrentConfig(ModelConfig):
    tokens: int = TOKENS
    hidden: int = 16
    dropout: float = 0.1


@register_model(RecurrentConfig)
class Recurrent(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.embed = nn.Embedding(config.tokens, config.hidden)
        self.dropout = nn.Dropout(config.dropout)
        self.gru = nn.GRU(config.hidden, config.hidden, batch_first=True)
        self.out = nn.Linear(config.hidden, config.tokens)

    def forward(self, tokens, state=None):
        x, state = self.gru(self.dropout(self.embed(tokens)), state)  # batch time hidden; 1 batch hidden
        return self.out(x), state

    def example(self, count):
        return torch.arange(count * TIME).view(count, TIME) % TOKENS


RECIPE = Recipe(
    name="toy-language",
    chapter=19,
    en="The next token, with a state.",
    zh="带状态地预测下一个符号。",
    data="toy-text",
    task="language",
    settings=Settings(
        model=RecurrentConfig(),
        optimizer=OptimizerConfig(name="adam", learning_rate=0.01, clip_norm=1.0),
        loop=LoopConfig(epochs=4, batch_size=ROWS),
    ),
)
