import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "lenet",
    order=3,
    zh="从得分到前三名",
    en="The first three",
    arguments=lambda draw: (draw.normal(draw.size(2, 6), draw.size(4, 8)), 3),
)
def top_classes(logits: Tensor, k: int) -> Tensor:
    """Return the k classes with the highest scores for each example, the best first; those far behind need no order.

    每个样本得分最高的 k 个类别，最好的排在前面。

    Args:
        logits: (n, classes).
        k: how many.

    Returns:
        (n, k) numbers of classes. 类别的编号。

    >>> top_classes(torch.tensor([[0.1, 3.0, 2.0]]), 2)
    tensor([[1, 2]])
    """
    raise NotImplementedError


@top_classes.solution(
    en="`topk` gives values and indices; the indices are the classes.",
    zh="`topk` 返回值和下标两样，要的是下标。",
)
def top_classes(logits, k):
    return logits.topk(k, dim=1).indices


@top_classes.mistake(
    en="These are the scores; the numbers of their classes are asked for.", zh="这是得分，要的是类别的编号。"
)
def the_scores(logits, k):
    return logits.topk(k).values


@top_classes.mistake(en="The worst stands first.", zh="最差的排在了前面。")
def worst_first(logits, k):
    return logits.topk(k).indices.flip(1)


@top_classes.mistake(en="These are the lowest scores.", zh="这是得分最低的几个。")
def lowest(logits, k):
    return logits.argsort(1)[:, :k]


@top_classes.mistake(en="Only the best came out: k are asked for.", zh="只给出了最好的一个，要的是 k 个。")
def only_the_best(logits, k):
    return logits.argmax(1)
