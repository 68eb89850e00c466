import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "padding",
    order=3,
    zh="边缘像素被看到几次",
    en="How often a pixel is seen",
    arguments=lambda draw: (draw.size(3, 8), draw.choice((1, 3)), draw.size(0, 1)),
)
def times_seen(length: int, kernel: int, padding: int) -> Tensor:
    """In one dimension, count for each pixel how many positions of the kernel cover it; stride 1.

    一维、步幅 1：每个像素被多少个核的位置盖住？

    Args:
        length: of the row. 这一行的长度。
        kernel: its length.
        padding: zeros on each side. 每边补几个零。

    Returns:
        (length,) integers.

    >>> times_seen(4, 3, 0).tolist(), times_seen(4, 3, 1).tolist()
    ([1.0, 2.0, 2.0, 1.0], [2.0, 3.0, 3.0, 2.0])
    """
    raise NotImplementedError


@times_seen.solution(
    en="Walk the kernel through all its places, count what it covers, and cut the zeros off.",
    zh="让核走遍每个位置，走到哪里就记一次，最后去掉补的零。",
)
def times_seen(length, kernel, padding):
    seen = torch.zeros(length + 2 * padding)
    for start in range(length + 2 * padding - kernel + 1):
        seen[start : start + kernel] += 1
    return seen[padding : padding + length]


def _seen(length, kernel, padding):
    seen = torch.zeros(length + 2 * padding)
    for start in range(length + 2 * padding - kernel + 1):
        seen[start : start + kernel] += 1
    return seen


@times_seen.mistake(
    en="The zeros were counted too: the row has only `length` pixels.",
    zh="把补的零也数进去了：这一行只有 length 个像素。",
)
def with_zeros(length, kernel, padding):
    return _seen(length, kernel, padding)


@times_seen.mistake(en="Padding is not used.", zh="没有用到填充。")
def without_padding(length, kernel, padding):
    return _seen(length, kernel, 0)


@times_seen.mistake(
    en="All pixels count alike here: those near the border are covered less often.",
    zh="所有像素都一样：靠边的其实盖得少。",
)
def all_alike(length, kernel, padding):
    return torch.full((length,), kernel)


@times_seen.mistake(en="One position of the kernel is missing at the end.", zh="末尾少算了核的一个位置。")
def one_position_less(length, kernel, padding):
    seen = torch.zeros(length + 2 * padding)
    for start in range(length + 2 * padding - kernel):
        seen[start : start + kernel] += 1
    return seen[padding : padding + length]
