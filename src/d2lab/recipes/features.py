"""Features once, heads in seconds: the frozen body of a pretrained model sees each image a single time.

`d2lab train features --data hotdog --from wheel/efficientnet-lite0` computes 1,280 features of every photo, keeps them
in the cache, and trains a linear head on them; the next run (another seed, ten images a class, other settings) only
trains the head. The run's model is the whole one: it reads images in `d2lab eval`, `d2lab predict` and exports. Without
`--from` a small ResNet first learns the digits 0 to 4; `--from random` takes random weights, whose features
hardly differ from image to image: a floor, not a rival.

Source: the notes, chapter 18; Donahue et al. 2014, "DeCAF", section 3.
"""

from d2lab.models.resnet import ResNetConfig
from d2lab.optimizers.config import OptimizerConfig, ScheduleConfig
from d2lab.recipes.recipe import Pretraining, Recipe, Settings
from d2lab.train.config import LoopConfig
from d2lab.train.finetune import FineTuneConfig

RECIPE = Recipe(
    name="features",
    chapter=18,
    en="A linear head on the features of a frozen model, which are computed once.",
    zh="冻结网络的特征只算一次，在其上训练线性输出层。",
    data="digits",
    parameters=74_677,
    task="classification",
    settings=Settings(
        model=ResNetConfig(depth=8, stem="small", shortcut="pad", side=32),
        finetune=FineTuneConfig(freeze="body", cached=True),
        optimizer=OptimizerConfig(name="adamw", learning_rate=0.003, weight_decay=0.01),
        schedule=ScheduleConfig(name="cosine"),
        loop=LoopConfig(epochs=60, batch_size=64),
    ),
    on={"digits": {"only": ("5", "6", "7", "8", "9")}},
    budgets={"smoke": {"epochs": 1}, "lesson": {"epochs": 30}},
    pretraining=Pretraining("resnet20", {"depth": 8, "only": ("0", "1", "2", "3", "4")}),
)
