import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "linear-algebra",
    order=3,
    zh="投影到一个方向",
    en="Project onto a direction",
    arguments=lambda draw: (draw.normal(n := draw.size(2, 5)), draw.normal(n) * draw.choice((0.5, 2))),
)
def projected(x: Tensor, direction: Tensor) -> Tensor:
    """Return the part of x that lies along a direction of any length.

    给出 x 在某个方向（长度任意）上的部分。

    Args:
        x: (n,).
        direction: (n,), not all 0.

    >>> projected(torch.tensor([3.0, 4.0]), torch.tensor([2.0, 0.0]))
    tensor([3., 0.])
    """
    raise NotImplementedError


@projected.solution(
    en="The direction stands there twice, so divide by its squared length.",
    zh="方向出现两次，所以除以它的平方长度。",
)
def projected(x, direction):
    return (x @ direction) / (direction @ direction) * direction


@projected.mistake(en="The length of the direction is not divided out.", zh="没有除以方向的长度。")
def length_left(x, direction):
    return (x @ direction) * direction


@projected.mistake(
    en="It was divided by the length once: the direction stands in the formula twice.",
    zh="只除了一次长度：公式里方向出现了两次。",
)
def divided_once(x, direction):
    return (x @ direction) / direction.norm() * direction


@projected.mistake(en="This is the rest, at right angles to the direction.", zh="这是剩下的、与方向垂直的部分。")
def the_rest(x, direction):
    return x - (x @ direction) / (direction @ direction) * direction


@projected.mistake(en="This is the length of the part; a vector is asked for.", zh="这是投影的长度，要的是向量。")
def a_length(x, direction):
    return x @ direction / direction.norm()
