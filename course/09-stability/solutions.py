# %%
import math

import torch

# %% [markdown] lang="zh"
# ## layers_until：几层之后就没了
#
# 解 $f^n < s$，取第一个满足的整数。

# %% [markdown] lang="en"
# ## layers_until: After how many layers
#
# Solve $f^n < s$ and take the first whole number that does.


# %%
def layers_until(factor, smallest):
    layers = 0
    slope = 1.0
    while slope >= smallest:
        slope *= factor
        layers += 1
    return layers


# %% [markdown] lang="zh"
# ## clipped：按范数裁剪
#
# 先求总的范数，超过才缩，所有梯度乘同一个数。

# %% [markdown] lang="en"
# ## clipped: Clip by norm
#
# One norm of all; shrink only when it is too large, and all by the same number.


# %%
def clipped(gradients, most):
    norm = sum(g.square().sum() for g in gradients).sqrt()
    factor = torch.clamp(most / norm, max=1.0)
    return [g * factor for g in gradients]


# %% [markdown] lang="zh"
# ## residual_factor：残差的倍数
#
# 每层乘 $1 + f'$。

# %% [markdown] lang="en"
# ## residual_factor: The factor of a residual chain
#
# Every layer multiplies by $1 + f'$.


# %%
def residual_factor(slope, layers):
    return (1 + slope) ** layers


# %% [markdown] lang="zh"
# ## xavier_reach：Xavier 的均匀范围
#
# 均匀分布的方差是 $a^2 / 3$，令它等于 $2 / (n_{in} + n_{out})$。

# %% [markdown] lang="en"
# ## xavier_reach: Xavier's reach
#
# An even law has the variance $a^2 / 3$; set it to $2 / (n_{in} + n_{out})$.


# %%
def xavier_reach(inputs, outputs):
    return math.sqrt(6 / (inputs + outputs))


# %% [markdown] lang="zh"
# ## leaky_deviation：leaky ReLU 的增益
#
# 一半信号在正侧，一半乘 $a$：均方变成 $(1 + a^2) / 2$。

# %% [markdown] lang="en"
# ## leaky_deviation: The gain of a leaky ReLU
#
# Half of the signal stays, half is multiplied by $a$: the mean square becomes $(1 + a^2) / 2$.


# %%
def leaky_deviation(slope, inputs):
    return math.sqrt(2 / ((1 + slope**2) * inputs))


# %% [markdown] lang="zh"
# ## fans：卷积的扇入扇出
#
# 都要乘核的面积。

# %% [markdown] lang="en"
# ## fans: Fans of a convolution
#
# Both are multiplied by the area of the kernel.


# %%
def fans(channels, maps, kernel):
    return channels * kernel**2, maps * kernel**2


# %% [markdown] lang="zh"
# ## permuted：交换隐藏单元
#
# 第一层换行，第二层换列，偏置跟着单元走。

# %% [markdown] lang="en"
# ## permuted: Let units change places
#
# Rows of the first layer, columns of the second; biases go with their units.


# %%
def permuted(w1, b1, w2, order):
    return w1[order], b1[order], w2[:, order]


# %% [markdown] lang="zh"
# ## twins：有多少个孪生兄弟
#
# 每层 $h!$ 种次序；奇函数时每个单元再乘 2。

# %% [markdown] lang="en"
# ## twins: How many twins
#
# $h!$ orders a layer; with an odd function twice as many for each unit.


# %%
def twins(hidden, odd):
    return math.prod(math.factorial(width) * (2**width if odd else 1) for width in hidden)


# %% [markdown] lang="zh"
# ## distinct_units：有多少种不同的单元
#
# `unique` 可以按行去重。

# %% [markdown] lang="en"
# ## distinct_units: How many different units
#
# `unique` can compare rows.


# %%
def distinct_units(w1, scale):
    return len(w1.unique(dim=0))


# %% [markdown] lang="zh"
# ## first_broken：第一个坏掉的地方
#
# 问“是不是全都有限”，inf 和 nan 一起抓。

# %% [markdown] lang="en"
# ## first_broken: The first that broke
#
# Ask whether all are finite: that catches inf and nan.


# %%
def first_broken(outputs):
    for number, output in enumerate(outputs):
        if not torch.isfinite(output).all():
            return number
    return -1


# %% [markdown] lang="zh"
# ## safe_root：安全的平方根
#
# 先把不要的输入换成 1，再开方，最后选。

# %% [markdown] lang="en"
# ## safe_root: A root with a safe slope
#
# Replace the inputs that are not wanted by 1, take the root, then choose.


# %%
def safe_root(x):
    positive = x > 0
    return torch.where(positive, torch.where(positive, x, 1.0).sqrt(), 0.0)


# %% [markdown] lang="zh"
# ## half_kind：半精度里会变成什么
#
# 按绝对值从大到小比。

# %% [markdown] lang="en"
# ## half_kind: What half precision makes of it
#
# Compare the size with the limits.


# %%
def half_kind(x):
    size = abs(x)
    if size > 65504:
        return "inf"
    if size < 2**-25:
        return "zero"
    return "subnormal" if size < 2**-14 else "normal"
