import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "alexnet",
    order=3,
    zh="前五名算不算对",
    en="Right among the first k",
    arguments=lambda draw: (draw.normal(n := draw.size(5, 9), 8), draw.integers(0, 7, n), draw.size(2, 4)),
)
def top_k_accuracy(logits: Tensor, labels: Tensor, k: int) -> float:
    """Return the share of examples whose label is among the k highest scores.

    标签在得分最高的 k 个类别之中的样本占多大比例？

    Args:
        logits: (n, classes).
        labels: (n,).
        k: 1 or more.

    >>> top_k_accuracy(torch.tensor([[3.0, 2.0, 1.0]]), torch.tensor([1]), 2)
    1.0
    """
    raise NotImplementedError


@top_k_accuracy.solution(
    en="Is the label among the k indices?",
    zh="前 k 个下标里有没有标签。",
)
def top_k_accuracy(logits, labels, k):
    return (logits.topk(k, dim=1).indices == labels[:, None]).any(dim=1).float().mean().item()


@top_k_accuracy.mistake(en="Only the highest score counts here.", zh="只看了得分最高的一个。")
def top_one(logits, labels, k):
    return float((logits.argmax(1) == labels).float().mean())


@top_k_accuracy.mistake(en="The lowest scores were taken.", zh="取了得分最低的。")
def lowest(logits, labels, k):
    return float((logits.topk(k, largest=False).indices == labels[:, None]).any(1).float().mean())


@top_k_accuracy.mistake(en="Hits were divided by k as well.", zh="还除以了 k。")
def divided_by_k(logits, labels, k):
    return float((logits.topk(k).indices == labels[:, None]).float().mean())


@top_k_accuracy.mistake(en="This is the share of misses.", zh="这是没有命中的比例。")
def misses(logits, labels, k):
    return 1 - float((logits.topk(k).indices == labels[:, None]).any(1).float().mean())
