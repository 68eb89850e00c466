import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "fashion-mnist",
    order=3,
    zh="混淆矩阵",
    en="A confusion matrix",
    arguments=lambda draw: (draw.integers(0, 3, n := draw.size(6, 20)), draw.integers(0, 3, n), 4),
)
def confusion(labels: Tensor, answers: Tensor, classes: int) -> Tensor:
    """Count how often each class was taken for each other one.

    数一数每一类被当成各类的次数。

    Args:
        labels: (n,), what is true.
        answers: (n,), what the model says.
        classes: how many there are.

    Returns:
        (classes, classes): row for the label, column for the answer. 行是真实标签，列是模型的回答。

    >>> confusion(torch.tensor([0, 0, 1]), torch.tensor([0, 1, 1]), 2)
    tensor([[1, 1],
            [0, 1]])
    """
    raise NotImplementedError


@confusion.solution(
    en="Make one number of each pair, and `bincount` counts repeated pairs correctly.",
    zh="把一对下标合成一个数，`bincount` 就能正确地数重复的配对。",
)
def confusion(labels, answers, classes):
    pairs = labels * classes + answers
    return torch.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


def _count(rows, columns, classes):
    return torch.bincount(rows * classes + columns, minlength=classes**2).reshape(classes, classes)


@confusion.mistake(
    en="Rows and columns are exchanged: a row is a true class.", zh="行和列换了位置：一行是一个真实类别。"
)
def transposed(labels, answers, classes):
    return _count(answers, labels, classes)


@confusion.mistake(
    en="Pairs that happen more than once are counted once: matrix[i, j] += 1 with index tensors adds only one.",
    zh="重复出现的配对只数了一次：用下标张量写 matrix[i, j] += 1，重复的只加一次。",
)
def counted_once(labels, answers, classes):
    matrix = torch.zeros(classes, classes, dtype=torch.int64)
    matrix[labels, answers] += 1
    return matrix


@confusion.mistake(
    en="Only right answers were counted: the mistakes are what the matrix is for.",
    zh="只数了答对的：这个矩阵正是要看答错的。",
)
def only_right(labels, answers, classes):
    return torch.diag(torch.bincount(labels[labels == answers], minlength=classes))


@confusion.mistake(en="The rows are shares: counts are asked for.", zh="给出的是每行的比例：要的是次数。")
def shares(labels, answers, classes):
    matrix = _count(labels, answers, classes)
    return matrix / matrix.sum(1, keepdim=True).clamp_min(1)
