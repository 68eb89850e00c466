"""Exercises of chapter 3: softmax regression, cross-entropy, Fashion-MNIST, overflow."""

import math

import torch
from torch import Tensor

from d2lab.exercises import Draw, exercise


def logits_and_labels(draw: Draw):
    n, classes = draw.size(2, 7), draw.size(3, 6)
    return draw.normal(n, classes, scale=2), draw.integers(0, classes - 1, n)


def large_logits(draw: Draw):
    n, classes = draw.size(2, 6), draw.size(2, 5)
    return (draw.normal(n, classes, scale=3) + draw.choice((0.0, 200.0, -200.0)),)


def probabilities(draw: Draw):
    n, classes = draw.size(2, 7), draw.size(3, 6)
    return draw.normal(n, classes).softmax(1), draw.integers(0, classes - 1, n)


# softmax-regression


@exercise(
    "softmax-regression",
    zh="softmax：从得分到概率",
    en="Softmax: from scores to probabilities",
    arguments=lambda draw: (draw.normal(draw.size(2, 6), draw.size(3, 5), scale=2),),
)
def softmax_rows(logits: Tensor) -> Tensor:
    """Turn each row of scores into probabilities; without torch.softmax.

    把每一行得分变成概率；不用 torch.softmax。

    Args:
        logits: (n, classes).

    Returns:
        (n, classes), positive; each row adds up to 1. 都是正数，每行之和为 1。

    >>> softmax_rows(torch.tensor([[0.0, 0.0], [0.0, 1.0986123]]))
    tensor([[0.5000, 0.5000],
            [0.2500, 0.7500]])
    """
    raise NotImplementedError


@softmax_rows.mistake(
    en="It adds up to 1 over the whole batch: every row should add up to 1 by itself.",
    zh="整批加起来才是 1：应当每一行各自加起来是 1。",
)
def over_everything(logits):
    return logits.exp() / logits.exp().sum()


@softmax_rows.mistake(
    en="The columns add up to 1, not the rows: which axis holds the classes?",
    zh="加起来是 1 的是列，不是行：哪个轴是类别？",
)
def over_examples(logits):
    return logits.exp() / logits.exp().sum(0)


@softmax_rows.mistake(
    en="The scores were divided by their sum without exp: negative scores make negative probabilities.",
    zh="没有取指数就除以了总和：负的得分会变成负的概率。",
)
def without_exp(logits):
    return logits / logits.sum(1, keepdim=True)


@softmax_rows.mistake(
    en="exp was taken, but nothing was divided: the rows do not add up to 1.",
    zh="取了指数，却没有相除：每行加起来不是 1。",
)
def not_normalized(logits):
    return logits.exp()


@softmax_rows.mistake(en="These are logarithms of probabilities: they are negative.", zh="这是概率的对数，都是负数。")
def logarithms(logits):
    return logits.log_softmax(1)


@softmax_rows.mistake(
    en="Each score went through a sigmoid by itself: the classes must compete for one sum.",
    zh="每个得分各自过了 sigmoid：各类应当分享同一个总和。",
)
def each_by_itself(logits):
    return logits.sigmoid()


@exercise("softmax-regression", zh="预测的类别与准确率", en="Accuracy", arguments=logits_and_labels)
def accuracy(logits: Tensor, labels: Tensor) -> float:
    """Return the share of examples whose highest score is that of their label.

    得分最高的类别正好是标签的样本，占多大比例？

    Args:
        logits: (n, classes).
        labels: (n,) whole numbers. 整数。

    >>> accuracy(torch.tensor([[1.0, 2.0], [5.0, 0.0]]), torch.tensor([1, 1]))
    0.5
    """
    raise NotImplementedError


@accuracy.mistake(en="This is a count: divide by the number of examples.", zh="这是个数：还要除以样本数。")
def counted(logits, labels):
    return int((logits.argmax(1) == labels).sum())


@accuracy.mistake(
    en="The highest score was looked for over the examples, not over the classes.",
    zh="在样本之间找了最大值，应当在类别之间找。",
)
def over_the_examples(logits, labels):
    best = logits.argmax(0)
    return float((best[labels] == torch.arange(len(labels))).float().mean())


