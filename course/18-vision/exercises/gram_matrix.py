import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def feature_maps(draw: RandomInputs):
    channels = draw.size(2, 4)
    return (draw.normal(channels, channels + draw.size(1, 2), draw.size(2, 3)),)


@exercise("style-transfer", order=1, zh="格拉姆矩阵", en="A Gram matrix", arguments=feature_maps)
def gram_matrix(maps: Tensor) -> Tensor:
    """Compute the Gram matrix of feature maps, divided by the number of their entries.

    求特征图的格拉姆矩阵，除以特征图的元素个数。

    Args:
        maps: (c, h, w), channels of one image. 一张图的各个通道。

    Returns:
        (c, c): entry (i, j) is the sum over all places of channel i times channel j, over c h w.
        第 (i, j) 个是通道 i 与通道 j 逐位置相乘的和，除以 c h w。

    >>> gram_matrix(torch.tensor([[[1.0, 0.0], [2.0, 1.0]], [[0.0, 1.0], [1.0, 0.0]]]))
    tensor([[0.7500, 0.2500],
            [0.2500, 0.2500]])
    """
    raise NotImplementedError


@gram_matrix.solution(
    en="Flatten the places, so that each channel is a row; the product of the rows with themselves sums over places. "
    "Their order does not matter to that sum, and that is why the matrix knows no places.",
    zh="把位置摊平，每个通道成为一行；行与行相乘，就对位置求了和。求和与次序无关，所以这个矩阵不记位置。",
)
def gram_matrix(maps):
    rows = maps.flatten(1)
    return rows @ rows.T / maps.numel()


@gram_matrix.mistake(
    en="Not divided: the matrix grows with the size of the image.",
    zh="没有除：图越大，矩阵的数越大。",
)
def not_divided(maps):
    rows = maps.flatten(1)
    return rows @ rows.T


@gram_matrix.mistake(
    en="The wrong axis: this multiplies places pair by pair and sums over channels.",
    zh="轴错了：这是位置两两相乘、对通道求和。",
)
def pairs_of_places(maps):
    rows = maps.flatten(1)
    return rows.T @ rows / maps.numel()


@gram_matrix.mistake(
    en="Divided by the number of places alone; the task also divides by the channels.",
    zh="只除以了位置的个数；题目还要除以通道数。",
)
def channels_not_divided(maps):
    rows = maps.flatten(1)
    return rows @ rows.T / rows.shape[1]


@gram_matrix.mistake(
    en="Means were subtracted first: that is the covariance of the channels.",
    zh="先减去了平均值：那是通道的协方差。",
)
def centered(maps):
    rows = maps.flatten(1)
    rows = rows - rows.mean(1, keepdim=True)
    return rows @ rows.T / maps.numel()


@gram_matrix.mistake(
    en="Rows were scaled to length 1: these are cosines, and the strength of each channel is lost.",
    zh="每行先缩放成了长度 1：得到的是余弦，每个通道有多强就丢了。",
)
def cosines(maps):
    rows = torch.nn.functional.normalize(maps.flatten(1), dim=1)
    return rows @ rows.T


@gram_matrix.mistake(
    en="Reshaped to (places, channels) without moving the axis: numbers of different channels get into one column.",
    zh="没有交换轴，直接变形成了（位置，通道）：不同通道的数混进了一列。",
)
def reshaped(maps):
    columns = maps.reshape(-1, len(maps))
    return columns.T @ columns / maps.numel()
