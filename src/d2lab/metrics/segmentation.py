"""Metrics of semantic segmentation: intersection over union of each class, from one confusion matrix of all pixels.

Pixel accuracy flatters: where nine tenths of the pixels are background, a model that answers "background" everywhere
has .9. Mean IoU counts each class alike. So that nobody has to guess, both figures of that model stand beside a run's.
"""

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from d2lab.core.void import VOID
from d2lab.metrics.classification import ConfusionMatrix
from d2lab.metrics.metric import ratio

Counts = Int64[Tensor, "true predicted"]


class MeanIoU(ConfusionMatrix):
    """Mean IoU over classes, of the pixels of all images together, and pixel accuracy beside it.

    The matrix is summed over images before anything is divided: a mean of images' figures is another number. Void
    pixels never count, neither for a class nor against the one that was predicted there. A class that neither occurs
    nor was predicted is left out of the mean.

    Source: Everingham et al. 2010, "The Pascal Visual Object Classes (VOC) Challenge", section 4.3; Long, Shelhamer,
        Darrell 2015, "Fully Convolutional Networks for Semantic Segmentation", section 5.

    Args:
        classes: number of classes, background among them.
        ignore: the label of void pixels; None where there are none.
        background: the class to compare with; None leaves the comparison out.
    """

    def __init__(self, classes: int, *, ignore: int | None = VOID, background: int | None = 0) -> None:
        super().__init__(classes, ignore=ignore)
        self.background = background

    def compute(self) -> dict[str, float]:
        """Return `mean_iou` and `pixel_accuracy`, from 0 to 1, and both of a model that says background everywhere."""
        found = _figures(self.matrix)
        if self.background is None:
            return found
        constant = _figures(constant_answer(self.matrix, self.background))
        return found | {f"{name}_background": value for name, value in constant.items()}


def per_class_iou(matrix: Counts) -> Float[Tensor, " class_"]:
    """Return the IoU of each class: pixels of both its truth and its prediction, over those of either.

    A class that was predicted and does not occur has 0; one that neither occurs nor was predicted has NaN, and is left
    out of the mean.

    Args:
        matrix: counts by true class (row) and predicted class (column).
    """
    both = matrix.diagonal()
    return both / (matrix.sum(0) + matrix.sum(1) - both)


def constant_answer(matrix: Counts, answer: int) -> Counts:
    """Return the matrix of a model that predicts one class for every pixel of the same truth.

    Args:
        matrix: counts by true class (row) and predicted class (column).
        answer: the class.
    """
    constant = torch.zeros_like(matrix)
    constant[:, answer] = matrix.sum(1)
    return constant


def _figures(matrix: Counts) -> dict[str, float]:
    return {
        "mean_iou": float(per_class_iou(matrix).nanmean()),
        "pixel_accuracy": ratio(matrix.diagonal().sum(), matrix.sum()),
    }
