"""The task of detectors with a grid of cells: a squared error for everything, weighted so that empty cells do not rule.

Source: Redmon, Divvala, Girshick, Farhadi 2016, "You Only Look Once: Unified, Real-Time Object Detection", section 2.2.
"""

import math
from dataclasses import dataclass, field
from typing import Literal

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

from d2lab.core.bounds import Amount
from d2lab.core.errors import ConfigError
from d2lab.core.tensor_tree import Tree
from d2lab.data.batch import Batch
from d2lab.train.detection import Detection, ObjectiveConfig, Outputs, SuppressionConfig
from d2lab.train.task import Model, Step
from d2lab.vision.cells import CellTargets, Size, decode_cells, encode_cells
from d2lab.vision.iou import paired_iou


@dataclass(frozen=True, kw_only=True, slots=True)
class GridObjective(ObjectiveConfig):
    """Settings of the loss of a detector with a grid of cells; the defaults are the paper's."""

    coordinate_weight: Amount = 5.0  # of the center and size of boxes that answer for an object
    empty_weight: Amount = 0.5  # of the confidence of boxes that answer for none
    root: bool = True  # predict square roots of sizes: an error of a pixel weighs more in a small box
    responsible: Literal["iou", "first"] = (
        "iou"  # of a cell's boxes: the one that overlaps the object most, or the first
    )
    confidence: Literal["iou", "one"] = "iou"  # what the confidence of that box is to be: its IoU with the object, or 1

    def task(self, classes: int, suppression: SuppressionConfig) -> "GridDetection":
        """Return the task with these settings.

        Args:
            classes: number of classes, without background.
            suppression: which of the candidates are detections.
        """
        return GridDetection(classes=classes, suppression=suppression, objective=self)


@dataclass(frozen=True, kw_only=True)
class GridDetection(Detection):
    """Boxes and classes from the cells of a grid: `cells` `[batch, cell, number]` and `frame`, as models/yolo.py says.

    The loss of an image is the sum of these squared errors over its cells: center and size of the responsible box of
    each cell that has an object; its confidence; the confidence of all other boxes, which should be 0; and the scores
    of all classes in cells that have an object. An object whose cell an earlier one has is not learned.

    Source: Redmon et al. 2016, equation 3; at test time, equation 1.
    Changed: of boxes that overlap the object equally, such as not at all, the first is responsible; the published code
        takes then the one whose numbers are nearest.

    Args:
        classes: number of classes, without background.
        suppression: which of the candidates are detections.
        objective: which box is responsible, and what an error costs.
    """

    name = "grid detection"
    objective: GridObjective = field(default_factory=GridObjective)

    def loss(self, model: Model, batch: Batch, state: Tree = None) -> Step:
        """Run the model, find the cells of the objects, and compare."""
        outputs = model(batch.inputs)
        true = batch.targets
        assert isinstance(true, dict)  # noqa: S101 (of a data set that `check` let pass)
        grid, size = geometry(outputs)
        targets = encode_cells(true["boxes"].float(), true["count"], grid, size, root=self.objective.root)
        return Step(self.criterion(outputs, targets, true["labels"]).mean(), outputs, len(batch))

    def criterion(self, outputs: Outputs, targets: CellTargets, labels: Tensor) -> Float[Tensor, " batch"]:
        """Return the loss of each image.

        Args:
            outputs: of the model.
            targets: of its cells.
            labels: class of each object, `[batch, most]`.
        """
        chosen, occupied = self.objective, targets.owner >= 0  # batch cell
        boxes, scores = self.split(outputs)  # batch cell box 5; batch cell class
        overlap = self._overlaps(outputs, boxes, targets)  # batch cell box
        responsible = self._responsible(overlap) & occupied.unsqueeze(2)  # batch cell box
        wrong_place = (boxes[..., :4] - targets.numbers.unsqueeze(2)).square().sum(3)  # batch cell box
        wanted = overlap if chosen.confidence == "iou" else torch.ones_like(overlap)
        confidence = boxes[..., 4]
        own = chosen.coordinate_weight * wrong_place + (confidence - wanted).square()
        losses = torch.where(responsible, own, chosen.empty_weight * confidence.square())  # batch cell box
        wrong_class = (scores - self._one_hot(targets, labels, scores)).square().sum(2)  # batch cell
        return losses.sum((1, 2)) + (occupied * wrong_class).sum(1)

    def split(self, outputs: Outputs) -> tuple[Float[Tensor, "batch cell box 5"], Float[Tensor, "batch cell class_"]]:
        """Return the numbers of the boxes and the scores of the classes.

        Raises:
            ConfigError: a cell has another count of numbers than five for each box and one for each class.
        """
        cells = outputs["cells"].to(torch.promote_types(outputs["cells"].dtype, torch.float32))
        boxes, rest = divmod(cells.shape[2] - self.classes, 5)
        if boxes < 1 or rest:
            need = f"5 for each box and {self.classes}, one for each class"
            raise ConfigError("the numbers of a cell", got=cells.shape[2], need=need)
        return cells[..., : 5 * boxes].reshape(*cells.shape[:2], boxes, 5), cells[..., 5 * boxes :]

    def candidates(self, outputs: Outputs) -> tuple[Float[Tensor, "batch box class_"], Float[Tensor, "batch box 4"]]:
        """Return every box, and for each class its score times the confidence of the box, cut off at 0 and 1."""
        boxes, scores = self.split(outputs)
        grid, size = geometry(outputs)
        found = decode_cells(boxes[..., :4], grid, size, root=self.objective.root)  # batch cell box 4
        confidence = boxes[..., 4:].clamp(0, 1)  # batch cell box 1
        product = confidence * scores.clamp(0, 1).unsqueeze(2)  # batch cell box class
        return product.flatten(1, 2), found.flatten(1, 2)

    @torch.no_grad()
    def _overlaps(
        self, outputs: Outputs, boxes: Float[Tensor, "batch cell box 5"], targets: CellTargets
    ) -> Float[Tensor, "batch cell box"]:
        """Return the IoU of each box with the object of its cell; it is a constant, not to be learned from."""
        (grid, size), root = geometry(outputs), self.objective.root
        found = decode_cells(boxes[..., :4], grid, size, root=root)
        true = decode_cells(targets.numbers.to(boxes.dtype), grid, size, root=root)  # batch cell 4
        return paired_iou(found, true.unsqueeze(2))

    def _responsible(self, overlap: Float[Tensor, "batch cell box"]) -> Bool[Tensor, "batch cell box"]:
        """Say which box of each cell answers for the cell's object, if there is one."""
        number = torch.arange(overlap.shape[2], device=overlap.device)
        best = overlap.argmax(2, keepdim=True) if self.objective.responsible == "iou" else 0
        return (number == best).expand_as(overlap)

    def _one_hot(self, targets: CellTargets, labels: Tensor, scores: Tensor) -> Tensor:
        """Return what each cell is to score, `[batch, cell, class]`; cells without an object are not compared."""
        padded = functional.pad(labels, (0, 1))  # a last column for cells without an object
        own = padded.gather(1, targets.owner % padded.shape[1])  # batch cell
        return functional.one_hot(own, self.classes).to(scores)


def geometry(outputs: Outputs) -> tuple[int, Size]:
    """Return S, and height and width of the images in pixels.

    Args:
        outputs: of the model.
    """
    height, width = outputs["frame"].tolist()
    return math.isqrt(outputs["cells"].shape[1]), (int(height), int(width))
