"""Boxes as metrics read them: dicts of padded tensors, checked, in one order."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from d2lab.core.errors import ConfigError
from d2lab.core.tensor_tree import Tree
from d2lab.vision.boxes import box_area

OPTIONAL = ("crowd", "difficult", "area")  # of objects, beside boxes, labels and count


@dataclass(frozen=True, slots=True)
class Boxes:
    """Detections or objects of some images, padded to one number; in float64 where the device has it.

    Args:
        boxes: (x1, y1, x2, y2).
        labels: class numbers.
        real: which rows are no padding.
        scores: of detections; 0 for objects.
        crowd: boxes around many objects.
        difficult: objects that need not be found.
        area: of each box, in the boxes' unit squared, or of its mask, pixels.
        masks: of each box, pixel by pixel in one row; of no pixel where there are none.
    """

    boxes: Float[Tensor, "image box 4"]
    labels: Int64[Tensor, "image box"]
    real: Bool[Tensor, "image box"]
    scores: Float[Tensor, "image box"]
    crowd: Bool[Tensor, "image box"]
    difficult: Bool[Tensor, "image box"]
    area: Float[Tensor, "image box"]
    masks: Bool[Tensor, "image box pixel"]

    @classmethod
    def of(cls, values: Mapping[str, Tensor]) -> "Boxes":
        """Build them from a dict that `check_boxes` accepts."""
        boxes, labels = values["boxes"].detach(), values["labels"].long()
        boxes = boxes.float() if boxes.device.type == "mps" else boxes.double()  # Apple's GPU has no float64
        none = torch.zeros_like(labels)
        return cls(
            boxes=boxes,
            labels=labels,
            real=torch.arange(labels.shape[1], device=labels.device) < values["count"].unsqueeze(1),
            scores=values.get("scores", boxes.new_zeros(labels.shape)).detach(),
            crowd=values.get("crowd", none).bool(),
            difficult=values.get("difficult", none).bool(),
            area=values.get("area", box_area(boxes)).to(boxes.dtype),
            masks=none.unsqueeze(2)[:, :, :0].bool(),
        )

    def by_score(self) -> "Boxes":
        """Return them in order of falling score, padding last; of equal scores the first comes first."""
        last = self.scores.masked_fill(~self.real, -torch.inf)
        order = last.argsort(dim=1, descending=True, stable=True)  # image box
        parts = {field.name: getattr(self, field.name) for field in fields(self)}
        wide = {k: order.unsqueeze(2).expand_as(value) for k, value in parts.items() if value.ndim == 3}
        return Boxes(**{k: value.gather(1, wide.get(k, order)) for k, value in parts.items()})

    def images(self, start: int, stop: int) -> "Boxes":
        """Return those of some of the images."""
        return Boxes(*(getattr(self, field.name)[start:stop] for field in fields(self)))


def rows_that_count(
    labels: Int64[Tensor, "image box"], real: Bool[Tensor, "image box"], most: int
) -> Bool[Tensor, "image box"]:
    """Return which rows are no padding and among the first `most` of their class in their image."""
    if labels.shape[1] <= most:
        return real
    same = (labels.unsqueeze(2) == labels.unsqueeze(1)) & real.unsqueeze(1)  # image box box
    return real & (same.tril(-1).sum(2) < most)


def check_boxes(what: str, values: Tree, classes: int, *, scored: bool) -> None:
    """Raise unless these are boxes of classes, padded to one number.

    Args:
        what: their name, for the message.
        values: what was given.
        classes: number of classes.
        scored: whether there must be scores.

    Raises:
        ConfigError: something is missing, of another shape, out of range or not finite.
    """
    names = ["boxes", "labels", "count", *(["scores"] if scored else [])]
    if not isinstance(values, Mapping) or not set(names) <= set(values):
        got = ", ".join(map(str, values)) if isinstance(values, Mapping) else type(values).__name__
        raise ConfigError(what, got=got, need=f"a dict of {', '.join(names)}")
    rows = tuple(values["labels"].shape)
    shapes = {"labels": rows, "boxes": (*rows, 4), "scores": rows, "count": rows[:1]} | dict.fromkeys(OPTIONAL, rows)
    for name, shape in shapes.items():
        if name in values and (len(rows) != 2 or tuple(values[name].shape) != shape):
            need = f"{shape}" if len(rows) == 2 else "labels [image, most] and the rest alike"
            raise ConfigError(f"{what}: the shape of {name}", got=tuple(values[name].shape), need=need)
    for name in names:
        real = name in ("boxes", "scores")
        if values[name].is_floating_point() != real or values[name].dtype == torch.bool:
            need = "floating numbers" if real else "whole numbers"
            raise ConfigError(f"{what}: the type of {name}", got=str(values[name].dtype), need=need)
    _check_values(what, values, classes, rows)


def _check_values(what: str, values: Mapping[str, Tensor], classes: int, rows: tuple[int, ...]) -> None:
    """Raise where a count, a label, a corner or a score can't be; padding may hold anything."""
    count, labels = values["count"], values["labels"]
    if not bool(((count >= 0) & (count <= rows[1])).all()):
        raise ConfigError(f"{what}: count", got=count.tolist(), need=f"0 to {rows[1]}, the rows of an image")
    real = torch.arange(rows[1], device=count.device) < count.unsqueeze(1)  # image box
    known = labels[real]
    if not bool(((known >= 0) & (known < classes)).all()):
        got = f"{int(known.min())} to {int(known.max())}"
        raise ConfigError(f"{what}: labels", got=got, need=f"class numbers from 0 to {classes - 1}")
    for name in ("boxes", "scores", "area"):
        if name in values and not bool(values[name][real].isfinite().all()):
            raise ConfigError(f"{what}: {name}", got="a number that is not finite", need="finite numbers")
