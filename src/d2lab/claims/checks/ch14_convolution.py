"""Chapter 14: from linear layers to convolution."""

from collections.abc import Sequence
from itertools import product

import torch
from torch import nn
from torch.nn import functional

from d2lab.claims.claim import claim
from d2lab.claims.decide import at_most, decide
from d2lab.claims.evidence import Evidence, within
from d2lab.core.seed import derive
from d2lab.layers.convolution import convolve_loop
from d2lab.metrics.paired import mean_interval


@claim(
    chapter=14,
    kind="identity",
    budget_s=1,
    en="A hidden layer of 100 units on a color photo of 12 megapixels needs 3.6 billion weights, 14 GB of them.",
    zh="一张 1200 万像素的彩色照片接上 100 个单元的隐藏层，需要 36 亿个权重，占 14 GB。",
)
def dense_layer_on_a_photo_needs_billions() -> Evidence:
    with torch.device("meta"):  # a layer of shapes, without memory
        layer, kernels = nn.Linear(3 * 12_000_000, 100), nn.Conv2d(3, 100, 5)
    weights, gigabytes = layer.weight.numel(), layer.weight.nbytes / 1e9
    return Evidence(
        value={"billions": weights / 1e9, "gigabytes": gigabytes, "kernels": kernels.weight.numel()},
        bound="3.6 billion weights, 14 to 15 GB of float32",
        verdict="holds" if weights == 3_600_000_000 and 14 <= gigabytes < 15 else "does not hold",
        n=1,
        why_en="Every unit has a weight for each of 36 million numbers: {gigabytes:.1f} GB. A hundred kernels of 5x5, "
        "which look at small parts and everywhere alike, have {kernels:,} weights.",
        why_zh="每个单元对 3600 万个数各有一个权重，共 {gigabytes:.1f} GB；而一百个 5×5 卷积核只看局部、处处共用，"
        "权重只有 {kernels:,} 个。",
    )


@claim(
    chapter=14,
    kind="opinion",
    budget_s=1,
    en="There are 900 million dogs and 600 million cats in the world, fewer than such a layer has weights.",
    zh="全世界有 9 亿只狗、6 亿只猫，加起来还没有这一层的权重多。",
)
def more_weights_than_dogs_and_cats() -> Evidence:
    with torch.device("meta"):
        weights = nn.Linear(3 * 12_000_000, 100).weight.numel()
    return Evidence(
        value={"ratio": weights / (900e6 + 600e6)},
        bound="none: nobody has counted the animals",
        verdict="not checkable",
        why_en="The figures of the animals are estimates that no program here can confirm; if they are right there are "
        "{ratio:.1f} weights for each. The number of weights is checked beside this claim.",
        why_zh="猫狗的数目只是估计，这里的程序无从核实；若属实，每只动物摊到 {ratio:.1f} 个权重。"
        "权重的数目由旁边的论断来检验。",
    )


@claim(
    chapter=14,
    kind="identity",
    budget_s=1,
    en="A convolution is a linear layer most of whose weights are zero and whose others are shared.",
    zh="卷积层是特殊的全连接层：绝大多数权重为零，其余的共享。",
    covers=("translation invariance ties the weights of a linear layer, locality zeroes the far ones",),
)
def convolution_is_a_sparse_shared_linear_layer() -> Evidence:
    side, kernel = 10, torch.randn(3, 3, dtype=torch.float64)
    out = side - 2
    weight = torch.zeros(out, out, side, side, dtype=torch.float64)  # from pixel (k, l) to unit (i, j)
    for i, j, a, b in product(range(out), range(out), range(3), range(3)):
        weight[i, j, i + a, j + b] = kernel[a, b]  # local: all others stay 0; shared: v has no i and no j
    image = torch.randn(side, side, dtype=torch.float64)
    linear = functional.linear(image.flatten(), weight.view(out * out, side * side)).view(out, out)
    sliding = functional.conv2d(image[None, None], kernel[None, None])[0, 0]
    difference = float((linear - sliding).abs().max())
    distinct = len(set(weight[weight != 0].tolist()))
    return Evidence(
        value={"difference": difference, "distinct": distinct, "nonzero": float((weight != 0).double().mean())},
        bound="at most 1e-12, with 9 distinct weights",
        verdict=within(difference, 1e-12) if distinct == 9 else "does not hold",
        n=weight.numel(),
        why_en="Of {nonzero:.0%} weights that are not zero only {distinct} differ: each unit sees nine pixels, with "
        "the same nine weights. The sum runs over v[a, b] x[i + a, j + b]; a formula without v would be no layer.",
        why_zh="非零权重只占 {nonzero:.0%}，其中不同的只有 {distinct} 个：每个单元看九个像素，用同样的九个权重。"
        "求和的每一项是 v[a, b] x[i + a, j + b]，公式里少了 v 就不成其为层。",
    )


