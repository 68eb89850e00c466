# %%
import math

import torch
from torch.nn import functional as F

# %% [markdown] lang="zh"
# ## dense_weights：全连接层有多少参数
#
# 每个输入值都连着每个输出值：个数相乘。

# %% [markdown] lang="en"
# ## dense_weights: Weights of a dense layer on pictures
#
# Every input value is connected to every output value: the counts multiply.


# %%
def dense_weights(height, width, channels, maps):
    pixels = height * width
    return (pixels * channels) * (pixels * maps)


# %% [markdown] lang="zh"
# ## convolution_weights：卷积层有多少参数
#
# 每一对输入、输出通道有一个核；每幅输出图有一个偏置。图的大小不起作用。

# %% [markdown] lang="en"
# ## convolution_weights: Weights of a convolution
#
# A kernel for each pair of input and output channel, a bias for each output map. The size of the picture plays no
# part.


# %%
def convolution_weights(kernel, channels, maps, bias):
    return kernel * kernel * channels * maps + (maps if bias else 0)


# %% [markdown] lang="zh"
# ## as_matrix：卷积写成矩阵
#
# 每一行都是同一个核，逐行右移一格：大多数元素是 0，不同的数只有 $k$ 个。

# %% [markdown] lang="en"
# ## as_matrix: A convolution as a matrix
#
# Every row holds the same kernel, one place further to the right: mostly zeros, and only $k$ different numbers.


# %%
def as_matrix(kernel, length):
    matrix = torch.zeros(length - len(kernel) + 1, length)
    for row in range(len(matrix)):
        matrix[row, row : row + len(kernel)] = kernel
    return matrix


# %% [markdown] lang="zh"
# ## correlate_2d：互相关
#
# 对核循环，而不是对图循环：核的每个数乘以一块错开的图，加起来就行。

# %% [markdown] lang="en"
# ## correlate_2d: Cross-correlation
#
# Loop over the kernel and not over the picture: each of its numbers weighs a shifted part of the picture.


# %%
def correlate_2d(picture, kernel):
    rows, columns = kernel.shape
    height, width = picture.shape[0] - rows + 1, picture.shape[1] - columns + 1
    return sum(kernel[i, j] * picture[i : i + height, j : j + width] for i in range(rows) for j in range(columns))


# %% [markdown] lang="zh"
# ## vertical_edges：检测竖直边缘的核
#
# 两份错开一列的图相减。

# %% [markdown] lang="en"
# ## vertical_edges: A kernel for vertical edges
#
# Two copies of the picture, one column apart, subtracted.


# %%
def vertical_edges(picture):
    return picture[:, 1:] - picture[:, :-1]


# %% [markdown] lang="zh"
# ## kernel_slope：学习一个核：梯度
#
# 核的每个数都乘过一块错开的图，所以它的梯度是误差与那一块的内积：误差与图的互相关。

# %% [markdown] lang="en"
# ## kernel_slope: The slope of a kernel
#
# Each number of the kernel has weighed a shifted part of the picture, so its slope is the error times that part,
# summed: the picture correlated with the error.


# %%
def kernel_slope(picture, kernel, target):
    def correlate(one, other):
        return F.conv2d(one[None, None], other[None, None])[0, 0]

    return 2 * correlate(picture, correlate(picture, kernel) - target)


# %% [markdown] lang="zh"
# ## zero_pad：四周补零
#
# 先造一张全零的大图，再把原图放进中间。

# %% [markdown] lang="en"
# ## zero_pad: Zeros all around
#
# Make a larger picture of zeros and put the old one into its middle.


# %%
def zero_pad(picture, rows, columns):
    height, width = picture.shape
    larger = torch.zeros(height + 2 * rows, width + 2 * columns)
    larger[rows : rows + height, columns : columns + width] = picture
    return larger


# %% [markdown] lang="zh"
# ## same_padding：保持大小的填充
#
# 有空洞的核跨度是 `dilation * (kernel - 1) + 1`，比一个像素多出来的部分两边各补一半。

# %% [markdown] lang="en"
# ## same_padding: The padding that keeps the size
#
# A dilated kernel spans `dilation * (kernel - 1) + 1`; half of what exceeds one pixel is needed on each side.


# %%
def same_padding(kernel, dilation):
    return dilation * (kernel - 1) // 2


# %% [markdown] lang="zh"
# ## times_seen：边缘像素被看到几次
#
# 让核走遍每个位置，走到哪里就记一次，最后去掉补的零。

# %% [markdown] lang="en"
# ## times_seen: How often a pixel is seen
#
# Walk the kernel through all its places, count what it covers, and cut the zeros off.


# %%
def times_seen(length, kernel, padding):
    seen = torch.zeros(length + 2 * padding)
    for start in range(length + 2 * padding - kernel + 1):
        seen[start : start + kernel] += 1
    return seen[padding : padding + length]


