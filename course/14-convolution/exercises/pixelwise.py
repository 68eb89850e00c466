import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "one-by-one",
    order=1,
    zh="1×1 卷积就是逐像素的线性层",
    en="A 1 x 1 convolution is a linear layer at each pixel",
    arguments=lambda draw: (
        draw.normal(c := draw.size(2, 4), draw.size(2, 4), 3),
        draw.normal(draw.size(2, 5), c),
    ),
)
def pixelwise(image: Tensor, weights: Tensor) -> Tensor:
    """Apply a linear map to the channels of every pixel, by a product of matrices; without conv2d.

    对每个像素的通道做同一个线性变换，用矩阵乘法，不用 conv2d。

    Args:
        image: (channels, h, w).
        weights: (maps, channels).

    Returns:
        (maps, h, w).

    >>> pixelwise(torch.tensor([[[1.0]], [[2.0]]]), torch.tensor([[10.0, 1.0]]))
    tensor([[[12.]]])
    """
    raise NotImplementedError


@pixelwise.solution(
    en="Flatten height and width, and it is a plain product of matrices; then bring the shape back.",
    zh="把高和宽摊平，就是一个普通的矩阵乘法，再恢复形状。",
)
def pixelwise(image, weights):
    return (weights @ image.flatten(1)).reshape(len(weights), *image.shape[1:])


@pixelwise.mistake(en="The result lies flat: bring height and width back.", zh="结果还是摊平的：要恢复高和宽。")
def still_flat(image, weights):
    return weights @ image.flatten(1)


@pixelwise.mistake(en="The channels stand last.", zh="通道放在了最后。")
def channels_at_the_end(image, weights):
    return image.movedim(0, -1) @ weights.T


@pixelwise.mistake(
    en="The pixels got mixed up: reshape does not exchange axes, movedim and transpose do.",
    zh="像素错位了：reshape 不会交换轴，movedim 和 transpose 才会。",
)
def mixed_up(image, weights):
    flat = image.reshape(-1, len(image)) @ weights.T
    return flat.reshape(len(weights), *image.shape[1:])


@pixelwise.mistake(
    en="All pixels were added together: each keeps its own place.", zh="所有像素被加在一起了：每个像素应当留在原处。"
)
def pixels_added(image, weights):
    return weights @ image.flatten(1).sum(1)
