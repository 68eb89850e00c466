"""Autoregression of a series: the last four values predict the next; predictions of predictions show how errors grow.

Source: Zhang, Lipton, Li, Smola 2023, "Dive into Deep Learning", section 9.1.
Changed: what is later is held out, and no window reaches from one part into the other.
"""

from d2lab.models.autoregression import AutoregressionConfig
from d2lab.optimizers.config import OptimizerConfig
from d2lab.recipes.language import SeriesSettings
from d2lab.recipes.recipe import Recipe
from d2lab.train.config import LoopConfig

RECIPE = Recipe(
    name="ar",
    chapter=19,
    parameters=61,
    en="Autoregression: the last values of a series predict the next, 1 to 64 steps ahead.",
    zh="自回归：用序列的最后几个值预测下一个，并向前预测 1 到 64 步。",
    data="noisy-sine",
    task="forecasting",
    settings=SeriesSettings(
        model=AutoregressionConfig(tau=4, hidden=(10,)),
        optimizer=OptimizerConfig(name="adam", learning_rate=0.01),
        loop=LoopConfig(epochs=20, batch_size=16),
    ),
    budgets={"smoke": {"epochs": 1}, "lesson": {"epochs": 5}},
)
