"""Average precision of masks: as that of boxes, with the pixels that two masks share in place of those of boxes."""

import dataclasses
from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor

from d2lab.core.errors import ConfigError
from d2lab.core.tensor_tree import Tree
from d2lab.data.batch import Batch
from d2lab.metrics.detection import AveragePrecision
from d2lab.metrics.padded_boxes import Boxes, check_boxes
from d2lab.vision.masks import paste_masks


class MaskAveragePrecision(AveragePrecision):
    """Average precision where a detection is right when its mask's IoU with that of an object meets the threshold.

    Detections and objects are those of `AveragePrecision`, and have `masks` too: of detections `[image, most, rows,
    columns]`, probabilities of the cells of a grid within the box; of objects `[image, most, height, width]`, 1 for
    each pixel of the object. Sizes are numbers of pixels. Batches in which either has no masks are passed over, and
    where all are, it has no figures.

    Source: Lin et al. 2014, "Microsoft COCO: Common Objects in Context"; see `AveragePrecision`.
    Twin: pycocotools.cocoeval.COCOeval of "segm".

    Args:
        classes, decide, points, thresholds, sizes, most: see `AveragePrecision`.
    """

    def update(self, outputs: Tree, batch: Batch) -> None:
        """Match the detections of some images to their objects.

        Raises:
            ConfigError: masks are not of as many boxes, or `AveragePrecision` refuses the boxes.
        """
        if not isinstance(outputs, Mapping) or "masks" not in outputs or "masks" not in batch.targets:
            return
        detections = outputs if self.decide is None else self.decide(outputs)
        check_boxes("the detections", detections, self.classes, scored=True)
        check_boxes("the objects", batch.targets, self.classes, scored=False)
        for values in (detections, batch.targets):
            got, rows = tuple(values["masks"].shape), tuple(values["labels"].shape)
            if len(got) != 4 or got[:2] != rows:
                raise ConfigError("the shape of masks", got=got, need=f"{rows} and the sides of each")
        truth = batch.targets["masks"] > 0
        found = paste_masks(detections["masks"], detections["boxes"], truth.shape[2], truth.shape[3])
        self._count(_masked(detections, found).by_score(), _masked(batch.targets, truth))

    def _overlaps(self, found: Boxes, truth: Boxes) -> Float[Tensor, "image box object_"]:
        """Return the IoU of all masks of an image; of a crowd, the share of the detection that lies in it."""
        shared = (found.masks.float() @ truth.masks.float().transpose(1, 2)).to(
            found.area.dtype
        )  # exact to 2^24 pixels
        union = found.area.unsqueeze(2) + truth.masks.sum(2).unsqueeze(1) - shared
        whole = torch.where(truth.crowd.unsqueeze(1), found.area.unsqueeze(2), union)
        return torch.where(shared > 0, shared / whole, 0)

    def compute(self) -> dict[str, float]:
        """Return means over classes, from 0 to 1, named as those of boxes with "mask_" before."""
        found = super().compute() if self.sums else {}
        return {f"mask_{name}": value for name, value in found.items()}


def _masked(values: Mapping[str, Tensor], masks: Tensor) -> Boxes:
    """Return boxes with their masks, whose pixels are their area unless one is stated."""
    plain = Boxes.of(values)
    flat = masks.flatten(2)
    area = values["area"] if "area" in values else flat.sum(2)
    return dataclasses.replace(plain, masks=flat, area=area.to(plain.area.dtype))
