import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "over-and-underfitting",
    order=2,
    zh="偏差与方差",
    en="Bias and variance",
    arguments=lambda draw: (draw.normal(draw.size(3, 9), k := draw.size(2, 5)) + 1, draw.normal(k)),
)
def bias_and_variance(answers: Tensor, truth: Tensor) -> tuple[Tensor, Tensor]:
    """From the answers of models trained on different data, give squared bias and variance at each place.

    多个模型（用不同数据训练）在各点的回答已知：求各点的偏差平方与方差（除以模型数）。

    Args:
        answers: (models, places).
        truth: (places,).

    >>> bias_and_variance(torch.tensor([[1.0], [3.0]]), torch.tensor([0.0]))
    (tensor([4.]), tensor([1.]))
    """
    raise NotImplementedError


@bias_and_variance.solution(
    en="Bias is how far the mean answer is off; variance is how answers scatter around it.",
    zh="偏差是平均回答与真值之差，方差是回答绕着平均的散布。",
)
def bias_and_variance(answers, truth):
    return (answers.mean(0) - truth) ** 2, answers.var(0, correction=0)


@bias_and_variance.mistake(en="The bias is not squared.", zh="偏差没有平方。")
def bias_not_squared(answers, truth):
    return answers.mean(0) - truth, answers.var(0, correction=0)


@bias_and_variance.mistake(
    en="This is the mean squared error, not the squared bias: take the mean of the answers first.",
    zh="这是均方误差，不是偏差平方：先对回答取平均。",
)
def mean_square(answers, truth):
    return ((answers - truth) ** 2).mean(0), answers.var(0, correction=0)


@bias_and_variance.mistake(
    en="The variance was taken around the truth: it belongs around the models' own mean.",
    zh="方差是绕着真值算的，应当绕着模型自己的平均。",
)
def around_the_truth(answers, truth):
    return (answers.mean(0) - truth) ** 2, ((answers - truth) ** 2).mean(0)


@bias_and_variance.mistake(
    en="Mean and variance run over the places, not over the models.", zh="平均和方差是对位置取的，应当对模型取。"
)
def over_places(answers, truth):
    return (answers.mean(1, keepdim=True) - truth).square().mean(1), answers.var(1, correction=0)