# %% [markdown] lang="zh"
# ## output_size：输出的大小
#
# 先站在第一个位置，剩下的距离里每走一步再多一个。

# %% [markdown] lang="en"
# ## output_size: The size of the output
#
# The kernel stands once; each whole step in what is left adds another place.


# %%
def output_size(size, kernel, padding, stride):
    return (size + 2 * padding - kernel) // stride + 1


# %% [markdown] lang="zh"
# ## strided：步幅就是隔着取
#
# 步幅就是在步幅为 1 的结果里隔着取。真正的实现不会算那些丢掉的值。

# %% [markdown] lang="en"
# ## strided: A stride skips
#
# A stride picks from the result of stride 1. A real implementation never computes what is thrown away.


# %%
def strided(picture, kernel, stride):
    return F.conv2d(picture[None, None], kernel[None, None])[0, 0, ::stride, ::stride]


# %% [markdown] lang="zh"
# ## sizes_through：一串层之后的大小
#
# 同一个公式，一层接一层。

# %% [markdown] lang="en"
# ## sizes_through: Sizes through a stack
#
# The same formula, layer after layer.


# %%
def sizes_through(size, layers):
    sizes = []
    for kernel, padding, stride in layers:
        size = (size + 2 * padding - kernel) // stride + 1
        sizes.append(size)
    return sizes


# %% [markdown] lang="zh"
# ## correlate_channels：多个输入通道
#
# `conv2d` 本来就会把通道加起来；这里批和输出图都是一个。

# %% [markdown] lang="en"
# ## correlate_channels: Several input channels
#
# `conv2d` adds the channels up by itself; batch and maps are one here.


# %%
def correlate_channels(picture, kernel):
    return F.conv2d(picture[None], kernel[None])[0, 0]


# %% [markdown] lang="zh"
# ## correlate_many：多个输出通道
#
# 加上批的轴，算完再去掉。

# %% [markdown] lang="en"
# ## correlate_many: Several output channels
#
# Put an axis for the batch in, and take it out again.


# %%
def correlate_many(picture, kernels):
    return F.conv2d(picture[None], kernels)[0]


# %% [markdown] lang="zh"
# ## multiplications：卷积的乘法次数
#
# 输出的每一处都要用到每个权重一次。

# %% [markdown] lang="en"
# ## multiplications: Products of a convolution
#
# Every place of the output uses every weight once.


# %%
def multiplications(size, channels, maps, kernel, groups):
    places = (size - kernel + 1) ** 2
    return places * groups * channels * maps * kernel**2


# %% [markdown] lang="zh"
# ## pixelwise：1×1 卷积就是逐像素的线性层
#
# 把高和宽摊平，就是一个普通的矩阵乘法，再恢复形状。

# %% [markdown] lang="en"
# ## pixelwise: A 1 x 1 convolution is a linear layer at each pixel
#
# Flatten height and width, and it is a plain product of matrices; then bring the shape back.


# %%
def pixelwise(picture, weights):
    return (weights @ picture.flatten(1)).reshape(len(weights), *picture.shape[1:])


# %% [markdown] lang="zh"
# ## bottleneck_ratio：瓶颈省了多少
#
# 贵的是 3×3，而它现在两边都窄。

# %% [markdown] lang="en"
# ## bottleneck_ratio: What a bottleneck saves
#
# The 3 x 3 is what costs, and it is narrow on both sides now.


# %%
def bottleneck_ratio(channels, narrow):
    return 9 * channels**2 / (2 * channels * narrow + 9 * narrow**2)


# %% [markdown] lang="zh"
# ## mean_then_linear：全局平均代替全连接
#
# 线性变换和平均可以交换次序，先平均要省得多。

# %% [markdown] lang="en"
# ## mean_then_linear: A mean in place of a dense layer
#
# A linear map and a mean can change places; the mean first costs far less.


# %%
def mean_then_linear(maps, weights):
    return maps.mean((2, 3)) @ weights.T


# %% [markdown] lang="zh"
# ## max_pool：最大汇聚
#
# `unfold` 把窗口摊成新的轴，再在这两个轴上取最大值。

# %% [markdown] lang="en"
# ## max_pool: Maximum pooling
#
# `unfold` lays the windows along new axes; the maximum runs over those two.


# %%
def max_pool(picture, window, stride):
    return picture.unfold(0, window, stride).unfold(1, window, stride).amax((2, 3))


# %% [markdown] lang="zh"
# ## mean_pool_kernels：平均汇聚就是一种卷积
#
# 只有对角线上的核不为零，所以通道不会混在一起。

# %% [markdown] lang="en"
# ## mean_pool_kernels: Mean pooling is a convolution
#
# Only the kernels on the diagonal are not zero, so no channel sees another.


# %%
def mean_pool_kernels(channels, window):
    own = torch.eye(channels)[:, :, None, None]
    return own.expand(channels, channels, window, window) / window**2