@claim(
    chapter=14,
    kind="identity",
    budget_s=4,
    en="What a convolution layer computes is cross-correlation; a true convolution flips the kernel first.",
    zh="卷积层实际计算的是互相关；严格的卷积要先把核上下左右翻转。",
)
def convolution_layers_correlate() -> Evidence:
    from scipy.signal import convolve2d, correlate2d

    image, kernel = torch.randn(12, 9, dtype=torch.float64), torch.randn(3, 4, dtype=torch.float64)
    layer = functional.conv2d(image[None, None], kernel[None, None])[0, 0]
    ours = convolve_loop(image[None, None], kernel[None, None], (1, 1), (1, 1), 1)[0, 0]
    correlated = torch.from_numpy(correlate2d(image.numpy(), kernel.numpy(), "valid"))
    convolved = torch.from_numpy(convolve2d(image.numpy(), kernel.flip(0, 1).numpy(), "valid"))
    differences = [float((layer - other).abs().max()) for other in (ours, correlated, convolved)]
    unturned = torch.from_numpy(convolve2d(image.numpy(), kernel.numpy(), "valid"))
    apart = float((layer - unturned).abs().max())
    return Evidence(
        value={"difference": max(differences), "unturned": apart},
        bound="at most 1e-12, and more than 0.1 from convolution with the kernel as it is",
        verdict=within(max(differences), 1e-12) if apart > 0.1 else "does not hold",
        n=layer.numel(),
        why_en="Layer, explicit loop and SciPy's correlation agree, and SciPy's convolution once its kernel is "
        "flipped; with a fixed asymmetric kernel as it is, the two are {unturned:.1f} apart.",
        why_zh="卷积层、逐格循环与 SciPy 的互相关一致，核翻转之后与 SciPy 的卷积也一致；若核固定又不对称、不翻转，"
        "两者相差 {unturned:.1f}。",
    )


@claim(
    chapter=14,
    kind="identity",
    budget_s=1,
    en="Where kernels are learned it makes no difference: a layer that computes a true convolution learns the flipped "
    "kernel.",
    zh="核是学出来的，用卷积还是互相关并无差别：用卷积的层学到的不过是翻转后的核。",
)
def learned_kernels_absorb_the_flip() -> Evidence:
    images = torch.randn(32, 1, 8, 8, dtype=torch.float64)
    targets = functional.conv2d(images, torch.randn(1, 1, 3, 3, dtype=torch.float64))
    start = torch.randn(1, 1, 3, 3, dtype=torch.float64)
    correlating, convolving = start.clone().requires_grad_(), start.flip(2, 3).requires_grad_()
    difference = 0.0
    for _ in range(50):
        outputs = functional.conv2d(images, correlating), functional.conv2d(images, convolving.flip(2, 3))
        difference = max(difference, float((outputs[0] - outputs[1]).detach().abs().max()))
        for kernel, output in zip((correlating, convolving), outputs, strict=True):
            (gradient,) = torch.autograd.grad(functional.mse_loss(output, targets), kernel)
            with torch.no_grad():
                kernel.sub_(0.1 * gradient)
    turned = float((correlating - convolving.flip(2, 3)).detach().abs().max())
    loss = float(functional.mse_loss(functional.conv2d(images, correlating), targets).detach())
    return Evidence(
        value={"difference": max(difference, turned), "loss": loss},
        bound="at most 1e-12 in 50 steps, outputs and flipped kernels",
        verdict=within(max(difference, turned), 1e-12),
        n=50,
        why_en="Flipping the kernel only renames its entries, and the gradient is renamed alike: from flipped initial "
        "kernels both layers give the same outputs at every step (loss at the end {loss:.1e}).",
        why_zh="翻转只是给核的元素换了位置，梯度也跟着换：从互为翻转的初始核出发，两个网络每一步的输出都相同（最后损"
        "失 {loss:.1e}）。",
    )


