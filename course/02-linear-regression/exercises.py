"""Exercises of chapter 2: linear regression, batches and loaders, the size of a batch."""

import torch
from torch import Tensor

from d2lab.exercises import Draw, exercise


def points(draw: Draw):
    n, d = draw.size(2, 9), draw.size(2, 4)
    return draw.normal(n, d), draw.normal(n), draw.normal(d), draw.number()


def inputs_and_parameters(draw: Draw):
    inputs, _, weights, bias = points(draw)
    return inputs, weights, bias


def two_vectors(draw: Draw):
    n = draw.size(2, 9)
    return draw.normal(n), draw.normal(n)


# linear-regression


@exercise("linear-regression", zh="线性模型的预测", en="What a linear model predicts", arguments=inputs_and_parameters)
def predict(inputs: Tensor, weights: Tensor, bias: float) -> Tensor:
    """Predict every example of a batch: the weighted sum of its features, plus the bias.

    对一批样本逐个给出预测：特征的加权和，再加上偏置。

    Args:
        inputs: (n, d), an example a row. 每行一个样本。
        weights: (d,).
        bias: a number. 一个数。

    Returns:
        (n,) predictions, without a loop over the examples. 不要逐个样本循环。

    >>> predict(torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([10.0, 1.0]), 0.5)
    tensor([12.5000, 34.5000])
    """
    raise NotImplementedError


@predict.mistake(
    en="The bias is missing: with weights of zero, what should the model still answer?",
    zh="漏了偏置：权重全为零时，模型还应该回答什么？",
)
def no_bias(inputs, weights, bias):
    return inputs @ weights


@predict.mistake(
    en="Everything was added up to one number: sum over the features of an example, not over the examples.",
    zh="所有样本加成了一个数：求和是对一个样本的各个特征，不是对各个样本。",
)
def one_sum(inputs, weights, bias):
    return (inputs * weights).sum() + bias


@predict.mistake(
    en="The features are weighted but not added up yet: a row of d products should become one prediction.",
    zh="特征乘了权重，却还没有相加：一行 d 个乘积应当合成一个预测。",
)
def not_summed(inputs, weights, bias):
    return inputs * weights + bias


@predict.mistake(
    en="The bias was added to every feature: it is counted d times. It belongs to the sum, once.",
    zh="每个特征都加了一次偏置，一共加了 d 次。偏置只该在求和之后加一次。",
)
def bias_for_each_feature(inputs, weights, bias):
    return (inputs * weights + bias).sum(1)


@exercise("linear-regression", zh="平方误差的一半", en="Half the squared error", arguments=two_vectors)
def half_square(predicted: Tensor, targets: Tensor) -> Tensor:
    """Half the squared error, averaged over a batch, as one number.

    一批样本的平方误差的一半，对样本取平均，得到一个数。

    Args:
        predicted: (n,).
        targets: (n,).

    >>> half_square(torch.tensor([1.0, 5.0]), torch.tensor([1.0, 1.0]))
    tensor(4.)
    """
    raise NotImplementedError


@half_square.mistake(
    en="This is the squared error without its half: twice too large, as nn.MSELoss has it.",
    zh="这是没有二分之一的平方误差，正好大了一倍，和 nn.MSELoss 一样。",
)
def whole_square(predicted, targets):
    return ((predicted - targets) ** 2).mean()


@half_square.mistake(
    en="It is a sum over the batch: it grows with the number of examples. An average does not.",
    zh="这是对样本求和，样本越多它越大。取平均就不会。",
)
def summed(predicted, targets):
    return ((predicted - targets) ** 2 / 2).sum()


@half_square.mistake(
    en="The errors are not squared: positive and negative ones cancel each other.",
    zh="误差没有平方，正负会互相抵消。",
)
def not_squared(predicted, targets):
    return (predicted - targets).mean() / 2


@half_square.mistake(
    en="The mean was taken before the square: errors of both signs cancel inside. Square each one first.",
    zh="先平均、后平方：正负误差在里面已经抵消了。应当先逐个平方。",
)
def square_of_the_mean(predicted, targets):
    return (predicted - targets).mean() ** 2 / 2


