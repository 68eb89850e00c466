"""Exercises of chapter 5: choosing models, over- and underfitting, VC dimension."""

import math

import torch
from torch import Tensor

from d2lab.exercises import Draw, exercise


def counts(draw: Draw):
    return draw.size(6, 40), draw.size(2, 6)


def runs(draw: Draw):
    return (draw.normal(draw.size(3, 6), draw.size(3, 8)) + 5,)


# model-selection


@exercise("model-selection", zh="切成 K 份", en="Cut into K parts", arguments=counts)
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


@exercise("model-selection", zh="挑出最好的设置", en="Choose by the mean of the folds", arguments=runs)
def best_setting(errors: Tensor) -> int:
    """Return the number of the setting whose mean validation error over the folds is lowest.

    各折验证误差的平均值最小的，是第几个设置？

    Args:
        errors: (settings, folds).

    >>> best_setting(torch.tensor([[1.0, 5.0], [2.0, 2.0]]))
    1
    """
    raise NotImplementedError


@best_setting.mistake(en="The largest error was chosen.", zh="挑了误差最大的。")
def the_worst(errors):
    return int(errors.mean(1).argmax())


@best_setting.mistake(en="The mean was taken over the settings: it chose a fold.", zh="对设置取了平均：挑出来的是折。")
def a_fold(errors):
    return int(errors.mean(0).argmin())


@best_setting.mistake(
    en="A single lucky fold decided: the mean over all folds should.",
    zh="只凭运气最好的一折就决定了：应当看各折的平均。",
)
def the_luckiest(errors):
    return int(errors.min(1).values.argmin())


@best_setting.mistake(en="Only the first fold was looked at.", zh="只看了第一折。")
def first_fold(errors):
    return int(errors[:, 0].argmin())


@exercise(
    "model-selection",
    zh="挑选占了多少便宜",
    en="How much choosing flatters",
    arguments=lambda d: (d.uniform(n := d.size(3, 9)), d.uniform(n)),
)
def flattery(validation: Tensor, test: Tensor) -> float:
    """Return how much higher the winner's validation accuracy is than its test accuracy; the winner is chosen by validation.

    按验证准确率挑出胜者：它的验证准确率比测试准确率高多少？

    Args:
        validation: (models,) accuracies.
        test: (models,) of the same models.

    >>> round(flattery(torch.tensor([0.75, 0.5]), torch.tensor([0.5, 0.75])), 3)
    0.25
    """
    raise NotImplementedError


@flattery.mistake(
    en="The winner was chosen by the test set: then nothing honest is left.",
    zh="用测试集来挑了：那就再也没有公正的分数。",
)
def chosen_by_test(validation, test):
    i = int(test.argmax())
    return float(validation[i] - test[i])


@flattery.mistake(
    en="The best test score was compared, of whichever model: the same model's counts.",
    zh="拿了最高的测试分，可能是别的模型的：要比同一个模型。",
)
def best_of_each(validation, test):
    return float(validation.max() - test.max())


@flattery.mistake(en="The sign is reversed.", zh="符号反了。")
def reversed_sign(validation, test):
    i = int(validation.argmax())
    return float(test[i] - validation[i])


@flattery.mistake(
    en="This is the mean difference of all models; only the winner's is asked for.",
    zh="这是所有模型的平均差，要的是胜者的。",
)
def of_all(validation, test):
    return float((validation - test).mean())


# over-and-underfitting


@exercise(
    "over-and-underfitting",
    zh="多项式特征",
    en="Powers as features",
    arguments=lambda d: (d.normal(d.size(2, 6)), d.size(1, 5)),
)
def powers_of(x: Tensor, degree: int) -> Tensor:
    """Return x, x^2, ..., x^degree as columns, without the constant.

    把 x 的一次到 degree 次幂排成列，不含常数列。

    Args:
        x: (n,).
        degree: 1 or more.

    >>> powers_of(torch.tensor([2.0, 3.0]), 2)
    tensor([[2., 4.],
            [3., 9.]])
    """
    raise NotImplementedError


@powers_of.mistake(en="The constant is there: begin with the first power.", zh="多了常数列：从一次幂开始。")
def with_constant(x, degree):
    return x[:, None] ** torch.arange(degree + 1)


@powers_of.mistake(en="The last power is missing.", zh="少了最高次幂。")
def last_missing(x, degree):
    return x[:, None] ** torch.arange(1, max(degree, 2))


@powers_of.mistake(en="Rows and columns are exchanged: an example is a row.", zh="行列换了：一行是一个样本。")
def transposed(x, degree):
    return (x[:, None] ** torch.arange(1, degree + 1)).T


@powers_of.mistake(en="These are multiples of x, not powers.", zh="这是 x 的倍数，不是幂。")
def multiples(x, degree):
    return x[:, None] * torch.arange(1, degree + 1)


@exercise(
    "over-and-underfitting",
    zh="偏差与方差",
    en="Bias and variance",
    arguments=lambda d: (d.normal(d.size(3, 9), k := d.size(2, 5)) + 1, d.normal(k)),
)
def bias_and_variance(answers: Tensor, truth: Tensor) -> tuple[Tensor, Tensor]:
    """From the answers of models trained on different data, give squared bias and variance at each place.

    多个模型（用不同数据训练）在各点的回答已知：求各点的偏差平方与方差（除以模型数）。

    Args:
        answers: (models, places).
        truth: (places,).

    >>> bias_and_variance(torch.tensor([[1.0], [3.0]]), torch.tensor([0.0]))
    (tensor([4.]), tensor([1.]))
    """
    raise NotImplementedError


