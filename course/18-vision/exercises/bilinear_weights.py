import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def a_factor(draw: RandomInputs):
    return (draw.size(2, 6),)


@exercise("fcn", order=1, zh="双线性插值的核", en="The kernel of bilinear interpolation", arguments=a_factor)
def bilinear_weights(times: int) -> Tensor:
    """Return the kernel with which a transposed convolution of that stride enlarges a map by bilinear interpolation.

    转置卷积以 times 为步幅放大特征图，给出使它等于双线性插值的核。

    Args:
        times: how many times height and width grow. 高和宽放大几倍。

    Returns:
        (2 * times, 2 * times); a line falls off linearly from its middle. 每一行从正中向两边线性减小。

    >>> bilinear_weights(2)[1]
    tensor([0.1875, 0.5625, 0.5625, 0.1875])
    """
    raise NotImplementedError


@bilinear_weights.solution(
    en="The middle lies between two places, at times - 1/2. A place weighs 1 minus its distance over times, and the "
    "kernel is the product of both lines.",
    zh="正中在两格之间，即 times - 1/2 处。一格的权重是 1 减去距离除以 times，两个方向的权重相乘。",
)
def bilinear_weights(times):
    return _square(_line(times, times - 0.5, times))


def _line(times, middle, reach):
    return (1 - (torch.arange(2 * times) - middle).abs() / reach).clamp(min=0)


def _square(line):
    return line[:, None] * line


@bilinear_weights.mistake(
    en="The middle is half a place off: what is enlarged moves by half a pixel.",
    zh="正中差了半格：放大以后会移动半个像素。",
)
def half_a_place_off(times):
    return _square(_line(times, times, times))


@bilinear_weights.mistake(
    en="The kernel sums to 1: then the result is darker. In which places must weights sum to 1?",
    zh="核的总和成了 1，放大后会变暗。该在哪里和为 1？",
)
def sums_to_one(times):
    kernel = _square(_line(times, times - 0.5, times))
    return kernel / kernel.sum()


@bilinear_weights.mistake(
    en="The lines were added, not multiplied: weights in the corners are too large.",
    zh="两个方向的权重相加了，应该相乘：角上的权重太大。",
)
def lines_added(times):
    line = _line(times, times - 0.5, times)
    return (line[:, None] + line) / 2


@bilinear_weights.mistake(
    en="All weights are equal: places are copied in blocks, not interpolated.",
    zh="权重全都相等：这不是插值。",
)
def all_equal(times):
    return torch.full((2 * times, 2 * times), 0.25)


@bilinear_weights.mistake(
    en="Weights fall off too slowly: at a distance of times there should be nothing left.",
    zh="减小得太慢：离正中 times 远的地方应该降到 0。",
)
def too_wide(times):
    return _square(_line(times, times - 0.5, 2 * times))
