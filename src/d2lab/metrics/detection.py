"""Average precision of a detector, by class and by size of the objects: the mean over classes is its usual figure."""

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from d2lab.core.errors import ConfigError
from d2lab.core.tensor_tree import Tree
from d2lab.data.batch import Batch
from d2lab.metrics.curve import (
    HIT,
    IGNORED,
    MISS,
    Points,
    PrecisionRecall,
    average_precision,
    check_points,
    precision_recall,
)
from d2lab.metrics.match import box_overlaps, match_detections
from d2lab.metrics.metric import Metric
from d2lab.metrics.padded_boxes import Boxes, check_boxes, rows_that_count

COCO_THRESHOLDS = tuple(np.linspace(0.5, 0.95, 10).tolist())  # IoU; NumPy's roundings, as in the published code
COCO_SIZES = {"small": (0.0, 32.0**2), "medium": (32.0**2, 96.0**2), "large": (96.0**2, math.inf)}  # pixels squared
ROWS = ("scores", "labels", "outcomes")  # one row for each detection, where other metrics hold sums
AT_ONCE = 2**21  # entries of the largest tensor of a matching


class AveragePrecision(Metric):
    """Average precision: the area under the precision-recall curve of each class, and its mean over classes.

    A detection is right when its IoU with an object of its class meets the threshold and no detection of a higher score
    was matched to that object. Of equal scores the one that was seen first comes first. A class without objects has no
    average precision (NaN) and is left out of the mean.

    Outputs, or what `decide` makes of them, are a dict: `boxes` `[image, most, 4]` (x1, y1, x2, y2, in the targets'
    unit), `scores` and `labels` `[image, most]` and `count` `[image]`, how many rows of each image are no padding.
    Targets are a dict of `boxes`, `labels` and `count` and may have more, `[image, most]`: `crowd`, a box around many
    objects (COCO's iscrowd); `difficult` (VOC); `area`, where it isn't that of the box. A detection matched to a crowd
    or a difficult object counts neither as right nor as wrong. Rows beyond the count are never read.

    It keeps a row for each detection, so that what it holds grows with the data: some 12 bytes beside one for each
    threshold and size.

    Source: Everingham et al. 2010, "The Pascal Visual Object Classes (VOC) Challenge", section 4.2; thresholds, crowds
        and sizes: Lin et al. 2014, "Microsoft COCO: Common Objects in Context".
    Changed: VOC's own code marks a detection as wrong whose best object is taken, also where it overlaps another one
        enough.
    Twin: pycocotools.cocoeval.COCOeval.

    Args:
        classes: number of classes; labels are 0 to classes - 1.
        decide: outputs of the model -> detections.
        points: rule of interpolation, see `average_precision`.
        thresholds: IoU at which a detection is right, rising; the mean over all is `ap`.
        sizes: least and largest area by name, such as COCO_SIZES; objects of other sizes are ignored.
        most: detections of a class in an image that are counted, those of the best scores.

    Raises:
        ConfigError: an argument is out of its range.
    """

    def __init__(
        self,
        classes: int,
        *,
        decide: Callable[[Tree], Mapping[str, Tensor]] | None = None,
        points: Points = 101,
        thresholds: Sequence[float] = COCO_THRESHOLDS,
        sizes: Mapping[str, tuple[float, float]] | None = None,
        most: int = 100,
    ) -> None:
        super().__init__()
        check_points(points)
        self.classes, self.decide, self.points, self.most = classes, decide, points, most
        self.thresholds = tuple(thresholds)
        self.sizes = {"": (-math.inf, math.inf), **(sizes or {})}  # first of all any size
        if classes < 1 or most < 1:
            raise ConfigError("AveragePrecision: classes and most", got=(classes, most), need="1 or more of each")
        rising = all(a < b for a, b in zip(self.thresholds, self.thresholds[1:], strict=False))
        if not self.thresholds or not rising or not all(0 < one <= 1 for one in self.thresholds):
            need = "one or more IoUs above 0, up to 1, rising"
            raise ConfigError("AveragePrecision: thresholds", got=self.thresholds, need=need)
        self._rows: dict[str, list[Tensor]] = {name: [] for name in ROWS}

    @property
    def rule(self) -> str:
        """The rule by which this counts, to be printed beside its figures."""
        low, high = (f"{one:.2f}".lstrip("0") for one in (self.thresholds[0], self.thresholds[-1]))
        at = low if len(self.thresholds) == 1 else f"{low} to {high} ({len(self.thresholds)})"
        points = "all points" if self.points == "all" else f"{self.points} points"
        return f"IoU {at}, {points}, at most {self.most} detections of a class in an image"

    def update(self, outputs: Tree, batch: Batch) -> None:
        """Match the detections of some images to their objects.

        Args:
            outputs: detections, or what `decide` makes them of.
            batch: its targets are the objects.

        Raises:
            ConfigError: detections or objects are no such dicts, a label is out of range, or a score or a corner is
                not finite.
        """
        detections = outputs if self.decide is None else self.decide(outputs)
        check_boxes("the detections", detections, self.classes, scored=True)
        check_boxes("the objects", batch.targets, self.classes, scored=False)
        self._count(Boxes.of(detections).by_score(), Boxes.of(batch.targets))

    def _count(self, found: Boxes, truth: Boxes) -> None:
        """Match detections, best first, to objects, some images at a time."""
        if len(found.labels) != len(truth.labels):
            need = f"{len(truth.labels)}, one row for each image of the targets"
            raise ConfigError("images of the detections", got=len(found.labels), need=need)
        entries = found.labels.shape[1] * truth.labels.shape[1] * len(self.sizes) * len(self.thresholds)
        size = max(1, AT_ONCE // max(1, entries))
        for start in range(0, len(truth.labels), size):
            self._match(found.images(start, start + size), truth.images(start, start + size))

    def _match(self, found: Boxes, truth: Boxes) -> None:
        """Add the outcomes of all detections of some images, and the number of objects."""
        kept = rows_that_count(found.labels, found.real, self.most)  # image box
        pairs = (found.labels.unsqueeze(2) == truth.labels.unsqueeze(1)) & kept.unsqueeze(2) & truth.real.unsqueeze(1)
        overlaps = torch.where(pairs, self._overlaps(found, truth), -1)  # image box object
        shared = truth.crowd | truth.difficult  # image object
        ignored = self._outside(truth.area) | shared.unsqueeze(1)  # image size object
        limits = overlaps.new_tensor(self.thresholds)
        choice = match_detections(overlaps, ignored, shared, limits)  # image size threshold box
        unmatched = choice < 0
        none = ignored.new_zeros(*ignored.shape[:2], 1)  # in place of the object of those that have none
        lookup = torch.cat([ignored, none], 2).unsqueeze(2).expand(-1, -1, len(limits), -1)  # ... threshold object
        passed = lookup.gather(3, choice.masked_fill(unmatched, ignored.shape[2]))
        passed = passed | (unmatched & self._outside(found.area).unsqueeze(2))  # image size threshold box
        outcomes = torch.where(passed, IGNORED, torch.where(unmatched, MISS, HIT)).byte()
        self.add("scores", found.scores[kept])
        self.add("labels", found.labels[kept])
        self.add("outcomes", outcomes.permute(0, 3, 1, 2)[kept])  # detection size threshold
        counted = (~ignored).transpose(1, 2)[truth.real].long()  # object size
        objects = counted.new_zeros(self.classes, len(self.sizes)).index_add_(0, truth.labels[truth.real], counted)
        self.add("objects", objects)

    def _overlaps(self, found: Boxes, truth: Boxes) -> Float[Tensor, "image box object_"]:
        """Return the IoU of all detections and objects of an image."""
        return box_overlaps(found.boxes, truth.boxes, truth.crowd)

    def _outside(self, area: Float[Tensor, "image box"]) -> Bool[Tensor, "image size box"]:
        low, high = area.new_tensor(list(self.sizes.values())).unsqueeze(2).unbind(1)  # size 1
        return (area.unsqueeze(1) < low) | (area.unsqueeze(1) > high)

    def compute(self) -> dict[str, float]:
        """Return means over classes, from 0 to 1.

        `ap` is that over all thresholds, if there are several; `ap50` and `ap75` those at IoU .5 and .75, whichever
        there are, and `ap_small` and so on that of objects of a size, over all thresholds.
        """
        table = self.table()  # class size threshold
        means = table.mean(2).nanmean(0).tolist()
        single = {f"ap{round(100 * one)}": number for number, one in enumerate(self.thresholds)}
        shown = {name: number for name, number in single.items() if name in ("ap50", "ap75") or len(single) == 1}
        results = {"ap": means[0]} if len(single) > 1 else {}
        results |= {name: float(table[:, 0, number].nanmean()) for name, number in shown.items()}
        return results | {f"ap_{name}": mean for name, mean in zip(self.sizes, means, strict=True) if name}

    def table(self) -> Float[Tensor, "class_ size threshold"]:
        """Return average precision by class, size (any size first) and threshold; NaN where there are no objects."""
        objects = self._objects().unsqueeze(2).expand(-1, -1, len(self.thresholds))  # class size threshold
        areas = [
            average_precision(*precision_recall(outcomes, count), self.points)
            for (_, outcomes), count in zip(self._by_class(), objects, strict=True)
        ]
        return torch.where(objects > 0, torch.stack(areas), torch.nan)

    def curve(self, label: int, threshold: float = 0.5, size: str = "") -> PrecisionRecall:
        """Return the precision-recall curve of a class.

        Args:
            label: number of the class.
            threshold: one of the thresholds.
            size: name of a size; any size unless given.

        Raises:
            ConfigError: there is no such class, threshold or size.
        """
        near = [number for number, one in enumerate(self.thresholds) if math.isclose(one, threshold)]
        if not 0 <= label < self.classes or not near or size not in self.sizes:
            sizes = ", ".join(filter(None, self.sizes)) or "none"
            need = f"a class 0 to {self.classes - 1}, a threshold of {self.thresholds} and a size of {sizes}"
            raise ConfigError("the curve", got=(label, threshold, size), need=need)
        scores, outcomes = self._by_class()[label]
        row = list(self.sizes).index(size)
        of_one, count = outcomes[:, row, near[0]], self._objects()[label, row]
        counted = of_one != IGNORED
        return PrecisionRecall(*precision_recall(of_one[counted], count), scores[counted])

    def _objects(self) -> Tensor:
        """Return the number of objects that count, `[class, size]`."""
        none = torch.zeros(self.classes, len(self.sizes), dtype=torch.int64)
        return self.sums.get("objects", none).cpu()

    def _by_class(self) -> list[tuple[Tensor, Tensor]]:
        """Return scores, falling, and outcomes of the detections of each class."""
        sums = {name: value.cpu() for name, value in self.sums.items()}
        if "scores" not in sums:
            outcomes = torch.zeros(0, len(self.sizes), len(self.thresholds), dtype=torch.uint8)
            return [(torch.zeros(0), outcomes)] * self.classes
        order = sums["scores"].argsort(descending=True, stable=True)
        order = order[sums["labels"][order].argsort(stable=True)]
        counts = sums["labels"].bincount(minlength=self.classes).tolist()
        parts = (torch.split(sums[name][order], counts) for name in ("scores", "outcomes"))
        return list(zip(*parts, strict=True))

    @property
    def sums(self) -> dict[str, Tensor]:
        """The number of objects by class and size, and the rows of all detections."""
        joined = {k: torch.cat(v) if len(v) > 1 else v[0] for k, v in self._rows.items() if v}
        self._rows = {name: [joined[name]] if name in joined else [] for name in ROWS}
        return {**super().sums, **joined}

    def add(self, name: str, value: Tensor) -> None:
        """Append rows, or add to the number of objects."""
        if name in ROWS:
            self._rows[name].append(value.detach())
        else:
            super().add(name, value)

    def merge(self, other: Metric) -> None:
        """Add the detections and objects of another part of the data, which comes after this one.

        Raises:
            ConfigError: the other is of another class, or counts by another rule.
        """
        if isinstance(other, AveragePrecision):
            ours, theirs = ((one.classes, one.thresholds, one.sizes, one.most) for one in (self, other))
            if ours != theirs:
                raise ConfigError("merge", got=other.rule, need=f"the same classes, sizes and rule: {self.rule}")
        super().merge(other)

    def reset(self) -> None:
        """Forget all detections and objects."""
        super().reset()
        self._rows = {name: [] for name in ROWS}

    def load(self, state: dict[str, Tensor], device: torch.device) -> None:
        """Restore what `state` returned.

        Raises:
            RunError: a score is not finite.
        """
        super().load(state, device)
        self._rows = {name: [self._sums.pop(name)] if name in self._sums else [] for name in ROWS}
