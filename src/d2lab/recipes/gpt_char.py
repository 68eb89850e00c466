"""A small GPT over characters: a readable sample within a minute of one processor thread.

Source: Jordan et al. 2024 (Muon for the matrices); the sizes are those of nanoGPT's example for a processor.
Changed: Muon for AdamW, rotary positions, normalized queries and keys, squared ReLU, output matrices that begin at 0.
"""

from d2lab.models.gpt import GPTConfig
from d2lab.optimizers.config import OptimizerConfig, ScheduleConfig
from d2lab.recipes.language import LanguageSettings, TextConfig
from d2lab.recipes.recipe import Recipe
from d2lab.train.config import LoopConfig

RECIPE = Recipe(
    name="gpt-char",
    chapter=19,
    parameters=811_008,
    en="A small GPT that predicts the next character: readable text within a minute, without a network.",
    zh="逐字预测的小型 GPT：不用联网，一分钟内就能写出读得懂的文字。",
    data="notes-en",
    task="language",
    settings=LanguageSettings(
        model=GPTConfig(vocabulary=96, context=64, width=128, heads=4, layers=4),
        text=TextConfig(sampling="random"),
        optimizer=OptimizerConfig(
            name="muon",
            learning_rate=0.02,
            momentum=0.95,
            nesterov=True,
            adamw_lr_scale=0.2,
            beta1=0.8,
            beta2=0.95,
            clip_norm=1.0,
        ),
        schedule=ScheduleConfig(name="linear", warmup_steps=20),
        loop=LoopConfig(epochs=4, batch_size=32, validation=0.1, patience=2),
    ),
    on={"notes-zh": {"epochs": 8, "batch_size": 16}, "tiny-shakespeare": {"epochs": 1}},
    budgets={"smoke": {"epochs": 1, "examples": 20_000}, "lesson": {"epochs": 2}},
)
