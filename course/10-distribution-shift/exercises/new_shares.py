import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def confusion_and_predictions(draw: RandomInputs):
    classes = draw.size(2, 4)
    errors = draw.uniform(classes, classes, low=0.1)
    confusion = errors / errors.sum(0) * 0.4 + 0.6 * torch.eye(classes)
    shares = draw.uniform(classes, low=0.1)
    return confusion, confusion @ (shares / shares.sum())


@exercise(
    "label-and-concept-shift",
    order=1,
    zh="新的各类比例",
    en="The new shares of the classes",
    arguments=confusion_and_predictions,
)
def new_shares(C: Tensor, mu: Tensor) -> Tensor:
    """Return the shares of the classes in use, from the shares of the predictions there.

    由使用时各种预测的比例，求使用时各类的比例。

    Args:
        C: (predicted, actual), p(predicted|actual); each column sums to 1. 每列之和为 1。
        mu: (predicted), shares of the predictions in use. 使用时各种预测的比例。

    >>> new_shares(torch.tensor([[0.8, 0.3], [0.2, 0.7]]), torch.tensor([0.5, 0.5]))
    tensor([0.4000, 0.6000])
    """
    raise NotImplementedError


@new_shares.solution(
    en="Each prediction comes from some class, so C q = mu; solve for q. In the example .8 q + .3 (1 - q) = .5.",
    zh="每个预测都来自某一类，所以 C q = mu，解出 q。例中 .8 q + .3 (1 - q) = .5。",
)
def new_shares(C, mu):
    return torch.linalg.solve(C, mu)


@new_shares.mistake(
    en="The matrix is on its side: a row of C belongs to one prediction, and the sum goes over the actual classes.",
    zh="矩阵转置了：C 的一行属于一种预测，求和是对真实的类。",
)
def transposed(C, mu):
    return torch.linalg.solve(C.T, mu)


@new_shares.mistake(
    en="The predictions were multiplied by C: that gives predictions of predictions. Solve instead.",
    zh="拿 C 去乘预测的比例，得到的是“预测的预测”；应该解方程。",
)
def multiplied(C, mu):
    return C @ mu


@new_shares.mistake(
    en="The rows of C were normalized first: its columns already sum to 1, and rows need not.",
    zh="先把 C 的每行归一了：它的列和已经是 1，行和不必是 1。",
)
def rows_normalized(C, mu):
    return torch.linalg.solve(C / C.sum(1, keepdim=True), mu)


@new_shares.mistake(
    en="Each prediction was divided by its own hit rate alone: those that come from other classes count, too.",
    zh="只除以各类自己的命中率：还有从别的类错认来的预测。",
)
def hits_alone(C, mu):
    shares = mu / C.diagonal()
    return shares / shares.sum()


@new_shares.mistake(
    en="These are the shares of the predictions: a class that is often mistaken for another would be counted too low.",
    zh="这只是预测的比例：常被认错的类会数少。",
)
def predictions_counted(C, mu):
    return mu
