import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def probabilities_and_shares(draw: RandomInputs):
    examples, classes = draw.size(2, 5), draw.size(2, 4)
    rows = draw.uniform(examples, classes, low=0.1)
    q, p = draw.uniform(classes, low=0.1), draw.uniform(classes, low=0.1)
    return rows / rows.sum(1, keepdim=True), q / q.sum(), p / p.sum()


@exercise(
    "label-and-concept-shift",
    order=2,
    zh="EM 的一步",
    en="A step of EM",
    arguments=probabilities_and_shares,
)
def em_step(post: Tensor, q: Tensor, p: Tensor) -> Tensor:
    """Return the next estimate of the shares of the classes in use: correct each row, then average the rows.

    求使用时各类比例的下一个估计：先把每一行的概率改正，再对各行取平均。

    Args:
        post: (examples, classes), probabilities of the old model; each row sums to 1. 旧模型给出的概率，每行之和为 1。
        q: (classes), the estimate so far, of sum 1. 目前的估计，和为 1。
        p: (classes), shares in training, of sum 1. 训练时的比例，和为 1。

    >>> q, p = torch.tensor([0.6, 0.4]), torch.tensor([0.5, 0.5])
    >>> em_step(torch.tensor([[0.9, 0.1], [0.3, 0.7]]), q, p)
    tensor([0.6612, 0.3388])
    """
    raise NotImplementedError


@em_step.solution(
    en="Multiply each class by q / p and normalize each row: these are the probabilities under the shares q. Their mean "
    "is how many examples of each class that makes.",
    zh="每类乘 q / p，每行归一：这就是比例为 q 时的概率。它们的平均，就是每类有多少样本。",
)
def em_step(post, q, p):
    corrected = post * q / p
    corrected = corrected / corrected.sum(1, keepdim=True)
    return corrected.mean(0)


@em_step.mistake(
    en="The rows were not normalized: after the multiplication they no longer sum to 1.",
    zh="没有把每行归一：乘过之后每行之和不再是 1。",
)
def not_normalized(post, q, p):
    return (post * q / p).mean(0)


@em_step.mistake(
    en="The ratio is upside down: a class that has become more frequent must be weighted up.",
    zh="比值弄反了：变多的类应该加重。",
)
def ratio_upside_down(post, q, p):
    corrected = post * p / q
    return (corrected / corrected.sum(1, keepdim=True)).mean(0)


@em_step.mistake(
    en="The average runs along the classes: one share for each class is a mean over the examples.",
    zh="归一和平均的方向换了：每行归一，对样本平均。",
)
def wrong_axis(post, q, p):
    corrected = post * q / p
    means = (corrected / corrected.sum(0)).mean(0)
    return means


@em_step.mistake(
    en="The training shares p are missing: the probabilities hold them already and they must be divided out.",
    zh="漏了训练时的比例 p：旧概率里已经含有它，要除掉。",
)
def training_shares_left_out(post, q, p):
    corrected = post * q
    return (corrected / corrected.sum(1, keepdim=True)).mean(0)


@em_step.mistake(
    en="The rows were not corrected by the estimate so far: each step would then return the same shares.",
    zh="没有用目前的估计去改正各行：这样每一步得到的都一样。",
)
def not_updated(post, q, p):
    return post.mean(0)
