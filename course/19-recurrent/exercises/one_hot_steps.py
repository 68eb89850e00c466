import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def token_rows(draw: RandomInputs):
    size = draw.size(3, 6)
    return draw.integers(0, size - 1, draw.size(2, 4), draw.size(2, 5)), size


@exercise("char-model", order=2, zh="按时间排列的独热编码", en="One-hot vectors, time first", arguments=token_rows)
def one_hot_steps(tokens: Tensor, size: int) -> Tensor:
    """Turn rows of tokens into one-hot vectors in the order in which a recurrent layer reads them: time first.

    把一行行词元变成独热向量，时间轴放在最前：循环层就按这个次序读。

    Args:
        tokens: (batch, steps), 0 to size - 1.
        size: of the vocabulary.

    Returns:
        (steps, batch, size), floats.

    >>> one_hot_steps(torch.tensor([[0, 2]]), 3)
    tensor([[[1., 0., 0.]],
    <BLANKLINE>
            [[0., 0., 1.]]])
    """
    raise NotImplementedError


@one_hot_steps.solution(
    en="Row i of the identity matrix is the one-hot vector of i; a table lookup makes them all. "
    "Times a weight matrix it picks a row: an embedding skips the product.",
    zh="单位矩阵的第 i 行就是 i 的独热向量，查表即可。它乘权重矩阵等于取出一行：嵌入层省掉了这个乘法。",
)
def one_hot_steps(tokens, size):
    return torch.eye(size)[tokens.T]


@one_hot_steps.mistake(
    en="The batch is still in front: a layer that expects time there would read across the examples.",
    zh="批量轴还在最前：要求时间在前的层，会跨着样本去读。",
)
def batch_first(tokens, size):
    return torch.eye(size)[tokens]


@one_hot_steps.mistake(
    en="The one stands a place too early: counting began with one in place of zero.",
    zh="那个 1 的位置早了一位：编号是从零数的，不是从一数的。",
)
def counted_from_one(tokens, size):
    return torch.eye(size).roll(-1, 1)[tokens.T]


@one_hot_steps.mistake(
    en="Token 0 became a vector of zeros, as padding would be: it is a token like any other here.",
    zh="词元 0 变成了全零，像填充那样：在这里它是普通的词元。",
)
def zero_is_empty(tokens, size):
    return (torch.eye(size) * (torch.arange(size) > 0))[tokens.T]


@one_hot_steps.mistake(
    en="The vocabulary's axis is in front: which one does a linear map work on?",
    zh="词表的轴跑到了最前：线性变换作用在哪个轴上？",
)
def classes_first(tokens, size):
    return torch.eye(size)[tokens.T].permute(2, 0, 1)


@one_hot_steps.mistake(
    en="Steps and examples were merged into one axis: then no loop over time is possible.",
    zh="时间和样本并成了一个轴：这样就没法沿时间循环了。",
)
def flattened(tokens, size):
    return torch.eye(size)[tokens.T].flatten(0, 1)
