"""Linear regression on points that a known line made: the weights can be compared with the truth."""

from d2lab.models.linear import LinearConfig
from d2lab.optimizers.config import OptimizerConfig
from d2lab.recipes.recipe import Recipe, Settings
from d2lab.train.config import LoopConfig

RECIPE = Recipe(
    name="linear",
    chapter=2,
    en="Linear regression finds the weights behind noisy points.",
    zh="线性回归：从带噪声的数据点中找回真实的权重。",
    data="synthetic-linear",
    parameters=3,
    task="regression",
    settings=Settings(
        model=LinearConfig(),
        init="normal",
        optimizer=OptimizerConfig(learning_rate=0.03),
        loop=LoopConfig(epochs=5, batch_size=10),
    ),
    on={"synthetic-polynomial": {"epochs": 200, "learning_rate": 0.01}},
    budgets={"smoke": {"epochs": 1, "examples": 200}, "lesson": {"epochs": 3}},
)
