"""Exercises of chapter 1: the environment, Python, arrays and tables, tensors, algebra, derivatives, probability."""

import copy
import math
import types

import torch
from torch import Tensor

from d2lab.exercises import Draw, exercise


def versions(draw: Draw):
    one, other = (f"{draw.size(1, 3)}.{draw.size(0, 12)}.{draw.size(0, 3)}" for _ in range(2))
    return one, draw.choice((one, other, other))


def afresh(candidate, items):
    """Call a copy of the function, whose defaults nobody has touched yet."""
    defaults = copy.deepcopy(candidate.__defaults__)
    new = types.FunctionType(candidate.__code__, candidate.__globals__, "again", defaults, candidate.__closure__)
    return [list(new(item)) for item in items] + [list(new(items[0], [7]))]


def two_shapes(draw: Draw):
    sizes = [draw.size(2, 5) for _ in range(draw.size(2, 3))]
    return tuple(1 if draw.flip() else n for n in sizes), tuple(sizes[draw.size(0, 2) :])


def joint_table(draw: Draw):
    table = draw.uniform(draw.size(2, 4), draw.size(2, 4))
    return table / table.sum(), draw.size(0, 1)


def some_words(draw: Draw):
    return (" ".join(draw.choice(("net", "loss", "Net", "rate", "LOSS", "map")) for _ in range(draw.size(1, 12))),)


# environment


@exercise("environment", zh="比较版本号", en="Compare versions", arguments=versions)
def is_older(one: str, other: str) -> bool:
    """Say whether a version such as 3.9.1 is older than another; its numbers count, part by part.

    版本号（如 3.9.1）是否比另一个旧？逐段按数字比较。

    Args:
        one: three numbers with dots. 三段数字，用点隔开。
        other: another.

    >>> is_older("3.9.0", "3.11.0"), is_older("3.11.0", "3.11.0")
    (True, False)
    """
    raise NotImplementedError


def _numbers(version):
    return tuple(int(part) for part in version.split("."))


@is_older.mistake(
    en="They were compared as texts: 3.9 comes behind 3.11 there.", zh="当成文字比较了：那样 3.9 会排在 3.11 后面。"
)
def as_texts(one, other):
    return one < other


@is_older.mistake(en="Equal versions were said to be older.", zh="相同的版本被说成更旧。")
def equal_too(one, other):
    return _numbers(one) <= _numbers(other)


@is_older.mistake(en="Only the first number was compared.", zh="只比较了第一段。")
def first_number(one, other):
    return _numbers(one)[0] < _numbers(other)[0]


@is_older.mistake(en="The numbers were added up: the first one counts most.", zh="把各段加起来比了：第一段最要紧。")
def sums_compared(one, other):
    return sum(_numbers(one)) < sum(_numbers(other))


@is_older.mistake(en="The answer is the wrong way round.", zh="说反了。")
def newer(one, other):
    return _numbers(one) > _numbers(other)


@exercise(
    "environment",
    zh="装得上吗",
    en="Does it fit?",
    arguments=lambda d: (d.choice((d.size(6, 15), least := d.size(7, 10), below := d.size(11, 14))), least, below),
)
def fits(minor: int, least: int, below: int) -> bool:
    """Say whether Python 3.minor satisfies ">=3.least,<3.below".

    Python 3.minor 是否满足 ">=3.least,<3.below"？

    Args:
        minor: of the Python here. 这里的 Python 的小版本号。
        least: included. 含。
        below: not included. 不含。

    >>> fits(11, 11, 14), fits(14, 11, 14)
    (True, False)
    """
    raise NotImplementedError


@fits.mistake(en="The lower end belongs to it: >= includes.", zh="下限应当包含在内：>= 是含等号的。")
def lower_excluded(minor, least, below):
    return least < minor < below


@fits.mistake(en="The upper end does not belong to it: < excludes.", zh="上限不包含在内：< 不含等号。")
def upper_included(minor, least, below):
    return least <= minor <= below


@fits.mistake(en="The upper end was not looked at.", zh="没有看上限。")
def lower_only(minor, least, below):
    return minor >= least


@fits.mistake(en="The lower end was not looked at.", zh="没有看下限。")
def upper_only(minor, least, below):
    return minor < below


@exercise(
    "environment",
    zh="同一个种子",
    en="One seed, the same luck",
    arguments=lambda d: (d.size(0, 9999), d.size(1, 6)),
    measure=lambda candidate, seed, n: [candidate(seed, n), candidate(seed, n)],
)
def lucky(seed: int, n: int) -> Tensor:
    """Draw n normal numbers with a torch.Generator of this seed, so that the same seed gives the same numbers.

    用这个种子的 torch.Generator 取 n 个正态随机数；同样的种子给出同样的数。

    Args:
        seed: of the generator.
        n: how many.

    >>> bool((lucky(3, 2) == lucky(3, 2)).all())
    True
    """
    raise NotImplementedError


@lucky.mistake(
    en="The seed is not used: every call goes on with other numbers.", zh="没有用到种子：每次调用得到的数都不同。"
)
def unseeded(seed, n):
    return torch.randn(n)


@lucky.mistake(en="The seed is always 0.", zh="种子总是 0。")
def always_zero(seed, n):
    return torch.randn(n, generator=torch.Generator().manual_seed(0))


@lucky.mistake(en="These numbers are even from 0 to 1, not normal.", zh="这是 0 到 1 的均匀数，不是正态的。")
def even(seed, n):
    return torch.rand(n, generator=torch.Generator().manual_seed(seed))


@lucky.mistake(en="The seed was shifted by one.", zh="种子加了一。")
def next_seed(seed, n):
    return torch.randn(n, generator=torch.Generator().manual_seed(seed + 1))