@accuracy.mistake(en="This is the share of wrong answers.", zh="这是答错的比例。")
def error_rate(logits, labels):
    return float((logits.argmax(1) != labels).float().mean())


@accuracy.mistake(en="The lowest score was taken for the answer.", zh="把得分最低的当成了答案。")
def the_lowest(logits, labels):
    return float((logits.argmin(1) == labels).float().mean())


@accuracy.mistake(
    en="The probability of the label was averaged: only whether it is the highest counts.",
    zh="取了标签概率的平均：这里只看它是不是最大的。",
)
def mean_probability(logits, labels):
    return float(logits.softmax(1)[torch.arange(len(labels)), labels].mean())


@exercise(
    "softmax-regression",
    zh="温度",
    en="Temperature",
    arguments=lambda draw: (draw.normal(draw.size(3, 6), scale=2), draw.number(0.2, 4.0)),
)
def with_temperature(logits: Tensor, temperature: float) -> Tensor:
    """Return the softmax of one row of scores at a temperature: high ones make it even, low ones make it sharp.

    给出带温度的 softmax：温度高则平均，温度低则尖锐。

    Args:
        logits: (classes,).
        temperature: above 0. 大于 0。

    >>> with_temperature(torch.tensor([0.0, 2.1972246]), 2.0)
    tensor([0.2500, 0.7500])
    """
    raise NotImplementedError


@with_temperature.mistake(
    en="It is the wrong way round: a high temperature sharpens here.", zh="方向反了：这里温度越高反而越尖锐。"
)
def multiplied(logits, temperature):
    return (logits * temperature).softmax(0)


@with_temperature.mistake(en="The temperature is not used.", zh="没有用到温度。")
def cold(logits, temperature):
    return logits.softmax(0)


@with_temperature.mistake(
    en="The probabilities were divided afterwards: they no longer add up to 1. Divide the scores.",
    zh="除的是算好的概率，加起来就不是 1 了。要除的是得分。",
)
def divided_afterwards(logits, temperature):
    return logits.softmax(0) / temperature


@with_temperature.mistake(
    en="Probabilities were raised to 1 / temperature and not divided by their sum again.",
    zh="概率取了 1 / 温度次方，却没有重新除以总和。",
)
def powers_not_normalized(logits, temperature):
    return logits.softmax(0) ** (1 / temperature)


# cross-entropy


@exercise("cross-entropy", zh="从概率算交叉熵", en="Cross-entropy of probabilities", arguments=probabilities)
def cross_entropy_of(probabilities: Tensor, labels: Tensor) -> Tensor:
    """Average -log of the probability that each example gives to its own label.

    每个样本给自己标签的概率取负对数，再求平均。

    Args:
        probabilities: (n, classes); rows add up to 1.
        labels: (n,) whole numbers.

    >>> cross_entropy_of(torch.tensor([[0.5, 0.5], [0.25, 0.75]]), torch.tensor([0, 0]))
    tensor(1.0397)
    """
    raise NotImplementedError


@cross_entropy_of.mistake(
    en="The sign is missing: logarithms of probabilities are negative, a loss is not.",
    zh="漏了负号：概率的对数是负数，损失不是。",
)
def without_sign(probabilities, labels):
    return probabilities[torch.arange(len(labels)), labels].log().mean()


@cross_entropy_of.mistake(
    en="The mean was taken before the logarithm: each example needs a logarithm of its own.",
    zh="先平均、后取对数：每个样本要各取各的对数。",
)
def log_of_the_mean(probabilities, labels):
    return -probabilities[torch.arange(len(labels)), labels].mean().log()


@cross_entropy_of.mistake(
    en="All classes were averaged: only the probability of the label counts.",
    zh="把所有类别都平均了：只有标签的概率算数。",
)
def all_classes(probabilities, labels):
    return -probabilities.log().mean()


@cross_entropy_of.mistake(en="These are the probabilities without a logarithm.", zh="没有取对数。")
def no_logarithm(probabilities, labels):
    return -probabilities[torch.arange(len(labels)), labels].mean()


