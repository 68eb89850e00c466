import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "batch-size",
    order=1,
    zh="小批拼成大批",
    en="A large batch out of small ones",
    arguments=lambda draw: (draw.normal(k := draw.size(2, 5), 3), draw.integers(1, 9, k)),
)
def combined_gradient(means: Tensor, sizes: Tensor) -> Tensor:
    """From the mean gradients of several batches, give the mean gradient of all their examples.

    已知几批各自的平均梯度，求所有样本的平均梯度。

    Args:
        means: (k, d), the mean gradient of each batch. 每批的平均梯度。
        sizes: (k,), how many examples each batch has; they differ. 每批的样本数，各不相同。

    Returns:
        (d,).

    >>> combined_gradient(torch.tensor([[1.0], [4.0]]), torch.tensor([1, 2]))
    tensor([3.])
    """
    raise NotImplementedError


@combined_gradient.solution(
    en="""
    A mean times its count is a sum again; add the sums and divide by all examples. Gradient accumulation needs these weights
    whenever its last batch is incomplete.
    """,
    zh="平均值乘以个数就还原成总和；总和相加，再除以总的样本数。梯度累积遇到不满的最后一批时，就要这样加权。",
)
def combined_gradient(means, sizes):
    return (means * sizes[:, None]).sum(0) / sizes.sum()


@combined_gradient.mistake(
    en="Every batch counts the same: a small batch must not weigh as much as a large one.",
    zh="每一批算得一样重：小批不应当和大批有同样的分量。",
)
def plain_mean(means, sizes):
    return means.mean(0)


@combined_gradient.mistake(
    en="This is the sum of all gradients, not yet their mean.", zh="这是所有梯度之和，还不是平均。"
)
def weighted_sum(means, sizes):
    return (means * sizes[:, None]).sum(0)


@combined_gradient.mistake(
    en="It was divided by the number of batches: the mean is over the examples.",
    zh="除的是批数：平均是对样本取的。",
)
def by_batches(means, sizes):
    return (means * sizes[:, None]).sum(0) / len(sizes)


@combined_gradient.mistake(
    en="Means were divided by their sizes: they are means already. A larger batch should weigh more, not less.",
    zh="又用批量大小去除：它们本来就是平均值。大批应当更重，而不是更轻。",
)
def divided_again(means, sizes):
    return (means / sizes[:, None]).sum(0)
