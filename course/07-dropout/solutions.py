# %%
import torch

# %% [markdown] lang="zh"
# ## drop：用给定的随机数做 dropout
#
# 留下的概率是 $1 - p$，所以除以它，平均值就不变。

# %% [markdown] lang="en"
# ## drop: Dropout from given luck
#
# A value is kept with chance $1 - p$; divided by that, the mean stays.


# %%
def drop(x, luck, p):
    return torch.where(luck >= p, x / (1 - p), 0.0)


# %% [markdown] lang="zh"
# ## dropout_variance：dropout 带来的方差
#
# 值以概率 $1 - p$ 取 $x / (1 - p)$，否则取 0：平方的平均减去 $x^2$。

# %% [markdown] lang="en"
# ## dropout_variance: The variance of dropout
#
# The value is $x / (1 - p)$ with chance $1 - p$ and 0 otherwise: mean square minus $x^2$.


# %%
def dropout_variance(x, p):
    return x**2 * p / (1 - p)


# %% [markdown] lang="zh"
# ## expected_loss：等价的惩罚
#
# 期望的平方误差等于平均预测的误差加预测的方差；方差是各特征之和。

# %% [markdown] lang="en"
# ## expected_loss: The penalty that dropout is
#
# The expected square is that of the mean prediction plus the prediction's variance, which adds up over the features.


# %%
def expected_loss(inputs, weights, targets, p):
    error = (inputs @ weights - targets).square().mean()
    variance = p / (1 - p) * (inputs.square() @ weights.square()).mean()
    return error + variance
