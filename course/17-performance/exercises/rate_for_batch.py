from d2lab.exercises import RandomInputs, exercise


def rate_batches_rule_limit(draw: RandomInputs):
    small, rate = 2 ** draw.size(2, 5), draw.number(0.05, 0.4)
    factor, rule = 2 ** draw.size(1, 4), draw.choice(["linear", "sqrt"])
    grown = rate * (factor if rule == "linear" else factor**0.5)
    return rate, small, small * factor, rule, grown * draw.choice([0.6, 1.5, 3.0])


@exercise(
    "batch-and-rate",
    order=1,
    zh="批量变了，学习率",
    en="The rate of another batch size",
    arguments=rate_batches_rule_limit,
)
def rate_for_batch(rate: float, small: int, large: int, rule: str, limit: float) -> float:
    """Return the learning rate for a larger batch by the linear or the square root rule, never above a limit.

    按线性规则或平方根规则，求更大批量的学习率；不超过上限。

    Args:
        rate: that was tuned for the small batch. 为小批量调好的学习率。
        small: batch size that it was tuned for. 当时的批量大小。
        large: batch size to come. 新的批量大小。
        rule: "linear" or "sqrt". 规则。
        limit: highest rate that does not diverge. 不发散的最大学习率。

    >>> rate_for_batch(0.1, 64, 256, "linear", 1.0)
    0.4
    >>> rate_for_batch(0.1, 64, 256, "sqrt", 1.0)
    0.2
    """
    raise NotImplementedError


@rate_for_batch.solution(
    en="The linear rule keeps the way of an epoch, the square root keeps the noise of a step. Neither knows of the "
    "limit, which belongs to the loss and not to the batch.",
    zh="线性规则保持一轮走的路，平方根规则保持一步的噪声。两者都不知道上限：上限由损失的曲率决定，与批量无关。",
)
def rate_for_batch(rate, small, large, rule, limit):
    factor = large / small
    if rule == "sqrt":
        factor = factor**0.5
    return min(limit, rate * factor)


def _factor(small, large, rule):
    return (large / small) ** (1.0 if rule == "linear" else 0.5)


@rate_for_batch.mistake(
    en="The ratio is upside down: a larger batch takes fewer steps, so each must go further.",
    zh="比值弄反了：批量大，步数少，每步要走得更远。",
)
def ratio_upside_down(rate, small, large, rule, limit):
    return min(limit, rate / _factor(small, large, rule))


@rate_for_batch.mistake(
    en="The rule was not read: the square root was never taken.",
    zh="没有看规则：该开平方根的没有开。",
)
def root_missing(rate, small, large, rule, limit):
    return min(limit, rate * large / small)


@rate_for_batch.mistake(
    en="The rule was not read: a square root was taken under both.",
    zh="没有看规则：两种规则都开了平方根。",
)
def always_the_root(rate, small, large, rule, limit):
    return min(limit, rate * (large / small) ** 0.5)


@rate_for_batch.mistake(
    en="The limit is missing: beyond it training diverges, whatever the batch.",
    zh="漏了上限：超过它训练就发散，批量再大也一样。",
)
def limit_missing(rate, small, large, rule, limit):
    return rate * _factor(small, large, rule)


@rate_for_batch.mistake(
    en="The limit became a lower bound: a rate above it must come down to it.",
    zh="上限成了下限：超过它的学习率要降到它。",
)
def limit_from_below(rate, small, large, rule, limit):
    return max(limit, rate * _factor(small, large, rule))


@rate_for_batch.mistake(
    en="The old rate is missing: this is only the factor.",
    zh="漏了原来的学习率：这只是倍数。",
)
def old_rate_missing(rate, small, large, rule, limit):
    return min(limit, _factor(small, large, rule))
