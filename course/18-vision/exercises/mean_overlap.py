import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def counts_of_pixels(draw: RandomInputs):
    matrix = (9 * draw.uniform(4, 4)).round()
    matrix[:, 3] = 0  # a class that is never answered
    matrix[3] = matrix[3] * draw.size(0, 1)  # and perhaps does not occur
    matrix[0, 0] += 40
    return (matrix + torch.eye(4) * torch.tensor([1.0, 1, 1, 0]),)


@exercise("segmentation", order=1, zh="平均交并比", en="Mean IoU", arguments=counts_of_pixels)
def mean_overlap(matrix: Tensor) -> float:
    """Compute the mean IoU of a confusion matrix.

    由混淆矩阵求平均交并比。

    Args:
        matrix: (K, K) pixels by true class (row) and predicted class (column). 像素数，行是真实类别，列是预测类别。

    Returns:
        The mean over the classes that occur or were predicted. 只对出现过或被预测过的类别取平均。

    >>> mean_overlap(torch.tensor([[6.0, 1.0, 0.0], [2.0, 3.0, 0.0], [0.0, 0.0, 0.0]]))
    0.5833333730697632
    """
    raise NotImplementedError


@mean_overlap.solution(
    en="The row and the column of a class both hold its right pixels, so they are subtracted once. A class that is in "
    "neither gives 0 / 0, which nanmean leaves out.",
    zh="一类的行与列都含有答对的像素，所以要减去一次。行与列都是 0 的类别得到 0 / 0，nanmean 会跳过它。",
)
def mean_overlap(matrix):
    both = matrix.diagonal()
    return float((both / (matrix.sum(0) + matrix.sum(1) - both)).nanmean())


@mean_overlap.mistake(
    en="This is pixel accuracy: where most pixels are background it is high whatever the answer.",
    zh="这是像素准确率：背景占多数时，怎么答都很高。",
)
def accuracy(matrix):
    return float(matrix.diagonal().sum() / matrix.sum())


@mean_overlap.mistake(
    en="You divided by the true pixels alone, which is recall: pixels taken from other classes must cost as well.",
    zh="只除以真实的像素，这是查全率：错拿别类的像素也该扣分。",
)
def recall(matrix):
    return float((matrix.diagonal() / matrix.sum(1)).nanmean())


@mean_overlap.mistake(
    en="The right pixels are in the row and in the column: they were counted twice.",
    zh="答对的像素既在行里又在列里：被数了两次。",
)
def counted_twice(matrix):
    return float((matrix.diagonal() / (matrix.sum(0) + matrix.sum(1))).nanmean())


@mean_overlap.mistake(
    en="A class that is in neither mask has 0 / 0. It must not count as 0: what is the mean over?",
    zh="两边都没有的类别是 0 / 0，不能当作 0：平均是对哪些类别取的？",
)
def absent_as_zero(matrix):
    both = matrix.diagonal()
    return float((both / (matrix.sum(0) + matrix.sum(1) - both)).nan_to_num(0).mean())


@mean_overlap.mistake(
    en="Classes were weighed by their pixels, so the background decides again.",
    zh="按像素数给类别加了权，又成了背景说了算。",
)
def weighted(matrix):
    both = matrix.diagonal()
    iou = (both / (matrix.sum(0) + matrix.sum(1) - both)).nan_to_num(0)
    return float((iou * matrix.sum(1)).sum() / matrix.sum())
