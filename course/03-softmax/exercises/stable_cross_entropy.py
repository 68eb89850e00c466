import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "overflow",
    order=3,
    zh="直接从得分算交叉熵",
    en="Cross-entropy straight from the scores",
    arguments=lambda draw: (
        draw.normal(n := draw.size(2, 6), 4, scale=2) * draw.choice((1, 100)),
        draw.integers(0, 3, n),
    ),
)
def stable_cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the mean cross-entropy from the scores, finite for scores of any size; without torch's own.

    直接从得分算交叉熵的平均值，得分多大都是有限的数；不用 torch 现成的函数。

    Args:
        logits: (n, classes), float32.
        labels: (n,).

    >>> stable_cross_entropy(torch.tensor([[0.0, 200.0]]), torch.tensor([0]))
    tensor(200.)
    """
    raise NotImplementedError


@stable_cross_entropy.solution(
    en=r"""
    $-\log \mathrm{softmax}$ is log-sum-exp minus the label's score; no probability that could become 0 ever appears.
    """,
    zh=r"$-\log \mathrm{softmax}$ 就是 log-sum-exp 减去标签的得分：从头到尾不出现会变成 0 的概率。",
)
def stable_cross_entropy(logits, labels):
    own = logits[torch.arange(len(labels)), labels]
    return (torch.logsumexp(logits, dim=1) - own).mean()


@stable_cross_entropy.mistake(
    en="The softmax became 0 and its logarithm -inf: don't take exp and log one after the other.",
    zh="softmax 变成了 0，再取对数就是负无穷：不要先取指数、再取对数。",
)
def softmax_then_log(logits, labels):
    return -logits.softmax(1)[torch.arange(len(labels)), labels].log().mean()


@stable_cross_entropy.mistake(
    en="A small number keeps the logarithm finite and wrong: the loss stops at its logarithm.",
    zh="加一个很小的数，对数是有限了，却不对：损失会停在它的对数上。",
)
def small_number(logits, labels):
    return -(logits.softmax(1)[torch.arange(len(labels)), labels] + 1e-9).log().mean()


@stable_cross_entropy.mistake(en="The sign is wrong: a loss is not negative.", zh="符号反了：损失不会是负数。")
def signed(logits, labels):
    return logits.log_softmax(1)[torch.arange(len(labels)), labels].mean()


@stable_cross_entropy.mistake(en="It is a sum over the examples, not a mean.", zh="这是对样本求和，不是平均。")
def sum_of_all(logits, labels):
    return torch.nn.functional.cross_entropy(logits, labels, reduction="sum")


@stable_cross_entropy.mistake(
    en="All classes were averaged: only the label's counts.", zh="对所有类别取了平均：只有标签那一类算数。"
)
def every_class(logits, labels):
    return -logits.log_softmax(1).mean()
