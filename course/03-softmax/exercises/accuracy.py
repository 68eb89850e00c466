import torch
from torch import Tensor

from d2lab.exercises import exercise

from ._shared import logits_and_labels


@exercise("softmax-regression", order=2, zh="预测的类别与准确率", en="Accuracy", arguments=logits_and_labels)
def accuracy(logits: Tensor, labels: Tensor) -> float:
    """Return the share of examples whose highest score is that of their label.

    得分最高的类别正好是标签的样本，占多大比例？

    Args:
        logits: (n, classes).
        labels: (n,) integers. 整数。

    >>> accuracy(torch.tensor([[1.0, 2.0], [5.0, 0.0]]), torch.tensor([1, 1]))
    0.5
    """
    raise NotImplementedError


@accuracy.solution(
    en="`argmax` is the class of the highest score; the share of matches is a mean of trues and falses.",
    zh="`argmax` 给出得分最高的类别；与标签相等的比例就是平均值。",
)
def accuracy(logits, labels):
    return (logits.argmax(dim=1) == labels).float().mean().item()


@accuracy.mistake(en="This is a count: divide by the number of examples.", zh="这是个数：还要除以样本数。")
def counted(logits, labels):
    return int((logits.argmax(1) == labels).sum())


@accuracy.mistake(
    en="The highest score was looked for over the examples, not over the classes.",
    zh="在样本之间找了最大值，应当在类别之间找。",
)
def over_the_examples(logits, labels):
    best = logits.argmax(0)
    return float((best[labels] == torch.arange(len(labels))).float().mean())


@accuracy.mistake(en="This is the share of wrong answers.", zh="这是答错的比例。")
def error_rate(logits, labels):
    return float((logits.argmax(1) != labels).float().mean())


@accuracy.mistake(en="The lowest score was taken for the answer.", zh="把得分最低的当成了答案。")
def the_lowest(logits, labels):
    return float((logits.argmin(1) == labels).float().mean())


@accuracy.mistake(
    en="The probability of the label was averaged: only whether it is the highest counts.",
    zh="取了标签概率的平均：这里只看它是不是最大的。",
)
def mean_probability(logits, labels):
    return float(logits.softmax(1)[torch.arange(len(labels)), labels].mean())
