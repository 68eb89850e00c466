import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def image_and_side(draw: RandomInputs):
    side = draw.size(2, 3)
    return draw.normal(draw.size(2, 3), side + draw.size(1, 2), side + draw.size(3, 4)), side


@exercise("systolic", order=3, zh="把窗口摆成列", en="Windows as columns", arguments=image_and_side)
def im2col(x: Tensor, k: int) -> Tensor:
    """Lay every k x k window of an image out as a column, so that a convolution is one product of matrices.

    把图像的每个 k × k 窗口摆成一列，卷积就成了一次矩阵乘法。

    A column holds the window of the first channel row by row, then that of the second, and so on; windows go from left
    to right, then down. No padding, stride 1.
    一列里先是第一个通道的窗口，一行接一行，再是第二个通道，依此类推；窗口先从左到右，再往下。不补零，步幅 1。

    Args:
        x: (channels, height, width). （通道，高，宽）。
        k: side of a window. 窗口的边长。

    Returns:
        (channels * k * k, windows). （通道 × k × k，窗口数）。

    >>> im2col(torch.tensor([[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]]), 2).tolist()
    [[1.0, 3.0], [2.0, 4.0], [3.0, 5.0], [4.0, 6.0]]
    """
    raise NotImplementedError


def _columns(x, k, height, width):
    windows = [x[:, i : i + k, j : j + k] for i in range(height) for j in range(width)]
    return torch.stack([window.flatten() for window in windows], 1)


@im2col.solution(
    en="There are (height - k + 1)(width - k + 1) windows. `flatten` reads a window channel by channel and row by row, "
    "just as `weight.flatten(1)` of a convolution does, so that the two multiply.",
    zh="共有 (高 − k + 1)(宽 − k + 1) 个窗口。flatten 逐通道、逐行地读一个窗口，与卷积权重的 weight.flatten(1) 次序相同，"
    "两者才能相乘。",
)
def im2col(x, k):
    _, height, width = x.shape
    columns = []
    for i in range(height - k + 1):
        for j in range(width - k + 1):
            columns.append(x[:, i : i + k, j : j + k].flatten())
    return torch.stack(columns, 1)


@im2col.mistake(
    en="Windows are rows here: each should be a column.",
    zh="窗口成了行：每个窗口应该是一列。",
)
def windows_as_rows(x, k):
    return _columns(x, k, x.shape[1] - k + 1, x.shape[2] - k + 1).T


@im2col.mistake(
    en="One window is missing at the end of each row and column: there are width - k + 1 places.",
    zh="每行每列的末尾少了一个窗口：共有 宽 − k + 1 个位置。",
)
def last_window_missing(x, k):
    return _columns(x, k, x.shape[1] - k, x.shape[2] - k)


@im2col.mistake(
    en="Channels change fastest: all of a pixel's channels stand together, and the weights are ordered otherwise.",
    zh="通道变得最快：一个像素的各通道挨在了一起，与权重的次序不同。",
)
def channels_fastest(x, k):
    found = _columns(x, k, x.shape[1] - k + 1, x.shape[2] - k + 1)
    return found.view(len(x), k * k, -1).transpose(0, 1).flatten(0, 1)


@im2col.mistake(
    en="Windows go down first: they should go along a row, then down.",
    zh="窗口先往下走了：应该先沿一行向右，再往下。",
)
def downwards_first(x, k):
    found = _columns(x, k, x.shape[1] - k + 1, x.shape[2] - k + 1)
    return found.unflatten(1, (x.shape[1] - k + 1, -1)).transpose(1, 2).flatten(1)


@im2col.mistake(
    en="Only the first channel was read.",
    zh="只读了第一个通道。",
)
def first_channel_only(x, k):
    return _columns(x[:1], k, x.shape[1] - k + 1, x.shape[2] - k + 1)
