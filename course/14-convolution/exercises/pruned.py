import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "search-and-compression",
    order=1,
    zh="按幅度剪枝",
    en="Prune by size",
    arguments=lambda draw: (draw.normal(draw.size(3, 6), draw.size(3, 6)), draw.choice((0.25, 0.5, 0.75))),
)
def pruned(weights: Tensor, share: float) -> Tensor:
    """Set the given share of the weights to 0, the smallest in absolute value; round their number down.

    把绝对值最小的一部分权重设为 0，个数向下取整。

    Args:
        weights: (a, b); leave them as they are, return new ones. 不要就地修改。
        share: to remove, between 0 and 1.

    >>> pruned(torch.tensor([[3.0, -1.0], [-0.5, 2.0]]), 0.5)
    tensor([[3., 0.],
            [0., 2.]])
    """
    raise NotImplementedError


@pruned.solution(
    en="Sort by absolute value and set the first ones to 0, in a copy.",
    zh="按绝对值排序，把最小的那些设为 0；先复制，不动原来的。",
)
def pruned(weights, share):
    kept = weights.flatten().clone()
    kept[kept.abs().argsort()[: int(share * kept.numel())]] = 0
    return kept.reshape(weights.shape)


def _cut(weights, score, count):
    out = weights.clone()
    out.view(-1)[score.flatten().argsort()[:count]] = 0
    return out


@pruned.mistake(
    en="The smallest values went, negative ones first: size is the absolute value.",
    zh="去掉的是数值最小的，负数先走了：应当看绝对值。",
)
def by_value(weights, share):
    return _cut(weights, weights, int(share * weights.numel()))


@pruned.mistake(en="The largest weights were removed.", zh="去掉的是最大的权重。")
def the_largest(weights, share):
    return _cut(weights, -weights.abs(), int(share * weights.numel()))


@pruned.mistake(en="`share` was kept, not removed.", zh="share 是要去掉的比例，不是要留下的。")
def share_kept(weights, share):
    return _cut(weights, weights.abs(), weights.numel() - int(share * weights.numel()))


@pruned.mistake(
    en="The share was taken for a threshold: weights below it went, whatever their number.",
    zh="把比例当成了阈值：小于它的都去掉了。",
)
def as_threshold(weights, share):
    return torch.where(weights.abs() < share, 0.0, weights)
