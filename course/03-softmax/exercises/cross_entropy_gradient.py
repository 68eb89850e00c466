import torch
from torch import Tensor

from d2lab.exercises import exercise

from ._shared import logits_and_labels


@exercise(
    "cross-entropy",
    order=2,
    zh="交叉熵对得分的梯度",
    en="The gradient of cross-entropy",
    arguments=logits_and_labels,
    formerly=("cross_entropy_slope",),
)
def cross_entropy_gradient(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the gradient of the mean cross-entropy of softmax(logits) with respect to the logits; by hand, no autograd.

    求 softmax 交叉熵（对样本取平均）对得分的梯度；自己推，不用自动求导。

    Args:
        logits: (n, classes).
        labels: (n,).

    Returns:
        (n, classes).

    >>> cross_entropy_gradient(torch.tensor([[0.0, 0.0]]), torch.tensor([1]))
    tensor([[ 0.5000, -0.5000]])
    """
    raise NotImplementedError


@cross_entropy_gradient.solution(
    en="It is what was predicted minus what is true, divided by the number of examples.",
    zh="梯度就是“预测的概率减去真实的概率”，再除以样本数。",
)
def cross_entropy_gradient(logits, labels):
    gradient = torch.softmax(logits, dim=1)
    gradient[torch.arange(len(labels)), labels] -= 1
    return gradient / len(labels)


def _one_hot(logits, labels):
    return torch.nn.functional.one_hot(labels, logits.shape[1]).float()


@cross_entropy_gradient.mistake(
    en="The sign is wrong: where the probability of a wrong class is high, the gradient is positive.",
    zh="符号反了：错误类别的概率高时，梯度应当为正。",
)
def wrong_sign(logits, labels):
    return (_one_hot(logits, labels) - logits.softmax(1)) / len(logits)


@cross_entropy_gradient.mistake(
    en="The loss is a mean over the examples: their number is missing from the gradient.",
    zh="损失对样本取了平均：梯度里少了样本数。",
)
def of_the_sum(logits, labels):
    return logits.softmax(1) - _one_hot(logits, labels)


@cross_entropy_gradient.mistake(
    en="The labels are not used: this is only the softmax.", zh="没有用到标签：这只是 softmax。"
)
def only_softmax(logits, labels):
    return logits.softmax(1) / len(logits)


@cross_entropy_gradient.mistake(
    en="Scores stand where probabilities belong: subtract the labels from the softmax.",
    zh="用了得分，而不是概率：应当从 softmax 里减去标签。",
)
def scores_for_probabilities(logits, labels):
    return (logits - _one_hot(logits, labels)) / len(logits)


@cross_entropy_gradient.mistake(
    en="It was divided by all entries: the mean runs over the examples alone.",
    zh="除以了所有元素的个数：平均只对样本取。",
)
def by_all_entries(logits, labels):
    return (logits.softmax(1) - _one_hot(logits, labels)) / logits.numel()
