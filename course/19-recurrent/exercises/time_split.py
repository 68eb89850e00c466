import math

import torch

from d2lab.exercises import exercise


@exercise(
    "forecasting",
    order=2,
    zh="按时间划分",
    en="Split by time",
    arguments=lambda draw: (draw.size(2, 12), draw.number(0.02, 0.98)),
)
def time_split(n: int, share: float) -> tuple[list[int], list[int]]:
    """Split n steps of a series into a part to train on and a part to test on, without looking into the future.

    把序列的 n 个时刻分成训练和测试两部分，不许偷看未来。

    Args:
        n: 2 or more.
        share: of the training part, between 0 and 1. 训练部分所占的比例。

    Returns:
        The numbers of the steps of each part, in order. The training part has n times share steps, rounded down,
        but neither part is empty. 各部分的时刻编号，按次序。训练部分为 n × share 向下取整，但两部分都不能为空。

    >>> time_split(5, 0.7)
    ([0, 1, 2], [3, 4])
    """
    raise NotImplementedError


@time_split.solution(
    en="One cut: all that lies before it may be learned from, all behind it is future.",
    zh="只切一刀：之前的可以学，之后的都是未来。",
)
def time_split(n, share):
    cut = min(max(math.floor(n * share), 1), n - 1)
    return list(range(cut)), list(range(cut, n))


def _cut(n, share):
    return min(max(int(n * share), 1), n - 1)


@time_split.mistake(
    en="The parts are exchanged: this trains on the future and tests on the past.",
    zh="两部分对调了：这是拿未来训练，用过去测试。",
)
def future_first(n, share):
    cut = _cut(n, share)
    return list(range(cut, n)), list(range(cut))


@time_split.mistake(
    en="A broken step was rounded up: which way does the task say?",
    zh="不足一步时进了位：题目说往哪边取整？",
)
def rounded_up(n, share):
    cut = min(max(math.ceil(n * share), 1), n - 1)
    return list(range(cut)), list(range(cut, n))


@time_split.mistake(
    en="One step stands in both parts: the test begins with something that was trained on.",
    zh="有一个时刻两边都有：测试的第一个时刻已经训练过了。",
)
def overlapping(n, share):
    cut = _cut(n, share)
    return list(range(cut)), list(range(cut - 1, n))


@time_split.mistake(
    en="With a small or a large share one part is empty: nothing to learn from, or nothing to test on.",
    zh="比例很小或很大时，有一部分是空的：要么没得学，要么没得测。",
)
def maybe_empty(n, share):
    cut = math.floor(n * share)
    return list(range(cut)), list(range(cut, n))


@time_split.mistake(
    en="It was shuffled before the cut, as one does with images: now the neighbors of every test step were trained on.",
    zh="切之前先打乱了，像对待图像那样：于是每个测试时刻的左邻右舍都训练过。",
)
def shuffled_first(n, share):
    order = torch.randperm(n).tolist()
    return order[: _cut(n, share)], order[_cut(n, share) :]
