import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "one-by-one",
    order=3,
    zh="用全局平均汇聚代替全连接层",
    en="Global average pooling in place of a dense layer",
    arguments=lambda draw: (draw.normal(draw.size(1, 3), c := draw.size(2, 4), 3, 3), draw.normal(draw.size(2, 4), c)),
)
def mean_then_linear(maps: Tensor, weights: Tensor) -> Tensor:
    """Classify by a linear map at each pixel and the mean over all pixels.

    逐像素做线性变换，再对所有像素取平均，得到各类的得分。

    Args:
        maps: (n, channels, h, w).
        weights: (classes, channels).

    Returns:
        (n, classes).

    >>> mean_then_linear(torch.ones(1, 2, 2, 2), torch.tensor([[1.0, 2.0]]))
    tensor([[3.]])
    """
    raise NotImplementedError


@mean_then_linear.solution(
    en="A linear map and a mean can change places; the mean first costs far less.",
    zh="线性变换和平均可以交换次序，先平均要省得多。",
)
def mean_then_linear(maps, weights):
    return maps.mean((2, 3)) @ weights.T


@mean_then_linear.mistake(
    en="This is the largest value of each map; the mean is asked for.", zh="取了每幅图的最大值，要的是平均。"
)
def maximum(maps, weights):
    return maps.amax((2, 3)) @ weights.T


@mean_then_linear.mistake(en="The pixels were added up, not averaged.", zh="像素是相加，没有平均。")
def pixels_summed(maps, weights):
    return maps.sum((2, 3)) @ weights.T


@mean_then_linear.mistake(en="The mean was taken over the batch as well.", zh="连样本也一起平均了。")
def over_the_batch(maps, weights):
    return (maps.mean((0, 2, 3)) @ weights.T)[None].expand(len(maps) + 1, -1)


@mean_then_linear.mistake(en="Only one side was averaged.", zh="只在一个方向上取了平均。")
def one_side_only(maps, weights):
    return maps.mean(3).movedim(1, -1) @ weights.T
