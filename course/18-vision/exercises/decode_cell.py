import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def cell_numbers(draw: RandomInputs):
    numbers = torch.cat([draw.uniform(2, low=0.1, high=0.9), draw.uniform(2, low=0.3, high=0.6)])
    sides = torch.tensor([draw.size(60, 80), draw.size(30, 45)]).float()
    return numbers, draw.size(0, 1), draw.size(2, 4), draw.size(5, 8), sides


@exercise("yolo", order=2, zh="从一格的数解码", en="Decode the numbers of a cell", arguments=cell_numbers)
def decode_cell(numbers: Tensor, row: int, column: int, grid: int, sides: Tensor) -> Tensor:
    """Compute the box that the numbers (x, y, root w, root h) of a cell stand for.

    求一格所说的 (x, y, 宽的平方根, 高的平方根) 是哪一个框。

    Args:
        numbers: (4,) place of the center in the cell, and square roots of the shares of the image's sides.
            中心在格内的位置，以及占图像宽、高的比例的平方根。
        row: of the cell, from 0. 格的行，从 0 数起。
        column: of the cell, from 0. 格的列，从 0 数起。
        grid: S, cells along each side. 每边的格数。
        sides: (2,) width and height of the image, pixels. 图像的宽与高，像素。

    Returns:
        (4,) left, top, right, bottom, pixels. 左、上、右、下，像素。

    >>> decode_cell(torch.tensor([0.125, 0.875, 0.5, 0.25]), 1, 3, 7, torch.tensor([448.0, 448]))
    tensor([144., 106., 256., 134.])
    """
    raise NotImplementedError


@decode_cell.solution(
    en="The cell's corner plus the place in it, times the size of a cell, is the center; the squares times the image's sides "
    "are width and height, half of which lie on either side.",
    zh="格的角加上格内的位置，乘以一格的大小，就是中心；平方乘以图像的边长，是宽和高，中心两边各一半。",
)
def decode_cell(numbers, row, column, grid, sides):
    center = (torch.tensor([column, row]) + numbers[:2]) * sides / grid
    half = numbers[2:].square() * sides / 2
    return torch.cat([center - half, center + half])


def _box(corner, numbers, grid, sides, power=2, part=0.5):
    center = (torch.tensor(corner) + numbers[:2]) * sides / grid
    half = numbers[2:] ** power * sides * part
    return torch.cat([center - half, center + half])


@decode_cell.mistake(
    en="Row and column changed places: x goes with the column.",
    zh="行与列换了位置：x 跟着列走。",
)
def row_for_x(numbers, row, column, grid, sides):
    return _box([row, column], numbers, grid, sides)


@decode_cell.mistake(
    en="The roots were not squared.",
    zh="平方根没有平方回来。",
)
def not_squared(numbers, row, column, grid, sides):
    return _box([column, row], numbers, grid, sides, power=1)


@decode_cell.mistake(
    en="The whole width and height were taken to either side: the box is twice as large.",
    zh="中心两边各取了整个宽和高：框大了一倍。",
)
def half_missing(numbers, row, column, grid, sides):
    return _box([column, row], numbers, grid, sides, part=1.0)


@decode_cell.mistake(
    en="The cell's corner was left out: every box lies in the first cell.",
    zh="漏了格的角：所有的框都在第一格里。",
)
def corner_left_out(numbers, row, column, grid, sides):
    return _box([0, 0], numbers, grid, sides)


@decode_cell.mistake(
    en="This is center, width and height: edges were asked.",
    zh="这是中心和宽、高：要的是四边。",
)
def center_and_size(numbers, row, column, grid, sides):
    box = _box([column, row], numbers, grid, sides)
    return torch.cat([(box[:2] + box[2:]) / 2, box[2:] - box[:2]])
