# %%
import math

import torch

# %% [markdown] lang="zh"
# ## linear_backward：线性层的反向
#
# 权重的梯度是出口的斜率乘入口的数，对样本相加；输入的梯度是斜率乘权重。

# %% [markdown] lang="en"
# ## linear_backward: Backward through a linear layer
#
# A weight's slope is that at its exit times the number at its entrance, added over examples; the input's is the slope
# times the weights.


# %%
def linear_backward(x, weight, slope):
    return slope @ weight, slope.T @ x


# %% [markdown] lang="zh"
# ## relu_backward：穿过 ReLU
#
# 输入大于 0 的地方原样通过，其余挡住。

# %% [markdown] lang="en"
# ## relu_backward: Backward through a ReLU
#
# What came in above 0 lets the slope through; the rest stops it.


# %%
def relu_backward(before, slope):
    return slope * (before > 0)


# %% [markdown] lang="zh"
# ## numeric_gradient：差商检查
#
# 每次只动一个元素，向两侧各走一步。

# %% [markdown] lang="en"
# ## numeric_gradient: Check by quotients
#
# Move one entry at a time, a step to either side.


# %%
def numeric_gradient(x, function, step=1e-6):
    slopes = torch.zeros_like(x)
    for i in range(len(x)):
        move = torch.zeros_like(x)
        move[i] = step
        slopes[i] = (function(x + move) - function(x - move)) / (2 * step)
    return slopes


# %% [markdown] lang="zh"
# ## backward_order：反向的次序
#
# 边总是从小编号指向大编号，倒着数就满足要求。

# %% [markdown] lang="en"
# ## backward_order: The order of the way back
#
# Edges lead from lower to higher numbers, so counting down will do.


# %%
def backward_order(nodes, edges):
    return list(range(nodes))[::-1]


# %% [markdown] lang="zh"
# ## training_bytes：训练要多少内存
#
# 每个参数有权重、梯度和若干份状态；激活乘以批大小。

# %% [markdown] lang="en"
# ## training_bytes: What training takes
#
# Each parameter has a weight, a gradient and its states; activations are for every example.


# %%
def training_bytes(parameters, activations, batch, optimizer):
    states = {"sgd": 0, "momentum": 1, "adam": 2}[optimizer]
    return 4 * (parameters * (2 + states) + activations * batch)


# %% [markdown] lang="zh"
# ## best_pieces：检查点切几段最省
#
# 直接比较所有的 k；答案总在层数的平方根附近。

# %% [markdown] lang="en"
# ## best_pieces: How many checkpoints
#
# Compare all k; the best is always near the root of the layers.


# %%
def best_pieces(layers):
    return min(range(1, layers + 1), key=lambda k: k + math.ceil(layers / k))
