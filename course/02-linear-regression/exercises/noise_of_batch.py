import math

from d2lab.exercises import exercise


@exercise(
    "batch-size",
    order=2,
    zh="一批梯度的噪声",
    en="The noise of a batch",
    arguments=lambda draw: (draw.number(0.5, 4.0), draw.size(1, 64)),
)
def noise_of_batch(noise: float, size: int) -> float:
    """Return the standard deviation of the mean gradient of a batch of independent examples.

    各样本独立时，一批的平均梯度的标准差是多少？

    Args:
        noise: the standard deviation of one example's gradient. 单个样本的梯度的标准差。
        size: of the batch.

    >>> noise_of_batch(2.0, 4)
    1.0
    """
    raise NotImplementedError


@noise_of_batch.solution(
    en=r"""
    Variances of independent noise add up; that of a mean is $1/n$ of one, its standard deviation $1/\sqrt{n}$. A batch four times
    as large only halves the noise.
    """,
    zh=r"独立的噪声，方差相加；平均之后方差是原来的 $1/n$，标准差就是 $1/\sqrt{n}$。批大四倍，噪声只少一半。",
)
def noise_of_batch(noise, size):
    return noise / math.sqrt(size)


@noise_of_batch.mistake(
    en="It falls too fast: it is the variance that is divided by the size, and the standard deviation is its root.",
    zh="降得太快了：除以批量大小的是方差，标准差是它的平方根。",
)
def divided_by_size(noise, size):
    return noise / size


@noise_of_batch.mistake(en="This is the variance; its root is asked for.", zh="这是方差，要的是它的平方根。")
def the_variance(noise, size):
    return noise**2 / size


@noise_of_batch.mistake(
    en="It grows with the batch: this is the standard deviation of the sum, not of the mean.",
    zh="它随批变大：这是总和的标准差，不是平均的标准差。",
)
def of_the_sum(noise, size):
    return noise * size**0.5


@noise_of_batch.mistake(
    en="The size is not used: more examples average the noise away.",
    zh="没有用到批量大小：样本越多，噪声越会互相抵消。",
)
def as_for_one(noise, size):
    return noise
