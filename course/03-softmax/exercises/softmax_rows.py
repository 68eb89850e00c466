import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "softmax-regression",
    order=1,
    zh="softmax：从得分到概率",
    en="Softmax: from scores to probabilities",
    arguments=lambda draw: (draw.normal(draw.size(2, 6), draw.size(3, 5), scale=2),),
)
def softmax_rows(logits: Tensor) -> Tensor:
    """Turn each row of scores into probabilities; without torch.softmax.

    把每一行得分变成概率；不用 torch.softmax。

    Args:
        logits: (n, classes).

    Returns:
        (n, classes), positive; each row adds up to 1. 都是正数，每行之和为 1。

    >>> softmax_rows(torch.tensor([[0.0, 0.0], [0.0, 1.0986123]]))
    tensor([[0.5000, 0.5000],
            [0.2500, 0.7500]])
    """
    raise NotImplementedError


@softmax_rows.solution(
    en="""
    exp makes the scores positive, the sum of the row makes them add up to 1; `keepdim` leaves the sums as a column, which
    broadcasts back over the row.
    """,
    zh="取指数得到正数，再除以本行之和；`keepdim` 让和留成一列，才能广播回每一行。",
)
def softmax_rows(logits):
    positive = logits.exp()
    return positive / positive.sum(dim=1, keepdim=True)


@softmax_rows.mistake(
    en="It adds up to 1 over the whole batch: every row should add up to 1 by itself.",
    zh="整批加起来才是 1：应当每一行各自加起来是 1。",
)
def over_everything(logits):
    return logits.exp() / logits.exp().sum()


@softmax_rows.mistake(
    en="The columns add up to 1, not the rows: which axis holds the classes?",
    zh="加起来是 1 的是列，不是行：哪个轴是类别？",
)
def over_examples(logits):
    return logits.exp() / logits.exp().sum(0)


@softmax_rows.mistake(
    en="The scores were divided by their sum without exp: negative scores make negative probabilities.",
    zh="没有取指数就除以了总和：负的得分会变成负的概率。",
)
def without_exp(logits):
    return logits / logits.sum(1, keepdim=True)


@softmax_rows.mistake(
    en="exp was taken, but nothing was divided: the rows do not add up to 1.",
    zh="取了指数，却没有相除：每行加起来不是 1。",
)
def not_normalized(logits):
    return logits.exp()


@softmax_rows.mistake(en="These are logarithms of probabilities: they are negative.", zh="这是概率的对数，都是负数。")
def logarithms(logits):
    return logits.log_softmax(1)


@softmax_rows.mistake(
    en="Each score went through a sigmoid by itself: the classes must compete for one sum.",
    zh="每个得分各自过了 sigmoid：各类应当分享同一个总和。",
)
def each_by_itself(logits):
    return logits.sigmoid()
