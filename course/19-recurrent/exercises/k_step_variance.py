from d2lab.exercises import exercise


@exercise(
    "forecasting",
    order=3,
    zh="k 步预测的方差",
    en="The variance of a k-step forecast",
    arguments=lambda draw: (draw.number(-0.95, 0.95), draw.size(1, 8), draw.number(0.3, 4)),
)
def k_step_variance(phi: float, k: int, noise: float) -> float:
    """Return the variance of the error of the best forecast k steps ahead of an autoregression.

    自回归 x[t] = phi · x[t-1] + e[t]：最好的 k 步预测，误差的方差是多少？

    The series is x[t] = phi * x[t-1] + e[t]; the best forecast leaves the unknown e out.
    最好的预测就是把还不知道的 e 当成 0。

    Args:
        phi: between -1 and 1.
        k: steps ahead, 1 or more.
        noise: the variance of each e; they are independent. 每个 e 的方差，彼此独立。

    >>> round(k_step_variance(0.9, 4, 1.0), 4)
    2.9975
    """
    raise NotImplementedError


@k_step_variance.solution(
    en="The noise of i steps ago has been multiplied by phi i times; variances of independent terms add. "
    "The sum saturates at the variance of the series: the error does not grow for ever.",
    zh="i 步之前的噪声被 phi 乘了 i 次；独立项的方差可以相加。总和有上限，就是序列自身的方差：误差不会一直涨下去。",
)
def k_step_variance(phi, k, noise):
    return noise * sum(phi ** (2 * i) for i in range(k))


@k_step_variance.mistake(
    en="The noise is scaled as its size is, not as its variance is: what happens to a variance when a number is doubled?",
    zh="按噪声的大小在缩放，没有按方差来：一个数翻倍，方差变成几倍？",
)
def without_square(phi, k, noise):
    return noise * sum(phi**i for i in range(k))


@k_step_variance.mistake(
    en="One noise too many: at k = 1 there is one step that is unknown, and nothing more.",
    zh="多算了一个噪声：k = 1 时，未知的只有一步。",
)
def one_more(phi, k, noise):
    return noise * sum(phi ** (2 * i) for i in range(k + 1))


@k_step_variance.mistake(
    en="The fraction of the geometric series stands on its head: a longer forecast gets more certain here.",
    zh="等比数列求和的分数颠倒了：这里预测得越远反而越准。",
)
def upside_down(phi, k, noise):
    return noise * (1 - phi**2) / (1 - phi ** (2 * k))


@k_step_variance.mistake(
    en="Only the oldest unknown noise counts here: those of all the steps since then belong to the error too.",
    zh="只算了最早的那个未知噪声：此后每一步的噪声也都在误差里。",
)
def oldest_only(phi, k, noise):
    return noise * phi ** (2 * (k - 1))


@k_step_variance.mistake(
    en="The size of the noise is nowhere: at one step the error is the noise itself.",
    zh="噪声的大小没有用上：只预测一步时，误差就是噪声本身。",
)
def noise_of_one(phi, k, noise):
    return sum(phi ** (2 * i) for i in range(k))
