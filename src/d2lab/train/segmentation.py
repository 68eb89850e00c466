"""Semantic segmentation: a class for each pixel; void pixels, which have none, are neither learned nor counted."""

import dataclasses
from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn import functional

from d2lab.core.tensor_tree import Tree
from d2lab.core.void import VOID
from d2lab.data.batch import Batch
from d2lab.data.card import Card
from d2lab.metrics import MeanIoU, Metric
from d2lab.train.task import Supervised


@dataclass(frozen=True)
class Segmentation(Supervised):
    """One class per pixel, from logits `[batch, class, height, width]`, by cross-entropy; 255 marks void pixels.

    Targets are class numbers `[batch, height, width]`, uint8 or int64. The loss is a mean over the pixels that count:
    batches combine by their number, not by that of images.

    Source: Long, Shelhamer, Darrell 2015, "Fully Convolutional Networks for Semantic Segmentation", section 3.

    Args:
        classes: number of classes, background among them.
    """

    name = "segmentation"
    kinds = ("segmentation",)
    unit = "pixels"
    wide_outputs = True  # a logit for each class of each pixel
    VOID: ClassVar[int] = VOID
    classes: int = 2

    def criterion(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the mean cross-entropy, in nats, of the pixels that are not void; 0 where all are."""
        total = functional.cross_entropy(outputs, targets.long(), ignore_index=VOID, reduction="sum")
        return total / (targets != VOID).sum().clamp(min=1)

    def weight(self, batch: Batch) -> Tensor:
        """Count the pixels that are not void."""
        counted: Tensor = batch.targets != VOID
        return counted.sum()

    def metrics(self) -> list[Metric]:
        """Return mean IoU and pixel accuracy, and both of a model that says background everywhere."""
        return [MeanIoU(self.classes)]

    def train_metrics(self) -> list[Metric]:
        """Return none: the matrix of all pixels is read at once, which waits for the device."""
        return []

    def predict(self, outputs: Tensor) -> Tensor:
        """Return a probability per class for every pixel."""
        return outputs.float().softmax(1)

    def blank_targets(self, inputs: Tensor) -> Tree:
        """Return masks in which every pixel is void."""
        return torch.full((len(inputs), *inputs.shape[-2:]), VOID, dtype=torch.uint8)

    def for_data(self, card: Card) -> "Segmentation":
        """Return the task with the classes of a data set."""
        return dataclasses.replace(self, classes=len(card.classes)) if card.classes else self


def class_shares(mask: Int64[Tensor, "height width"], classes: int) -> Float[Tensor, " class_"]:
    """Return the share of each class in the pixels of a mask, 0 to 1.

    Args:
        mask: class numbers.
        classes: number of classes.
    """
    return torch.bincount(mask.flatten(), minlength=classes) / mask.numel()
