import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def two_vectors(draw: RandomInputs):
    n = draw.size(2, 9)
    return draw.normal(n), draw.normal(n)


@exercise("linear-regression", order=2, zh="平方误差的一半", en="Half the squared error", arguments=two_vectors)
def half_square(predicted: Tensor, targets: Tensor) -> Tensor:
    """Half the squared error, averaged over a batch, as one number.

    一批样本的平方误差的一半，对样本取平均，得到一个数。

    Args:
        predicted: (n,).
        targets: (n,).

    >>> half_square(torch.tensor([1.0, 5.0]), torch.tensor([1.0, 1.0]))
    tensor(4.)
    """
    raise NotImplementedError


@half_square.solution(
    en="""
    Square each error, then take the mean, so that errors of both signs can't cancel. The half only tidies the derivative.
    """,
    zh="先逐个平方，再平均：这样正负误差不会互相抵消。除以二只是为了让导数干净。",
)
def half_square(predicted, targets):
    return ((predicted - targets) ** 2).mean() / 2


@half_square.mistake(
    en="This is the squared error without its half: twice too large, as nn.MSELoss has it.",
    zh="这是没有二分之一的平方误差，正好大了一倍，和 nn.MSELoss 一样。",
)
def whole_square(predicted, targets):
    return ((predicted - targets) ** 2).mean()


@half_square.mistake(
    en="It is a sum over the batch: it grows with the number of examples. An average does not.",
    zh="这是对样本求和，样本越多它越大。取平均就不会。",
)
def summed(predicted, targets):
    return ((predicted - targets) ** 2 / 2).sum()


@half_square.mistake(
    en="The errors are not squared: positive and negative ones cancel each other.",
    zh="误差没有平方，正负会互相抵消。",
)
def not_squared(predicted, targets):
    return (predicted - targets).mean() / 2


@half_square.mistake(
    en="The mean was taken before the square: errors of both signs cancel inside. Square each one first.",
    zh="先平均、后平方：正负误差在里面已经抵消了。应当先逐个平方。",
)
def square_of_the_mean(predicted, targets):
    return (predicted - targets).mean() ** 2 / 2


@half_square.mistake(
    en="One value for each example came back: the loss of a batch is a single number.",
    zh="返回的是每个样本各一个值：一批的损失应当是一个数。",
)
def not_averaged(predicted, targets):
    return (predicted - targets) ** 2 / 2
