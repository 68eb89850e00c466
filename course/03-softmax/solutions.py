# %%
import torch

# %% [markdown] lang="zh"
# ## softmax_rows：从得分到概率
#
# 取指数得到正数，再除以本行之和；`keepdim` 让和留成一列，才能广播回每一行。

# %% [markdown] lang="en"
# ## softmax_rows: from scores to probabilities
#
# exp makes the scores positive, the sum of the row makes them add up to 1; `keepdim` leaves the sums as a column, which
# broadcasts back over the row.


# %%
def softmax_rows(logits):
    positive = logits.exp()
    return positive / positive.sum(dim=1, keepdim=True)


# %% [markdown] lang="zh"
# ## accuracy：准确率
#
# `argmax` 给出得分最高的类别；与标签相等的比例就是平均值。

# %% [markdown] lang="en"
# ## accuracy
#
# `argmax` is the class of the highest score; the share of matches is a mean of trues and falses.


# %%
def accuracy(logits, labels):
    return (logits.argmax(dim=1) == labels).float().mean().item()


# %% [markdown] lang="zh"
# ## with_temperature：温度
#
# 先除以温度，再取 softmax。温度趋于 0 就是 argmax，温度很高就接近均匀。

# %% [markdown] lang="en"
# ## with_temperature: temperature
#
# Divide the scores first. Near 0 the softmax becomes an argmax, at high temperatures nearly even.


# %%
def with_temperature(logits, temperature):
    return torch.softmax(logits / temperature, dim=0)


# %% [markdown] lang="zh"
# ## cross_entropy_of：从概率算交叉熵
#
# 用两组下标取出每个样本给自己标签的概率，各取负对数，再平均。

# %% [markdown] lang="en"
# ## cross_entropy_of: cross-entropy of probabilities
#
# A pair of index tensors picks each example's probability of its own label; then -log of each, then the mean.


# %%
def cross_entropy_of(probabilities, labels):
    own = probabilities[torch.arange(len(labels)), labels]
    return -own.log().mean()


# %% [markdown] lang="zh"
# ## cross_entropy_slope：交叉熵对得分的梯度
#
# 梯度就是“预测的概率减去真实的概率”，再除以样本数。

# %% [markdown] lang="en"
# ## cross_entropy_slope: the slope of cross-entropy
#
# It is what was predicted minus what is true, divided by the number of examples.


# %%
def cross_entropy_slope(logits, labels):
    slope = torch.softmax(logits, dim=1)
    slope[torch.arange(len(labels)), labels] -= 1
    return slope / len(labels)


# %% [markdown] lang="zh"
# ## entropy：熵
#
# `xlogy(0, 0)` 按约定等于 0，正好绕开 0 乘以负无穷。

# %% [markdown] lang="en"
# ## entropy
#
# `xlogy(0, 0)` is 0 by definition, which avoids 0 times minus infinity.


# %%
def entropy(probabilities):
    return -torch.special.xlogy(probabilities, probabilities).sum()


# %% [markdown] lang="zh"
# ## to_floats：从字节到浮点
#
# 除以 255 会得到 float32；用 `None` 插入通道轴。

# %% [markdown] lang="en"
# ## to_floats: from bytes to floats
#
# Division by 255 gives float32; `None` puts the channel's axis in.


# %%
def to_floats(pictures):
    return pictures[:, None] / 255


# %% [markdown] lang="zh"
# ## standardized：按训练集标准化
#
# 统计量只来自训练集；测试集只是被变换。

# %% [markdown] lang="en"
# ## standardized: standardize by the training set
#
# The statistics come from the training set alone; the test set is merely transformed.


# %%
def standardized(training, test):
    return (test - training.mean(0)) / training.std(0, correction=0)


# %% [markdown] lang="zh"
# ## confusion：混淆矩阵
#
# 把一对下标合成一个数，`bincount` 就能正确地数重复的配对。

# %% [markdown] lang="en"
# ## confusion: a confusion matrix
#
# Make one number of each pair, and `bincount` counts repeated pairs correctly.


# %%
def confusion(labels, answers, classes):
    pairs = labels * classes + answers
    return torch.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


# %% [markdown] lang="zh"
# ## safe_softmax：不溢出的 softmax
#
# 每一行减去自己的最大值：比值不变，最大的指数是 1，再也不会溢出。

# %% [markdown] lang="en"
# ## safe_softmax: a softmax that does not overflow
#
# Take each row's largest score out: the ratios stay, and the largest exponential is 1.


# %%
def safe_softmax(logits):
    positive = (logits - logits.max(dim=1, keepdim=True).values).exp()
    return positive / positive.sum(dim=1, keepdim=True)


# %% [markdown] lang="zh"
# ## log_sum_exp
#
# 里面减去最大值，外面再加回来。

# %% [markdown] lang="en"
# ## log_sum_exp
#
# What is subtracted inside is added again outside.


# %%
def log_sum_exp(logits):
    top = logits.max(dim=1).values
    return top + (logits - top[:, None]).exp().sum(dim=1).log()


# %% [markdown] lang="zh"
# ## stable_cross_entropy：直接从得分算交叉熵
#
# $-\log \mathrm{softmax}$ 就是 log-sum-exp 减去标签的得分：从头到尾不出现会变成 0 的概率。

# %% [markdown] lang="en"
# ## stable_cross_entropy: cross-entropy straight from the scores
#
# $-\log \mathrm{softmax}$ is log-sum-exp minus the label's score; no probability that could become 0 ever appears.


# %%
def stable_cross_entropy(logits, labels):
    own = logits[torch.arange(len(labels)), labels]
    return (log_sum_exp(logits) - own).mean()
