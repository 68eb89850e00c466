"""A mean of linear models, kernels, boosted trees and a forest: a strong first answer to any table."""

from d2lab.models.table_ensemble import TableEnsembleConfig
from d2lab.recipes.recipe import Recipe, Settings
from d2lab.train.config import LoopConfig

RECIPE = Recipe(
    name="table",
    chapter=11,
    en="Your table: linear models, a kernel, boosted trees and a forest, and their mean.",
    zh="你的表格：线性模型、核方法、提升树、随机森林，再取加权平均。",
    data="diabetes",
    task="table",
    settings=Settings(model=TableEnsembleConfig(), loop=LoopConfig(epochs=1)),
    budgets={"smoke": {"rounds": 20, "trees": 10, "folds": 2}, "lesson": {"rounds": 200, "trees": 50}},
)
