# %%
import math

import torch

# %% [markdown] lang="zh"
# ## perceptron_answers：感知机的回答
#
# 比较得到真假，换成整数乘二减一，就是 1 和 −1。`torch.sign` 在 0 处给 0，所以不用它。

# %% [markdown] lang="en"
# ## perceptron_answers: what a perceptron answers
#
# The comparison gives trues; twice that minus one gives 1 and −1. `torch.sign` would give 0 at 0.


# %%
def perceptron_answers(inputs, weights, bias):
    return (inputs @ weights + bias > 0).int() * 2 - 1


# %% [markdown] lang="zh"
# ## perceptron_step：感知机的一步
#
# 标签乘以加权和大于 0，说明答对了，什么都不动；否则把样本按标签的方向加进权重。

# %% [markdown] lang="en"
# ## perceptron_step: one step of the perceptron
#
# Label times sum is positive after a right answer: nothing moves. Otherwise the example is added in its label's direction.


# %%
def perceptron_step(x, label, weights, bias):
    if label * (x @ weights + bias) > 0:
        return weights, bias
    return weights + label * x, bias + label


# %% [markdown] lang="zh"
# ## margin：点到分界线的距离
#
# 加权和除以权重的长度就是距离，乘上标签就有了正负。

# %% [markdown] lang="en"
# ## margin
#
# The sum over the length of the weights is a distance; the label gives it its sign.


# %%
def margin(inputs, labels, weights, bias):
    distances = labels * (inputs @ weights + bias) / weights.norm()
    return distances.min().item()


# %% [markdown] lang="zh"
# ## xor_net：用三个神经元做异或
#
# 第一个神经元算“或”，第二个算“与”，输出是“或而不与”。

# %% [markdown] lang="en"
# ## xor_net: XOR of three neurons
#
# One hidden neuron computes OR, the other AND; the output says OR and not AND.


# %%
def xor_net(inputs):
    hidden = (inputs @ torch.ones(2, 2) - torch.tensor([0.5, 1.5]) > 0).float()
    return (hidden @ torch.tensor([1.0, -1.0]) - 0.5 > 0).float()


# %% [markdown] lang="zh"
# ## line_can_part：能不能用一条线分开
#
# 十六个函数里只有两个不行：异或和相等。它们的特点是对角相同、邻角不同。

# %% [markdown] lang="en"
# ## line_can_part: can a line part them?
#
# Of the sixteen functions two can't: XOR and equality, whose diagonals agree and whose neighbors differ.


# %%
def line_can_part(table):
    zero_zero, zero_one, one_zero, one_one = table
    return not (zero_zero == one_one and zero_one == one_zero and zero_zero != zero_one)


# %% [markdown] lang="zh"
# ## xor_feature：新特征让异或变成线性
#
# 两个数相乘，相同为 1，不同为 −1；再取相反数。

# %% [markdown] lang="en"
# ## xor_feature: a feature that makes XOR linear
#
# The product is 1 where they agree and −1 where they differ; its opposite is asked for.


# %%
def xor_feature(inputs):
    return -inputs.prod(dim=1)


# %% [markdown] lang="zh"
# ## mlp_forward：两层的前向计算
#
# 线性、ReLU、再线性；最后一层不加激活函数。

# %% [markdown] lang="en"
# ## mlp_forward: forward through two layers
#
# Linear, ReLU, linear; nothing behind the last.


# %%
def mlp_forward(inputs, w1, b1, w2, b2):
    hidden = (inputs @ w1.T + b1).relu()
    return hidden @ w2.T + b2


# %% [markdown] lang="zh"
# ## count_parameters：数一数参数
#
# 每一层是“输入数加一”乘以输出数，那个一就是偏置。

# %% [markdown] lang="en"
# ## count_parameters: count the parameters
#
# A layer has (inputs + 1) times outputs; the one is the bias.


# %%
def count_parameters(widths):
    return sum((inputs + 1) * outputs for inputs, outputs in zip(widths, widths[1:]))


# %% [markdown] lang="zh"
# ## merged：两个线性层合成一个
#
# 把第一层代入第二层，展开就得到新的权重和偏置。

# %% [markdown] lang="en"
# ## merged: two linear layers are one
#
# Put the first into the second and multiply out.