@cross_entropy_of.mistake(en="It is a sum over the batch, not a mean.", zh="这是对一批求和，不是平均。")
def summed(probabilities, labels):
    return -probabilities[torch.arange(len(labels)), labels].log().sum()


@cross_entropy_of.mistake(
    en="log2 was taken: the loss is in bits here; the natural logarithm is meant.",
    zh="取的是以 2 为底的对数；要的是自然对数。",
)
def in_bits(probabilities, labels):
    return -probabilities[torch.arange(len(labels)), labels].log2().mean()


@exercise("cross-entropy", zh="交叉熵对得分的梯度", en="The slope of cross-entropy", arguments=logits_and_labels)
def cross_entropy_slope(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the gradient of the mean cross-entropy of softmax(logits) with respect to the logits; by hand, no autograd.

    求 softmax 交叉熵（对样本取平均）对得分的梯度；自己推，不用自动求导。

    Args:
        logits: (n, classes).
        labels: (n,).

    Returns:
        (n, classes).

    >>> cross_entropy_slope(torch.tensor([[0.0, 0.0]]), torch.tensor([1]))
    tensor([[ 0.5000, -0.5000]])
    """
    raise NotImplementedError


def _one_hot(logits, labels):
    return torch.nn.functional.one_hot(labels, logits.shape[1]).float()


@cross_entropy_slope.mistake(
    en="The sign is wrong: where the probability of a wrong class is high, the slope is positive.",
    zh="符号反了：错误类别的概率高时，梯度应当为正。",
)
def wrong_sign(logits, labels):
    return (_one_hot(logits, labels) - logits.softmax(1)) / len(logits)


@cross_entropy_slope.mistake(
    en="The loss is a mean over the examples: their number is missing from the slope.",
    zh="损失对样本取了平均：梯度里少了样本数。",
)
def of_the_sum(logits, labels):
    return logits.softmax(1) - _one_hot(logits, labels)


@cross_entropy_slope.mistake(
    en="The labels are not used: this is only the softmax.", zh="没有用到标签：这只是 softmax。"
)
def only_softmax(logits, labels):
    return logits.softmax(1) / len(logits)


@cross_entropy_slope.mistake(
    en="Scores stand where probabilities belong: subtract the labels from the softmax.",
    zh="用了得分，而不是概率：应当从 softmax 里减去标签。",
)
def scores_for_probabilities(logits, labels):
    return (logits - _one_hot(logits, labels)) / len(logits)


@cross_entropy_slope.mistake(
    en="It was divided by all entries: the mean runs over the examples alone.",
    zh="除以了所有元素的个数：平均只对样本取。",
)
def by_all_entries(logits, labels):
    return (logits.softmax(1) - _one_hot(logits, labels)) / logits.numel()


@exercise(
    "cross-entropy",
    zh="熵：最好能有多好",
    en="Entropy: the best there can be",
    arguments=lambda draw: (
        (p := draw.uniform(draw.size(2, 6))) / p.sum() if draw.flip() else torch.eye(draw.size(2, 5))[0],
    ),
)
def entropy(probabilities: Tensor) -> Tensor:
    """Return the entropy of a distribution, in nats; a class of probability 0 adds nothing.

    求一个分布的熵，单位是奈特；概率为 0 的类别贡献为 0。

    Args:
        probabilities: (classes,), adding up to 1; some may be 0. 加起来为 1，其中可能有 0。

    >>> entropy(torch.tensor([0.5, 0.5, 0.0]))
    tensor(0.6931)
    """
    raise NotImplementedError


@entropy.mistake(
    en="0 times log 0 came out as nan: a class that never happens should add nothing.",
    zh="0 乘以 log 0 得到了 nan：从不发生的类别应当贡献 0。",
)
def nan_for_zero(probabilities):
    return -(probabilities * probabilities.log()).sum()


@entropy.mistake(en="The sign is missing: an entropy is never negative.", zh="漏了负号：熵不会是负数。")
def negative(probabilities):
    return torch.special.xlogy(probabilities, probabilities).sum()


@entropy.mistake(en="The logarithms are not weighted by the probabilities.", zh="对数没有用概率加权。")
def not_weighted(probabilities):
    return -probabilities.clamp_min(1e-30).log().mean()


@entropy.mistake(en="It is in bits: the natural logarithm is meant.", zh="单位是比特：要的是自然对数。")
def in_bits_too(probabilities):
    return torch.special.entr(probabilities).sum() / math.log(2)


@entropy.mistake(
    en="It is a mean over the classes; an entropy is a sum, weighted already.", zh="又除以了类别数：熵是加权之后的和。"
)
def mean_for_sum(probabilities):
    return torch.special.entr(probabilities).mean()


# fashion-mnist


@exercise(
    "fashion-mnist",
    zh="从字节到浮点",
    en="From bytes to floats",
    arguments=lambda draw: (draw.integers(0, 255, draw.size(1, 3), 3, 4).to(torch.uint8),),
)
def to_floats(pictures: Tensor) -> Tensor:
    """Turn pictures of bytes into floats from 0 to 1 with an axis for the channel.

    把字节图像变成 0 到 1 的浮点数，并加上通道轴。

    Args:
        pictures: (n, h, w), uint8.

    Returns:
        (n, 1, h, w), float32.

    >>> to_floats(torch.tensor([[[0, 255]]], dtype=torch.uint8))
    tensor([[[[0., 1.]]]])
    """
    raise NotImplementedError


@to_floats.mistake(
    en="255 became something below 1: the largest byte is 255, not 256.",
    zh="255 没有变成 1：最大的字节是 255，不是 256。",
)
def by_256(pictures):
    return pictures[:, None] / 256


@to_floats.mistake(en="The numbers still reach 255.", zh="数值还是到 255。")
def not_scaled(pictures):
    return pictures[:, None].float()


@to_floats.mistake(
    en="There is no axis for the channel: (n, 1, h, w) is asked for.", zh="没有通道轴：要的是 (n, 1, h, w)。"
)
def no_channel(pictures):
    return pictures / 255


@to_floats.mistake(
    en="The axis for the channel stands last: torch has it second.", zh="通道轴放在了最后：torch 里它是第二个。"
)
def channel_last(pictures):
    return pictures[..., None] / 255


@to_floats.mistake(
    en="Everything below 255 became 0: whole numbers were divided without a remainder.",
    zh="小于 255 的都变成了 0：这是整数除法。",
)
def whole_division(pictures):
    return (pictures[:, None] // 255).float()


@exercise(
    "fashion-mnist",
    zh="按训练集标准化",
    en="Normalize by the training set",
    arguments=lambda draw: (draw.normal(draw.size(4, 9), 3, scale=2) + 5, draw.normal(draw.size(2, 5), 3)),
)
def standardized(training: Tensor, test: Tensor) -> Tensor:
    """Normalize the test set column by column, with mean and deviation of the training set.

    用训练集的均值和标准差，逐列标准化测试集。

    Args:
        training: (n, d).
        test: (m, d).

    Returns:
        (m, d). The deviation is that of the population, which divides by n. 标准差用除以 n 的那一种。

    >>> standardized(torch.tensor([[1.0], [3.0]]), torch.tensor([[2.0], [4.0]]))
    tensor([[0.],
            [2.]])
    """
    raise NotImplementedError


@standardized.mistake(
    en="The test set was standardized by itself: what it looks like must not be known beforehand.",
    zh="用测试集自己的统计量去标准化：它长什么样，事先不应当知道。",
)
def by_itself(training, test):
    return (test - test.mean(0)) / test.std(0, correction=0)


@standardized.mistake(
    en="One mean and one deviation for all columns: each column has its own.",
    zh="所有列共用了一个均值和标准差：每列应当各用各的。",
)
def one_for_all(training, test):
    return (test - training.mean()) / training.std(correction=0)


@standardized.mistake(en="It was divided by the variance, not by its root.", zh="除以了方差，没有开平方。")
def by_variance(training, test):
    return (test - training.mean(0)) / training.var(0, correction=0)


@standardized.mistake(
    en="The deviation divides by n - 1: torch's std does so unless told otherwise.",
    zh="标准差除的是 n - 1：torch 的 std 默认就是这样。",
)
def sample_deviation(training, test):
    return (test - training.mean(0)) / training.std(0)


@standardized.mistake(
    en="Training and test were put together first: the test set leaks into the mean.",
    zh="把训练集和测试集合在一起算：测试集的信息泄漏进了均值。",
)
def pooled(training, test):
    both = torch.cat([training, test])
    return (test - both.mean(0)) / both.std(0, correction=0)


@exercise(
    "fashion-mnist",
    zh="混淆矩阵",
    en="A confusion matrix",
    arguments=lambda draw: (draw.integers(0, 3, n := draw.size(6, 20)), draw.integers(0, 3, n), 4),
)
def confusion(labels: Tensor, answers: Tensor, classes: int) -> Tensor:
    """Count how often each class was taken for each other one.

    数一数每一类被当成各类的次数。

    Args:
        labels: (n,), what is true.
        answers: (n,), what the model says.
        classes: how many there are.

    Returns:
        (classes, classes): row for the label, column for the answer. 行是真实标签，列是模型的回答。

    >>> confusion(torch.tensor([0, 0, 1]), torch.tensor([0, 1, 1]), 2)
    tensor([[1, 1],
            [0, 1]])
    """
    raise NotImplementedError


def _count(rows, columns, classes):
    return torch.bincount(rows * classes + columns, minlength=classes**2).reshape(classes, classes)


@confusion.mistake(
    en="Rows and columns are exchanged: a row is a true class.", zh="行和列换了位置：一行是一个真实类别。"
)
def transposed(labels, answers, classes):
    return _count(answers, labels, classes)


@confusion.mistake(
    en="Pairs that happen more than once are counted once: matrix[i, j] += 1 with index tensors adds only one.",
    zh="重复出现的配对只数了一次：用下标张量写 matrix[i, j] += 1，重复的只加一次。",
)
def counted_once(labels, answers, classes):
    matrix = torch.zeros(classes, classes, dtype=torch.int64)
    matrix[labels, answers] += 1
    return matrix


@confusion.mistake(
    en="Only right answers were counted: the mistakes are what the matrix is for.",
    zh="只数了答对的：这个矩阵正是要看答错的。",
)
def only_right(labels, answers, classes):
    return torch.diag(torch.bincount(labels[labels == answers], minlength=classes))


@confusion.mistake(en="The rows are shares: counts are asked for.", zh="给出的是每行的比例：要的是次数。")
def shares(labels, answers, classes):
    matrix = _count(labels, answers, classes)
    return matrix / matrix.sum(1, keepdim=True).clamp_min(1)


# overflow


@exercise("overflow", zh="不溢出的 softmax", en="A softmax that does not overflow", arguments=large_logits)
def safe_softmax(logits: Tensor) -> Tensor:
    """Return the softmax of each row, for scores of any size; without torch.softmax.

    对任意大小的得分，求每一行的 softmax；不用 torch.softmax。

    Args:
        logits: (n, classes), float32.

    >>> safe_softmax(torch.tensor([[1000.0, 1000.0]]))
    tensor([[0.5000, 0.5000]])
    """
    raise NotImplementedError


@safe_softmax.mistake(
    en="exp overflows above 88 and all become 0 below -104: nan comes out. What may be subtracted from a row?",
    zh="大于 88 时 exp 溢出，小于 -104 时全变成 0：结果是 nan。从一行里可以减去什么而不改变结果？",
)
def plain(logits):
    return logits.exp() / logits.exp().sum(1, keepdim=True)


@safe_softmax.mistake(
    en="The largest score was taken out of the numerator alone: the rows no longer add up to 1.",
    zh="只在分子里减了最大值：每行加起来不再是 1。",
)
def numerator_alone(logits):
    top = logits.max(1, keepdim=True).values
    return (logits - top).exp() / logits.exp().sum(1, keepdim=True)


@safe_softmax.mistake(
    en="Scores were cut off at 80: those above become equal, which they are not.",
    zh="得分在 80 处截断了：超过的都变得一样，而它们并不一样。",
)
def cut_off(logits):
    cut = logits.clamp(-80, 80)
    return cut.exp() / cut.exp().sum(1, keepdim=True)


@safe_softmax.mistake(
    en="Something small was added below the line: 0 / 1e-9 is no probability.",
    zh="在分母上加了一个很小的数：0 / 1e-9 并不是概率。",
)
def small_number_below(logits):
    return logits.exp() / (logits.exp().sum(1, keepdim=True) + 1e-9)


@safe_softmax.mistake(en="The columns add up to 1, not the rows.", zh="加起来是 1 的是列，不是行。")
def of_columns(logits):
    return logits.softmax(0)


@exercise("overflow", zh="log-sum-exp", en="Log-sum-exp", arguments=large_logits)
def log_sum_exp(logits: Tensor) -> Tensor:
    """Return log(sum(exp(row))) of each row, for scores of any size; without torch.logsumexp.

    对任意大小的得分，求每一行的 log(sum(exp(行)))；不用 torch.logsumexp。

    Args:
        logits: (n, classes), float32.

    Returns:
        (n,).

    >>> log_sum_exp(torch.tensor([[100.0, 100.0]]))
    tensor([100.6931])
    """
    raise NotImplementedError


@log_sum_exp.mistake(
    en="exp overflows or vanishes before the logarithm can bring it back.",
    zh="对数还没来得及拉回来，exp 就已经溢出或变成 0 了。",
)
def naive(logits):
    return logits.exp().sum(1).log()


@log_sum_exp.mistake(en="What was subtracted inside must be added again outside.", zh="里面减去的，外面要加回来。")
def not_added_back(logits):
    return (logits - logits.max(1, keepdim=True).values).exp().sum(1).log()


@log_sum_exp.mistake(
    en="This is only the largest score: the others add something to it.", zh="这只是最大的得分：其他得分也有贡献。"
)
def only_the_largest(logits):
    return logits.max(1).values


@log_sum_exp.mistake(
    en="This is log(softmax): a value for each class. One for each row is asked for.",
    zh="这是 log(softmax)，每类一个值；要的是每行一个。",
)
def log_softmax_instead(logits):
    return logits.log_softmax(1)


@exercise(
    "overflow",
    zh="直接从得分算交叉熵",
    en="Cross-entropy straight from the scores",
    arguments=lambda draw: (
        draw.normal(n := draw.size(2, 6), 4, scale=2) * draw.choice((1, 100)),
        draw.integers(0, 3, n),
    ),
)
def stable_cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the mean cross-entropy from the scores, finite for scores of any size; without torch's own.

    直接从得分算交叉熵的平均值，得分多大都是有限的数；不用 torch 现成的函数。

    Args:
        logits: (n, classes), float32.
        labels: (n,).

    >>> stable_cross_entropy(torch.tensor([[0.0, 200.0]]), torch.tensor([0]))
    tensor(200.)
    """
    raise NotImplementedError


@stable_cross_entropy.mistake(
    en="The softmax became 0 and its logarithm -inf: don't take exp and log one after the other.",
    zh="softmax 变成了 0，再取对数就是负无穷：不要先取指数、再取对数。",
)
def softmax_then_log(logits, labels):
    return -logits.softmax(1)[torch.arange(len(labels)), labels].log().mean()


@stable_cross_entropy.mistake(
    en="A small number keeps the logarithm finite and wrong: the loss stops at its logarithm.",
    zh="加一个很小的数，对数是有限了，却不对：损失会停在它的对数上。",
)
def small_number(logits, labels):
    return -(logits.softmax(1)[torch.arange(len(labels)), labels] + 1e-9).log().mean()


@stable_cross_entropy.mistake(en="The sign is wrong: a loss is not negative.", zh="符号反了：损失不会是负数。")
def signed(logits, labels):
    return logits.log_softmax(1)[torch.arange(len(labels)), labels].mean()


@stable_cross_entropy.mistake(en="It is a sum over the examples, not a mean.", zh="这是对样本求和，不是平均。")
def sum_of_all(logits, labels):
    return torch.nn.functional.cross_entropy(logits, labels, reduction="sum")


@stable_cross_entropy.mistake(
    en="All classes were averaged: only the label's counts.", zh="对所有类别取了平均：只有标签那一类算数。"
)
def every_class(logits, labels):
    return -logits.log_softmax(1).mean()
