import math

from d2lab.exercises import exercise


@exercise(
    "vc-dimension",
    order=3,
    zh="样本数的界",
    en="A bound on the sample size",
    arguments=lambda draw: (draw.size(1, 50), draw.number(0.01, 0.3), draw.number(0.01, 0.2)),
)
def sample_bound(dimension: int, error: float, failure: float) -> int:
    """Return the examples after which a class of this VC dimension that fits them all errs at most `error`, except with a small probability.

    By Blumer and others 1989: the larger of 4/e log2(2/f) and 8 d/e log2(13/e), rounded up.
    按 Blumer 等 1989：取 4/e·log2(2/f) 与 8d/e·log2(13/e) 中较大的，向上取整。

    Args:
        dimension: d.
        error: e.
        failure: f.

    >>> sample_bound(3, 0.1, 0.05)
    1686
    """
    raise NotImplementedError


@sample_bound.solution(
    en="Both conditions must hold, so the larger counts.",
    zh="两个条件都要满足，所以取较大的。",
)
def sample_bound(dimension, error, failure):
    confidence = 4 / error * math.log2(2 / failure)
    capacity = 8 * dimension / error * math.log2(13 / error)
    return math.ceil(max(confidence, capacity))


def _bounds(d, e, f, log=math.log2):
    return 4 / e * log(2 / f), 8 * d / e * log(13 / e)


@sample_bound.mistake(en="The smaller of both was taken: both must be met.", zh="取了较小的：两个都要满足。")
def the_smaller(dimension, error, failure):
    return math.ceil(min(_bounds(dimension, error, failure)))


@sample_bound.mistake(en="The natural logarithm was taken; the bound has log2.", zh="取了自然对数，公式里是以 2 为底。")
def natural_logarithm(dimension, error, failure):
    return math.ceil(max(_bounds(dimension, error, failure, math.log)))


@sample_bound.mistake(en="They were added; the larger one counts.", zh="把两个相加了，应当取较大的。")
def added(dimension, error, failure):
    return math.ceil(sum(_bounds(dimension, error, failure)))


@sample_bound.mistake(en="It rounds down: one example too few.", zh="向下取整了：少了一个样本。")
def rounded_down(dimension, error, failure):
    return math.floor(max(_bounds(dimension, error, failure)))
