# %%
import math

import torch

# %% [markdown] lang="zh"
# ## is_older：比较版本号
#
# 拆成整数的元组，Python 会逐段比较。

# %% [markdown] lang="en"
# ## is_older: Compare versions
#
# Split into a tuple of numbers; Python compares part by part.


# %%
def is_older(one, other):
    return tuple(map(int, one.split("."))) < tuple(map(int, other.split(".")))


# %% [markdown] lang="zh"
# ## fits：装得上吗
#
# Python 的比较可以连写。

# %% [markdown] lang="en"
# ## fits: Does it fit?
#
# Comparisons can be chained.


# %%
def fits(minor, least, below):
    return least <= minor < below


# %% [markdown] lang="zh"
# ## lucky：同一个种子
#
# 生成器是局部的，不影响别处的随机数。

# %% [markdown] lang="en"
# ## lucky: One seed, the same luck
#
# The generator is local and touches no other luck.


# %%
def lucky(seed, n):
    return torch.randn(n, generator=torch.Generator().manual_seed(seed))


# %% [markdown] lang="zh"
# ## word_counts：数词
#
# 字典的 `get` 给没见过的词一个 0。

# %% [markdown] lang="en"
# ## word_counts: Count words
#
# `get` gives a word that is new a 0.


# %%
def word_counts(text):
    counts = {}
    for word in text.lower().split():
        counts[word] = counts.get(word, 0) + 1
    return counts


# %% [markdown] lang="zh"
# ## windows：滑动窗口
#
# 最后一个起点是 `len(items) - size`。

# %% [markdown] lang="en"
# ## windows: Windows
#
# The last start is `len(items) - size`.


# %%
def windows(items, size):
    return [items[start : start + size] for start in range(len(items) - size + 1)]


# %% [markdown] lang="zh"
# ## appended：默认参数的陷阱
#
# 默认值用 `None`，列表在函数里新造。

# %% [markdown] lang="en"
# ## appended: A default that is shared
#
# Let the default be `None` and make the list inside.


# %%
def appended(item, to=None):
    return [*(to or []), item]


# %% [markdown] lang="zh"
# ## broadcast_shape：广播之后的形状
#
# 左边补 1 对齐，每个轴取大的。

# %% [markdown] lang="en"
# ## broadcast_shape: The shape behind broadcasting
#
# Fill with ones from the left and take the larger on each axis.


# %%
def broadcast_shape(one, other):
    length = max(len(one), len(other))
    one = (1,) * (length - len(one)) + tuple(one)
    other = (1,) * (length - len(other)) + tuple(other)
    return tuple(max(a, b) for a, b in zip(one, other))


# %% [markdown] lang="zh"
# ## distances：两两之间的距离
#
# 插入一个轴，让每一对都相减。

# %% [markdown] lang="en"
# ## distances: All distances
#
# An extra axis makes every pair meet.


# %%
def distances(a, b):
    return (a[:, None] - b[None]).square().sum(-1).sqrt()


# %% [markdown] lang="zh"
# ## group_means：分组平均
#
# 先收集，再平均。

# %% [markdown] lang="en"
# ## group_means: Group means
#
# Gather, then average.


# %%
def group_means(groups, values):
    found = {}
    for group, value in zip(groups, values):
        found.setdefault(group, []).append(value)
    return {group: sum(own) / len(own) for group, own in found.items()}


# %% [markdown] lang="zh"
# ## strides_of：步长
#
# 每个轴的步长是后面各轴长度的乘积。

# %% [markdown] lang="en"
# ## strides_of: Strides
#
# The stride of an axis is the product of the sizes behind it.


# %%
def strides_of(shape):
    return tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))


# %% [markdown] lang="zh"
# ## channels_first：通道挪到前面
#
# `movedim` 只挪一个轴，其余保持次序。

# %% [markdown] lang="en"
# ## channels_first: Channels to the front
#
# `movedim` moves one axis and keeps the order of the rest.


# %%
def channels_first(pictures):
    return pictures.movedim(-1, 1)


# %% [markdown] lang="zh"
# ## above：布尔选取
#
# 用布尔张量当下标。

# %% [markdown] lang="en"
# ## above: Choose by a mask
#
# A tensor of truths as index.


# %%
def above(x, limit):
    return x[x > limit]


# %% [markdown] lang="zh"
# ## number_or_nan：读一个格子
#
# 先去掉空格，再看是不是缺失。

# %% [markdown] lang="en"
# ## number_or_nan: Read a field
#
# Strip the blanks, then ask whether it is missing.


# %%
def number_or_nan(field):
    field = field.strip()
    return math.nan if field in ("", "NA") else float(field)


# %% [markdown] lang="zh"
# ## filled：用平均值填
#
# 平均值只从训练的那些行里来。

# %% [markdown] lang="en"
# ## filled: Fill by the mean
#
# The mean comes from the training rows alone.


# %%
def filled(column, training):
    mean = column[:training].nanmean()
    return torch.where(column.isnan(), mean, column)


# %% [markdown] lang="zh"
# ## one_hot：类别变成列
#
# 最后一列问的是“不在已知类别里”。

# %% [markdown] lang="en"
# ## one_hot: Categories as columns
#
# The last column asks whether it is none of the kinds.


# %%
def one_hot(values, kinds):
    return torch.tensor([[float(value == kind) for kind in kinds] + [float(value not in kinds)] for value in values])


