"""Fine-tuning: a model pretrained on five digits learns five others from a few examples.

Without `--from` a small ResNet first learns the digits 0 to 4 (a run of its own); then this run puts a new head on it
and learns 5 to 9 from 50 examples, the head three times as fast as the body. On any other set of images name
a source: `d2lab train finetune --data SET --from torchvision/resnet18`, or a run's folder.

Measured (seeds 0, 1, 2, from one source; mean and deviation of the test accuracy): 0.57, 0.06 after 3 epochs and
0.91, 0.02 after 20; from random weights, `d2lab train resnet20` with the same examples, epochs and batches at its own
rate of 0.05, 0.39, 0.11 and 0.91, 0.02. So small a source makes it faster, not better.

Source: the notes, chapter 18; Girshick et al. 2014, section 2.3.
"""

from d2lab.models.resnet import ResNetConfig
from d2lab.optimizers.config import OptimizerConfig, ScheduleConfig
from d2lab.recipes.recipe import Pretraining, Recipe, Settings
from d2lab.train.config import LoopConfig
from d2lab.train.finetune import FineTuneConfig

RECIPE = Recipe(
    name="finetune",
    chapter=18,
    en="A model that knows five digits learns five others from 50 examples.",
    zh="微调：先学会五个数字的网络，再用 50 个样本学另外五个。",
    data="digits",
    parameters=74_677,
    task="classification",
    settings=Settings(
        model=ResNetConfig(depth=8, stem="small", shortcut="pad", side=32),
        finetune=FineTuneConfig(head_lr_scale=3.0),
        optimizer=OptimizerConfig(learning_rate=0.02, momentum=0.9, weight_decay=5e-4),
        schedule=ScheduleConfig(name="cosine", warmup_steps=10),
        loop=LoopConfig(epochs=20, batch_size=16),
    ),
    on={"digits": {"only": ("5", "6", "7", "8", "9"), "examples": 50, "batch_size": 10}},
    budgets={"smoke": {"epochs": 1}, "lesson": {"epochs": 5}},
    pretraining=Pretraining("resnet20", {"depth": 8, "only": ("0", "1", "2", "3", "4")}),
)
