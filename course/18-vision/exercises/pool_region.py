import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def map_and_region(draw: RandomInputs):
    low = draw.integers(0, 2, 2) + draw.choice([0.2, 0.7])
    high = low.round() + draw.integers(3, 4, 2) + draw.choice([-0.3, 0.4])
    return draw.normal(8, 8), torch.cat([low, high]), draw.choice([2, 2, 3])


@exercise("r-cnn", order=1, zh="兴趣区域汇聚", en="RoI pooling", arguments=map_and_region)
def pool_region(features: Tensor, box: Tensor, cells: int) -> Tensor:
    """Return the maximum of each cell of a box that is laid over a feature map.

    框盖在特征图上，切成若干格，求每一格里的最大值。

    Round the four numbers of the box to whole pixels; both ends belong to it. Of a side with s pixels, cell i begins
    at pixel floor(i * s / cells) of the box and ends before pixel ceil((i + 1) * s / cells).
    框的四个数先舍入到整像素，两端都算在内。一边有 s 个像素时，第 i 格从框内第 floor(i * s / cells) 个像素开始，
    到第 ceil((i + 1) * s / cells) 个之前为止。

    Args:
        features: (height, width).
        box: (4,) left, top, right, bottom, in pixels of the map, inside of it. 左、上、右、下，以特征图的像素计，不出界。
        cells: along each side. 每边几格。

    Returns:
        (cells, cells), rows from top to bottom. 各行从上到下。

    >>> pool_region(torch.arange(16.0).view(4, 4), torch.tensor([0.0, 0.0, 2.1, 1.9]), 2)
    tensor([[ 5.,  6.],
            [ 9., 10.]])
    """
    raise NotImplementedError


@pool_region.solution(
    en="Three pixels for two cells: 0 to 1 and 1 to 2, so the middle one is in both. What was rounded is lost: the box of "
    "the example gives the same wherever its ends lie between 1.5 and 2.5.",
    zh="三个像素分给两格：0 到 1、1 到 2，中间那个两格都有。舍入掉的就找不回来了：例中框的两端只要在 1.5 与 2.5 之间，"
    "结果都一样。",
)
def pool_region(features, box, cells):
    left, top, right, bottom = box.round().int().tolist()
    inside = features[top : bottom + 1, left : right + 1]
    pooled = torch.empty(cells, cells)
    for i in range(cells):
        for j in range(cells):
            (y1, y2), (x1, x2) = ((k * s // cells, -(-(k + 1) * s // cells)) for k, s in zip((i, j), inside.shape))
            pooled[i, j] = inside[y1:y2, x1:x2].max()
    return pooled


def _pooled(inside, cells, of=torch.max, step=lambda s, cells: s / cells):
    steps = [step(s, cells) for s in inside.shape]
    ends = [[(int(k * d), -int(-(k + 1) * d // 1)) for k in range(cells)] for d in steps]
    return torch.stack([torch.stack([of(inside[a:b, c:d]) for c, d in ends[1]]) for a, b in ends[0]])


def _inside(features, box, more=1):
    left, top, right, bottom = box.round().int().tolist()
    return features[top : bottom + more, left : right + more]


@pool_region.mistake(
    en="The box was cut down to whole pixels: 0.7 is nearer to 1 than to 0.",
    zh="框的小数部分直接截掉了：0.7 离 1 更近。",
)
def cut_down(features, box, cells):
    return _pooled(_inside(features, box.floor()), cells)


@pool_region.mistake(
    en="The last row and column of the box were left out: both ends belong to it.",
    zh="框的最后一行和最后一列漏了：两端都算在内。",
)
def end_left_out(features, box, cells):
    return _pooled(_inside(features, box, 0), cells)


@pool_region.mistake(
    en="x and y changed places: rows of the map run along y.",
    zh="x 与 y 换了位置：特征图的行沿着 y 数。",
)
def axes_swapped(features, box, cells):
    return _pooled(_inside(features, box[[1, 0, 3, 2]]), cells)


@pool_region.mistake(
    en="These are the means of the cells: the maximum was asked.",
    zh="这是各格的平均：题目要最大值。",
)
def mean_of_cells(features, box, cells):
    return _pooled(_inside(features, box), cells, torch.mean)


@pool_region.mistake(
    en="The size of a cell was rounded before it was multiplied: the pixels at the end belong to no cell.",
    zh="格的边长先取了整，再去乘：末尾的像素哪一格都不算。",
)
def step_rounded_first(features, box, cells):
    return _pooled(_inside(features, box), cells, step=lambda s, cells: s // cells)
