"""A small GPT over pairs of bytes: half as many tokens as characters in English, so its context reaches twice as far.

Any text can be written, for the tokens begin from bytes; in Chinese a character is three of them until they are merged.
"""

from d2lab.models.gpt import GPTConfig
from d2lab.recipes.gpt_char import RECIPE as CHARACTERS
from d2lab.recipes.language import LanguageSettings, TextConfig
from d2lab.recipes.recipe import Recipe
from d2lab.train.config import LoopConfig

RECIPE = Recipe(
    name="gpt-bpe",
    chapter=19,
    parameters=917_504,
    en="A small GPT over byte-pair tokens, which knows every character of every language.",
    zh="基于字节对编码的小型 GPT，任何语言的任何字符都认得。",
    data="notes-en",
    task="language",
    settings=LanguageSettings(
        model=GPTConfig(vocabulary=512, context=64, width=128, heads=4, layers=4),
        text=TextConfig(unit="bpe", merges=256, sampling="random", sample=100),
        optimizer=CHARACTERS.settings.optimizer,
        schedule=CHARACTERS.settings.schedule,
        loop=LoopConfig(epochs=8, batch_size=32, validation=0.1, patience=2),
    ),
    on={"notes-zh": {"epochs": 8}, "tiny-shakespeare": {"epochs": 2}},
    budgets={"smoke": {"epochs": 1, "examples": 20_000}, "lesson": {"epochs": 2}},
)