@half_square.mistake(
    en="One value for each example came back: the loss of a batch is a single number.",
    zh="返回的是每个样本各一个值：一批的损失应当是一个数。",
)
def not_averaged(predicted, targets):
    return (predicted - targets) ** 2 / 2


@exercise(
    "linear-regression",
    zh="一步梯度下降",
    en="One step of gradient descent",
    arguments=lambda draw: (*points(draw), draw.number(0.01, 0.5)),
)
def descend(inputs: Tensor, targets: Tensor, weights: Tensor, bias: float, rate: float) -> tuple[Tensor, Tensor]:
    """Return the weights and the bias after one step on half the mean squared error; derivatives by hand, no autograd.

    对平方误差均值的一半走一步梯度下降，返回新的权重与偏置；导数自己推，不用自动求导。

    Args:
        inputs: (n, d).
        targets: (n,).
        weights: (d,); leave them as they are, return new ones. 不要就地修改，返回新的张量。
        bias: a number.
        rate: the learning rate. 学习率。

    >>> descend(torch.tensor([[1.0], [3.0]]), torch.tensor([1.0, 1.0]), torch.tensor([1.0]), 0.0, 0.5)
    (tensor([-0.5000]), tensor(-0.5000))
    """
    raise NotImplementedError


@descend.mistake(
    en="The step goes uphill: the gradient points to where the loss grows.",
    zh="走反了方向：梯度指向损失增大的一边。",
)
def uphill(inputs, targets, weights, bias, rate):
    error = inputs @ weights + bias - targets
    return weights + rate * inputs.T @ error / len(inputs), bias + rate * error.mean()


@descend.mistake(
    en="The gradient is a sum over the batch: with more examples the step grows. The loss is a mean.",
    zh="梯度是对样本求和，样本越多步子越大；而损失是平均值。",
)
def summed_gradient(inputs, targets, weights, bias, rate):
    error = inputs @ weights + bias - targets
    return weights - rate * inputs.T @ error, bias - rate * error.sum()


@descend.mistake(
    en="The step is twice too long: the half in the loss cancels the 2 of the derivative of a square.",
    zh="步子大了一倍：损失里的二分之一正好抵消平方求导带来的 2。",
)
def twice_as_far(inputs, targets, weights, bias, rate):
    error = inputs @ weights + bias - targets
    return weights - 2 * rate * inputs.T @ error / len(inputs), bias - 2 * rate * error.mean()


@descend.mistake(
    en="The bias did not move: it has a gradient too, the mean error.",
    zh="偏置没有动：它也有梯度，就是误差的平均值。",
)
def bias_left_alone(inputs, targets, weights, bias, rate):
    error = inputs @ weights + bias - targets
    return weights - rate * inputs.T @ error / len(inputs), torch.tensor(bias)


@descend.mistake(
    en="The bias stepped with weights that had moved already: both gradients belong to the same point.",
    zh="算偏置的梯度时用了已经更新过的权重：两个梯度要在同一点上算。",
)
def one_after_the_other(inputs, targets, weights, bias, rate):
    weights = weights - rate * inputs.T @ (inputs @ weights + bias - targets) / len(inputs)
    return weights, bias - rate * (inputs @ weights + bias - targets).mean()


@exercise(
    "linear-regression",
    zh="直接解出最小二乘",
    en="Least squares in one stroke",
    arguments=lambda draw: (draw.normal(n := draw.size(6, 12), draw.size(1, 3)), draw.normal(n)),
    tolerance=1e-3,
)
def least_squares(inputs: Tensor, targets: Tensor) -> Tensor:
    """Find the weights and the bias with the smallest mean squared error, without descending.

    不用梯度下降，直接求出均方误差最小的权重和偏置。

    Args:
        inputs: (n, d), n > d.
        targets: (n,).

    Returns:
        (d + 1,): the weights, then the bias. 先是权重，最后是偏置。

    >>> least_squares(torch.tensor([[0.0], [1.0], [2.0]]), torch.tensor([1.0, 3.0, 5.0])).round(decimals=3)
    tensor([2., 1.])
    """
    raise NotImplementedError