# %% [markdown] lang="zh"
# ## product：矩阵乘法
#
# 用广播把每一对排开，再沿中间的轴相加。

# %% [markdown] lang="en"
# ## product: The product of matrices
#
# Lay all pairs out by broadcasting, then add along the middle axis.


# %%
def product(a, b):
    return (a[:, :, None] * b[None]).sum(1)


# %% [markdown] lang="zh"
# ## cosine：夹角的余弦
#
# 点积除以两个长度。

# %% [markdown] lang="en"
# ## cosine: The cosine of an angle
#
# The dot product over both lengths.


# %%
def cosine(x, y):
    return ((x * y).sum() / (x.norm() * y.norm())).item()


# %% [markdown] lang="zh"
# ## projected：投影到一个方向
#
# 方向出现两次，所以除以它的平方长度。

# %% [markdown] lang="en"
# ## projected: Project onto a direction
#
# The direction stands there twice, so divide by its squared length.


# %%
def projected(x, direction):
    return (x @ direction) / (direction @ direction) * direction


# %% [markdown] lang="zh"
# ## quadratic_gradient：二次型的梯度
#
# x 出现两次，各有一份梯度。

# %% [markdown] lang="en"
# ## quadratic_gradient: The gradient of a quadratic form
#
# x stands there twice, and each use has its gradient.


# %%
def quadratic_gradient(a, x):
    return a @ x + a.T @ x


# %% [markdown] lang="zh"
# ## derivative_shape：雅可比矩阵的形状
#
# 输出的轴在前。

# %% [markdown] lang="en"
# ## derivative_shape: The shape of a derivative
#
# Output axes first.


# %%
def derivative_shape(output, given):
    return tuple(output) + tuple(given)


# %% [markdown] lang="zh"
# ## chained：链式法则
#
# 外层乘里层。

# %% [markdown] lang="en"
# ## chained: The chain rule
#
# The outer times the inner.


# %%
def chained(outer, inner):
    return outer @ inner


# %% [markdown] lang="zh"
# ## graph_slopes：一条计算图的反向
#
# a 收到两份斜率，z 和 1。

# %% [markdown] lang="en"
# ## graph_slopes: Backward through a small graph
#
# a receives two slopes, z and 1.


# %%
def graph_slopes(x, y, z):
    slope_a = z + 1
    return slope_a * y, slope_a * x, x * y


# %% [markdown] lang="zh"
# ## dual_product：对偶数
#
# 乘法法则。

# %% [markdown] lang="en"
# ## dual_product: Dual numbers
#
# The product rule.


# %%
def dual_product(one, other):
    return one[0] * other[0], one[1] * other[0] + one[0] * other[1]


# %% [markdown] lang="zh"
# ## passes_needed：正向还是反向
#
# 正向每个输入一遍，反向每个输出一遍。

# %% [markdown] lang="en"
# ## passes_needed: Forward or reverse
#
# Forward takes a pass for each input, reverse one for each output.


# %%
def passes_needed(inputs, outputs):
    return ("reverse", outputs) if outputs <= inputs else ("forward", inputs)


# %% [markdown] lang="zh"
# ## ill_if_positive：贝叶斯
#
# 阳性里有病的份额。

# %% [markdown] lang="en"
# ## ill_if_positive: Bayes' rule
#
# The share of the ill among the positive.


# %%
def ill_if_positive(prevalence, sensitivity, false_alarm):
    ill, healthy = prevalence * sensitivity, (1 - prevalence) * false_alarm
    return ill / (ill + healthy)


# %% [markdown] lang="zh"
# ## conditional：边缘分布
#
# 取那一行，除以它的和。

# %% [markdown] lang="en"
# ## conditional: A marginal
#
# Take the row and divide by its sum.


# %%
def conditional(joint, row):
    return joint[row] / joint[row].sum()


# %% [markdown] lang="zh"
# ## throws_needed：掷多少次才够
#
# 方差 $p(1-p)$ 除以误差的平方；减去一点点，免得舍入多出一次。

# %% [markdown] lang="en"
# ## throws_needed: How many throws
#
# The variance $p(1-p)$ over the squared error; a hair less, so that rounding adds no throw.


# %%
def throws_needed(chance, error):
    return math.ceil(chance * (1 - chance) / error**2 - 1e-9)


# %% [markdown] lang="zh"
# ## public_names：公开的名字
#
# 集合去重，再排序。

# %% [markdown] lang="en"
# ## public_names: Public names
#
# A set for once each, then sort.


# %%
def public_names(names):
    return sorted({name for name in names if not name.startswith("_")})


# %% [markdown] lang="zh"
# ## first_sentence：说明的第一句
#
# 先取第一行，再看有没有句点。

# %% [markdown] lang="en"
# ## first_sentence: The first sentence
#
# Take the first line, then look for a dot.


# %%
def first_sentence(text):
    line = text.strip().splitlines()[0]
    head, dot, _ = line.partition(".")
    return head + dot


# %% [markdown] lang="zh"
# ## names_beginning：最像的名字
#
# 排序的键是（长度，名字）。

# %% [markdown] lang="en"
# ## names_beginning: The nearest name
#
# Sort by length, then by name.


# %%
def names_beginning(start, names):
    return sorted((n for n in names if n.lower().startswith(start.lower())), key=lambda n: (len(n), n))
