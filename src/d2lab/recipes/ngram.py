"""Counts of characters after the last four, smoothed: a language model without a gradient, in one pass over the text.

It is the baseline that a network has to beat on held-out text. `--set order=9` and `--set smoothing=add-k` show what
smoothing is for: the training perplexity falls with every order, the held-out one does not.
"""

from d2lab.models.ngram import NGramConfig
from d2lab.recipes.language import LanguageSettings, TextConfig
from d2lab.recipes.recipe import Recipe
from d2lab.train.config import LoopConfig

RECIPE = Recipe(
    name="ngram",
    chapter=19,
    parameters=0,
    en="N-grams: how often each character followed the last four; counted, not trained.",
    zh="n 元语法：统计每个字符跟在前四个字符之后的次数，只计数，不训练。",
    data="notes-en",
    task="language",
    settings=LanguageSettings(
        model=NGramConfig(vocabulary=96, order=5),
        text=TextConfig(steps=256),
        loop=LoopConfig(epochs=1, batch_size=8, validation=0.1),
    ),
    budgets={"smoke": {"examples": 20_000}},
)
