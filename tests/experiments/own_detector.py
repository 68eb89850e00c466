"""A detector in a reader's own file: one score for each class and four distances at each cell of a coarse map."""

from dataclasses import dataclass

import torch
from torch import nn

from d2lab.core.bounds import Channels, ObjectClasses
from d2lab.models.catalog import ModelConfig, register_model
from d2lab.optimizers.config import OptimizerConfig
from d2lab.recipes.detection import DetectionSettings
from d2lab.recipes.recipe import Recipe
from d2lab.train.config import LoopConfig
from d2lab.train.detection import Detection, ObjectiveConfig, SuppressionConfig
from d2lab.train.task import Step


@dataclass(frozen=True, kw_only=True, slots=True)
class CoarseConfig(ModelConfig):
    channels: Channels = 3
    classes: ObjectClasses = 10
    width: int = 8


@register_model(CoarseConfig)
class Coarse(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.body = nn.Conv2d(config.channels, config.width, 16, stride=16)
        self.head = nn.Conv2d(config.width, config.classes + 4, 1)

    def forward(self, images):
        found = self.head(self.body(images).relu()).flatten(2).transpose(1, 2)  # batch cell class + 4
        rows, columns = (length // 16 for length in images.shape[-2:])
        y, x = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
        points = 16 * torch.stack([x, y], -1).view(-1, 2) + 8.0  # cell 2
        return {"logits": found[..., :-4], "distances": found[..., -4:].exp() * 8, "points": points}


@dataclass(frozen=True, kw_only=True)
class CoarseDetection(Detection):
    name = "coarse detection"
    box_weight: float = 1.0

    def loss(self, model, batch, state=None):
        outputs = model(batch.inputs)
        boxes, labels, count = (batch.targets[name] for name in ("boxes", "labels", "count"))
        real = torch.arange(boxes.shape[1]) < count[:, None]
        centers = (boxes[..., :2] + boxes[..., 2:]) / 2
        nearest = torch.cdist(centers, outputs["points"].expand(len(boxes), -1, -1)).argmin(2)  # batch object
        wanted = torch.zeros_like(outputs["logits"])
        image, row = real.nonzero(as_tuple=True)
        wanted[image, nearest[image, row], labels[image, row]] = 1
        loss = nn.functional.binary_cross_entropy_with_logits(outputs["logits"], wanted, reduction="sum")
        _, found = self.candidates(outputs)
        error = (found[image, nearest[image, row]] - boxes[image, row]).abs().sum() / 16
        return Step((loss + self.box_weight * error) / len(batch), outputs, len(batch))

    def candidates(self, outputs):
        points, far = outputs["points"], outputs["distances"]
        return outputs["logits"].sigmoid(), torch.cat([points - far[..., :2], points + far[..., 2:]], -1)


@dataclass(frozen=True, kw_only=True, slots=True)
class CoarseObjective(ObjectiveConfig):
    box_weight: float = 1.0

    def task(self, classes, suppression):
        return CoarseDetection(classes=classes, suppression=suppression, box_weight=self.box_weight)


RECIPE = Recipe(
    name="coarse",
    chapter=18,
    en="A detector of a reader.",
    zh="读者自己的检测器。",
    data="scenes",
    task=CoarseDetection(),
    settings=DetectionSettings(
        model=CoarseConfig(),
        objective=CoarseObjective(),
        suppression=SuppressionConfig(min_score=1e-6),
        optimizer=OptimizerConfig(name="adam", learning_rate=0.01),
        loop=LoopConfig(epochs=2, batch_size=32, examples=256, threads=1),
    ),
)