# %%
def merged(w1, b1, w2, b2):
    return w2 @ w1, w2 @ b1 + b2


# %% [markdown] lang="zh"
# ## slope_of：四个激活函数的导数
#
# sigmoid 和 tanh 的导数都能用函数值表示。

# %% [markdown] lang="en"
# ## slope_of: slopes of four activations
#
# The slopes of sigmoid and tanh follow from their values.


# %%
def slope_of(x, name):
    if name == "relu":
        return (x > 0).float()
    if name == "leaky":
        return torch.where(x > 0, 1.0, 0.01)
    if name == "sigmoid":
        return x.sigmoid() * (1 - x.sigmoid())
    return 1 - x.tanh() ** 2


# %% [markdown] lang="zh"
# ## sigmoid_by_tanh：用 tanh 写 sigmoid
#
# sigmoid 就是缩放、平移过的 tanh。

# %% [markdown] lang="en"
# ## sigmoid_by_tanh: a sigmoid out of tanh
#
# A sigmoid is tanh, scaled and shifted.


# %%
def sigmoid_by_tanh(x):
    return (torch.tanh(x / 2) + 1) / 2


# %% [markdown] lang="zh"
# ## dead_share：多少 ReLU 不再活动
#
# 先沿样本轴问“是不是全都不大于 0”，再求比例。

# %% [markdown] lang="en"
# ## dead_share: how many ReLUs are dead
#
# Ask along the examples whether all are at or below 0, then take the share.


# %%
def dead_share(before):
    return (before <= 0).all(dim=0).float().mean().item()


# %% [markdown] lang="zh"
# ## relu_interpolation：ReLU 拼出折线
#
# 第一个 ReLU 带来第一段的斜率，之后每个只带来斜率的变化。

# %% [markdown] lang="en"
# ## relu_interpolation: a broken line of ReLUs
#
# The first ReLU brings the slope of the first piece, each later one only the change.


# %%
def relu_interpolation(places, values):
    slopes = values.diff() / places.diff()
    return places[:-1], torch.cat([slopes[:1], slopes.diff()])


# %% [markdown] lang="zh"
# ## pieces：折叠出来的段数
#
# 每层都把已有的段数乘以 `width`。

# %% [markdown] lang="en"
# ## pieces: pieces by folding
#
# Every layer multiplies the pieces there are by `width`.


# %%
def pieces(width, depth):
    return width**depth


# %% [markdown] lang="zh"
# ## width_for_budget：同样参数，深还是宽
#
# 参数个数是宽度的递增函数，从小到大试到超出限额为止。

# %% [markdown] lang="en"
# ## width_for_budget: as many weights, deep or wide
#
# The count rises with the width; try widths until one exceeds the budget.


# %%
def width_for_budget(inputs, depth, hidden):
    def parameters(width, layers):
        return (inputs + 1) * width + (layers - 1) * (width + 1) * width + width + 1

    width = 0
    while parameters(width + 1, depth) <= parameters(hidden, 1):
        width += 1
    return width


# %% [markdown] lang="zh"
# ## next_power_of_two：补到 2 的幂
#
# 整数的位数不受浮点误差影响。

# %% [markdown] lang="en"
# ## next_power_of_two: up to the next power of two
#
# The bits of a whole number know no rounding.


# %%
def next_power_of_two(n):
    return 1 << (n - 1).bit_length()


# %% [markdown] lang="zh"
# ## pad_columns：补齐到倍数
#
# `-d % multiple` 正好是还差的列数，整除时是 0。

# %% [markdown] lang="en"
# ## pad_columns: pad to a multiple
#
# `-d % multiple` is what is missing, and 0 where nothing is.


# %%
def pad_columns(x, multiple):
    missing = -x.shape[1] % multiple
    return torch.cat([x, torch.zeros(len(x), missing)], dim=1)


# %% [markdown] lang="zh"
# ## wasted_share：补零白算了多少
#
# 先向上取整到整块，再看多出来的占多少。

# %% [markdown] lang="en"
# ## wasted_share: the cost of padding
#
# Round up to whole tiles and see how much of them is beyond n.


# %%
def wasted_share(n, tile):
    computed = math.ceil(n / tile) * tile
    return (computed - n) / computed
