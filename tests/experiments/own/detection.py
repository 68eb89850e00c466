"""A detection-shaped recipe in a file of its own: two heads, padded boxes beside their count."""

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from d2lab.data.card import Card
from d2lab.data.catalog import register_card
from d2lab.data.split import Dataset, Split
from d2lab.metrics import Metric
from d2lab.models.catalog import ModelConfig, register_model
from d2lab.optimizers.config import OptimizerConfig
from d2lab.recipes.recipe import Recipe, Settings
from d2lab.train.config import LoopConfig
from d2lab.train.task import Step, Task

MOST, SIDE = 3, 16  # boxes an image at most, pixels

CARD = register_card(
    Card(
        name="toy-boxes",
        task="detection",
        en="Bright rectangles on noise.",
        zh="噪声上的亮矩形。",
        shape=(1, SIDE, SIDE),
        examples=(96, 24),
        classes=("wide", "tall"),
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
    images = torch.randint(60, (count, 1, SIDE, SIDE), generator=generator, dtype=torch.uint8)
    boxes, labels = torch.zeros(count, MOST, 4), torch.zeros(count, MOST, dtype=torch.int64)
    counts = torch.randint(1, MOST + 1, (count,), generator=generator)
    for n in range(count):
        for row in range(int(counts[n])):
            tall = int(torch.randint(2, (), generator=generator))
            wide, high = (3, 6) if tall else (6, 3)
            left, top = (int(torch.randint(SIDE - size, (), generator=generator)) for size in (wide, high))
            images[n, 0, top : top + high, left : left + wide] = 255
            boxes[n, row], labels[n, row] = torch.tensor([left, top, left + wide, top + high]), tall
    return Split(images, {"boxes": boxes, "labels": labels, "count": counts})


@dataclass(frozen=True, kw_only=True, slots=True)
class TwoHeadsConfig(ModelConfig):
    classes: int = 2
    width: int = 8


@register_model(TwoHeadsConfig)
class TwoHeads(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, config.width, 3, 2, 1), nn.BatchNorm2d(config.width), nn.ReLU(), nn.Flatten()
        )
        features = config.width * (SIDE // 2) ** 2
        self.boxes = nn.Linear(features, MOST * 4)
        self.scores = nn.Linear(features, MOST * config.classes)

    def forward(self, images):
        x = self.body(images)  # batch features
        boxes = self.boxes(x).unflatten(1, (MOST, 4))  # batch most 4
        return {"boxes": boxes, "scores": self.scores(x).unflatten(1, (MOST, -1))}  # batch most class_


def real_rows(targets):
    return torch.arange(MOST, device=targets["count"].device) < targets["count"].unsqueeze(1)  # batch most


class MeanBoxError(Metric):
    """Mean distance of a corner in pixels, over the boxes that are there."""

    def update(self, outputs, batch):
        real = real_rows(batch.targets)
        apart = (outputs["boxes"] * SIDE - batch.targets["boxes"]).abs().mean(2)
        self.add("pixels", apart[real].sum().double())
        self.add("boxes", real.sum())

    def compute(self):
        return {"box_error": float(self.sums["pixels"] / self.sums["boxes"])}


class ToyDetection(Task):
    name = "toy-detection"
    kinds = ("detection",)
    unit = "boxes"

    def loss(self, model, batch, state=None):
        outputs, targets = model(batch.inputs), batch.targets
        real = real_rows(targets)
        boxes = functional.l1_loss(outputs["boxes"][real], targets["boxes"][real] / SIDE)
        classes = functional.cross_entropy(outputs["scores"][real], targets["labels"][real])
        return Step(boxes + classes, outputs, self.weight(batch))

    def weight(self, batch):
        return batch.targets["count"].sum()

    def metrics(self):
        return [MeanBoxError()]


RECIPE = Recipe(
    name="toy-detection",
    chapter=18,
    en="Two heads on rectangles.",
    zh="矩形上的两个输出头。",
    data="toy-boxes",
    task=ToyDetection(),
    settings=Settings(
        model=TwoHeadsConfig(),
        optimizer=OptimizerConfig(name="adam", learning_rate=0.003),
        loop=LoopConfig(epochs=4, batch_size=20),
    ),
)
