# %%
import torch
from torch.nn import functional as F

# %% [markdown] lang="zh"
# ## flat_size：LeNet 拼接处的宽度
#
# 有填充的卷积不改变边长；汇聚减半；没有填充的 5×5 少 4 个像素。

# %% [markdown] lang="en"
# ## flat_size: Where LeNet goes flat
#
# The padded convolution keeps the side, a pool halves it, and 5 x 5 without padding takes 4 pixels.


# %%
def flat_size(side, maps):
    side = side // 2  # padded convolution, pool
    side = (side - 4) // 2  # convolution, pool
    return side * side * maps


# %% [markdown] lang="zh"
# ## dense_share：参数都在哪里
#
# 分别数两部分：每层都是（输入 + 1）乘输出，卷积的“输入”是通道数乘核的面积。

# %% [markdown] lang="en"
# ## dense_share: Where the parameters are
#
# Count both parts: a layer has (inputs + 1) times outputs, and a convolution's inputs are channels times the area of
# the kernel.


# %%
def dense_share(convolutions, widths):
    dense = sum((inputs + 1) * outputs for inputs, outputs in zip(widths, widths[1:]))
    rest = sum((inputs * side * side + 1) * outputs for inputs, outputs, side in convolutions)
    return dense / (dense + rest)


# %% [markdown] lang="zh"
# ## top_classes：从得分到前三名
#
# `topk` 返回值和下标两样，要的是下标。

# %% [markdown] lang="en"
# ## top_classes: The first three
#
# `topk` gives values and indices; the indices are the classes.


# %%
def top_classes(logits, k):
    return logits.topk(k, dim=1).indices


# %% [markdown] lang="zh"
# ## visible：归一成可以看的图
#
# 先减最小值；宽度为 0 的地方除以 1，结果仍是 0。

# %% [markdown] lang="en"
# ## visible: Make a map visible
#
# Subtract the smallest value; where the range is 0, divide by 1, and 0 remains.


# %%
def visible(maps):
    low, high = maps.amin((1, 2), keepdim=True), maps.amax((1, 2), keepdim=True)
    width = high - low
    return (maps - low) / torch.where(width > 0, width, 1.0)


# %% [markdown] lang="zh"
# ## one_pixel：一个输出像素是怎么来的
#
# 补零之后，输出的 (行, 列) 正好对应窗口的左上角。

# %% [markdown] lang="en"
# ## one_pixel: One output pixel, step by step
#
# Once the zeros are there, row and column of the output are the upper left corner of the window.


# %%
def one_pixel(picture, kernel, bias, row, column, padding):
    larger = F.pad(picture, (padding, padding, padding, padding))
    window = larger[:, row : row + kernel.shape[1], column : column + kernel.shape[2]]
    return (window * kernel).sum().item() + bias


# %% [markdown] lang="zh"
# ## occlusions：遮住一块看看
#
# 每个位置都从原图复制一份，再遮。

# %% [markdown] lang="en"
# ## occlusions: Cover a patch
#
# Every place begins with a fresh copy of the picture.


# %%
def occlusions(picture, side, gray):
    covered = []
    for row in range(picture.shape[0] - side + 1):
        for column in range(picture.shape[1] - side + 1):
            one = picture.clone()
            one[row : row + side, column : column + side] = gray
            covered.append(one)
    return torch.stack(covered)
