import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def gradients_of_examples(draw: RandomInputs):
    count, weights = draw.size(4, 8), draw.size(2, 5)
    return (draw.normal(count, weights) + draw.normal(weights),)


@exercise("batch-and-rate", order=3, zh="一步的噪声", en="The noise of one step", arguments=gradients_of_examples)
def gradient_noise(gradients: Tensor) -> Tensor:
    """Estimate the variance of the mean gradient of a batch, summed over all weights.

    由批量里各样本的梯度，估计它们的平均的方差，对所有权重求和。

    Args:
        gradients: (batch, weights), one row for each example, drawn independently. 每个样本一行，独立抽取。

    Returns:
        A number: the unbiased variance of an example, divided by the batch size. 单个样本的无偏方差除以批量大小。

    >>> gradient_noise(torch.tensor([[1.0, 0.0], [3.0, 0.0], [2.0, 3.0]]))
    tensor(1.3333)
    """
    raise NotImplementedError


@gradient_noise.solution(
    en="Around their mean, over the batch, with n - 1 below because the mean was taken from the same examples; then "
    "summed over weights, and divided by n because it is the mean whose noise is asked for.",
    zh="对批量求离差，除以 n - 1，因为均值出自同一批样本；再对权重求和，最后除以 n，因为问的是平均的噪声。",
)
def gradient_noise(gradients):
    each = gradients.var(0)  # weights
    return each.sum() / len(gradients)


@gradient_noise.mistake(
    en="This is the variance of one example: the mean of a batch has less.",
    zh="这是单个样本的方差：整批的平均要小。",
)
def of_one_example(gradients):
    return gradients.var(0).sum()


@gradient_noise.mistake(
    en="Biased: the mean was estimated from the same examples, so one of them is not free.",
    zh="有偏：均值也是从这些样本估出来的，少一个自由度。",
)
def biased(gradients):
    return gradients.var(0, correction=0).sum() / len(gradients)


@gradient_noise.mistake(
    en="Along the wrong axis: the examples vary, not the weights.",
    zh="沿错了轴：变动的是样本，不是权重。",
)
def wrong_axis(gradients):
    return gradients.var(1).sum() / gradients.shape[1]


@gradient_noise.mistake(
    en="Averaged over the weights: the variances of all weights add up.",
    zh="对权重取了平均：各个权重的方差应当相加。",
)
def mean_over_weights(gradients):
    return gradients.var(0).mean() / len(gradients)


@gradient_noise.mistake(
    en="A standard deviation, not a variance: it falls with the root of the batch size.",
    zh="这是标准差，不是方差：它按批量大小的平方根下降。",
)
def standard_deviation(gradients):
    return (gradients.var(0).sum() / len(gradients)).sqrt()


@gradient_noise.mistake(
    en="Not taken around the mean: the gradient itself is no noise.",
    zh="没有减去均值：梯度本身不是噪声。",
)
def not_centered(gradients):
    return gradients.square().sum() / (len(gradients) - 1) / len(gradients)


@gradient_noise.mistake(
    en="Divided by the root of the batch size: that is how a standard deviation falls.",
    zh="除以了批量大小的平方根：标准差才这样下降。",
)
def divided_by_the_root(gradients):
    return gradients.var(0).sum() / len(gradients) ** 0.5
