import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def box_and_grid(draw: RandomInputs):
    sides = torch.tensor([draw.size(60, 80), draw.size(30, 45)]).float()
    low = sides * draw.uniform(2, low=0.4, high=0.6)
    return torch.cat([low, low + sides * draw.uniform(2, low=0.1, high=0.3)]), draw.size(5, 8), sides


@exercise("yolo", order=1, zh="编码成一格的目标", en="Encode a box for its cell", arguments=box_and_grid)
def encode_center(box: Tensor, grid: int, sides: Tensor) -> Tensor:
    """Compute what YOLO's cell is to predict for an object: its row and column, and (x, y, root w, root h).

    求 YOLO 中负责一个物体的格，以及它的目标：行、列，以及 x、y、宽与高的平方根。

    The cell that holds the center answers. x and y are the center's place in that cell, from 0 to 1; w and h are shares of
    the image's width and height.
    中心所在的格负责。x、y 是中心在格内的位置，从 0 到 1；w、h 是占图像宽、高的比例。

    Args:
        box: (4,) left, top, right, bottom, pixels. 左、上、右、下，像素。
        grid: S, cells along each side. 每边的格数。
        sides: (2,) width and height of the image, pixels. 图像的宽与高。

    Returns:
        (6,) row, column, x, y, root w, root h. 行、列、x、y、宽的平方根、高的平方根。

    >>> encode_center(torch.tensor([144.0, 106, 256, 134]), 7, torch.tensor([448.0, 448]))
    tensor([1.0000, 3.0000, 0.1250, 0.8750, 0.5000, 0.2500])
    """
    raise NotImplementedError


@encode_center.solution(
    en="In units of cells the whole part of the center names column and row, and the rest is the place within. Sizes are "
    "divided by the image, not by a cell.",
    zh="以格为单位，中心的整数部分是列和行，余下的是格内的位置。大小除以整张图像，不是除以一格。",
)
def encode_center(box, grid, sides):
    place = (box[:2] + box[2:]) / 2 * grid / sides
    corner = place.floor()
    root = ((box[2:] - box[:2]) / sides).sqrt()
    return torch.cat([corner.flip(0), place - corner, root])


def _target(box, grid, sides, anchor, power=0.5, per=None):
    place = anchor * grid / sides
    size = (box[2:] - box[:2]) / (sides if per is None else per)
    return torch.cat([place.floor().flip(0), place - place.floor(), size**power])


@encode_center.mistake(
    en="The left upper corner chose the cell: the center does.",
    zh="用左上角选了格：应当用中心。",
)
def corner_for_center(box, grid, sides):
    return _target(box, grid, sides, box[:2])


@encode_center.mistake(
    en="Row and column changed places: the row comes from y.",
    zh="行与列换了位置：行由 y 定。",
)
def row_from_x(box, grid, sides):
    found = _right(box, grid, sides)
    return torch.cat([found[:2].flip(0), found[2:]])


def _right(box, grid, sides):
    return _target(box, grid, sides, (box[:2] + box[2:]) / 2)


@encode_center.mistake(
    en="The root is missing: w and h are plain shares.",
    zh="没有开平方：w、h 是原来的比例。",
)
def root_missing(box, grid, sides):
    return _target(box, grid, sides, (box[:2] + box[2:]) / 2, power=1)


@encode_center.mistake(
    en="Sizes were divided by a cell: they are shares of the whole image.",
    zh="大小除以了一格：应当是占整张图像的比例。",
)
def size_in_cells(box, grid, sides):
    return _target(box, grid, sides, (box[:2] + box[2:]) / 2, per=sides / grid)


@encode_center.mistake(
    en="x and y are still counted from the image's corner: the place within the cell was asked.",
    zh="x、y 还是从图像的角数起：要的是格内的位置。",
)
def place_in_the_image(box, grid, sides):
    found = _right(box, grid, sides)
    return torch.cat([found[:2], found[2:4] + found[:2].flip(0), found[4:]])
