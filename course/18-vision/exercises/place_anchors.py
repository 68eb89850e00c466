import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def grid_and_shapes(draw: RandomInputs):
    shapes = draw.size(2, 3)
    return draw.size(2, 3), draw.size(4, 5), draw.number(0.2, 0.8), draw.uniform(shapes, low=0.4, high=2.5)


@exercise("anchors", order=1, zh="在网格上生成锚框", en="Anchors on a grid", arguments=grid_and_shapes)
def place_anchors(height: int, width: int, size: float, ratios: Tensor) -> Tensor:
    """Build anchors of one size and several aspect ratios around the center of every cell of a grid.

    以网格每个单元的中心，生成一种大小、几种宽高比的锚框。

    The image is the unit square; an anchor with ratio r is size * sqrt(r) wide and size / sqrt(r) high.
    图像是边长为 1 的正方形；宽高比为 r 的锚框，宽 size * sqrt(r)，高 size / sqrt(r)。

    Args:
        height: rows of the grid. 网格的行数。
        width: columns of the grid. 网格的列数。
        size: of all anchors. 锚框的大小。
        ratios: (m,).

    Returns:
        (height * width * m, 4): left, top, right, bottom; cells row by row, the anchors of a cell together.
        左、上、右、下；单元逐行排列，同一单元的锚框相邻。

    >>> place_anchors(1, 2, 0.5, torch.tensor([1.0]))
    tensor([[0.0000, 0.2500, 0.5000, 0.7500],
            [0.5000, 0.2500, 1.0000, 0.7500]])
    """
    raise NotImplementedError


@place_anchors.solution(
    en="Centers lie half a cell inside: (i + .5) / rows. Half the width and height to each side of every center; "
    "broadcasting makes all pairs of center and shape.",
    zh="中心在单元内半格处：(i + 0.5) / 行数。以每个中心向两侧各取半宽、半高；广播给出中心与形状的所有搭配。",
)
def place_anchors(height, width, size, ratios):
    y, x = torch.meshgrid((torch.arange(height) + 0.5) / height, (torch.arange(width) + 0.5) / width, indexing="ij")
    centers = torch.stack([x, y, x, y], -1).view(-1, 1, 4)  # cell 1 4
    half = torch.stack([ratios.sqrt(), 1 / ratios.sqrt()], 1) * size / 2  # shape 2
    return (centers + torch.cat([-half, half], 1)).view(-1, 4)


def _anchors(height, width, half, shift=0.5):
    y, x = torch.meshgrid((torch.arange(height) + shift) / height, (torch.arange(width) + shift) / width, indexing="ij")
    centers = torch.stack([x, y, x, y], -1).view(-1, 1, 4)
    return (centers + torch.cat([-half, half], 1)).view(-1, 4)


def _half(size, wide, high):
    return torch.stack([wide, high], 1) * size / 2


@place_anchors.mistake(
    en="The centers lie at the corners of their cells: half a cell is missing.",
    zh="中心落在了单元的角上：少了半格。",
)
def at_the_corner(height, width, size, ratios):
    return _anchors(height, width, _half(size, ratios.sqrt(), 1 / ratios.sqrt()), 0.0)


@place_anchors.mistake(
    en="Without the root, the area of an anchor changes with its ratio.",
    zh="没有开方：锚框的面积会随宽高比改变。",
)
def without_the_root(height, width, size, ratios):
    return _anchors(height, width, _half(size, ratios, 1 / ratios))


@place_anchors.mistake(
    en="Wide anchors came out tall: ratio is width over height.",
    zh="该宽的锚框成了高的：宽高比是宽除以高。",
)
def tall_for_wide(height, width, size, ratios):
    return _anchors(height, width, _half(size, 1 / ratios.sqrt(), ratios.sqrt()))


@place_anchors.mistake(
    en="Each anchor is twice as wide and high: only half lies on each side of the center.",
    zh="锚框宽、高都大了一倍：中心两侧应该各占一半。",
)
def twice_as_large(height, width, size, ratios):
    return _anchors(height, width, 2 * _half(size, ratios.sqrt(), 1 / ratios.sqrt()))


@place_anchors.mistake(
    en="The cells are listed column by column, but were asked row by row.",
    zh="单元是逐列排的，题目要逐行。",
)
def column_by_column(height, width, size, ratios):
    found = _anchors(height, width, _half(size, ratios.sqrt(), 1 / ratios.sqrt()))
    return found.view(height, width, -1, 4).transpose(0, 1).reshape(-1, 4)
