import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def gradients(draw: RandomInputs):
    return [draw.normal(draw.size(1, 4)), draw.normal(draw.size(1, 3), 2)], draw.number(0.5, 5)


@exercise("bptt", order=2, zh="裁剪并报告范数", en="Clip, and report the norm", arguments=gradients)
def clip_with_norm(gradients: list[Tensor], limit: float) -> tuple[list[Tensor], float]:
    """Return gradients whose norm together is at most a limit, and the norm that they had: as a training loop logs it.

    裁剪梯度，使总范数不超过 limit，并报告裁剪前的范数：训练循环就是这样记录的。

    Args:
        gradients: tensors of any shapes.
        limit: above 0.

    >>> clip_with_norm([torch.tensor([3.0]), torch.tensor([4.0])], 1.0)
    ([tensor([0.6000]), tensor([0.8000])], 5.0)
    """
    raise NotImplementedError


@clip_with_norm.solution(
    en="One norm for all, measured before anything is scaled; the direction stays. A curve of that norm shows how often "
    "the clip line is hit.",
    zh="所有张量合起来求一个范数，在缩放之前求；方向不变。把这个范数画成曲线，就看得出多久碰一次裁剪线。",
)
def clip_with_norm(gradients, limit):
    norm = torch.cat([g.flatten() for g in gradients]).norm().item()
    factor = min(1.0, limit / norm)
    return [g * factor for g in gradients], norm


def _clipped(gradients, limit, norm):
    return [g * min(1.0, limit / norm) for g in gradients], norm


@clip_with_norm.mistake(
    en="The squares are added up and left like that: a length has its root taken.",
    zh="平方加起来就停了：长度还要开方。",
)
def squared_norm(gradients, limit):
    return _clipped(gradients, limit, sum(float(g.square().sum()) for g in gradients))


@clip_with_norm.mistake(
    en="Small gradients are blown up to the limit: clipping only ever shortens.",
    zh="小的梯度被放大到了上限：裁剪只会缩短，不会拉长。",
)
def always_scaled(gradients, limit):
    norm = torch.cat([g.flatten() for g in gradients]).norm().item()
    return [g * limit / norm for g in gradients], norm


@clip_with_norm.mistake(
    en="The ratio stands on its head: the longer the gradient, the more it is stretched.",
    zh="比值颠倒了：梯度越长，反而拉得越长。",
)
def upside_down(gradients, limit):
    norm = torch.cat([g.flatten() for g in gradients]).norm().item()
    return [g * max(1.0, norm / limit) for g in gradients], norm


@clip_with_norm.mistake(
    en="Each tensor was clipped alone: they shrink by different factors, and the step points elsewhere.",
    zh="每个张量各裁各的：缩小的倍数不同，更新的方向就变了。",
)
def each_alone(gradients, limit):
    norm = torch.cat([g.flatten() for g in gradients]).norm().item()
    return [g * min(1.0, limit / float(g.norm())) for g in gradients], norm


@clip_with_norm.mistake(
    en="The largest entry was taken for the length: many small entries are long together.",
    zh="把最大的一个分量当成了长度：许多小分量合起来也可以很长。",
)
def largest_entry(gradients, limit):
    return _clipped(gradients, limit, max(float(g.abs().max()) for g in gradients))