@bias_and_variance.mistake(en="The bias is not squared.", zh="偏差没有平方。")
def bias_not_squared(answers, truth):
    return answers.mean(0) - truth, answers.var(0, correction=0)


@bias_and_variance.mistake(
    en="This is the mean squared error, not the squared bias: take the mean of the answers first.",
    zh="这是均方误差，不是偏差平方：先对回答取平均。",
)
def mean_square(answers, truth):
    return ((answers - truth) ** 2).mean(0), answers.var(0, correction=0)


@bias_and_variance.mistake(
    en="The variance was taken around the truth: it belongs around the models' own mean.",
    zh="方差是绕着真值算的，应当绕着模型自己的平均。",
)
def around_the_truth(answers, truth):
    return (answers.mean(0) - truth) ** 2, ((answers - truth) ** 2).mean(0)


@bias_and_variance.mistake(
    en="Mean and variance run over the places, not over the models.", zh="平均和方差是对位置取的，应当对模型取。"
)
def over_places(answers, truth):
    return (answers.mean(1, keepdim=True) - truth).square().mean(1), answers.var(1, correction=0)


@exercise(
    "over-and-underfitting",
    zh="该怎么办",
    en="What ails it",
    arguments=lambda d: (d.number(0.0, 0.6), d.number(0.0, 0.6), d.number(0.2, 0.5)),
)
def diagnosis(training: float, test: float, acceptable: float) -> str:
    """Say "underfits" where the training error is above what is acceptable; else "overfits" where the test error is; else "fine".

    训练误差高于可接受的值，是 "underfits"；否则测试误差高于它，是 "overfits"；否则 "fine"。

    Args:
        training: error.
        test: error.
        acceptable: the highest error that one would accept. 可以接受的最大误差。

    >>> diagnosis(0.3, 0.9, 0.1), diagnosis(0.05, 0.9, 0.1), diagnosis(0.05, 0.08, 0.1)
    ('underfits', 'overfits', 'fine')
    """
    raise NotImplementedError


@diagnosis.mistake(
    en="A high test error alone is no overfitting: while the training error is high, the model has not learnt.",
    zh="只看测试误差高不能说是过拟合：训练误差也高，就是还没学会。",
)
def test_first(training, test, acceptable):
    return "overfits" if test > acceptable else "underfits" if training > acceptable else "fine"


@diagnosis.mistake(en="Underfitting and overfitting are exchanged.", zh="欠拟合和过拟合说反了。")
def exchanged(training, test, acceptable):
    return "overfits" if training > acceptable else "underfits" if test > acceptable else "fine"


@diagnosis.mistake(en="The test error is never looked at.", zh="没有看测试误差。")
def never_tests(training, test, acceptable):
    return "underfits" if training > acceptable else "fine"


@diagnosis.mistake(
    en="A gap between both errors is no illness while both are low.", zh="两个误差都很低时，有差距也没有关系。"
)
def any_gap(training, test, acceptable):
    return "underfits" if training > acceptable else "overfits" if test > training else "fine"


# vc-dimension


@exercise(
    "vc-dimension",
    zh="直线能给出多少种贴法",
    en="Labelings by a line",
    arguments=lambda d: (d.size(1, 12), d.size(1, 5)),
)
def cover_count(points: int, dimensions: int) -> int:
    """Count the labelings that a perceptron with bias gives to points in general position: 2 times the sum of C(n - 1, i), i = 0 ... d.

    一般位置的 n 个点，带偏置的感知机能给出多少种贴法？公式是 2 Σ C(n − 1, i)，i 从 0 到 d。

    Args:
        points: n.
        dimensions: d.

    >>> cover_count(3, 2), cover_count(4, 2)
    (8, 14)
    """
    raise NotImplementedError


@cover_count.mistake(
    en="The factor 2 is missing: every border has two sides to be positive.",
    zh="漏了因子 2：每条分界线两侧都可以为正。",
)
def without_two(points, dimensions):
    return sum(math.comb(points - 1, i) for i in range(dimensions + 1))


@cover_count.mistake(en="The sum stops one too early: it includes d.", zh="少加了一项：要加到 d。")
def one_term_less(points, dimensions):
    return 2 * sum(math.comb(points - 1, i) for i in range(dimensions))


@cover_count.mistake(en="It takes n, not n - 1.", zh="用了 n，应当是 n − 1。")
def n_for_n_minus_one(points, dimensions):
    return 2 * sum(math.comb(points, i) for i in range(dimensions + 1))


@cover_count.mistake(
    en="These are all labelings: a line can't do all of them beyond d + 1 points.",
    zh="这是所有的贴法：超过 d + 1 个点，直线就做不到了。",
)
def all_of_them(points, dimensions):
    return 2**points


@exercise(
    "vc-dimension",
    zh="区间的 VC 维",
    en="Intervals on a line",
    arguments=lambda d: (tuple(d.integers(0, 1, d.size(1, 10)).tolist()),),
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


@exercise(
    "vc-dimension",
    zh="要多少样本才够",
    en="How many examples a bound asks for",
    arguments=lambda d: (d.size(1, 50), d.number(0.01, 0.3), d.number(0.01, 0.2)),
)
def sample_bound(dimension: int, error: float, failure: float) -> int:
    """Return the examples after which a class of this VC dimension that fits them all errs at most `error`, up to a chance of failure.

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
