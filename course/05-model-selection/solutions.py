# %%
import math

import torch

# %% [markdown] lang="zh"
# ## fold_sizes：切成 K 份
#
# 余数有几个，前几份就各多一个。

# %% [markdown] lang="en"
# ## fold_sizes: Cut into K parts
#
# As many parts as there is remainder get one example more.


# %%
def fold_sizes(examples, k):
    each, more = divmod(examples, k)
    return [each + 1] * more + [each] * (k - more)


# %% [markdown] lang="zh"
# ## best_setting：挑出最好的设置
#
# 先对折取平均，再找最小的位置。

# %% [markdown] lang="en"
# ## best_setting: Choose by the mean of the folds
#
# The mean over the folds, then the place of the smallest.


# %%
def best_setting(errors):
    return errors.mean(dim=1).argmin().item()


# %% [markdown] lang="zh"
# ## flattery：挑选占了多少便宜
#
# 用验证集定下是谁，再看同一个模型的两个分数。

# %% [markdown] lang="en"
# ## flattery: How much choosing flatters
#
# Validation decides who it is; then both scores of that one model.


# %%
def flattery(validation, test):
    winner = validation.argmax()
    return (validation[winner] - test[winner]).item()


# %% [markdown] lang="zh"
# ## powers_of：多项式特征
#
# 一列数的幂，靠广播一次算完。

# %% [markdown] lang="en"
# ## powers_of: Powers as features
#
# A column to a row of powers, by broadcasting.


# %%
def powers_of(x, degree):
    return x[:, None] ** torch.arange(1, degree + 1)


# %% [markdown] lang="zh"
# ## bias_and_variance：偏差与方差
#
# 偏差是平均回答与真值之差，方差是回答绕着平均的散布。

# %% [markdown] lang="en"
# ## bias_and_variance: Bias and variance
#
# Bias is how far the mean answer is off; variance is how answers scatter around it.


# %%
def bias_and_variance(answers, truth):
    return (answers.mean(0) - truth) ** 2, answers.var(0, correction=0)


# %% [markdown] lang="zh"
# ## diagnosis：该怎么办
#
# 先看训练误差：没学会就谈不上过拟合。

# %% [markdown] lang="en"
# ## diagnosis: What ails it
#
# The training error comes first: what has not learnt can't overfit.


# %%
def diagnosis(training, test, acceptable):
    if training > acceptable:
        return "underfits"
    return "overfits" if test > acceptable else "fine"


# %% [markdown] lang="zh"
# ## cover_count：直线能给出多少种贴法
#
# 照公式写，`comb` 在 $i > n - 1$ 时是 0。

# %% [markdown] lang="en"
# ## cover_count: Labelings by a line
#
# The formula as it stands; `comb` is 0 where $i > n - 1$.


# %%
def cover_count(points, dimensions):
    return 2 * sum(math.comb(points - 1, i) for i in range(dimensions + 1))


# %% [markdown] lang="zh"
# ## interval_can：区间的 VC 维
#
# 1 必须连成一段，或者没有。

# %% [markdown] lang="en"
# ## interval_can: Intervals on a line
#
# The ones must be one run, or none.


# %%
def interval_can(labels):
    ones = "".join(map(str, labels)).strip("0")
    return "0" not in ones


# %% [markdown] lang="zh"
# ## sample_bound：要多少样本才够
#
# 两个条件都要满足，所以取较大的。

# %% [markdown] lang="en"
# ## sample_bound: How many examples a bound asks for
#
# Both conditions must hold, so the larger counts.


# %%
def sample_bound(dimension, error, failure):
    confidence = 4 / error * math.log2(2 / failure)
    capacity = 8 * dimension / error * math.log2(13 / error)
    return math.ceil(max(confidence, capacity))
