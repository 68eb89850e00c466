import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def weights_before_and_after(draw: RandomInputs):
    channels, features = draw.size(2, 4), draw.size(2, 5)
    shapes = [(channels, 1, 3, 3), (channels,), (features, channels), (features,)]
    start = [draw.normal(*shape) for shape in shapes]
    still = draw.choice([0, 1])
    moved = [w + 0.3 * draw.normal(*w.shape) * (number > still) for number, w in enumerate(start)]
    return moved, start


@exercise("fine-tuning", order=3, zh="离起点多远", en="The distance from the start", arguments=weights_before_and_after)
def distance_moved(weights: list[Tensor], start: list[Tensor]) -> Tensor:
    """Return how far the weights are from where they began, as one vector: the Euclidean distance over all tensors.

    把全部权重看作一个向量，求它离起点的欧氏距离。

    Args:
        weights: after fine-tuning. 微调之后的各个张量。
        start: tensors of the same shapes, before it. 微调之前的，形状相同。

    Returns:
        A tensor without axes. 零维张量。

    >>> distance_moved([torch.tensor([[4.0]]), torch.tensor([2.0, 6.0])], [torch.tensor([[1.0]]), torch.tensor([2.0, 2.0])])
    tensor(5.)
    """
    raise NotImplementedError


def _gaps(weights, start):
    return [w - v for w, v in zip(weights, start, strict=True)]


@distance_moved.solution(
    en="Squares of all gaps are added up over all tensors, and the root is taken once, at the end.",
    zh="所有张量的差都平方、相加，最后只开一次方。",
)
def distance_moved(weights, start):
    return torch.stack([gap.square().sum() for gap in _gaps(weights, start)]).sum().sqrt()


@distance_moved.mistake(
    en="The root is missing: this is the squared distance.",
    zh="漏了开方：这是距离的平方。",
)
def without_root(weights, start):
    return torch.stack([gap.square().sum() for gap in _gaps(weights, start)]).sum()


@distance_moved.mistake(
    en="A root for each tensor, then added up: lengths along different axes do not add up like that.",
    zh="每个张量各开一次方再相加：互相垂直的长度不能这样加。",
)
def sum_of_lengths(weights, start):
    return torch.stack([gap.norm() for gap in _gaps(weights, start)]).sum()


@distance_moved.mistake(
    en="The difference of the two lengths is not the length of the difference.",
    zh="两个长度之差，不是差的长度。",
)
def difference_of_lengths(weights, start):
    def length(tensors):
        return torch.stack([w.square().sum() for w in tensors]).sum().sqrt()

    return (length(weights) - length(start)).abs()


@distance_moved.mistake(
    en="Gaps were added up with their signs, so that moves to and fro cancel.",
    zh="差带着符号相加了：一来一去会抵消。",
)
def signs_kept(weights, start):
    return torch.stack([gap.sum() for gap in _gaps(weights, start)]).sum().abs()


@distance_moved.mistake(
    en="Absolute gaps were added up: that is the distance along the axes, not the Euclidean one.",
    zh="把差的绝对值相加了：那是沿坐标轴走的距离，不是欧氏距离。",
)
def along_the_axes(weights, start):
    return torch.stack([gap.abs().sum() for gap in _gaps(weights, start)]).sum()


@distance_moved.mistake(
    en="Only the tensors with two axes or more were counted: biases move too.",
    zh="只数了两个轴以上的张量：偏置也会动。",
)
def without_biases(weights, start):
    return torch.stack([gap.square().sum() for gap in _gaps(weights, start) if gap.ndim > 1]).sum().sqrt()
