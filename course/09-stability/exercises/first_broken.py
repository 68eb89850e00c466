import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "nan-and-inf",
    order=1,
    zh="第一个出现 inf 或 nan 的层",
    en="The first layer with inf or nan",
    arguments=lambda draw: (
        [
            torch.full((2,), v)
            for v in (1.0, *(draw.choice((1.0, 2.0, 1.0, float("inf"), float("nan"))) for _ in range(draw.size(2, 7))))
        ],
    ),
)
def first_broken(outputs: list[Tensor]) -> int:
    """Return the number of the first layer whose output holds inf or nan, or -1.

    第一个输出里有 inf 或 nan 的层的编号；都没有则返回 −1。

    Args:
        outputs: of the layers in their order.

    >>> first_broken([torch.ones(1), torch.tensor([float("inf")]), torch.tensor([float("nan")])])
    1
    """
    raise NotImplementedError


@first_broken.solution(
    en="Ask whether all are finite: that catches inf and nan.",
    zh="问“是不是全都有限”，inf 和 nan 一起抓。",
)
def first_broken(outputs):
    for number, output in enumerate(outputs):
        if not torch.isfinite(output).all():
            return number
    return -1


def _first(outputs, broken):
    return next((i for i, o in enumerate(outputs) if broken(o)), -1)


@first_broken.mistake(en="Only nan was looked for: inf comes first.", zh="只找了 nan：inf 往往先出现。")
def only_nan(outputs):
    return _first(outputs, lambda o: bool(o.isnan().any()))


@first_broken.mistake(en="Only inf was looked for.", zh="只找了 inf。")
def only_inf(outputs):
    return _first(outputs, lambda o: bool(o.isinf().any()))


@first_broken.mistake(
    en="The last broken layer came back: the cause lies before.", zh="给的是最后一个坏的层：原因在前面。"
)
def the_last(outputs):
    return max((i for i, o in enumerate(outputs) if not o.isfinite().all()), default=-1)


@first_broken.mistake(en="It counts from 1.", zh="从 1 开始数了。")
def from_one(outputs):
    found = _first(outputs, lambda o: not o.isfinite().all())
    return found + 1 if found >= 0 else -1