@lucky.mistake(en="Zeros come whatever the seed: they are written in.", zh="不论种子，都给出零：这是写死的。")
def hard_coded(seed, n):
    return torch.zeros(n)


# python-primer


@exercise("python-primer", zh="数词", en="Count words", arguments=some_words)
def word_counts(text: str) -> dict[str, int]:
    """Count how often each word occurs; upper and lower case are the same word.

    数每个词出现几次；大小写算同一个词。

    Args:
        text: words with blanks between. 用空格隔开的词。

    >>> word_counts("net Net loss")
    {'net': 2, 'loss': 1}
    """
    raise NotImplementedError


def _counted(words):
    return {w: words.count(w) for w in words}


@word_counts.mistake(en="Upper and lower case were counted apart.", zh="大小写分开数了。")
def case_matters(text):
    return _counted(text.split())


@word_counts.mistake(en="Letters were counted, not words.", zh="数的是字母，不是词。")
def letters(text):
    return _counted(list(text.lower().replace(" ", "")))


@word_counts.mistake(en="Every word counts once: a number must grow.", zh="每个词都只数了一次：次数要累加。")
def once_each(text):
    return dict.fromkeys(text.lower().split(), 1)


@word_counts.mistake(en="This is the number of different words.", zh="这是不同的词的个数。")
def how_many(text):
    return len(set(text.lower().split()))


@exercise("python-primer", zh="滑动窗口", en="Windows", arguments=lambda d: (list(range(d.size(3, 9))), d.size(1, 3)))
def windows(items: list, size: int) -> list[list]:
    """Return all runs of `size` neighbors, in order.

    给出所有相邻 size 个元素的片段，按次序。

    Args:
        items: any.
        size: of a window, at most as long as items.

    >>> windows([1, 2, 3], 2)
    [[1, 2], [2, 3]]
    """
    raise NotImplementedError


@windows.mistake(en="The last window is missing: range stops before its end.", zh="少了最后一个窗口：range 不含终点。")
def last_missing(items, size):
    return [items[i : i + size] for i in range(len(items) - size)]


@windows.mistake(en="Windows don't overlap here: the start moves by one.", zh="窗口没有重叠：起点每次只移动一。")
def side_by_side(items, size):
    return [items[i : i + size] for i in range(0, len(items) - size + 1, max(size, 2))]


@windows.mistake(en="Short windows come at the end.", zh="末尾有不满的窗口。")
def short_ones(items, size):
    return [items[i : i + size] for i in range(len(items) + 1)]


@windows.mistake(en="They come in the reverse order.", zh="次序反了。")
def reversed_windows(items, size):
    return [items[i : i + size] for i in range(len(items) - size + 1)][::-1]


@exercise(
    "python-primer",
    zh="默认参数的陷阱",
    en="A default that is shared",
    arguments=lambda d: ([d.size(0, 9) for _ in range(d.size(2, 5))],),
    measure=afresh,
)
def appended(item: int, to: list | None = None) -> list:
    """Return a new list of what is in `to` and the item; without `to`, of the item alone, at every call.

    返回一个新列表：to 里的元素再加上 item；不给 to 时，每次都只含 item。

    Args:
        item: to put behind.
        to: a list, left as it is. 不要改动它。

    >>> appended(1), appended(2), appended(3, [0])
    ([1], [2], [0, 3])
    """
    raise NotImplementedError


def _sharing():
    def shared_default(item, to=[]):
        to.append(item)
        return to

    return shared_default


appended.mistake(
    en="A list as default is made once and kept: later calls find what earlier ones put in.",
    zh="用列表做默认值只会创建一次：后面的调用会看到前面放进去的东西。",
)(_sharing())


@appended.mistake(en="`to` is not used.", zh="没有用到 to。")
def to_ignored(item, to=None):
    return [item]


@appended.mistake(en="The item stands in front; it belongs behind.", zh="item 放在了前面，应当在后面。")
def in_front(item, to=None):
    return [item, *(to or [0][:0])] if to else [item]


@appended.mistake(en="The item is missing.", zh="漏了 item。")
def item_missing(item, to=None):
    return list(to or [])


@appended.mistake(en="The whole list was put in as one entry.", zh="把整个列表当成一个元素放了进去。")
def nested_list(item, to=None):
    return [to, item] if to else [item]


@appended.mistake(en="The list of the example is written in.", zh="把例子里的列表写死了。")
def hard_coded_list(item, to=None):
    return [1]


# arrays-and-tables


