from d2lab.exercises import RandomInputs, exercise


def counts(draw: RandomInputs):
    return draw.size(6, 40), draw.size(2, 6)


@exercise("model-selection", order=1, zh="K 折各有多少样本", en="The sizes of K folds", arguments=counts)
def fold_sizes(examples: int, k: int) -> list[int]:
    """Return the sizes of K parts that differ by at most one and lose no example; larger ones first.

    把样本切成 K 份，大小最多差一，一个也不丢；大的在前。

    Args:
        examples: how many there are.
        k: parts.

    >>> fold_sizes(13, 5)
    [3, 3, 3, 2, 2]
    """
    raise NotImplementedError


@fold_sizes.solution(
    en="As many parts as there is remainder get one example more.",
    zh="余数有几个，前几份就各多一个。",
)
def fold_sizes(examples, k):
    each, more = divmod(examples, k)
    return [each + 1] * more + [each] * (k - more)


@fold_sizes.mistake(
    en="Examples are lost: count // K for each part leaves the remainder to nobody.",
    zh="丢了样本：每份 count // K 个，余数没有人要。",
)
def remainder_lost(examples, k):
    return [examples // k] * k


@fold_sizes.mistake(
    en="The last part takes the whole remainder: sizes may differ by one only.", zh="余数全给了最后一份：大小只能差一。"
)
def remainder_to_the_last(examples, k):
    return [examples // k] * (k - 1) + [examples // k + examples % k]


@fold_sizes.mistake(en="The larger parts stand last; they should come first.", zh="大的排在了后面，应当在前。")
def larger_last(examples, k):
    return sorted(examples // k + (i < examples % k) for i in range(k))


@fold_sizes.mistake(
    en="Every part is rounded up: together they hold more than there are.", zh="每份都向上取整了：加起来比总数还多。"
)
def rounded_up(examples, k):
    return [-(-examples // k)] * k
