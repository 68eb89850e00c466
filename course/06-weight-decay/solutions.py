# %%
import torch

# %% [markdown] lang="zh"
# ## decay_step：带衰减的一步
#
# 惩罚的梯度是 decay 乘权重，和损失的梯度走同一步。

# %% [markdown] lang="en"
# ## decay_step: A step with decay
#
# The penalty's gradient is decay times the weights; both go into one step.


# %%
def decay_step(weights, gradient, rate, decay):
    return weights - rate * (gradient + decay * weights)


# %% [markdown] lang="zh"
# ## l2_penalty：L2 惩罚
#
# 每个张量的平方和相加，最后乘一半的强度。

# %% [markdown] lang="en"
# ## l2_penalty: The L2 penalty
#
# Sums of squares of all tensors, times half the strength.


# %%
def l2_penalty(weights, strength):
    return strength / 2 * sum(w.square().sum() for w in weights)


# %% [markdown] lang="zh"
# ## ridge_weights：岭回归的解
#
# 令梯度为零：$(X^\top X + \lambda I) w = X^\top y$。

# %% [markdown] lang="en"
# ## ridge_weights: Ridge regression
#
# Set the gradient to zero: $(X^\top X + \lambda I) w = X^\top y$.


# %%
def ridge_weights(inputs, targets, penalty):
    matrix = inputs.T @ inputs + penalty * torch.eye(inputs.shape[1])
    return torch.linalg.solve(matrix, inputs.T @ targets)


# %% [markdown] lang="zh"
# ## soft：软阈值
#
# 绝对值减去阈值，截到 0，再把符号放回去。

# %% [markdown] lang="en"
# ## soft: The soft threshold
#
# Take the threshold off the size, stop at 0, and put the sign back.


# %%
def soft(z, threshold):
    return z.sign() * (z.abs() - threshold).clamp_min(0)


# %% [markdown] lang="zh"
# ## proximal_step：近端梯度的一步
#
# 走一步之后，阈值是学习率乘惩罚。

# %% [markdown] lang="en"
# ## proximal_step: A proximal step
#
# After the step the threshold is rate times penalty.


# %%
def proximal_step(weights, gradient, rate, penalty):
    stepped = weights - rate * gradient
    return stepped.sign() * (stepped.abs() - rate * penalty).clamp_min(0)


# %% [markdown] lang="zh"
# ## silent_penalty：从哪个惩罚起全是零
#
# 在 $w = 0$ 处，惩罚要压得住每个特征的梯度。

# %% [markdown] lang="en"
# ## silent_penalty: The penalty that silences all
#
# At $w = 0$ the penalty must hold against the gradient of every feature.


# %%
def silent_penalty(inputs, targets):
    return (inputs.T @ targets / len(targets)).abs().max().item()
