import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def map_and_points(draw: RandomInputs):
    height, width = draw.size(3, 4), draw.size(5, 6)
    points = draw.uniform(4, 2) * torch.tensor([width - 1.0, height - 1.0])
    points[0] = torch.tensor([draw.choice([-0.4, width - 0.7]), draw.choice([-0.3, height - 0.6])])
    return draw.normal(height, width), points


@exercise("faster-and-mask", order=1, zh="像素之间的值", en="A value between pixels", arguments=map_and_points)
def between_pixels(features: Tensor, points: Tensor) -> Tensor:
    """Return the value of a feature map at points between its pixels, by bilinear interpolation.

    用双线性插值，求特征图在像素之间若干点上的值。

    Here pixel (column x, row y) has its value at the point (x, y). A point beyond the outermost pixels is first moved
    to the nearest place that is not.
    这里第 x 列第 y 行的像素，值就在点 (x, y) 上。超出最外圈像素的点，先移到最近的不超出的位置。

    Args:
        features: (height, width), at least 2 by 2. 至少 2 行 2 列。
        points: (n, 2) x and y, up to a pixel beyond. x 和 y，最多超出一个像素。

    Returns:
        (n,)

    >>> between_pixels(torch.tensor([[0.0, 1.0], [2.0, 3.0]]), torch.tensor([[0.5, 0.5], [0.25, 1.0], [-0.5, 0.0]]))
    tensor([1.5000, 2.2500, 0.0000])
    """
    raise NotImplementedError


@between_pixels.solution(
    en="The nearer pixel weighs more: a point 0.25 to the right of a column gives it 0.75 and its neighbor 0.25. The left "
    "neighbor may be at most the last column but one, so that a right one exists.",
    zh="离得近的像素权重大：点在某列右边 0.25 处，这一列占 0.75，右边那列占 0.25。左邻最多取到倒数第二列，右邻才存在。",
)
def between_pixels(features, points):
    height, width = features.shape
    x, y = points[:, 0].clamp(0, width - 1), points[:, 1].clamp(0, height - 1)
    left, top = x.long().clamp(max=width - 2), y.long().clamp(max=height - 2)
    right_share, low_share = x - left, y - top
    above = (1 - right_share) * features[top, left] + right_share * features[top, left + 1]
    below = (1 - right_share) * features[top + 1, left] + right_share * features[top + 1, left + 1]
    return (1 - low_share) * above + low_share * below


def _mixed(features, x, y, swapped=False):
    left, top = x.floor().long().clamp(0, features.shape[1] - 2), y.floor().long().clamp(0, features.shape[0] - 2)
    along, down = x - left, y - top
    if swapped:
        along, down = 1 - along, 1 - down
    rows = [(1 - along) * features[top + i, left] + along * features[top + i, left + 1] for i in (0, 1)]
    return (1 - down) * rows[0] + down * rows[1]


def _moved(features, x, y):
    return x.clamp(0, features.shape[1] - 1), y.clamp(0, features.shape[0] - 1)


@between_pixels.mistake(
    en="The weights are swapped: the farther pixel counts more.",
    zh="权重换了位置：离得远的像素反而占得多。",
)
def weights_swapped(features, points):
    return _mixed(features, *_moved(features, *points.unbind(1)), swapped=True)


@between_pixels.mistake(
    en="x and y changed places: the first index of a map is its row.",
    zh="x 与 y 换了位置：特征图的第一个下标是行。",
)
def axes_swapped(features, points):
    return _mixed(features, *_moved(features, *points.flip(1).unbind(1)))


@between_pixels.mistake(
    en="Beyond the outermost pixels values go on growing: such a point must be moved to the border first.",
    zh="到了最外圈像素之外，值还在顺着往外推：这样的点要先移到边上。",
)
def not_moved_to_the_border(features, points):
    return _mixed(features, *points.unbind(1))


@between_pixels.mistake(
    en="Everything is half a pixel off: here a pixel's value is at whole numbers, not in the middle between them.",
    zh="全都差了半个像素：这里像素的值在整数坐标上，不在两个整数的正中。",
)
def half_a_pixel_off(features, points):
    return _mixed(features, *_moved(features, *(points - 0.5).unbind(1)))


@between_pixels.mistake(
    en="The point was cut down to a pixel, and its value read: nothing is between.",
    zh="把点截到一个像素，直接读了它的值：两个像素之间没有过渡。",
)
def cut_down(features, points):
    x, y = _moved(features, *points.unbind(1))
    return features[y.long(), x.long()]
