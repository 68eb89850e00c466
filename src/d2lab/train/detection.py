"""Detection: what all detectors share, whatever their outputs are: boxes decoded, suppressed and measured.

A detector has a model, and a task here that knows the model's outputs: its loss, and the boxes that they stand for.
"""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

import torch
from jaxtyping import Float
from msgspec import Meta
from torch import Tensor

from d2lab.core.bounds import ObjectClasses, Share, check_bounds
from d2lab.core.tensor_tree import Tree
from d2lab.metrics import AveragePrecision, Metric
from d2lab.train.task import Task
from d2lab.vision.detections import Detections, detect

Outputs = Mapping[str, Tensor]
Most = Annotated[int, Meta(ge=1, le=10_000, description="boxes")]


@dataclass(frozen=True, kw_only=True, slots=True)
class SuppressionConfig:
    """Settings of what is left of a detector's boxes; see `vision.detections.detect`."""

    min_score: Share = 0.05  # below which nothing is detected
    iou_threshold: Annotated[float, Meta(ge=0, le=1, description="IoU")] = 0.5  # above it the better box stays
    per_class: bool = True  # suppress in each class alone, or all classes together
    most: Most = 100  # boxes of an image

    def __post_init__(self) -> None:
        check_bounds(self, "suppression.")


@dataclass(frozen=True, kw_only=True)
class Detection(Task):
    """Boxes of objects and their classes.

    Targets are a dict: `boxes` `[batch, most, 4]` (left, top, right, bottom; pixels of the image as the model reads
    it), `labels` `[batch, most]` and `count` `[batch]`: rows beyond the count are padding. Outputs are a dict of
    tensors, of which a subclass knows the meaning:

        class MyDetection(Detection):
            name = "my detection"

            def loss(self, model, batch, state=None): ...

            def candidates(self, outputs):
                return scores, boxes  # [batch, box, class] from 0 to 1, [batch, box, 4] in pixels

    Args:
        classes: number of classes, without background.
        suppression: which of the candidates are detections.
    """

    kinds = ("detection",)
    unit = "images"
    wide_outputs = True  # many candidates to each object
    classes: ObjectClasses = 10
    suppression: SuppressionConfig = field(default_factory=SuppressionConfig)

    @abstractmethod
    def candidates(self, outputs: Outputs) -> tuple[Float[Tensor, "batch box class_"], Float[Tensor, "batch box 4"]]:
        """Return every box that the outputs stand for, in pixels, with a score for each class, 0 to 1."""

    def masks(self, outputs: Outputs) -> Float[Tensor, "batch box class_ side side"] | None:
        """Return the probability of each cell of a mask within each box, for each class; None where there are none."""
        return None

    def detections(self, outputs: Outputs) -> Detections:
        """Return what is detected: candidates that score enough and that no better one suppresses."""
        chosen = self.suppression
        return detect(
            *self.candidates(outputs),
            min_score=chosen.min_score,
            iou_threshold=chosen.iou_threshold,
            per_class=chosen.per_class,
            most=chosen.most,
        )

    def predict(self, outputs: Outputs) -> dict[str, Tensor]:
        """Return `boxes` (pixels of the image as the model reads it), `labels`, `scores` and `count`, best first."""
        found = self.detections(outputs)
        return {"boxes": found.boxes, "labels": found.labels, "scores": found.scores, "count": found.count}

    def metrics(self) -> list[Metric]:
        """Return average precision as COCO counts it: 101 points, IoU .5 to .95."""
        return [AveragePrecision(self.classes, decide=self.predict)]

    def train_metrics(self) -> list[Metric]:
        """Return none: suppression takes longer than a step."""
        return []

    def blank_targets(self, inputs: Tensor) -> Tree:
        """Return targets of images without objects."""
        count = len(inputs)
        return {
            "boxes": torch.zeros(count, 1, 4),
            "labels": torch.zeros(count, 1, dtype=torch.int64),
            "count": torch.zeros(count, dtype=torch.int64),
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class ObjectiveConfig:
    """Base of the settings of a detector's loss: how objects are matched, and what an error costs."""

    def __post_init__(self) -> None:
        check_bounds(self, "objective.")

    def task(self, classes: int, suppression: SuppressionConfig) -> Detection:
        """Return the task with these settings.

        Args:
            classes: number of classes, without background.
            suppression: which of the candidates are detections.
        """
        raise NotImplementedError
