"""A network of long short-term memory over characters; trained as `rnn` is, so that the cell alone differs."""

from d2lab.models.language_rnn import LanguageRNNConfig
from d2lab.optimizers.config import OptimizerConfig, ScheduleConfig
from d2lab.recipes.language import LanguageSettings, TextConfig
from d2lab.recipes.recipe import Recipe
from d2lab.train.config import LoopConfig

RECIPE = Recipe(
    name="lstm",
    chapter=19,
    parameters=387_168,
    en="Long short-term memory (LSTM) that predicts the next character.",
    zh="长短期记忆网络（LSTM）：逐字预测下一个字符。",
    data="notes-en",
    task="language",
    settings=LanguageSettings(
        model=LanguageRNNConfig(vocabulary=96, cell="lstm", hidden=256),
        text=TextConfig(steps=35),
        optimizer=OptimizerConfig(name="adam", learning_rate=2e-3, clip_norm=1.0),
        schedule=ScheduleConfig(name="cosine"),
        loop=LoopConfig(epochs=20, batch_size=32, validation=0.1, patience=4),
    ),
    budgets={"smoke": {"epochs": 1, "examples": 20_000}, "lesson": {"epochs": 8}},
)
