"""A recurrent network over characters, with its state carried from window to window.

Adam with a decaying rate needs fewer epochs than the notes' SGD (claim `adam-needs-fewer-epochs-than-sgd`). The
validation text decides when to stop: the training perplexity falls long after the held-out one has begun to rise.
"""

from d2lab.models.language_rnn import LanguageRNNConfig
from d2lab.optimizers.config import OptimizerConfig, ScheduleConfig
from d2lab.recipes.language import LanguageSettings, TextConfig
from d2lab.recipes.recipe import Recipe
from d2lab.train.config import LoopConfig

RECIPE = Recipe(
    name="rnn",
    chapter=19,
    parameters=115_296,
    en="A recurrent network that predicts the next character, from scratch.",
    zh="循环神经网络：逐字预测下一个字符。",
    data="notes-en",
    task="language",
    settings=LanguageSettings(
        model=LanguageRNNConfig(vocabulary=96, cell="rnn", hidden=256),
        text=TextConfig(steps=35),
        optimizer=OptimizerConfig(name="adam", learning_rate=2e-3, clip_norm=1.0),
        schedule=ScheduleConfig(name="cosine"),
        loop=LoopConfig(epochs=20, batch_size=32, validation=0.1, patience=4),
    ),
    budgets={"smoke": {"epochs": 1, "examples": 20_000}, "lesson": {"epochs": 8}},
)
