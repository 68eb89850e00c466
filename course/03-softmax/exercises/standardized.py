import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "fashion-mnist",
    order=2,
    zh="按训练集标准化",
    en="Normalize by the training set",
    arguments=lambda draw: (draw.normal(draw.size(4, 9), 3, scale=2) + 5, draw.normal(draw.size(2, 5), 3)),
)
def standardized(training: Tensor, test: Tensor) -> Tensor:
    """Normalize the test set column by column, with mean and standard deviation of the training set.

    用训练集的均值和标准差，逐列标准化测试集。

    Args:
        training: (n, d).
        test: (m, d).

    Returns:
        (m, d). The standard deviation is that of the population, which divides by n. 标准差用除以 n 的那一种。

    >>> standardized(torch.tensor([[1.0], [3.0]]), torch.tensor([[2.0], [4.0]]))
    tensor([[0.],
            [2.]])
    """
    raise NotImplementedError


@standardized.solution(
    en="The statistics come from the training set alone; the test set is merely transformed.",
    zh="统计量只来自训练集；测试集只是被变换。",
)
def standardized(training, test):
    return (test - training.mean(0)) / training.std(0, correction=0)


@standardized.mistake(
    en="The test set was standardized by itself: its statistics must not be used.",
    zh="用测试集自己的统计量去标准化：它的统计量不应当用到。",
)
def by_itself(training, test):
    return (test - test.mean(0)) / test.std(0, correction=0)


@standardized.mistake(
    en="One mean and one standard deviation for all columns: each column has its own.",
    zh="所有列共用了一个均值和标准差：每列应当各用各的。",
)
def one_for_all(training, test):
    return (test - training.mean()) / training.std(correction=0)


@standardized.mistake(en="It was divided by the variance, not by its root.", zh="除以了方差，没有开平方。")
def by_variance(training, test):
    return (test - training.mean(0)) / training.var(0, correction=0)


@standardized.mistake(
    en="The standard deviation divides by n - 1: torch's std does so unless told otherwise.",
    zh="标准差除的是 n - 1：torch 的 std 默认就是这样。",
)
def sample_deviation(training, test):
    return (test - training.mean(0)) / training.std(0)


@standardized.mistake(
    en="Training and test were put together first: the test set leaks into the mean.",
    zh="把训练集和测试集合在一起算：测试集的信息泄漏进了均值。",
)
def pooled(training, test):
    both = torch.cat([training, test])
    return (test - both.mean(0)) / both.std(0, correction=0)
