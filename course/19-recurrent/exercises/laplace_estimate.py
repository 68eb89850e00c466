from d2lab.exercises import RandomInputs, exercise


def counts(draw: RandomInputs):
    total = draw.size(1, 12) if draw.size(0, 3) else 0
    return draw.size(0, total), total, draw.size(5, 30), draw.number(0.2, 3)


@exercise("n-grams", order=2, zh="拉普拉斯平滑", en="Laplace smoothing", arguments=counts)
def laplace_estimate(count: int, total: int, size: int, alpha: float) -> float:
    """Estimate the probability of a token after a context, as if each token of the vocabulary had come alpha times more.

    估计某个词元跟在上文之后的概率：就当词表里每个词元都多出现了 alpha 次。

    Args:
        count: how often this token followed. 该词元跟在后面的次数。
        total: how often any token followed, perhaps 0. 任何词元跟在后面的总次数，可能是 0。
        size: number of tokens in the vocabulary. 词表里词元的个数。
        alpha: above 0.

    >>> laplace_estimate(2, 10, 20, 1.0)
    0.1
    """
    raise NotImplementedError


@laplace_estimate.solution(
    en="The same is added to every token, so the total grows by it once for each of them; then the probabilities sum "
    "to 1. An unseen context is nothing special.",
    zh="每个词元都加上同样多，总次数就要加上词表大小那么多份，概率之和才是 1。没见过的上文并不特殊。",
)
def laplace_estimate(count, total, size, alpha):
    return (count + alpha) / (total + alpha * size)


@laplace_estimate.mistake(
    en="alpha is nowhere: this adds one to each token, which is a single choice among many.",
    zh="没有用 alpha：这里固定加一，那只是许多种取法里的一种。",
)
def one_added(count, total, size, alpha):
    return (count + 1) / (total + size)


@laplace_estimate.mistake(
    en="Only this token's share was added below: the others got theirs too, or all probabilities sum to more than one.",
    zh="分母只加了这一个词元的份：别的词元也各加了一份，不然概率之和会超过一。",
)
def others_forgotten(count, total, size, alpha):
    return (count + alpha) / (total + alpha)


@laplace_estimate.mistake(
    en="The fraction stands on its head: rare tokens get the large numbers.",
    zh="分数颠倒了：越少见的词元，得到的数反而越大。",
)
def upside_down(count, total, size, alpha):
    return (total + alpha * size) / (count + alpha)


@laplace_estimate.mistake(
    en="One token of the vocabulary got nothing: which one did you think is no token?",
    zh="词表里有一个词元没分到：是不是以为其中一个不算？",
)
def one_left_out(count, total, size, alpha):
    return (count + alpha) / (total + alpha * (size - 1))


@laplace_estimate.mistake(
    en="A context that never came gets probability zero for every token: that is what smoothing is there to prevent.",
    zh="没见过的上文，所有词元的概率都成了零：平滑正是为了避免这种情况。",
)
def nothing_after_unseen(count, total, size, alpha):
    return (count + alpha) / (total + alpha * size) if total else 0.0
