from d2lab.exercises import exercise


@exercise(
    "arrays-and-tables",
    order=3,
    zh="分组平均",
    en="Group means",
    arguments=lambda draw: (draw.integers(0, 2, n := draw.size(4, 12)).tolist(), draw.normal(n).tolist()),
)
def group_means(groups: list[int], values: list[float]) -> dict[int, float]:
    """Return the mean of the values of each group.

    每一组的平均值。

    Args:
        groups: of each value.
        values: as many.

    >>> group_means([0, 1, 0], [1.0, 5.0, 3.0])
    {0: 2.0, 1: 5.0}
    """
    raise NotImplementedError


@group_means.solution(
    en="Gather, then average.",
    zh="先收集，再平均。",
)
def group_means(groups, values):
    found = {}
    for group, value in zip(groups, values):
        found.setdefault(group, []).append(value)
    return {group: sum(own) / len(own) for group, own in found.items()}


@group_means.mistake(en="Sums came back.", zh="返回的是总和。")
def sums(groups, values):
    return {g: sum(v for h, v in zip(groups, values) if h == g) for g in groups}


@group_means.mistake(en="They were divided by the number of all values.", zh="除的是全部的个数。")
def by_all(groups, values):
    return {g: sum(v for h, v in zip(groups, values) if h == g) / len(values) for g in groups}


@group_means.mistake(en="The last value of each group came back.", zh="返回的是每组最后一个值。")
def last_value(groups, values):
    return dict(zip(groups, values))


@group_means.mistake(en="The mean of everything came back for each group.", zh="每组都给了全体的平均。")
def grand_mean(groups, values):
    return dict.fromkeys(groups, sum(values) / len(values))
