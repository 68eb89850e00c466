import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def probabilities(draw: RandomInputs):
    n, classes = draw.size(2, 7), draw.size(3, 6)
    return draw.normal(n, classes).softmax(1), draw.integers(0, classes - 1, n)


@exercise("cross-entropy", order=1, zh="从概率算交叉熵", en="Cross-entropy of probabilities", arguments=probabilities)
def cross_entropy_of(probabilities: Tensor, labels: Tensor) -> Tensor:
    """Average -log of the probability that each example gives to its own label.

    每个样本给自己标签的概率取负对数，再求平均。

    Args:
        probabilities: (n, classes); rows add up to 1.
        labels: (n,) integers.

    >>> cross_entropy_of(torch.tensor([[0.5, 0.5], [0.25, 0.75]]), torch.tensor([0, 0]))
    tensor(1.0397)
    """
    raise NotImplementedError


@cross_entropy_of.solution(
    en="""
    A pair of index tensors picks each example's probability of its own label; then -log of each, then the mean.
    """,
    zh="用两组下标取出每个样本给自己标签的概率，各取负对数，再平均。",
)
def cross_entropy_of(probabilities, labels):
    own = probabilities[torch.arange(len(labels)), labels]
    return -own.log().mean()


@cross_entropy_of.mistake(
    en="The sign is missing: logarithms of probabilities are negative, a loss is not.",
    zh="漏了负号：概率的对数是负数，损失不是。",
)
def without_sign(probabilities, labels):
    return probabilities[torch.arange(len(labels)), labels].log().mean()


@cross_entropy_of.mistake(
    en="The mean was taken before the logarithm: each example needs a logarithm of its own.",
    zh="先平均、后取对数：每个样本要各取各的对数。",
)
def log_of_the_mean(probabilities, labels):
    return -probabilities[torch.arange(len(labels)), labels].mean().log()


@cross_entropy_of.mistake(
    en="All classes were averaged: only the probability of the label counts.",
    zh="把所有类别都平均了：只有标签的概率算数。",
)
def all_classes(probabilities, labels):
    return -probabilities.log().mean()


@cross_entropy_of.mistake(en="These are the probabilities without a logarithm.", zh="没有取对数。")
def no_logarithm(probabilities, labels):
    return -probabilities[torch.arange(len(labels)), labels].mean()


@cross_entropy_of.mistake(en="It is a sum over the batch, not a mean.", zh="这是对一批求和，不是平均。")
def summed(probabilities, labels):
    return -probabilities[torch.arange(len(labels)), labels].log().sum()


@cross_entropy_of.mistake(
    en="log2 was taken: the loss is in bits here; the natural logarithm is meant.",
    zh="取的是以 2 为底的对数；要的是自然对数。",
)
def in_bits(probabilities, labels):
    return -probabilities[torch.arange(len(labels)), labels].log2().mean()
