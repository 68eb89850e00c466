# %%
import torch

# %% [markdown] lang="zh"
# ## flat_inputs：第一个线性层的输入
#
# 逐层算边长，最后平方再乘通道。

# %% [markdown] lang="en"
# ## flat_inputs: What the first linear layer reads
#
# The side, layer by layer; then squared, times the channels.


# %%
def flat_inputs(side, layers, channels):
    for kernel, stride, padding in layers:
        side = (side + 2 * padding - kernel) // stride + 1
    return side * side * channels


# %% [markdown] lang="zh"
# ## crop：从大图里裁一块
#
# 先裁，再翻。

# %% [markdown] lang="en"
# ## crop: A random crop, at a given place
#
# Cut first, mirror then.


# %%
def crop(picture, top, left, side, mirror):
    part = picture[:, top : top + side, left : left + side]
    return part.flip(-1) if mirror else part


# %% [markdown] lang="zh"
# ## top_k_accuracy：前五名算不算对
#
# 前 k 个下标里有没有标签。

# %% [markdown] lang="en"
# ## top_k_accuracy: Right among the first k
#
# Is the label among the k indices?


# %%
def top_k_accuracy(logits, labels, k):
    return (logits.topk(k, dim=1).indices == labels[:, None]).any(dim=1).float().mean().item()


# %% [markdown] lang="zh"
# ## vgg_depth：数有权重的层
#
# 卷积和线性层有权重，汇聚没有。

# %% [markdown] lang="en"
# ## vgg_depth: Layers with weights
#
# Convolutions and linear layers have weights, pools have none.


# %%
def vgg_depth(blocks, linear):
    return sum(blocks) + linear


# %% [markdown] lang="zh"
# ## stack_ratio：小核省多少
#
# 要 $(k-1)/2$ 层，每层 9 个权重，通道约掉。

# %% [markdown] lang="en"
# ## stack_ratio: What small kernels save
#
# $(k-1)/2$ layers of 9 weights; channels cancel.