@exercise(
    "arrays-and-tables",
    zh="广播之后的形状",
    en="The shape behind broadcasting",
    arguments=two_shapes,
)
def broadcast_shape(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape of a + b for arrays of these shapes, which fit.

    两个形状相容的数组相加，结果是什么形状？

    Args:
        one: a shape.
        other: a shape.

    >>> broadcast_shape((3, 1), (4,))
    (3, 4)
    """
    raise NotImplementedError


def _padded(one, other, left=True):
    n = max(len(one), len(other))
    ones = [(1,) * (n - len(s)) for s in (one, other)]
    both = [(*o, *s) if left else (*s, *o) for o, s in zip(ones, (one, other))]
    return both[0], both[1]


@broadcast_shape.mistake(
    en="The shapes were aligned from the left; the last axes belong together.",
    zh="从左边对齐了：应当从最后一个轴对齐。",
)
def from_the_left(one, other):
    return tuple(max(a, b) for a, b in zip(*_padded(one, other, left=False)))


@broadcast_shape.mistake(
    en="The longer shape was taken as it stands: its ones may grow.", zh="直接取了较长的形状：里面的 1 也会变大。"
)
def the_longer(one, other):
    return tuple(max(one, other, key=len))


@broadcast_shape.mistake(en="Sizes were added.", zh="把长度相加了。")
def added(one, other):
    return tuple(a + b for a, b in zip(*_padded(one, other)))


@broadcast_shape.mistake(en="Sizes were multiplied.", zh="把长度相乘了。")
def multiplied(one, other):
    return tuple(a * b for a, b in zip(*_padded(one, other)))


@broadcast_shape.mistake(
    en="The smaller size was taken; 1 is repeated, not the other way.", zh="取了较小的：重复的是 1，不是反过来。"
)
def the_smaller(one, other):
    return tuple(min(a, b) for a, b in zip(*_padded(one, other)))


@exercise(
    "arrays-and-tables",
    zh="两两之间的距离",
    en="All distances",
    arguments=lambda d: (d.normal(d.size(2, 5), 2), d.normal(d.size(2, 5), 2)),
)
def distances(a: Tensor, b: Tensor) -> Tensor:
    """Return the distance of every point of a from every point of b, by broadcasting.

    用广播算 a 的每个点到 b 的每个点的距离。

    Args:
        a: (n, d).
        b: (m, d).

    Returns:
        (n, m).

    >>> distances(torch.tensor([[0.0, 0.0]]), torch.tensor([[3.0, 4.0], [0.0, 1.0]]))
    tensor([[5., 1.]])
    """
    raise NotImplementedError


@distances.mistake(en="The root is missing: these are squares.", zh="没有开平方：这是距离的平方。")
def squares(a, b):
    return ((a[:, None] - b) ** 2).sum(-1)


@distances.mistake(en="Rows and columns are exchanged.", zh="行列换了。")
def transposed(a, b):
    return torch.cdist(b, a)


@distances.mistake(
    en="Differences were added up by their sizes: that is the city-block distance.",
    zh="加的是差的绝对值：那是街区距离。",
)
def city_block(a, b):
    return (a[:, None] - b).abs().sum(-1)


@distances.mistake(en="The mean of the squares was taken, not their sum.", zh="取了平方的平均，应当求和。")
def mean_square(a, b):
    return ((a[:, None] - b) ** 2).mean(-1).sqrt()


@exercise(
    "arrays-and-tables",
    zh="分组平均",
    en="Group means",
    arguments=lambda d: (d.integers(0, 2, n := d.size(4, 12)).tolist(), d.normal(n).tolist()),
)
def group_means(groups: list[int], values: list[float]) -> dict[int, float]:
    """Return the mean of the values of each group.

    每一组的平均值。

    Args:
        groups: of each value.
        values: as many.

    >>> group_means([0, 1, 0], [1.0, 5.0, 3.0])
    {0: 2.0, 1: 5.0}
    """
    raise NotImplementedError


@group_means.mistake(en="Sums came back.", zh="返回的是总和。")
def sums(groups, values):
    return {g: sum(v for h, v in zip(groups, values) if h == g) for g in groups}


@group_means.mistake(en="They were divided by the number of all values.", zh="除的是全部的个数。")
def by_all(groups, values):
    return {g: sum(v for h, v in zip(groups, values) if h == g) / len(values) for g in groups}


@group_means.mistake(en="The last value of each group came back.", zh="返回的是每组最后一个值。")
def last_value(groups, values):
    return dict(zip(groups, values))


@group_means.mistake(en="The mean of everything came back for each group.", zh="每组都给了全体的平均。")
def grand_mean(groups, values):
    return dict.fromkeys(groups, sum(values) / len(values))


# tensors


@exercise("tensors", zh="步长", en="Strides", arguments=lambda d: (tuple(d.size(1, 6) for _ in range(d.size(1, 4))),))
def strides_of(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the strides, in numbers, of a contiguous tensor of this shape.

    连续张量的步长（以元素个数计）。

    Args:
        shape: of the tensor.

    >>> strides_of((2, 3, 4))
    (12, 4, 1)
    """
    raise NotImplementedError


@strides_of.mistake(en="The order is reversed: the last axis has stride 1.", zh="次序反了：最后一个轴的步长是 1。")
def column_first(shape):
    return tuple(math.prod(shape[:i]) for i in range(len(shape)))


@strides_of.mistake(
    en="Each axis was multiplied with its own size: only the axes behind count.", zh="多乘了自己的长度：只算后面的轴。"
)
def own_size_too(shape):
    return tuple(math.prod(shape[i:]) for i in range(len(shape)))


@strides_of.mistake(en="This is the size of the next axis alone.", zh="这只是下一个轴的长度。")
def next_axis(shape):
    return (*shape[1:], 1)


@strides_of.mistake(en="These are bytes of float32, four times as many.", zh="这是 float32 的字节数，大了四倍。")
def in_bytes(shape):
    return tuple(4 * math.prod(shape[i + 1 :]) for i in range(len(shape)))


@exercise(
    "tensors",
    zh="通道挪到前面",
    en="Channels to the front",
    arguments=lambda d: (d.normal(d.size(1, 3), d.size(2, 4), d.size(2, 4), 3),),
)
def channels_first(pictures: Tensor) -> Tensor:
    """Turn (n, h, w, channels) into (n, channels, h, w); every pixel keeps its place.

    把 (n, h, w, 通道) 变成 (n, 通道, h, w)，像素不错位。

    Args:
        pictures: channels last.

    >>> channels_first(torch.arange(6).reshape(1, 1, 2, 3)).tolist()
    [[[[0, 3]], [[1, 4]], [[2, 5]]]]
    """
    raise NotImplementedError


@channels_first.mistake(
    en="reshape does not exchange axes: the numbers are mixed up.", zh="reshape 不交换轴：数全乱了。"
)
def reshaped(pictures):
    n, h, w, c = pictures.shape
    return pictures.reshape(n, c, h, w)


@channels_first.mistake(en="Height and width are exchanged too.", zh="高和宽也换了。")
def also_turned(pictures):
    return pictures.permute(0, 3, 2, 1)


@channels_first.mistake(en="Channels stand in the third place.", zh="通道到了第三个轴。")
def third_place(pictures):
    return pictures.permute(0, 1, 3, 2)


@channels_first.mistake(en="Nothing was moved.", zh="没有挪动。")
def unmoved(pictures):
    return pictures * 1


@exercise(
    "tensors", zh="布尔选取", en="Choose by a mask", arguments=lambda d: (d.normal(d.size(4, 9)), d.normal(1)[0] * 0.3)
)
def above(x: Tensor, limit: Tensor) -> Tensor:
    """Return the entries above a limit, in their order.

    按原来的次序给出大于 limit 的元素。

    Args:
        x: (n,).
        limit: a number.

    >>> above(torch.tensor([1.0, 5.0, 3.0]), torch.tensor(2.0))
    tensor([5., 3.])
    """
    raise NotImplementedError


@above.mistake(en="This is the mask; the entries are asked for.", zh="这是掩码，要的是元素。")
def the_mask(x, limit):
    return x > limit


@above.mistake(en="These are the places; the entries are asked for.", zh="这是位置，要的是元素。")
def the_places(x, limit):
    return (x > limit).nonzero().flatten()


@above.mistake(en="The others became 0 in place of being left out.", zh="其余的变成了 0，应当去掉。")
def zeroed(x, limit):
    return torch.where(x > limit, x, 0.0)


@above.mistake(en="Entries below came back.", zh="返回的是小于的。")
def below(x, limit):
    return x[x < limit]


@above.mistake(en="They were sorted: the order should stay.", zh="排了序：应当保持原来的次序。")
def in_order(x, limit):
    return x[x > limit].sort(descending=True).values


# csv


@exercise(
    "csv",
    zh="读一个格子",
    en="Read a field",
    arguments=lambda d: (d.choice(("NA", "", " 3 ", "2.5", "-1", "NA", "1e2", f"{d.number():.3f}")),),
)
def number_or_nan(field: str) -> float:
    """Read a field of a table: a number, or nan where it is empty or NA; blanks around it do not matter.

    读表格里的一格：是数就给数；空的或 NA 给 nan；两边的空格不算。

    Args:
        field: as it stands in the file.

    >>> number_or_nan(" 2.5 "), number_or_nan("NA")
    (2.5, nan)
    """
    raise NotImplementedError


@number_or_nan.mistake(
    en="What is missing became 0: then nobody can tell it from a measured 0.",
    zh="缺的变成了 0：就和真正的 0 分不开了。",
)
def zero_for_missing(field):
    return float(field) if field.strip() not in ("", "NA") else 0.0


@number_or_nan.mistake(en="An empty field stops it.", zh="遇到空格子就出错了。")
def empty_fails(field):
    return math.nan if field == "NA" else float(field)


@number_or_nan.mistake(en="NA stops it.", zh="遇到 NA 就出错了。")
def na_fails(field):
    return float(field) if field else math.nan


@number_or_nan.mistake(en="Fractions were cut off.", zh="小数部分丢了。")
def whole_numbers(field):
    return float(int(float(field))) if field.strip() not in ("", "NA") else math.nan


@exercise(
    "csv",
    zh="用平均值填",
    en="Fill by the mean",
    arguments=lambda d: (
        torch.where(d.uniform(n := d.size(4, 9)) < 0.4, torch.nan, d.normal(n)).index_fill(0, torch.tensor([0, 1]), 1.5)
        + torch.arange(n),
        d.size(2, 3),
    ),
)
def filled(column: Tensor, training: int) -> Tensor:
    """Replace nan by the mean of the numbers among the first `training` rows.

    把 nan 换成前 training 行里有数的那些的平均。

    Args:
        column: (n,), with nan.
        training: rows that may be looked at. 可以看的行数。

    >>> filled(torch.tensor([1.0, 3.0, float("nan"), 100.0]), 2)
    tensor([  1.,   3.,   2., 100.])
    """
    raise NotImplementedError


@filled.mistake(en="The mean of all rows was taken: test rows leak.", zh="用了所有行的平均：测试行泄漏了。")
def leaks(column, training):
    return torch.where(column.isnan(), column.nanmean(), column)


@filled.mistake(en="It was filled with 0.", zh="填的是 0。")
def zeros(column, training):
    return column.nan_to_num(0.0)


@filled.mistake(en="nan counts as a row of the mean.", zh="求平均时把 nan 也当成了一行。")
def nan_counted(column, training):
    part = column[:training]
    return torch.where(column.isnan(), part.nan_to_num(0.0).sum() / len(column), column)


@filled.mistake(en="Rows with nan were dropped.", zh="把有 nan 的行删了。")
def dropped(column, training):
    return column[~column.isnan()]


@exercise(
    "csv",
    zh="类别变成列",
    en="Categories as columns",
    arguments=lambda d: (
        [d.choice(("a", "b", None, "c")) for _ in range(d.size(4, 8))],
        ["a", "b", "c"][: d.size(2, 3)],
    ),
)
def one_hot(values: list, kinds: list[str]) -> Tensor:
    """Return a column of 0 and 1 for each kind, and a last one for what is missing or unknown.

    每个类别一列 0 与 1，最后一列表示缺失或没见过的类别。

    Args:
        values: texts or None.
        kinds: that have columns, in this order.

    >>> one_hot(["b", None], ["a", "b"])
    tensor([[0., 1., 0.],
            [0., 0., 1.]])
    """
    raise NotImplementedError


def _columns(values, kinds, last):
    return torch.tensor([[float(v == k) for k in kinds] + last(v) for v in values])


@one_hot.mistake(
    en="Only missing values are in the last column; unknown kinds are lost.",
    zh="最后一列只算了缺失：没见过的类别丢了。",
)
def unknown_lost(values, kinds):
    return _columns(values, kinds, lambda v: [float(v is None)])


@one_hot.mistake(en="The last column is missing.", zh="漏了最后一列。")
def no_last(values, kinds):
    return _columns(values, kinds, lambda v: [])


@one_hot.mistake(en="The last column says what is known, not what is missing.", zh="最后一列反了：标的是已知的。")
def reversed_last(values, kinds):
    return _columns(values, kinds, lambda v: [float(v in kinds)])


@one_hot.mistake(
    en="These are numbers of kinds in one column: a net would take them for sizes.",
    zh="给的是类别编号的一列：网络会当成大小。",
)
def numbered(values, kinds):
    return torch.tensor([[float(kinds.index(v)) if v in kinds else float(len(kinds))] for v in values])


# linear-algebra


@exercise(
    "linear-algebra",
    zh="矩阵乘法",
    en="The product of matrices",
    arguments=lambda d: (d.normal(d.size(1, 4), k := d.size(1, 4)), d.normal(k, d.size(1, 4))),
)
def product(a: Tensor, b: Tensor) -> Tensor:
    """Multiply two matrices, without @ and matmul.

    两个矩阵相乘，不用 @ 和 matmul。

    Args:
        a: (n, k).
        b: (k, m).

    >>> product(torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0], [4.0]]))
    tensor([[11.]])
    """
    raise NotImplementedError


@product.mistake(en="The result is transposed.", zh="结果转置了。")
def turned(a, b):
    return (a @ b).T


@product.mistake(en="The products are not added up.", zh="乘积没有相加。")
def not_added(a, b):
    return a[:, :, None] * b[None]


@product.mistake(en="A mean was taken in place of the sum.", zh="取了平均，应当求和。")
def averaged(a, b):
    return a @ b / a.shape[1]


@product.mistake(en="Everything was added up to one number.", zh="全加成了一个数。")
def one_number(a, b):
    return (a @ b).sum()


@exercise(
    "linear-algebra",
    zh="夹角的余弦",
    en="The cosine of an angle",
    arguments=lambda d: (d.normal(n := d.size(2, 5)), d.normal(n)),
)
def cosine(x: Tensor, y: Tensor) -> float:
    """Return the cosine of the angle between two vectors.

    两个向量夹角的余弦。

    Args:
        x: (n,), not all 0.
        y: (n,), not all 0.

    >>> cosine(torch.tensor([1.0, 0.0]), torch.tensor([5.0, 0.0]))
    1.0
    """
    raise NotImplementedError


@cosine.mistake(en="The lengths are not divided out.", zh="没有除以长度。")
def dot(x, y):
    return float(x @ y)


@cosine.mistake(en="Only one length was divided out.", zh="只除了一个长度。")
def one_length(x, y):
    return float(x @ y / x.norm())


@cosine.mistake(en="The squared lengths were divided out.", zh="除的是长度的平方。")
def squared_lengths(x, y):
    return float(x @ y / (x @ x) / (y @ y))


@cosine.mistake(en="The sign is lost.", zh="丢了符号。")
def absolute(x, y):
    return float((x @ y).abs() / x.norm() / y.norm())


@exercise(
    "linear-algebra",
    zh="投影到一个方向",
    en="Project onto a direction",
    arguments=lambda d: (d.normal(n := d.size(2, 5)), d.normal(n) * d.choice((0.5, 2))),
)
def projected(x: Tensor, direction: Tensor) -> Tensor:
    """Return the part of x that lies along a direction of any length.

    给出 x 在某个方向（长度任意）上的部分。

    Args:
        x: (n,).
        direction: (n,), not all 0.

    >>> projected(torch.tensor([3.0, 4.0]), torch.tensor([2.0, 0.0]))
    tensor([3., 0.])
    """
    raise NotImplementedError


@projected.mistake(en="The length of the direction is not divided out.", zh="没有除以方向的长度。")
def length_left(x, direction):
    return (x @ direction) * direction


@projected.mistake(
    en="It was divided by the length once: the direction stands in the formula twice.",
    zh="只除了一次长度：公式里方向出现了两次。",
)
def divided_once(x, direction):
    return (x @ direction) / direction.norm() * direction


@projected.mistake(en="This is the rest, at right angles to the direction.", zh="这是剩下的、与方向垂直的部分。")
def the_rest(x, direction):
    return x - (x @ direction) / (direction @ direction) * direction


@projected.mistake(en="This is the length of the part; a vector is asked for.", zh="这是投影的长度，要的是向量。")
def a_length(x, direction):
    return x @ direction / direction.norm()


# derivatives


@exercise(
    "derivatives",
    zh="二次型的梯度",
    en="The gradient of a quadratic form",
    arguments=lambda d: (d.normal(n := d.size(2, 4), n), d.normal(n)),
)
def quadratic_gradient(a: Tensor, x: Tensor) -> Tensor:
    """Return the gradient of x @ a @ x by x; a need not be symmetric; no autograd.

    求 x @ a @ x 对 x 的梯度；a 不一定对称；不用自动求导。

    Args:
        a: (n, n).
        x: (n,).

    >>> quadratic_gradient(torch.tensor([[1.0, 2.0], [0.0, 1.0]]), torch.tensor([1.0, 1.0]))
    tensor([4., 4.])
    """
    raise NotImplementedError


@quadratic_gradient.mistake(en="This holds for symmetric a only.", zh="这只对对称的 a 成立。")
def symmetric_only(a, x):
    return 2 * a @ x


@quadratic_gradient.mistake(en="x stands in the form twice: one use is missing.", zh="x 出现了两次：漏了一次。")
def one_use(a, x):
    return a @ x


@quadratic_gradient.mistake(en="Only the transposed part was taken.", zh="只取了转置的那一份。")
def transposed_use(a, x):
    return a.T @ x


@quadratic_gradient.mistake(en="This is the value, not the gradient.", zh="这是函数值，不是梯度。")
def the_value(a, x):
    return x @ a @ x


@exercise(
    "derivatives",
    zh="雅可比矩阵的形状",
    en="The shape of a derivative",
    arguments=lambda d: (
        tuple(d.size(1, 5) for _ in range(d.size(0, 2))),
        tuple(d.size(1, 5) for _ in range(d.size(0, 2))),
    ),
)
def derivative_shape(output: tuple[int, ...], given: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape of the derivative of an output by an input, as Jacobians have it: output axes first.

    输出对输入的导数是什么形状？按雅可比矩阵的摆法：先输出的轴，再输入的轴。

    Args:
        output: its shape; () is a number.
        given: shape of the input.

    >>> derivative_shape((3,), (2,)), derivative_shape((), (4,))
    ((3, 2), (4,))
    """
    raise NotImplementedError


@derivative_shape.mistake(en="Input axes come first here.", zh="先写了输入的轴。")
def input_first(output, given):
    return given + output


@derivative_shape.mistake(en="The input's axes are missing.", zh="漏了输入的轴。")
def output_only(output, given):
    return output


@derivative_shape.mistake(
    en="The output's axes are missing: only for a number is that right.", zh="漏了输出的轴：输出是一个数时才对。"
)
def input_only(output, given):
    return given


@derivative_shape.mistake(en="This is how many numbers it has.", zh="这是元素个数。")
def number_of_entries(output, given):
    return (math.prod(output) * math.prod(given),)


@exercise(
    "derivatives",
    zh="链式法则",
    en="The chain rule",
    arguments=lambda d: (d.normal(3, k := d.size(1, 4)), d.normal(k, 2)),
)
def chained(outer: Tensor, inner: Tensor) -> Tensor:
    """Return the Jacobian of f(g(x)) from that of f at g(x) and that of g at x.

    已知 f 在 g(x) 处的雅可比矩阵和 g 在 x 处的，求 f(g(x)) 的。

    Args:
        outer: (m, k), of f.
        inner: (k, n), of g.

    >>> chained(torch.tensor([[2.0]]), torch.tensor([[3.0]]))
    tensor([[6.]])
    """
    raise NotImplementedError


@chained.mistake(en="The result is transposed.", zh="结果转置了。")
def transposed_result(outer, inner):
    return (outer @ inner).T


@chained.mistake(en="They were added.", zh="相加了，应当相乘。")
def sum_of_both(outer, inner):
    return outer.sum(1, keepdim=True) + inner.sum(0)


@chained.mistake(en="Only the outer one was taken.", zh="只取了外层的。")
def outer_alone(outer, inner):
    return outer * 1


@chained.mistake(en="Only the inner one was taken.", zh="只取了里层的。")
def inner_alone(outer, inner):
    return inner * 1


# autograd


@exercise(
    "autograd",
    zh="一条计算图的反向",
    en="Backward through a small graph",
    arguments=lambda d: (d.number(), d.number(), d.number()),
)
def graph_slopes(x: float, y: float, z: float) -> tuple[float, float, float]:
    """For a = x * y and L = a * z + a, give the slopes of L by x, y and z.

    a = x·y，L = a·z + a：求 L 对 x、y、z 的斜率。

    Args:
        x: a number.
        y: a number.
        z: a number.

    >>> graph_slopes(1.0, 2.0, 3.0)
    (8.0, 4.0, 2.0)
    """
    raise NotImplementedError


@graph_slopes.mistake(en="a is used twice; only its use in a * z was counted.", zh="a 用了两次：只算了 a·z 那一次。")
def product_use_only(x, y, z):
    return (y * z, x * z, x * y)


@graph_slopes.mistake(en="a is used twice; only the second use was counted.", zh="a 用了两次：只算了后一次。")
def second_use_only(x, y, z):
    return (y, x, x * y)


@graph_slopes.mistake(en="The slopes by x and y are exchanged.", zh="对 x 和 y 的斜率弄反了。")
def exchanged(x, y, z):
    return (x * (z + 1), y * (z + 1), x * y)


@graph_slopes.mistake(
    en="The slope by z is L's other factor, a, without the + a.", zh="对 z 的斜率是 a，不用加上后面的。"
)
def z_too_large(x, y, z):
    return (y * (z + 1), x * (z + 1), x * y + x * y)


@exercise(
    "autograd", zh="对偶数", en="Dual numbers", arguments=lambda d: ((d.number(), d.number()), (d.number(), d.number()))
)
def dual_product(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    """Multiply two dual numbers: each holds a value and a change.

    两个对偶数相乘：每个是（值，变化）。

    Args:
        one: value and change.
        other: value and change.

    >>> dual_product((2.0, 1.0), (3.0, 0.0))
    (6.0, 3.0)
    """
    raise NotImplementedError


@dual_product.mistake(
    en="The changes were multiplied: the product rule adds two terms.", zh="把变化相乘了：乘法法则是两项相加。"
)
def changes_multiplied(one, other):
    return one[0] * other[0], one[1] * other[1]


@dual_product.mistake(
    en="The changes were added: each is multiplied by the other value.", zh="把变化直接相加了：要各乘对方的值。"
)
def changes_added(one, other):
    return one[0] * other[0], one[1] + other[1]


@dual_product.mistake(en="Only the first number's change was counted.", zh="只算了第一个数的变化。")
def first_change(one, other):
    return one[0] * other[0], one[1] * other[0]


@dual_product.mistake(
    en="There is a term of second order: changes are so small that their product does not count.",
    zh="多了二阶项：变化的乘积小到可以不计。",
)
def second_order(one, other):
    return one[0] * other[0], one[1] * other[0] + one[0] * other[1] + one[1] * other[1]


@exercise(
    "autograd",
    zh="正向还是反向",
    en="Forward or reverse",
    arguments=lambda d: (n := d.size(1, 50), d.choice((n, d.size(1, 50)))),
)
def passes_needed(inputs: int, outputs: int) -> tuple[str, int]:
    """Say which mode finds a whole Jacobian in fewer passes, and in how many; with equally many, "reverse".

    求整个雅可比矩阵，正向还是反向遍数少？要几遍？一样多时用 "reverse"。

    Args:
        inputs: numbers in.
        outputs: numbers out.

    >>> passes_needed(100, 1), passes_needed(1, 100)
    (('reverse', 1), ('forward', 1))
    """
    raise NotImplementedError


@passes_needed.mistake(
    en="The modes are exchanged: forward goes once for each input.", zh="两种模式弄反了：正向是每个输入一遍。"
)
def modes_exchanged(inputs, outputs):
    return ("forward", outputs) if outputs <= inputs else ("reverse", inputs)


@passes_needed.mistake(
    en="Reverse mode is not always better: it goes once for each output.", zh="反向不总是更好：它是每个输出一遍。"
)
def always_reverse(inputs, outputs):
    return "reverse", outputs


@passes_needed.mistake(en="With equally many, reverse is asked for.", zh="一样多时应当用 reverse。")
def tie_forward(inputs, outputs):
    return ("reverse", outputs) if outputs < inputs else ("forward", inputs)


@passes_needed.mistake(en="The number of passes is that of the other mode.", zh="遍数写成了另一种模式的。")
def other_count(inputs, outputs):
    return ("reverse", inputs) if outputs <= inputs else ("forward", outputs)


# probability


@exercise(
    "probability",
    zh="贝叶斯",
    en="Bayes' rule",
    arguments=lambda d: (d.number(0.001, 0.5), d.number(0.5, 1), d.number(0.01, 0.4)),
)
def ill_if_positive(prevalence: float, sensitivity: float, false_alarm: float) -> float:
    """Return the chance to be ill after a positive test.

    检测阳性时，有病的概率。

    Args:
        prevalence: share of the ill. 患病率。
        sensitivity: chance of a positive test if ill. 有病时阳性的概率。
        false_alarm: chance of a positive test if healthy. 健康时阳性的概率。

    >>> round(ill_if_positive(0.5, 1.0, 0.5), 4)
    0.6667
    """
    raise NotImplementedError


def _joint(p, s, f):
    return p * s, (1 - p) * f


@ill_if_positive.mistake(
    en="This is the chance of a positive test if ill, turned the wrong way.", zh="这是有病时阳性的概率，方向反了。"
)
def not_turned(prevalence, sensitivity, false_alarm):
    return sensitivity


@ill_if_positive.mistake(
    en="The prevalence is missing: how common the disease is matters most.", zh="漏了患病率：病有多常见最要紧。"
)
def no_prevalence(prevalence, sensitivity, false_alarm):
    return sensitivity / (sensitivity + false_alarm)


@ill_if_positive.mistake(en="It is not divided by the chance of a positive test.", zh="没有除以阳性的总概率。")
def joint_only(prevalence, sensitivity, false_alarm):
    return prevalence * sensitivity


@ill_if_positive.mistake(
    en="These are the odds; the chance divides by both together.", zh="这是比值，概率要除以两者之和。"
)
def odds(prevalence, sensitivity, false_alarm):
    a, b = _joint(prevalence, sensitivity, false_alarm)
    return a / b


@ill_if_positive.mistake(
    en="False alarms were counted for everyone: only the healthy can be false alarms.",
    zh="误报算在了所有人头上：只有健康的人才会误报。",
)
def alarms_of_all(prevalence, sensitivity, false_alarm):
    a = prevalence * sensitivity
    return a / (a + false_alarm)


@exercise(
    "probability",
    zh="边缘分布",
    en="A marginal",
    arguments=joint_table,
)
def conditional(joint: Tensor, row: int) -> Tensor:
    """From a table of joint probabilities give the distribution of the columns, given a row.

    已知联合概率表，求给定某一行时各列的分布。

    Args:
        joint: (rows, columns), adding up to 1.
        row: that is given.

    >>> conditional(torch.tensor([[0.1, 0.3], [0.2, 0.4]]), 0)
    tensor([0.2500, 0.7500])
    """
    raise NotImplementedError


@conditional.mistake(en="The row does not add up to 1: divide by its sum.", zh="这一行加起来不是 1：要除以它的和。")
def joint_row(joint, row):
    return joint[row]


@conditional.mistake(
    en="This is the marginal of the columns; the row plays no part.", zh="这是列的边缘分布，没有用到给定的行。"
)
def marginal(joint, row):
    return joint.sum(0)


@conditional.mistake(
    en="It was divided by the columns' sums: that is the row given the column.",
    zh="除的是列的和：那是给定列时行的分布。",
)
def other_way(joint, row):
    return joint[row] / joint.sum(0)


@conditional.mistake(en="A column was taken for the row.", zh="取成了列。")
def a_column(joint, row):
    return joint[:, row] / joint[:, row].sum()


@exercise(
    "probability",
    zh="掷多少次才够",
    en="How many throws",
    arguments=lambda d: (d.number(0.05, 0.95), d.number(0.001, 0.05)),
)
def throws_needed(chance: float, error: float) -> int:
    """How many throws until the standard error of a frequency is at most `error`? Round up.

    掷多少次，频率的标准误差才不超过 error？向上取整。

    Args:
        chance: of what is counted.
        error: that is allowed.

    >>> throws_needed(0.5, 0.05)
    100
    """
    raise NotImplementedError


@throws_needed.mistake(
    en="The error is not squared: ten times as exact takes a hundred times as many.",
    zh="误差没有平方：精确十倍要掷一百倍。",
)
def not_squared(chance, error):
    return math.ceil(chance * (1 - chance) / error - 1e-9)


@throws_needed.mistake(en="The deviation was taken for the variance.", zh="把标准差当成了方差。")
def deviation_for_variance(chance, error):
    return math.ceil((chance * (1 - chance)) ** 0.5 / error**2 - 1e-9)


@throws_needed.mistake(
    en="The chance is not used: this is the worst case, one half.", zh="没有用到概率：这是最坏情形（一半）。"
)
def worst_case(chance, error):
    return math.ceil(0.25 / error**2 - 1e-9)


@throws_needed.mistake(en="The counter-chance is missing.", zh="漏了 1 − p。")
def without_counter(chance, error):
    return math.ceil(chance / error**2 - 1e-9)


# looking-things-up


@exercise(
    "looking-things-up",
    zh="公开的名字",
    en="Public names",
    arguments=lambda d: (
        [d.choice(("_hidden", "relu", "__all__", "Conv2d", "_C", "pool")) for _ in range(d.size(3, 8))],
    ),
)
def public_names(names: list[str]) -> list[str]:
    """Keep the names that do not begin with an underscore, each once, sorted.

    留下不以下划线开头的名字，各一次，排好序。

    Args:
        names: as dir gives them, perhaps more than once.

    >>> public_names(["relu", "_C", "Conv2d", "relu"])
    ['Conv2d', 'relu']
    """
    raise NotImplementedError


@public_names.mistake(en="Names come more than once.", zh="名字重复了。")
def repeated(names):
    return sorted(n for n in names if not n.startswith("_"))


@public_names.mistake(en="Internal names are among them.", zh="混进了内部的名字。")
def internal_too(names):
    return sorted(set(names))


@public_names.mistake(
    en="Only names with two underscores were left out: one is enough to be internal.",
    zh="只去掉了两个下划线的：一个下划线就是内部的。",
)
def two_underscores(names):
    return sorted({n for n in names if not n.startswith("__")})


@public_names.mistake(en="They are sorted the other way.", zh="排序反了。")
def sorted_down(names):
    return sorted({n for n in names if not n.startswith("_")}, reverse=True)


@exercise(
    "looking-things-up",
    zh="说明的第一句",
    en="The first sentence",
    arguments=lambda d: (
        d.choice(
            ("Adds. More.\n\nArgs:", "\n    Multiply two.\n    Twice.", "No dot here\n\nmore", "One. Two. Three.")
        ),
    ),
)
def first_sentence(text: str) -> str:
    """Return the first sentence of a description: up to the first dot (included) or the end of its first line.

    给出说明的第一句：到第一个句点（含）为止，没有句点就到第一行末尾；前后的空白不算。

    Args:
        text: a docstring.

    >>> first_sentence("  Draw. Then save.")
    'Draw.'
    """
    raise NotImplementedError


@first_sentence.mistake(en="The dot is missing.", zh="漏了句点。")
def without_dot(text):
    return text.strip().splitlines()[0].split(".")[0]


@first_sentence.mistake(en="The whole first line came back.", zh="返回了整个第一行。")
def first_line(text):
    return text.strip().splitlines()[0]


@first_sentence.mistake(en="Blanks in front were left.", zh="前面的空白没有去掉。")
def not_stripped(text):
    head, dot, _ = text.partition("\n\n")[0].partition(".")
    return head + ("." if dot or "." in text else "")


@first_sentence.mistake(en="The last sentence came back.", zh="返回的是最后一句。")
def last_sentence(text):
    return text.strip().splitlines()[-1]


@exercise(
    "looking-things-up",
    zh="最像的名字",
    en="The nearest name",
    arguments=lambda d: (
        d.choice(("relu", "sigmoid", "tanh", "gelu", "softmax"))[: d.size(2, 4)],
        ["gelu", "relu", "sigmoid", "softmax", "tanh"][d.size(0, 2) :],
    ),
)
def names_beginning(start: str, names: list[str]) -> list[str]:
    """List the names that begin with some letters, upper and lower case alike, the shortest first; equally long ones by the alphabet.

    列出以某些字母开头的名字，不分大小写；短的在前，一样长的按字母排。

    Args:
        start: letters.
        names: to look through.

    >>> names_beginning("S", ["softmax", "silu", "relu", "Sum"])
    ['Sum', 'silu', 'softmax']
    """
    raise NotImplementedError


@names_beginning.mistake(
    en="Names that hold the letters anywhere were found.", zh="只要含有这些字母就算了：应当以它开头。"
)
def anywhere(start, names):
    return sorted((n for n in names if start.lower()[1:] in n.lower()), key=lambda n: (len(n), n))


@names_beginning.mistake(en="All names came back.", zh="返回了全部名字。")
def everything(start, names):
    return sorted(names, key=lambda n: (len(n), n))


@names_beginning.mistake(
    en="Nothing was found: the letters must stand at the beginning, not be the whole name.",
    zh="什么也没找到：是以它开头，不是整个相等。",
)
def equal_only(start, names):
    return [n for n in names if n.lower() == start.lower()]


@names_beginning.mistake(en="Only the first was given.", zh="给出的是名字的长度，不是名字。")
def lengths(start, names):
    return [len(n) for n in names if n.lower().startswith(start.lower())]