# %% [markdown] lang="zh"
# ## max_pool_slope：最大汇聚的梯度
#
# 只有每个窗口里最大的像素影响输出，它的梯度是 1。

# %% [markdown] lang="en"
# ## max_pool_slope: The slope of maximum pooling
#
# Only the largest pixel of a window moves the output; its slope is 1.


# %%
def max_pool_slope(picture):
    tops = F.max_pool2d(picture[None], 2)[0]
    spread = tops.repeat_interleave(2, 0).repeat_interleave(2, 1)
    return (picture == spread).float()


# %% [markdown] lang="zh"
# ## receptive_field：感受野
#
# 每一层增加 $k - 1$ 步，步长是之前各层步幅的乘积。

# %% [markdown] lang="en"
# ## receptive_field: The receptive field
#
# Each layer adds $k - 1$ steps, each as long as the product of the strides before it.


# %%
def receptive_field(layers):
    seen, step = 1, 1
    for kernel, stride in layers:
        seen += (kernel - 1) * step
        step *= stride
    return seen


# %% [markdown] lang="zh"
# ## small_kernels_needed：几个 3×3 才看得够
#
# 每个 3×3 让视野多两个像素，从一个像素开始。

# %% [markdown] lang="en"
# ## small_kernels_needed: How many 3 x 3 see enough
#
# Each 3 x 3 adds two pixels to the one that one starts with.


# %%
def small_kernels_needed(kernel):
    return (kernel - 1) // 2


# %% [markdown] lang="zh"
# ## seen_range：哪些输入像素影响它
#
# 从输出往回走：每一层把区间的两端乘以步幅，末端再加 $k - 1$。

# %% [markdown] lang="en"
# ## seen_range: Which pixels have a say
#
# Walk back from the output: each layer multiplies both ends by its stride and adds $k - 1$ to the last.


# %%
def seen_range(place, layers):
    first = last = place
    for kernel, stride in reversed(layers):
        first, last = first * stride, last * stride + kernel - 1
    return first, last


# %% [markdown] lang="zh"
# ## smoothed：指数滑动平均
#
# 从第一个值开始，之后每一点都接着前一个平滑值。

# %% [markdown] lang="en"
# ## smoothed: An exponential average
#
# Begin with the first value; each later point goes on from the smoothed one before it.


# %%
def smoothed(values, keep):
    curve = [values[0]]
    for value in values[1:]:
        curve.append(keep * curve[-1] + (1 - keep) * value)
    return torch.stack(curve)


# %% [markdown] lang="zh"
# ## accuracy_error：准确率有多抖
#
# 对错是 0 和 1，方差是 $p(1-p)$；平均的标准误差再除以 $\sqrt{n}$。

# %% [markdown] lang="en"
# ## accuracy_error: How much an accuracy trembles
#
# Right and wrong are 1 and 0, with variance $p(1-p)$; the error of their mean is its root over $\sqrt{n}$.


# %%
def accuracy_error(accuracy, examples):
    return (accuracy * (1 - accuracy) / examples) ** 0.5


# %% [markdown] lang="zh"
# ## difference_in_errors：两次结果差得算不算数
#
# 两个平均各有误差，独立的误差按方差相加。

# %% [markdown] lang="en"
# ## difference_in_errors: Is the difference real?
#
# Both means have errors, and variances of independent errors add up.


# %%
def difference_in_errors(ours, theirs):
    variance = ours.var() / len(ours) + theirs.var() / len(theirs)
    return ((ours.mean() - theirs.mean()) / variance.sqrt()).item()


# %% [markdown] lang="zh"
# ## pruned：按幅度剪枝
#
# 按绝对值排序，把最小的那些设为 0；先复制，不动原来的。

# %% [markdown] lang="en"
# ## pruned: Prune by size
#
# Sort by absolute value and set the first ones to 0, in a copy.


# %%
def pruned(weights, share):
    kept = weights.flatten().clone()
    kept[kept.abs().argsort()[: int(share * kept.numel())]] = 0
    return kept.reshape(weights.shape)


# %% [markdown] lang="zh"
# ## quantized：八位量化
#
# 最大的绝对值对应 127，其余按比例取整。

# %% [markdown] lang="en"
# ## quantized: Eight bits
#
# The largest absolute value becomes 127; the others follow in proportion, rounded.


# %%
def quantized(weights):
    scale = (weights.abs().max() / 127).item()
    return (weights / scale).round(), scale


# %% [markdown] lang="zh"
# ## trials_needed：随机搜索要试多少次
#
# 次次落空的概率是 $(1-p)^n$，让它不超过 $1 - c$，解出 $n$ 再向上取整。

# %% [markdown] lang="en"
# ## trials_needed: How many random trials
#
# The chance of missing every time is $(1-p)^n$; keep it at or below $1 - c$, solve for $n$ and round up.


# %%
def trials_needed(share, confidence):
    return math.ceil(math.log(1 - confidence) / math.log(1 - share))
