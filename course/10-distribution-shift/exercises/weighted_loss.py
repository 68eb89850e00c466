import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def losses_and_weights(draw: RandomInputs):
    count = draw.size(3, 6)
    losses, w = draw.uniform(count, low=0.1, high=3), draw.uniform(count, low=0.2, high=4)
    if draw.boolean():
        losses[0], w[0] = float("inf"), 0
    return losses, w


@exercise("covariate-shift", order=3, zh="加权的损失", en="A weighted loss", arguments=losses_and_weights)
def weighted_loss(losses: Tensor, w: Tensor) -> Tensor:
    """Return the weighted mean of losses.

    求损失的加权平均。

    An example of weight 0 is not there, even if its loss is infinite.
    权重为 0 的样本等于不存在，哪怕它的损失是无穷。

    Args:
        losses: (examples), the loss of each. 每个样本的损失。
        w: (examples), their importance weights, 0 or more. 重要性权重，不小于 0。

    >>> weighted_loss(torch.tensor([0.1, 0.1, 0.1, 0.5]), torch.tensor([1 / 3, 1 / 3, 1 / 3, 3.0]))
    tensor(0.4000)
    """
    raise NotImplementedError


@weighted_loss.solution(
    en="Each loss counts by its weight, and the weights together are the size of the whole. Leave weights of 0 out "
    "first, for 0 times infinity is nan.",
    zh="每个损失按权重计，权重之和是总的份量。先去掉权重为 0 的，因为 0 乘无穷是 nan。",
)
def weighted_loss(losses, w):
    there = w > 0
    return w[there] @ losses[there] / w.sum()


def _there(losses, w):
    return losses[w > 0], w[w > 0]


@weighted_loss.mistake(
    en="A sum, not a mean: twice the examples would double the loss.",
    zh="这是和，不是平均：样本多一倍，损失也大一倍。",
)
def total(losses, w):
    one, own = _there(losses, w)
    return own @ one


@weighted_loss.mistake(
    en="Divided by the number of examples: the weights need not have a mean of 1.",
    zh="除的是样本数：权重的平均不一定是 1。",
)
def by_number(losses, w):
    one, own = _there(losses, w)
    return own @ one / len(w)


@weighted_loss.mistake(
    en="Weights were squared: each stands in the sum once.",
    zh="权重平方了：每个权重只乘一次。",
)
def squared(losses, w):
    one, own = _there(losses, w)
    return own.square() @ one / own.square().sum()


@weighted_loss.mistake(
    en="Averaged before it was weighted: multiply example by example, then add.",
    zh="先平均再乘了：应当逐个样本相乘，然后求和。",
)
def averaged_first(losses, w):
    one, own = _there(losses, w)
    return own.mean() * one.mean()


@weighted_loss.mistake(
    en="0 times infinity is nan: examples of weight 0 have to go first.",
    zh="0 乘无穷是 nan：先去掉权重为 0 的样本。",
)
def nothing_times_infinity(losses, w):
    return w @ losses / w.sum()


@weighted_loss.mistake(
    en="The weights are upside down: what is rare in training must count more.",
    zh="权重倒过来了：训练里少见的，应当更重。",
)
def upside_down(losses, w):
    one, own = _there(losses, w)
    return (1 / own) @ one / (1 / own).sum()
