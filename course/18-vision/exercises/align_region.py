import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def map_and_region(draw: RandomInputs):
    low = 0.5 + draw.uniform(2, high=1.5)
    return draw.normal(7, 7), torch.cat([low, low + 2.2 + draw.uniform(2, high=2.0)]), draw.size(1, 3)


@exercise("faster-and-mask", order=2, zh="兴趣区域对齐", en="RoIAlign", arguments=map_and_region)
def align_region(features: Tensor, box: Tensor, cells: int) -> Tensor:
    """Return, for each cell of a box on a feature map, the mean of the map at four points of the cell.

    框盖在特征图上，切成若干格，求每一格里四个点上特征的平均值。

    Nothing is rounded. The points lie at a quarter and three quarters of the cell's width and height. The value of the
    pixel in column c and row r is at its middle, (c + 0.5, r + 0.5); between pixels take the bilinear interpolation.
    什么都不舍入。四个点在格宽、格高的 1/4 与 3/4 处。第 c 列第 r 行像素的值在它的正中 (c + 0.5, r + 0.5)；
    像素之间用双线性插值。

    Args:
        features: (height, width).
        box: (4,) left, top, right, bottom, in pixels of the map, half a pixel or more from its border.
            左、上、右、下，以特征图的像素计，离边界至少半个像素。
        cells: along each side. 每边几格。

    Returns:
        (cells, cells), rows from top to bottom. 各行从上到下。

    >>> align_region(torch.arange(16.0).view(4, 4), torch.tensor([0.5, 0.5, 2.5, 3.5]), 2)
    tensor([[ 3.5000,  4.5000],
            [ 9.5000, 10.5000]])
    """
    raise NotImplementedError


@align_region.solution(
    en="Along each side there are 2 * cells points, evenly spaced. Half a pixel is subtracted once, because indices count "
    "pixels and coordinates count their edges. How much each pixel weighs at a point is 1 minus its distance, at least 0, "
    "along rows and along columns; the two matrices of weights do the rest.",
    zh="每边有 2 * cells 个等距的点。下标数的是像素，坐标数的是像素的边，所以要减一次半个像素。一个像素在某点的权重，"
    "是 1 减去距离，不小于 0；行、列各一个权重矩阵，两次相乘就得到所有点的值。",
)
def align_region(features, box, cells):
    shares = (torch.arange(2 * cells) + 0.5) / (2 * cells)
    x = box[0] + shares * (box[2] - box[0]) - 0.5
    y = box[1] + shares * (box[3] - box[1]) - 0.5
    along_rows = (1 - (y[:, None] - torch.arange(features.shape[0])).abs()).clamp(min=0)  # point row
    along_columns = (1 - (x[:, None] - torch.arange(features.shape[1])).abs()).clamp(min=0)  # point column
    values = along_rows @ features @ along_columns.T
    return values.view(cells, 2, cells, 2).mean((1, 3))


def _points(box, cells, half=0.5, each=2):
    shares = (torch.arange(each * cells) + 0.5) / (each * cells)
    return [box[i] + shares * (box[i + 2] - box[i]) - half for i in (0, 1)]


def _values(features, x, y):
    rows, columns = ((1 - (p[:, None] - torch.arange(7)).abs()).clamp(min=0) for p in (y, x))
    return rows @ features @ columns.T


def _cells(values, cells):
    return values.view(cells, 2, cells, 2).mean((1, 3))


@align_region.mistake(
    en="Half a pixel is missing: the value of pixel 0 is at 0.5, not at 0.",
    zh="差了半个像素：第 0 个像素的值在 0.5 处，不在 0 处。",
)
def half_a_pixel_off(features, box, cells):
    return _cells(_values(features, *_points(box, cells, 0.0)), cells)


@align_region.mistake(
    en="The box was rounded to whole pixels first: this is what RoIAlign was made to avoid.",
    zh="框先舍入到了整像素：RoIAlign 正是为了不这样做。",
)
def box_rounded(features, box, cells):
    return _cells(_values(features, *_points(box.round(), cells)), cells)


@align_region.mistake(
    en="x and y changed places: rows of the map run along y.",
    zh="x 与 y 换了位置：特征图的行沿着 y 数。",
)
def axes_swapped(features, box, cells):
    return _cells(_values(features, *_points(box[[1, 0, 3, 2]], cells)), cells)


@align_region.mistake(
    en="The four points of a cell were added: the mean was asked.",
    zh="一格的四个点加了起来：题目要平均。",
)
def points_added(features, box, cells):
    return 4 * _cells(_values(features, *_points(box, cells)), cells)


@align_region.mistake(
    en="The points were averaged before their values were read: one point in the middle of a cell is not four.",
    zh="先把点平均了，再去读值：格中央的一个点，代替不了四个点。",
)
def one_point_in_the_middle(features, box, cells):
    return _values(features, *_points(box, cells, each=1))
