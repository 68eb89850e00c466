import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "custom-layers",
    order=1,
    zh="减去均值的层",
    en="A layer that centers",
    arguments=lambda draw: (draw.normal(draw.size(1, 4), draw.size(2, 5)) + draw.number(),),
)
def centered(x: Tensor) -> Tensor:
    """Subtract from every example the mean of its own features.

    每个样本减去自己各特征的平均值。

    Args:
        x: (n, d).

    >>> centered(torch.tensor([[1.0, 3.0], [0.0, 10.0]]))
    tensor([[-1.,  1.],
            [-5.,  5.]])
    """
    raise NotImplementedError


@centered.solution(
    en="`keepdim` leaves the means as a column that broadcasts back.",
    zh="`keepdim` 让平均值留成一列，再广播回去。",
)
def centered(x):
    return x - x.mean(dim=1, keepdim=True)


@centered.mistake(en="One mean of everything was subtracted.", zh="减去了全体的平均。")
def one_mean(x):
    return x - x.mean()


@centered.mistake(en="Each feature's mean over the examples was subtracted.", zh="减去的是每个特征对样本的平均。")
def of_features(x):
    return x - x.mean(0)


@centered.mistake(en="These are the means.", zh="这是平均值本身。")
def the_means(x):
    return x.mean(1, keepdim=True).expand_as(x)


@centered.mistake(en="The standard deviation was divided out too.", zh="还除以了标准差。")
def standardized(x):
    return (x - x.mean(1, keepdim=True)) / x.std(1, keepdim=True)
