from d2lab.exercises import RandomInputs, exercise


def rate_and_epoch(draw: RandomInputs):
    period = draw.size(2, 5)
    epoch = period * draw.size(1, 4) + draw.size(1, period - 1)
    return draw.number(0.05, 0.9), draw.number(0.1, 0.9), period, epoch - draw.choice([0, epoch % period, 1])


@exercise("schedules", order=1, zh="阶梯调度", en="A step schedule", arguments=rate_and_epoch)
def step_rate(rate: float, gamma: float, period: int, epoch: int) -> float:
    """Return the learning rate of an epoch: it is multiplied by gamma after every so many epochs.

    求某一轮的学习率：每过若干轮，学习率乘以 gamma。

    Args:
        rate: of the first epoch. 第一轮的学习率。
        gamma: the factor. 系数。
        period: epochs between two falls. 隔几轮降一次。
        epoch: counted from 0. 从 0 数起的轮数。

    >>> step_rate(0.1, 0.5, 4, 9)
    0.025
    """
    raise NotImplementedError


@step_rate.solution(
    en="How often it fell by then is the number of whole periods that have passed, epoch // period. Nothing has to be "
    "remembered: the rate of epoch 9 needs neither the rates before nor a state.",
    zh="到此时降过几次，就是过去了几个完整的周期，即 epoch // period。什么都不用记：第 9 轮的学习率既不需要前面的学习率，"
    "也不需要状态。",
)
def step_rate(rate, gamma, period, epoch):
    return rate * gamma ** (epoch // period)


@step_rate.mistake(
    en="Rounded up: the rate falls as soon as a period begins, not when it is over.",
    zh="向上取整了：一个周期刚开始就降，而不是过完才降。",
)
def rounded_up(rate, gamma, period, epoch):
    return rate * gamma ** -(-epoch // period)


@step_rate.mistake(
    en="Off by one: epochs are counted from 0, so the fall comes one epoch early.",
    zh="差了一轮：轮数从 0 数起，这样早降了一轮。",
)
def one_epoch_early(rate, gamma, period, epoch):
    return rate * gamma ** ((epoch + 1) // period)


@step_rate.mistake(
    en="Divided by the factor: the rate grows.",
    zh="除以了系数：学习率反而变大。",
)
def grows(rate, gamma, period, epoch):
    return rate / gamma ** (epoch // period)


@step_rate.mistake(
    en="The first rate is missing: this is only the factor.",
    zh="漏了最初的学习率：这只是系数。",
)
def first_rate_missing(rate, gamma, period, epoch):
    return gamma ** (epoch // period)


@step_rate.mistake(
    en="The power was taken of the product: only gamma is multiplied again and again.",
    zh="乘积一起取了幂：反复相乘的只有 gamma。",
)
def power_of_the_product(rate, gamma, period, epoch):
    return (rate * gamma) ** (epoch // period)
