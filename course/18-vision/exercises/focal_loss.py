import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def probabilities_and_labels(draw: RandomInputs):
    count, classes = draw.size(3, 6), draw.size(2, 4)
    return draw.normal(count, classes).softmax(1), draw.integers(0, classes - 1, count), draw.choice([0.5, 2.0, 3.0])


@exercise("detection-losses", order=2, zh="焦点损失", en="Focal loss", arguments=probabilities_and_labels)
def focal_loss(probabilities: Tensor, labels: Tensor, gamma: float) -> Tensor:
    """Compute the focal loss of each anchor: -(1 - p)^gamma log p, where p is the probability of its true class.

    求每个锚框的焦点损失：-(1 - p)^gamma log p，p 是真实类别的概率。

    Args:
        probabilities: (anchors, classes), rows sum to 1. 每行的和为 1。
        labels: (anchors,) the true class of each. 各锚框的真实类别。
        gamma: above 0; the larger, the less an easy anchor counts. 大于 0；越大，容易的锚框越不算数。

    Returns:
        (anchors,)

    >>> easy_and_hard = torch.tensor([[0.9, 0.1], [0.9, 0.1]])
    >>> [round(loss, 5) for loss in focal_loss(easy_and_hard, torch.tensor([0, 1]), 2.0).tolist()]
    [0.00105, 1.86509]
    """
    raise NotImplementedError


@focal_loss.solution(
    en="The factor is near 0 where the class is known well and near 1 where it is not. In the example cross-entropy has the "
    "hard anchor cost 22 times as much as the easy one, the focal loss 1,770 times: a thousand easy ones no longer outvote it.",
    zh="分得好时因子接近 0，分得差时接近 1。例中，按交叉熵难的锚框是容易的 22 倍，按焦点损失是 1770 倍："
    "上千个容易的背景，也压不过它了。",
)
def focal_loss(probabilities, labels, gamma):
    p = probabilities[torch.arange(len(labels)), labels]
    return -((1 - p) ** gamma) * p.log()


def _true(probabilities, labels):
    return probabilities.gather(1, labels[:, None])[:, 0]


@focal_loss.mistake(
    en="This is not the natural logarithm: all values are too small by the same factor.",
    zh="用的不是自然对数：所有的值都小了同一个倍数。",
)
def other_logarithm(probabilities, labels, gamma):
    p = _true(probabilities, labels)
    return -((1 - p) ** gamma) * p.log10()


@focal_loss.mistake(
    en="The factor weighs the wrong anchors: what is classified well must count less, not more.",
    zh="因子压错了对象：该少算的是分得好的锚框，不是分得差的。",
)
def easy_ones_weighed(probabilities, labels, gamma):
    p = _true(probabilities, labels)
    return -(p**gamma) * p.log()


@focal_loss.mistake(
    en="The loss is negative: a logarithm of a probability is not above 0.",
    zh="损失成了负的：概率的对数不会大于 0。",
)
def sign_missing(probabilities, labels, gamma):
    p = _true(probabilities, labels)
    return (1 - p) ** gamma * p.log()


@focal_loss.mistake(
    en="Gamma multiplies the factor: it is an exponent.",
    zh="gamma 乘在了因子上：它是指数。",
)
def gamma_multiplied(probabilities, labels, gamma):
    p = _true(probabilities, labels)
    return -gamma * (1 - p) * p.log()


@focal_loss.mistake(
    en="This is the cross-entropy: the factor that makes easy anchors count less is not there.",
    zh="这是交叉熵：少了让容易的锚框少算一些的那个因子。",
)
def factor_left_out(probabilities, labels, gamma):
    return -_true(probabilities, labels).log()
