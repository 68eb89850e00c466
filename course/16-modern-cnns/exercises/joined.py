import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "googlenet",
    order=3,
    zh="把几路接起来",
    en="Concatenate the paths",
    arguments=lambda draw: ([draw.normal(2, draw.size(1, 3), 3, 4) for _ in range(draw.size(2, 4))],),
)
def joined(paths: list[Tensor]) -> Tensor:
    """Join the outputs of several paths along the channels.

    把几条路的输出在通道上接起来。

    Args:
        paths: (n, channels, h, w) each; channels differ.

    >>> tuple(joined([torch.zeros(1, 2, 3, 3), torch.zeros(1, 5, 3, 3)]).shape)
    (1, 7, 3, 3)
    """
    raise NotImplementedError


@joined.solution(
    en="Channels are axis 1.",
    zh="通道是第一个轴（从 0 数）。",
)
def joined(paths):
    return torch.cat(paths, dim=1)


@joined.mistake(en="They were joined in the reverse order.", zh="接的次序反了。")
def reversed_paths(paths):
    return torch.cat(paths[::-1], 1)


@joined.mistake(en="The last path is missing.", zh="漏了最后一路。")
def last_missing(paths):
    return torch.cat(paths[:-1], 1)


@joined.mistake(en="They were joined along the width.", zh="接在了宽上。")
def along_width(paths):
    return torch.cat([p[:, :1] for p in paths], 3)


@joined.mistake(en="The paths were averaged over their channels first.", zh="先对各路的通道取了平均。")
def averaged_paths(paths):
    return torch.cat([p.mean(1, keepdim=True) for p in paths], 1)