# %%
def stack_ratio(kernel, channels):
    return 9 * ((kernel - 1) // 2) / kernel**2


# %% [markdown] lang="zh"
# ## block_channels：通道的增长
#
# 翻倍，取上限。

# %% [markdown] lang="en"
# ## block_channels: Channels of the blocks
#
# Double, up to the limit.


# %%
def block_channels(first, blocks, most):
    return [min(most, first * 2**number) for number in range(blocks)]


# %% [markdown] lang="zh"
# ## pixel_mlp：每个像素一个感知机
#
# `einsum` 只在通道上求和，像素各归各。

# %% [markdown] lang="en"
# ## pixel_mlp: A perceptron at every pixel
#
# `einsum` sums over channels and leaves pixels apart.


# %%
def pixel_mlp(maps, w1, w2):
    hidden = torch.einsum("oc,chw->ohw", w1, maps).relu()
    return torch.einsum("oc,chw->ohw", w2, hidden).relu()


# %% [markdown] lang="zh"
# ## mean_backward：全局平均的反向
#
# 每个像素分到面积分之一。

# %% [markdown] lang="en"
# ## mean_backward: Backward through a global mean
#
# Every pixel gets one part in height times width.


# %%
def mean_backward(slope, height, width):
    return (slope / (height * width))[:, None, None].expand(-1, height, width)


# %% [markdown] lang="zh"
# ## saved_parameters：换掉线性层省多少
#
# 两本账相减。

# %% [markdown] lang="en"
# ## saved_parameters: What the global mean saves
#
# One account minus the other.


# %%
def saved_parameters(side, channels, hidden, classes):
    linear = (side * side * channels + 1) * hidden + (hidden + 1) * classes
    return linear - (channels + 1) * classes


# %% [markdown] lang="zh"
# ## inception_channels：四条路的输出通道
#
# 四路的输出接在一起，收窄的通道不出块。

# %% [markdown] lang="en"
# ## inception_channels: Channels of an Inception block
#
# The outputs of four paths; narrowed channels stay inside.


# %%
def inception_channels(one, three, five, pool):
    return one + three[1] + five[1] + pool


# %% [markdown] lang="zh"
# ## path_work：先收窄的计算量
#
# 两个卷积的权重，各乘像素数。

# %% [markdown] lang="en"
# ## path_work: Work of a narrowed path
#
# The weights of both, at every pixel.


# %%
def path_work(side, channels, narrow, maps, kernel):
    return side * side * (channels * narrow + narrow * maps * kernel * kernel)


# %% [markdown] lang="zh"
# ## joined：把几路接起来
#
# 通道是第一个轴（从 0 数）。

# %% [markdown] lang="en"
# ## joined: Join the paths
#
# Channels are axis 1.


# %%
def joined(paths):
    return torch.cat(paths, dim=1)


# %% [markdown] lang="zh"
# ## normalized：训练时的归一化
#
# 沿样本轴求均值和方差（除以 n）。

# %% [markdown] lang="en"
# ## normalized: Normalize a batch
#
# Mean and variance along the examples, dividing by n.


# %%
def normalized(x):
    return (x - x.mean(0)) / (x.var(0, correction=0) + 1e-5).sqrt()


# %% [markdown] lang="zh"
# ## running：更新滑动统计量
#
# 动量是新值的份额；攒下的方差除以 n − 1。

# %% [markdown] lang="en"
# ## running: Update the running statistics
#
# Momentum is the share of the new; the kept variance divides by n − 1.


# %%
def running(x, mean, variance, momentum):
    feature = x[:, 0]
    new_mean = (1 - momentum) * mean + momentum * feature.mean().item()
    new_variance = (1 - momentum) * variance + momentum * feature.var().item()
    return new_mean, new_variance


# %% [markdown] lang="zh"
# ## folded：折进前面的层
#
# 每个输出乘一个系数，偏置跟着一起变。

# %% [markdown] lang="en"
# ## folded: Fold it into the layer before
#
# Every output is scaled by one factor, and the bias with it.


# %%
def folded(weight, bias, mean, variance, gain, shift):
    factor = gain / variance.sqrt()
    return weight * factor[:, None], (bias - mean) * factor + shift


# %% [markdown] lang="zh"
# ## residual_block：残差块的前向
#
# 支路里弯一次，相加之后再弯一次。

# %% [markdown] lang="en"
# ## residual_block: A residual block
#
# Bend within the branch, and again behind the sum.


# %%
def residual_block(x, w1, w2):
    return (x + (x @ w1.T).relu() @ w2.T).relu()


# %% [markdown] lang="zh"
# ## chain_slope：残差链的梯度
#
# 每层的斜率是 $1 + f'$，相乘。

# %% [markdown] lang="en"
# ## chain_slope: Slopes through residual layers
#
# Every layer's slope is $1 + f'$; multiply.


# %%
def chain_slope(slopes):
    return (1 + slopes).prod().item()


# %% [markdown] lang="zh"
# ## resnet_depth：ResNet 的层数
#
# 块里的卷积，加上头尾各一层。

# %% [markdown] lang="en"
# ## resnet_depth: The depth of a ResNet
#
# The blocks' convolutions, and one layer at either end.


# %%
def resnet_depth(blocks, bottleneck):
    return sum(blocks) * (3 if bottleneck else 2) + 2


# %% [markdown] lang="zh"
# ## dense_reads：稠密块的通道
#
# 第 i 层读到输入和前 i 层加的图。

# %% [markdown] lang="en"
# ## dense_reads: Channels of a dense block
#
# Layer i reads the input and what i layers added.


# %%
def dense_reads(inputs, growth, layers):
    return [inputs + growth * number for number in range(layers)]


# %% [markdown] lang="zh"
# ## final_channels：整个 DenseNet 的通道
#
# 每块增长，块间减半，最后一块之后不减。

# %% [markdown] lang="en"
# ## final_channels: Channels of the whole net
#
# Blocks grow, transitions halve, and behind the last there is none.


# %%
def final_channels(stem, growth, blocks):
    channels = stem
    for number, layers in enumerate(blocks):
        channels += growth * layers
        if number < len(blocks) - 1:
            channels //= 2
    return channels


# %% [markdown] lang="zh"
# ## copied_channels：直接拼接复制了多少
#
# 每层写出的张量比前一层多 growth 个通道。

# %% [markdown] lang="en"
# ## copied_channels: What plain joining copies
#
# Each layer writes a tensor of `growth` channels more than the one before.


# %%
def copied_channels(inputs, growth, layers):
    return sum(inputs + growth * number for number in range(1, layers + 1))
