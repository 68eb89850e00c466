import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise

from ._shared import points


def inputs_and_parameters(draw: RandomInputs):
    inputs, _, weights, bias = points(draw)
    return inputs, weights, bias


@exercise(
    "linear-regression",
    order=1,
    zh="线性模型的预测",
    en="What a linear model predicts",
    arguments=inputs_and_parameters,
)
def predict(inputs: Tensor, weights: Tensor, bias: float) -> Tensor:
    """Predict every example of a batch: the weighted sum of its features, plus the bias.

    对一批样本逐个给出预测：特征的加权和，再加上偏置。

    Args:
        inputs: (n, d), an example a row. 每行一个样本。
        weights: (d,).
        bias: a number. 一个数。

    Returns:
        (n,) predictions, without a loop over the examples. 不要逐个样本循环。

    >>> predict(torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([10.0, 1.0]), 0.5)
    tensor([12.5000, 34.5000])
    """
    raise NotImplementedError


@predict.solution(
    en="A matrix times a vector is one weighted sum a row; the bias is broadcast to every example.",
    zh="矩阵乘向量，就是每一行各求一次加权和；偏置广播到每个样本。",
)
def predict(inputs, weights, bias):
    return inputs @ weights + bias


@predict.mistake(
    en="The bias is missing: with weights of zero, what should the model still answer?",
    zh="漏了偏置：权重全为零时，模型还应该回答什么？",
)
def no_bias(inputs, weights, bias):
    return inputs @ weights


@predict.mistake(
    en="Everything was added up to one number: sum over the features of an example, not over the examples.",
    zh="所有样本加成了一个数：求和是对一个样本的各个特征，不是对各个样本。",
)
def one_sum(inputs, weights, bias):
    return (inputs * weights).sum() + bias


@predict.mistake(
    en="The features are weighted but not added up yet: a row of d products should become one prediction.",
    zh="特征乘了权重，却还没有相加：一行 d 个乘积应当合成一个预测。",
)
def not_summed(inputs, weights, bias):
    return inputs * weights + bias


@predict.mistake(
    en="The bias was added to every feature: it is counted d times. It belongs to the sum, once.",
    zh="每个特征都加了一次偏置，一共加了 d 次。偏置只该在求和之后加一次。",
)
def bias_for_each_feature(inputs, weights, bias):
    return (inputs * weights + bias).sum(1)
