"""A segmentation-shaped recipe in a file of its own: uint8 masks with a void border."""

from dataclasses import dataclass

import torch
from torch import nn

from d2lab.data.card import Card
from d2lab.data.catalog import register_card
from d2lab.data.split import Dataset, Split
from d2lab.models.catalog import ModelConfig, register_model
from d2lab.optimizers.config import OptimizerConfig
from d2lab.recipes.recipe import Recipe, Settings
from d2lab.train.config import LoopConfig
from d2lab.vision.augment import AugmentConfig

SIDE = 12

CARD = register_card(
    Card(
        name="toy-masks",
        task="segmentation",
        en="Bright squares on noise, and which pixels they cover.",
        zh="噪声上的亮方块，以及它们盖住的像素。",
        shape=(1, SIDE, SIDE),
        examples=(96, 24),
        classes=("ground", "square"),
        licence="generated",
        cite="nobody",
        files=(),
        module=__name__,
    )
)


def load(card, *, seed=0, fetch=True):
    return Dataset(card, *(draw(count, seed + part) for part, count in enumerate(card.examples)))


def draw(count, seed):
    generator = torch.Generator().manual_seed(seed)
    images = torch.randint(90, (count, 1, SIDE, SIDE), generator=generator, dtype=torch.uint8)
    masks = torch.zeros(count, SIDE, SIDE, dtype=torch.uint8)
    for n in range(count):
        left, top = (int(torch.randint(SIDE - 5, (), generator=generator)) for _ in range(2))
        images[n, 0, top : top + 5, left : left + 5] += 120
        masks[n, top : top + 5, left : left + 5] = 1
    masks[:, 0] = 255  # void: does not count
    return Split(images, masks)


@dataclass(frozen=True, kw_only=True, slots=True)
class PixelsConfig(ModelConfig):
    classes: int = 2
    side: int = SIDE


@register_model(PixelsConfig)
class Pixels(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, padding=1)
        self.relu = nn.ReLU()
        self.conv2 = nn.Conv2d(8, config.classes, 3, padding=1)

    def forward(self, images):
        return self.conv2(self.relu(self.conv1(images)))  # batch class_ height width


RECIPE = Recipe(
    name="toy-segmentation",
    chapter=18,
    en="A class per pixel.",
    zh="每个像素一个类别。",
    data="toy-masks",
    task="segmentation",
    settings=Settings(
        model=PixelsConfig(),
        augment=AugmentConfig(flip=0.5, translate=2),
        optimizer=OptimizerConfig(learning_rate=0.3, momentum=0.9),
        loop=LoopConfig(epochs=4, batch_size=20),
    ),
)
