import torch
from torch import Tensor

from d2lab.exercises import exercise

from ._shared import large_logits


@exercise("overflow", order=2, zh="log-sum-exp", en="Log-sum-exp", arguments=large_logits)
def log_sum_exp(logits: Tensor) -> Tensor:
    """Return log(sum(exp(row))) of each row, for scores of any size; without torch.logsumexp.

    对任意大小的得分，求每一行的 log(sum(exp(行)))；不用 torch.logsumexp。

    Args:
        logits: (n, classes), float32.

    Returns:
        (n,).

    >>> log_sum_exp(torch.tensor([[100.0, 100.0]]))
    tensor([100.6931])
    """
    raise NotImplementedError


@log_sum_exp.solution(
    en="What is subtracted inside is added again outside.",
    zh="里面减去最大值，外面再加回来。",
)
def log_sum_exp(logits):
    top = logits.max(dim=1).values
    return top + (logits - top[:, None]).exp().sum(dim=1).log()


@log_sum_exp.mistake(
    en="exp overflows or vanishes before the logarithm can bring it back.",
    zh="对数还没来得及拉回来，exp 就已经溢出或变成 0 了。",
)
def naive(logits):
    return logits.exp().sum(1).log()


@log_sum_exp.mistake(en="What was subtracted inside must be added again outside.", zh="里面减去的，外面要加回来。")
def not_added_back(logits):
    return (logits - logits.max(1, keepdim=True).values).exp().sum(1).log()


@log_sum_exp.mistake(
    en="This is only the largest score: the others add something to it.", zh="这只是最大的得分：其他得分也有贡献。"
)
def only_the_largest(logits):
    return logits.max(1).values


@log_sum_exp.mistake(
    en="This is log(softmax): a value for each class. One for each row is asked for.",
    zh="这是 log(softmax)，每类一个值；要的是每行一个。",
)
def log_softmax_instead(logits):
    return logits.log_softmax(1)
