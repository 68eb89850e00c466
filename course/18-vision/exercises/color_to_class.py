import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def image_of_classes(draw: RandomInputs):
    order = draw.normal(64).argsort()[:5]
    colors = torch.stack([order // 16, order // 4 % 4, order % 4], 1) * 64
    kinds = draw.normal(4, 6, 5).argmax(2)
    image = colors[kinds]
    image[0, draw.size(0, 5)] = torch.tensor([224, 224, 192])  # the rim of an object
    return image, colors


@exercise("segmentation", order=2, zh="从颜色到类别", en="From colors to classes", arguments=image_of_classes)
def color_to_class(image: Tensor, colors: Tensor) -> Tensor:
    """Return the class of each pixel of a colored mask; a color that is none of the list is void, 255.

    把彩色的掩码变成类别编号；颜色不在表里的像素是 void，记 255。

    Args:
        image: (H, W, 3) red, green and blue. 红、绿、蓝。
        colors: (K, 3), row k is the color of class k. 第 k 行是类别 k 的颜色。

    Returns:
        (H, W) whole numbers. 整数。

    >>> colors = torch.tensor([[0, 0, 0], [128, 0, 0]])
    >>> color_to_class(torch.tensor([[[128, 0, 0], [0, 0, 0], [224, 224, 192]]]), colors)
    tensor([[  1,   0, 255]])
    """
    raise NotImplementedError


@color_to_class.solution(
    en="A pixel has a class when all three channels agree with its color. At most one class does; where none does, 255.",
    zh="三个通道都与某类的颜色相同，才是那一类。至多一类符合；一类也不符合的，是 255。",
)
def color_to_class(image, colors):
    same = (image[:, :, None] == colors).all(3)  # row column class
    return torch.where(same.any(2), same.long().argmax(2), 255)


@color_to_class.mistake(
    en="One equal channel was enough: all three must agree, for many colors share their red.",
    zh="一个通道相同就算了：三个都要相同，许多颜色的红是一样的。",
)
def any_channel(image, colors):
    same = (image[:, :, None] == colors).any(3)
    return torch.where(same.any(2), same.long().argmax(2), 255)


@color_to_class.mistake(
    en="Unknown colors became class 0, background: a rim that nobody is sure about must not teach anything.",
    zh="不认识的颜色成了类别 0，也就是背景：说不清的边缘不该拿来教网络。",
)
def void_is_background(image, colors):
    return (image[:, :, None] == colors).all(3).long().argmax(2)


@color_to_class.mistake(
    en="The nearest color was taken: void then becomes whatever class looks like it.",
    zh="取了最接近的颜色：void 就成了颜色像它的那一类。",
)
def nearest(image, colors):
    return (image[:, :, None] - colors).abs().sum(3).argmin(2)


@color_to_class.mistake(
    en="Channels were added before comparing: (128, 0, 0) and (0, 128, 0) have the same sum.",
    zh="先把三个通道加了起来：(128, 0, 0) 和 (0, 128, 0) 的和相同。",
)
def sums_compared(image, colors):
    same = image.sum(2, keepdim=True) == colors.sum(1)
    return torch.where(same.any(2), same.long().argmax(2), 255)


@color_to_class.mistake(
    en="Blue and red changed places: the order of channels is red, green, blue.",
    zh="红和蓝换了位置：通道的次序是红、绿、蓝。",
)
def channels_reversed(image, colors):
    same = (image.flip(2)[:, :, None] == colors).all(3)
    return torch.where(same.any(2), same.long().argmax(2), 255)