@least_squares.mistake(
    en="The bias is missing: what column of inputs would have the bias as its weight?",
    zh="没有偏置：给输入添上怎样的一列，它的权重就正好是偏置？",
)
def through_the_origin(inputs, targets):
    return torch.linalg.lstsq(inputs, targets[:, None]).solution[:, 0]


@least_squares.mistake(
    en="The bias stands first; it should be the last entry.",
    zh="偏置排在了最前面，它应当是最后一个。",
)
def bias_first(inputs, targets):
    ones = torch.ones(len(inputs), 1)
    return torch.linalg.lstsq(torch.cat([ones, inputs], 1), targets[:, None]).solution[:, 0]


@least_squares.mistake(
    en="The weights were found without a bias and the bias from what was left: both must be found together.",
    zh="先求没有偏置的权重，再用剩下的误差求偏置：两者要一起求。",
)
def bias_afterwards(inputs, targets):
    weights = torch.linalg.lstsq(inputs, targets[:, None]).solution[:, 0]
    return torch.cat([weights, (targets - inputs @ weights).mean()[None]])


@least_squares.mistake(
    en="Inputs were centered and targets were not used for the bias: the bias is no mean of the targets alone.",
    zh="偏置只取了目标的平均值：还要看输入的平均值乘上权重是多少。",
)
def mean_of_targets_as_bias(inputs, targets):
    centered = inputs - inputs.mean(0)
    weights = torch.linalg.lstsq(centered, (targets - targets.mean())[:, None]).solution[:, 0]
    return torch.cat([weights, targets.mean()[None]])


# iterators


@exercise(
    "iterators",
    zh="切成小批量",
    en="Cut into batches",
    arguments=lambda draw: (draw.normal(draw.size(1, 17), 2), draw.size(1, 6)),
    measure=lambda candidate, *arguments: [batch for batch in candidate(*arguments)],
)
def in_batches(examples: Tensor, size: int):
    """Yield the examples in their order, `size` at a time; the last batch holds what is left.

    按顺序每次给出 size 个样本；最后一批是剩下的那些。

    Args:
        examples: (n, d).
        size: of a batch, at least 1.

    >>> [len(batch) for batch in in_batches(torch.zeros(7, 2), 3)]
    [3, 3, 1]
    """
    raise NotImplementedError


@in_batches.mistake(
    en="The examples left over at the end are dropped: 7 examples in threes are three batches, not two.",
    zh="末尾剩下的样本被丢掉了：7 个样本每批 3 个，应当有三批而不是两批。",
)
def drops_the_rest(examples, size):
    for start in range(0, len(examples) - size + 1, size):
        yield examples[start : start + size]


@in_batches.mistake(
    en="Batches overlap: the start moves by 1, and should move by the size of a batch.",
    zh="批与批重叠了：起点每次只移动 1，应当移动一批的大小。",
)
def overlapping(examples, size):
    for start in range(len(examples)):
        yield examples[start : start + size]


@in_batches.mistake(
    en="Only the first batch comes: return ends a function for good, yield goes on where it stopped.",
    zh="只给出了第一批：return 会结束函数，yield 才会从停下的地方继续。",
)
def only_the_first(examples, size):
    return [examples[:size]]


