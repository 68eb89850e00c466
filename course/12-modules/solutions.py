# %%
import torch
from torch import nn

# %% [markdown] lang="zh"
# ## trainable：数可训练的参数
#
# `parameters()` 走遍整棵树，再问每个是否要梯度。

# %% [markdown] lang="en"
# ## trainable: Count what learns
#
# `parameters()` walks the whole tree; ask each whether it learns.


# %%
def trainable(net):
    return sum(p.numel() for p in net.parameters() if p.requires_grad)


# %% [markdown] lang="zh"
# ## output_shapes：用钩子记下形状
#
# 给每个子模块挂一个钩子，跑一遍，再摘掉。

# %% [markdown] lang="en"
# ## output_shapes: Note shapes by hooks
#
# Hang a hook on every child, run once, and take them off.


# %%
def output_shapes(net, x):
    shapes = []
    hooks = [child.register_forward_hook(lambda m, i, o: shapes.append(tuple(o.shape))) for child in net.children()]
    net(x)
    for hook in hooks:
        hook.remove()
    return shapes


# %% [markdown] lang="zh"
# ## TwoLayers：写一个模块
#
# 先调用 `super().__init__()`，再给属性赋值，层才会登记。

# %% [markdown] lang="en"
# ## TwoLayers: Write a module
#
# Call `super().__init__()` first; only then are layers filed when assigned.


# %%
class TwoLayers(nn.Module):
    def __init__(self, inputs, hidden, outputs):
        super().__init__()
        self.first = nn.Linear(inputs, hidden)
        self.second = nn.Linear(hidden, outputs)

    def forward(self, x):
        return self.second(self.first(x).relu())


# %% [markdown] lang="zh"
# ## names_with：按名字找参数
#
# 名字就是从根走到参数的路径。

# %% [markdown] lang="en"
# ## names_with: Find parameters by name
#
# A name is the way from the root to the parameter.


# %%
def names_with(net, part):
    return [name for name, _ in net.named_parameters() if part in name]


# %% [markdown] lang="zh"
# ## tied_slope：共享权重的梯度
#
# 两次使用各有一份斜率，相加。

# %% [markdown] lang="en"
# ## tied_slope: The slope of a shared weight
#
# Each use has its slope; add them.


# %%
def tied_slope(w, x):
    ones = torch.ones_like(x)
    return torch.outer(ones, w @ x) + torch.outer(w.T @ ones, x)


# %% [markdown] lang="zh"
# ## decay_groups：分组的学习率
#
# 轴多于一个的是权重，偏置和归一化的增益都只有一个轴。

# %% [markdown] lang="en"
# ## decay_groups: Groups for an optimizer
#
# Weights have more than one axis; biases and gains have one.


# %%
def decay_groups(net):
    weights = [p for p in net.parameters() if p.ndim > 1]
    others = [p for p in net.parameters() if p.ndim <= 1]
    return [{"params": weights, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}]


# %% [markdown] lang="zh"
# ## centered：减去均值的层
#
# `keepdim` 让平均值留成一列，再广播回去。

# %% [markdown] lang="en"
# ## centered: A layer that centers
#
# `keepdim` leaves the means as a column that broadcasts back.


# %%
def centered(x):
    return x - x.mean(dim=1, keepdim=True)


# %% [markdown] lang="zh"
# ## Square：自己的反向：平方
#
# 前向存下输入，反向乘上 $2x$ 和上面的斜率。

# %% [markdown] lang="en"
# ## Square: A backward of one's own
#
# Keep the input; backward multiplies $2x$ with the slope from above.


# %%
class Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**2

    @staticmethod
    def backward(ctx, slope):
        (x,) = ctx.saved_tensors
        return 2 * x * slope


# %% [markdown] lang="zh"
# ## round_through：直通估计
#
# 差值断开梯度，只剩下 $x$ 自己的那一份。

# %% [markdown] lang="en"
# ## round_through: Straight through
#
# The difference is cut off, and what is left is the slope of $x$ itself.


# %%
def round_through(x):
    return x + (x.round() - x).detach()


# %% [markdown] lang="zh"
# ## renamed：改名之后载入
#
# 只换开头，用切片，不用 `replace`。

# %% [markdown] lang="en"
# ## renamed: Load under other names
#
# Only the beginning is replaced: slice, don't `replace`.


# %%
def renamed(state, old, new):
    return {new + name[len(old) :] if name.startswith(old) else name: value for name, value in state.items()}


# %% [markdown] lang="zh"
# ## compared：缺了什么，多了什么
#
# 两个集合互相减。

# %% [markdown] lang="en"
# ## compared: What is missing, what is too much
#
# Subtract the sets from each other.


# %%
def compared(expected, found):
    return sorted(set(expected) - set(found)), sorted(set(found) - set(expected))


# %% [markdown] lang="zh"
# ## averaged：平均几份检查点
#
# 按名字叠起来，对第一个轴取平均。

# %% [markdown] lang="en"
# ## averaged: Average checkpoints
#
# Stack name by name, and take the mean over the first axis.


# %%
def averaged(states):
    return {name: torch.stack([state[name] for state in states]).mean(0) for name in states[0]}
