"""Precision and recall as the threshold of the score falls, and the area under their curve."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int64, Shaped
from torch import Tensor

from d2lab.core.errors import ConfigError

Points = int | str  # 11, 101 or "all"
MISS, HIT, IGNORED = 0, 1, 2  # outcome of a detection: false positive, true positive, not counted


@dataclass(frozen=True, slots=True)
class PrecisionRecall:
    """Precision and recall of the detections with the best 1, 2, ... scores.

    Args:
        recall: share of the objects that are found, never falling; NaN where there are none.
        precision: share of the detections that are right.
        scores: of each detection, never rising.
    """

    recall: Float[Tensor, " detection"]
    precision: Float[Tensor, " detection"]
    scores: Float[Tensor, " detection"]


def precision_recall(
    outcomes: Shaped[Tensor, " detection *column"], objects: Int64[Tensor, "*column"]
) -> tuple[Float[Tensor, " detection *column"], Float[Tensor, " detection *column"]]:
    """Return recall and precision of the first 1, 2, ... detections, in float64.

    Args:
        outcomes: HIT, MISS or IGNORED, in order of falling score, for each column.
        objects: number of objects that count; recall is NaN where there are none.
    """
    hits = (outcomes == HIT).cumsum(0).double()  # detection *column
    seen = (outcomes != IGNORED).cumsum(0)
    return hits / objects, hits / seen.clamp(min=1)


def interpolate(precision: Float[Tensor, " detection *column"]) -> Float[Tensor, " detection *column"]:
    """Return the largest precision at this recall or a larger one, which never rises along the curve.

    Source: Everingham et al. 2010, "The Pascal Visual Object Classes (VOC) Challenge", eq. 1.

    Args:
        precision: in order of rising recall.
    """
    return precision.flip(0).cummax(0).values.flip(0) if len(precision) else precision


def average_precision(
    recall: Float[Tensor, " detection *column"], precision: Float[Tensor, " detection *column"], points: Points = 101
) -> Float[Tensor, "*column"]:
    """Return the mean interpolated precision over recall from 0 to 1; 0 beyond the largest recall reached.

    The three rules in use differ by some thousandths, so state which one a figure is of: "all" is the exact area under
    the interpolated curve (VOC from 2010); 11 is the mean at recall 0, 0.1, ... 1 (VOC until 2009); 101 is that at
    recall 0, 0.01, ... 1 (COCO). As in their code, a recall of 3 of 10 falls short of the point 0.3, by a rounding.

    Source: Everingham et al. 2010, "The Pascal Visual Object Classes (VOC) Challenge", section 4.2.
    Twin: pycocotools.cocoeval.COCOeval, for 101 points.

    Args:
        recall: in order of falling score; NaN where there are no objects, whose average precision is NaN.
        precision: likewise.
        points: "all", 11 or 101.

    Raises:
        ConfigError: `points` is none of them.

    >>> average_precision(torch.tensor([0.5, 0.5, 1.0]), torch.tensor([1.0, 0.5, 2 / 3]), "all")
    tensor(0.8333)
    """
    check_points(points)
    columns = recall.shape[1:]
    recall = recall.reshape(len(recall), columns.numel())  # detection column
    heights = interpolate(precision).reshape(recall.shape)  # detection column
    if points == "all":
        steps = recall.diff(dim=0, prepend=recall.new_zeros(1, columns.numel()))
        return (steps * heights).sum(0).view(columns)
    at = torch.from_numpy(np.linspace(0, 1, int(points))).to(recall)  # NumPy's roundings, as in the published code
    reached = torch.searchsorted(recall.T.contiguous(), at.expand(recall.shape[1], -1).contiguous())  # column point
    ended = torch.cat([heights, heights.new_zeros(1, heights.shape[1])])  # one more: beyond the largest recall
    means = ended.gather(0, reached.T).mean(0)
    return torch.where(recall[-1:].isnan().any(0), torch.nan, means).view(columns)


def check_points(points: object) -> None:
    """Raise unless this is a rule of interpolation.

    Raises:
        ConfigError: it is not "all", 11 or 101.
    """
    if points not in ("all", 11, 101):
        raise ConfigError("points of interpolation", got=points, need='"all", 11 or 101')
