# %%
import math

import torch

# %% [markdown] lang="zh"
# ## predict：线性模型的预测
#
# 矩阵乘向量，就是每一行各求一次加权和；偏置广播到每个样本。

# %% [markdown] lang="en"
# ## predict: what a linear model predicts
#
# A matrix times a vector is one weighted sum a row; the bias is broadcast to every example.


# %%
def predict(inputs, weights, bias):
    return inputs @ weights + bias


# %% [markdown] lang="zh"
# ## half_square：平方误差的一半
#
# 先逐个平方，再平均：这样正负误差不会互相抵消。除以二只是为了让导数干净。

# %% [markdown] lang="en"
# ## half_square: half the squared error
#
# Square each error, then take the mean, so that errors of both signs can't cancel. The half only tidies the derivative.


# %%
def half_square(predicted, targets):
    return ((predicted - targets) ** 2).mean() / 2


# %% [markdown] lang="zh"
# ## descend：一步梯度下降
#
# 平方的导数带来的 2 与二分之一抵消，剩下误差乘以输入，再对样本取平均。两个梯度都在旧的参数上算完，然后才更新。

# %% [markdown] lang="en"
# ## descend: one step of gradient descent
#
# The 2 of the square's derivative cancels the half; what is left is error times input, averaged over the examples. Both
# gradients are taken at the old parameters before either moves.


# %%
def descend(inputs, targets, weights, bias, rate):
    error = inputs @ weights + bias - targets
    return weights - rate * inputs.T @ error / len(inputs), bias - rate * error.mean()


# %% [markdown] lang="zh"
# ## least_squares：直接解出最小二乘
#
# 给输入添一列 1，它的权重就是偏置；`lstsq` 比自己求逆矩阵更稳。

# %% [markdown] lang="en"
# ## least_squares: least squares in one stroke
#
# The weight of a column of ones is the bias. `lstsq` is steadier than an inverse of one's own.


# %%
def least_squares(inputs, targets):
    with_ones = torch.cat([inputs, torch.ones(len(inputs), 1)], dim=1)
    return torch.linalg.lstsq(with_ones, targets[:, None]).solution[:, 0]


# %% [markdown] lang="zh"
# ## in_batches：切成小批量
#
# 切片越过末尾时自动截短，所以最后一批不用另外处理。

# %% [markdown] lang="en"
# ## in_batches: cut into batches
#
# A slice that reaches past the end is cut short by itself, so the last batch needs no care.


# %%
def in_batches(examples, size):
    for start in range(0, len(examples), size):
        yield examples[start : start + size]


# %% [markdown] lang="zh"
# ## batches_per_epoch：一轮有几批
#
# 丢掉不满的一批就是向下取整，保留就是向上取整。

# %% [markdown] lang="en"
# ## batches_per_epoch: batches of an epoch
#
# Dropping the incomplete batch rounds down, keeping it rounds up.


# %%
def batches_per_epoch(examples, size, drop_last):
    return examples // size if drop_last else math.ceil(examples / size)


# %% [markdown] lang="zh"
# ## shuffled：一起打乱
#
# 用同一个次序去取两边，配对就不会散。

# %% [markdown] lang="en"
# ## shuffled: shuffle together
#
# Index both with the same order, and the pairs stay together.


# %%
def shuffled(inputs, targets, order):
    return inputs[order], targets[order]


# %% [markdown] lang="zh"
# ## combined_gradient：小批拼成大批
#
# 平均值乘以个数就还原成总和；总和相加，再除以总的样本数。梯度累积遇到不满的最后一批时，就要这样加权。

# %% [markdown] lang="en"
# ## combined_gradient: a large batch out of small ones
#
# A mean times its count is a sum again; add the sums and divide by all examples. Gradient accumulation needs these weights
# whenever its last batch is incomplete.


# %%
def combined_gradient(means, sizes):
    return (means * sizes[:, None]).sum(0) / sizes.sum()


# %% [markdown] lang="zh"
# ## noise_of_batch：一批梯度的噪声
#
# 独立的噪声，方差相加；平均之后方差是原来的 $1/n$，标准差就是 $1/\sqrt{n}$。批大四倍，噪声只少一半。

# %% [markdown] lang="en"
# ## noise_of_batch: the noise of a batch
#
# Variances of independent noise add up; that of a mean is $1/n$ of one, its deviation $1/\sqrt{n}$. A batch four times
# as large only halves the noise.


# %%
def noise_of_batch(noise, size):
    return noise / math.sqrt(size)


# %% [markdown] lang="zh"
# ## scaled_rate：线性缩放学习率
#
# 批大几倍，一轮的步数就少几倍，每一步也要大几倍。

# %% [markdown] lang="en"
# ## scaled_rate: the rate that goes with a batch
#
# So many times larger the batch, so many times fewer the steps of an epoch, so many times longer each must be.


# %%
def scaled_rate(rate, size, new_size):
    return rate * new_size / size
