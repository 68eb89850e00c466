from d2lab.exercises import exercise


@exercise(
    "vc-dimension",
    order=2,
    zh="区间的 VC 维",
    en="The VC dimension of intervals",
    arguments=lambda draw: (tuple(draw.integers(0, 1, draw.size(1, 10)).tolist()),),
)
def interval_can(labels: tuple[int, ...]) -> bool:
    """Say whether an interval (1 inside, 0 outside) can give these labels to points that lie in this order on a line.

    直线上依次排列的点，能不能用一个区间（里面为 1，外面为 0）给出这些标签？

    Args:
        labels: 0 and 1, from left to right. 从左到右。

    >>> interval_can((0, 1, 1, 0)), interval_can((1, 0, 1)), interval_can((0, 0))
    (True, False, True)
    """
    raise NotImplementedError


@interval_can.solution(
    en="The ones must be one run, or none.",
    zh="1 必须连成一段，或者没有。",
)
def interval_can(labels):
    ones = "".join(map(str, labels)).strip("0")
    return "0" not in ones


def _blocks(labels):
    return sum(b == 1 and a == 0 for a, b in zip((0, *labels), labels))


@interval_can.mistake(
    en="No ones at all is refused: the interval may lie beside all points.",
    zh="一个 1 也没有时拒绝了：区间可以放在所有点旁边。",
)
def empty_refused(labels):
    return _blocks(labels) == 1


@interval_can.mistake(en="Two intervals are allowed here.", zh="这里允许了两个区间。")
def two_intervals(labels):
    return _blocks(labels) <= 2


@interval_can.mistake(en="Intervals that touch an end are refused.", zh="靠着端点的区间被拒绝了。")
def ends_refused(labels):
    return _blocks(labels) <= 1 and labels[0] == 0 and labels[-1] == 0


@interval_can.mistake(
    en="It is asked whether the zeros lie together, not the ones.", zh="问成了 0 是否连在一起，应当是 1。"
)
def the_zeros(labels):
    return _blocks(tuple(1 - b for b in labels)) <= 1