@claim(
    chapter=14,
    kind="identity",
    budget_s=1,
    en="The kernel [1, -1] responds to vertical edges only; the small example of the notes gives 19, 25, 37, 43.",
    zh="核 [1, -1] 只对竖直边缘有响应；笔记中的小例子结果是 19、25、37、43。",
)
def one_minus_one_finds_vertical_edges_only() -> Evidence:
    image = torch.ones(6, 8, dtype=torch.float64)
    image[:, 2:6] = 0
    kernel = torch.tensor([[1.0, -1.0]], dtype=torch.float64)[None, None]
    answer = functional.conv2d(image[None, None], kernel)[0, 0]
    expected = torch.zeros(6, 7, dtype=torch.float64)
    expected[:, 1], expected[:, 5] = 1, -1
    lying = functional.conv2d(image.T[None, None], kernel).abs().max()
    numbers = torch.arange(9.0, dtype=torch.float64).view(1, 1, 3, 3)
    small = functional.conv2d(numbers, torch.arange(4.0, dtype=torch.float64).view(1, 1, 2, 2)).flatten()
    wanted = torch.tensor([19, 25, 37, 43], dtype=torch.float64)
    difference = float(torch.stack([(answer - expected).abs().max(), lying, (small - wanted).abs().max()]).max())
    return Evidence(
        value={"difference": difference, "horizontal": float(lying)},
        bound="exactly 0",
        verdict=within(difference, 0.0),
        n=answer.numel(),
        why_en="It subtracts the right neighbor: only where the two differ is anything left. A horizontal edge has "
        "equal neighbors on each line, and the answer is {horizontal:.0f} everywhere.",
        why_zh="它用左边减右边的像素，只有两者不同才有值；水平边缘的每一行左右相同，响应处处为 {horizontal:.0f}。",
    )


@claim(
    chapter=14,
    kind="experiment",
    en="That kernel can be learned from pairs of images and their edges, in ten steps of gradient descent.",
    zh="这个核可以从成对的输入输出中学出来，梯度下降十步即可。",
    budget_s=4,
    smoke={"seeds": range(2), "steps": 2},
)
def edge_kernel_is_learned_from_pairs(
    seeds: Sequence[int] = range(20), steps: int = 10, smallest_effect: float = 0.1
) -> Evidence:
    image = torch.ones(1, 1, 6, 8)
    image[..., 2:6] = 0
    edges = functional.conv2d(image, torch.tensor([[[[1.0, -1.0]]]]))
    errors = []
    for seed in seeds:
        torch.manual_seed(derive(seed, "weights"))
        kernel = nn.Conv2d(1, 1, (1, 2), bias=False).weight  # initialized as the notes' layer is
        for _ in range(steps):
            loss = (functional.conv2d(image, kernel) - edges).square().sum()
            (gradient,) = torch.autograd.grad(loss, kernel)
            with torch.no_grad():
                kernel.sub_(0.03 * gradient)
        errors.append(float((kernel.detach() - torch.tensor([1.0, -1.0])).abs().max()))
    mean = mean_interval(errors)
    return Evidence(
        value={"error": mean.mean, "worst": max(errors)},
        decision=decide(at_most(mean, smallest_effect, "error")),
        n=len(errors),
        seeds=tuple(seeds),
        why_en="The squared error of a linear map is convex, and twelve edge pixels determine the two weights; after "
        "ten steps the worst initialization is {worst:.2f} off.",
        why_zh="线性映射的平方误差是凸函数，边缘上的像素足以确定两个权重；十步之后，最差的一次初始化还差 {worst:.2f}。",
    )
