"""The perceptron on two linearly separable clusters; on xor the same neuron fails.

One example per step and a learning rate of 1 are the algorithm of 1958: initialized at zero, the weights are only
scaled by the rate, which changes no decision.
"""

from d2lab.models.perceptron import PerceptronConfig
from d2lab.optimizers.config import OptimizerConfig
from d2lab.recipes.recipe import Recipe, Settings
from d2lab.train.config import LoopConfig

RECIPE = Recipe(
    name="perceptron",
    chapter=4,
    en="One neuron separates two clusters; on xor it can't.",
    zh="感知机：一个神经元分开两团数据；换成 xor 就无能为力。",
    data="blobs",
    parameters=3,
    task="perceptron",
    settings=Settings(
        model=PerceptronConfig(),
        init="zeros",
        optimizer=OptimizerConfig(learning_rate=1.0),
        loop=LoopConfig(epochs=5, batch_size=1),
    ),
    budgets={"smoke": {"epochs": 1}, "lesson": {"epochs": 3}},
)