@in_batches.mistake(
    en="An empty batch comes at the end when the size divides the number of examples.",
    zh="样本数正好整除时，最后多给了一个空批。",
)
def an_empty_one(examples, size):
    for number in range(len(examples) // size + 1):
        yield examples[number * size : (number + 1) * size]


@in_batches.mistake(
    en="`size` was taken for the number of batches: it is the number of examples in one.",
    zh="把 size 当成了批的个数：它是每批的样本数。",
)
def size_as_a_count(examples, size):
    yield from examples.chunk(size)


@exercise(
    "iterators",
    zh="一轮有几批",
    en="Batches of an epoch",
    arguments=lambda draw: (draw.size(1, 60), draw.size(1, 12), draw.flip()),
)
def batches_per_epoch(examples: int, size: int, drop_last: bool) -> int:
    """Count the batches of one epoch.

    数一轮有多少批。

    Args:
        examples: how many there are.
        size: of a batch.
        drop_last: whether an incomplete last batch is left out. 不满的最后一批是否丢掉。

    >>> batches_per_epoch(10, 3, False), batches_per_epoch(10, 3, True)
    (4, 3)
    """
    raise NotImplementedError


@batches_per_epoch.mistake(
    en="drop_last is ignored: an incomplete batch is always counted.", zh="没有理会 drop_last：不满的一批总是算了进去。"
)
def always_keeps(examples, size, drop_last):
    return -(-examples // size)


@batches_per_epoch.mistake(
    en="drop_last is ignored: an incomplete batch is never counted.", zh="没有理会 drop_last：不满的一批从来没有算。"
)
def always_drops(examples, size, drop_last):
    return examples // size


@batches_per_epoch.mistake(en="drop_last is the wrong way round.", zh="drop_last 用反了。")
def wrong_way_round(examples, size, drop_last):
    return examples // size if not drop_last else -(-examples // size)


@batches_per_epoch.mistake(
    en="One too many where the size divides the number of examples: there is no incomplete batch then.",
    zh="正好整除时多算了一批：这时并没有不满的批。",
)
def one_too_many(examples, size, drop_last):
    return examples // size + (not drop_last)


@batches_per_epoch.mistake(en="A fraction came back: there are no half batches.", zh="返回了小数：没有半批。")
def a_fraction(examples, size, drop_last):
    return examples / size


@exercise(
    "iterators",
    zh="一起打乱",
    en="Shuffle together",
    arguments=lambda draw: (draw.normal(n := draw.size(3, 9), 2), draw.uniform(n).argsort(), draw.uniform(n).argsort()),
)
def shuffled(inputs: Tensor, targets: Tensor, order: Tensor) -> tuple[Tensor, Tensor]:
    """Put inputs and targets into a given order, so that each input keeps its own target.

    按给定的次序重排输入和目标，每个输入仍然配着自己的目标。

    Args:
        inputs: (n, d).
        targets: (n,).
        order: (n,); the example that comes first is number order[0]. 排在第一的样本，编号是 order[0]。

    >>> shuffled(torch.tensor([[0.0], [1.0], [2.0]]), torch.tensor([0, 1, 2]), torch.tensor([2, 0, 1]))
    (tensor([[2.],
            [0.],
            [1.]]), tensor([2, 0, 1]))
    """
    raise NotImplementedError


@shuffled.mistake(
    en="Only the inputs moved: their targets belong to other examples now.", zh="只有输入换了次序：目标都配错了样本。"
)
def inputs_alone(inputs, targets, order):
    return inputs[order], targets


@shuffled.mistake(
    en="Only the targets moved: the inputs stayed where they were.", zh="只有目标换了次序：输入还在原地。"
)
def targets_alone(inputs, targets, order):
    return inputs, targets[order]


@shuffled.mistake(
    en="The order was turned around: example i went to place order[i], but place i should get example order[i].",
    zh="次序用反了：把第 i 个样本放到了 order[i] 的位置，而应当是第 i 个位置放 order[i] 号样本。",
)
def the_inverse(inputs, targets, order):
    return inputs[order.argsort()], targets[order.argsort()]


@shuffled.mistake(en="Nothing was put into another order.", zh="次序根本没有变。")
def as_they_were(inputs, targets, order):
    return inputs, targets


@shuffled.mistake(
    en="The examples were sorted by their targets; the order that was given counts.",
    zh="按目标的大小排了序；应当按给定的次序排。",
)
def sorted_by_target(inputs, targets, order):
    return inputs[targets.argsort()], targets[targets.argsort()]


# batch-size


@exercise(
    "batch-size",
    zh="小批拼成大批",
    en="A large batch out of small ones",
    arguments=lambda draw: (draw.normal(k := draw.size(2, 5), 3), draw.integers(1, 9, k)),
)
def combined_gradient(means: Tensor, sizes: Tensor) -> Tensor:
    """From the mean gradients of several batches, give the mean gradient of all their examples.

    已知几批各自的平均梯度，求所有样本的平均梯度。

    Args:
        means: (k, d), the mean gradient of each batch. 每批的平均梯度。
        sizes: (k,), how many examples each batch has; they differ. 每批的样本数，各不相同。

    Returns:
        (d,).

    >>> combined_gradient(torch.tensor([[1.0], [4.0]]), torch.tensor([1, 2]))
    tensor([3.])
    """
    raise NotImplementedError


@combined_gradient.mistake(
    en="Every batch counts the same: a small batch must not weigh as much as a large one.",
    zh="每一批算得一样重：小批不应当和大批有同样的分量。",
)
def plain_mean(means, sizes):
    return means.mean(0)


@combined_gradient.mistake(
    en="This is the sum of all gradients, not yet their mean.", zh="这是所有梯度之和，还不是平均。"
)
def weighted_sum(means, sizes):
    return (means * sizes[:, None]).sum(0)


@combined_gradient.mistake(
    en="It was divided by the number of batches: the mean is over the examples.",
    zh="除的是批数：平均是对样本取的。",
)
def by_batches(means, sizes):
    return (means * sizes[:, None]).sum(0) / len(sizes)


@combined_gradient.mistake(
    en="Means were divided by their sizes: they are means already. A larger batch should weigh more, not less.",
    zh="又用批的大小去除：它们本来就是平均值。大批应当更重，而不是更轻。",
)
def divided_again(means, sizes):
    return (means / sizes[:, None]).sum(0)


@exercise(
    "batch-size",
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


@noise_of_batch.mistake(
    en="It falls too fast: it is the variance that is divided by the size, and the deviation is its root.",
    zh="降得太快了：除以批大小的是方差，标准差是它的平方根。",
)
def divided_by_size(noise, size):
    return noise / size


@noise_of_batch.mistake(en="This is the variance; its root is asked for.", zh="这是方差，要的是它的平方根。")
def the_variance(noise, size):
    return noise**2 / size


@noise_of_batch.mistake(
    en="It grows with the batch: this is the deviation of the sum, not of the mean.",
    zh="它随批变大：这是总和的标准差，不是平均的标准差。",
)
def of_the_sum(noise, size):
    return noise * size**0.5


@noise_of_batch.mistake(
    en="The size is not used: more examples average the noise away.",
    zh="没有用到批的大小：样本越多，噪声越会互相抵消。",
)
def as_for_one(noise, size):
    return noise


@exercise(
    "batch-size",
    zh="线性缩放学习率",
    en="The rate that goes with a batch",
    arguments=lambda draw: (draw.number(0.01, 1.0), 2 ** draw.size(3, 7), 2 ** draw.size(3, 9)),
)
def scaled_rate(rate: float, size: int, new_size: int) -> float:
    """Scale a learning rate linearly to another batch size, so that an epoch moves about as far.

    批大小改变时，按线性规则缩放学习率，使一轮走过的路程大致不变。

    Args:
        rate: that suits `size`. 适合 size 的学习率。
        size: of the batch until now.
        new_size: of the batch from now on.

    >>> scaled_rate(0.1, 32, 64)
    0.2
    """
    raise NotImplementedError


@scaled_rate.mistake(
    en="It is the wrong way round: a larger batch takes fewer steps an epoch, so each must be longer.",
    zh="方向反了：批越大，一轮的步数越少，每一步就得更长。",
)
def inverse(rate, size, new_size):
    return rate * size / new_size


@scaled_rate.mistake(
    en="This is the square-root rule; the linear one is asked for.", zh="这是平方根规则；要的是线性规则。"
)
def square_root(rate, size, new_size):
    return rate * (new_size / size) ** 0.5


@scaled_rate.mistake(en="The rate did not change with the batch.", zh="学习率没有随批大小改变。")
def unchanged(rate, size, new_size):
    return rate


@scaled_rate.mistake(
    en="The old batch size is missing: what matters is how many times larger the new one is.",
    zh="没有用到原来的批大小：要看新批是旧批的几倍。",
)
def times_the_new(rate, size, new_size):
    return rate * new_size
