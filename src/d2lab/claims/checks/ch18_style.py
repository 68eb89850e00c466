"""Chapter 18: style transfer: three losses, and an image as what is learned.

The features are those of a VGG with random weights: no weights of others come with the package, and what the claims
say of the losses does not depend on them.
"""

import copy
from statistics import fmean as mean

import torch
from torch import Tensor

from d2lab.claims.claim import claim
from d2lab.claims.decide import at_least, decide
from d2lab.claims.evidence import Evidence
from d2lab.data.photos import read_photo
from d2lab.metrics import paired
from d2lab.models.vgg_features import VGGFeatures
from d2lab.train.style import StyleConfig, StyleTransfer
from d2lab.vision.style_loss import content_loss, gram_matrix, style_loss, total_variation

CONTENT, STYLES = ("relu2_1",), ("relu1_1", "relu2_1")
Weights = tuple[float, float, float]  # of content, style and variation


def features_of(seed: int, layers: tuple[str, ...] = (*CONTENT, *STYLES)) -> VGGFeatures:
    """Build layers of a VGG-16 with random weights."""
    torch.manual_seed(seed)
    model = VGGFeatures(tuple(dict.fromkeys(layers)), depth=16)
    model.draw()
    return model


def photos(side: int) -> tuple[Tensor, Tensor]:
    """Return scikit-learn's two photos, colors from 0 to 1."""
    content, style = (read_photo(name, side).unsqueeze(0) / 255 for name in ("china.jpg", "flower.jpg"))
    return content, style


def transferred(seed: int, side: int, steps: int, weights: Weights) -> StyleTransfer:
    """Optimize noise for so many steps."""
    content, style = photos(side)
    config = StyleConfig(
        content_layers=CONTENT,
        style_layers=STYLES,
        initial="noise",
        steps=steps,
        images=1,
        learning_rate=0.05,
        content_weight=weights[0],
        style_weight=weights[1],
        variation_weight=weights[2],
    )
    transfer = StyleTransfer(features_of(seed), content, style, config)
    for _ in range(steps):
        transfer()
    return transfer


def noise_losses(transfer: StyleTransfer, seed: int) -> dict[str, float]:
    """Return the losses of noise, which is where the optimization began."""
    other = copy.copy(transfer)
    rng = torch.Generator().manual_seed(1000 + seed)
    other.image = torch.nn.Parameter(torch.rand(transfer.image.shape, generator=rng))
    return other.losses().numbers()


@claim(
    chapter=18,
    kind="identity",
    budget_s=10,
    en="The loss of style transfer has three parts: content, style and total variation.",
    zh="风格迁移常用的损失函数由 3 部分组成：内容损失、风格损失、全变分损失。",
)
def style_transfer_adds_three_losses() -> Evidence:
    content, style = photos(32)
    config = StyleConfig(content_layers=CONTENT, style_layers=STYLES, relative=False)
    weights = (config.content_weight, config.style_weight, config.variation_weight)
    transfer = StyleTransfer(features_of(0), content, style, config)
    with torch.no_grad():
        transfer.image.add_(0.1 * torch.randn(transfer.image.shape, generator=torch.Generator().manual_seed(0)))
    losses = transfer.losses()
    parts = (losses.content, losses.style, losses.variation)
    whole = torch.autograd.grad(losses.total, transfer.image, retain_graph=True)[0]
    single = [torch.autograd.grad(part, transfer.image, retain_graph=True)[0] for part in parts]
    added = sum(weight * part for weight, part in zip(weights, parts, strict=True))
    gradients = sum(weight * part for weight, part in zip(weights, single, strict=True))
    apart = float((losses.total - added).detach().abs() / losses.total.detach())
    turned = float((whole - gradients).abs().max() / whole.abs().max())
    each = all(float(part.detach()) > 0 for part in parts)
    return Evidence(
        value={"apart": apart, "gradients": turned},
        bound="the weighted sum of the three and that of their gradients, to 1e-5 relative; none of them is 0",
        bound_zh="等于三部分的加权和，梯度等于三个梯度的加权和，相对误差不超过 1e-5；三部分都不为 0",
        verdict="holds" if max(apart, turned) <= 1e-5 and each else "does not hold",
        n=3,
        why_en="The loss differs from the weighted sum by {apart:.0e} of itself, its gradient by {gradients:.0e}: the "
        "three pull at the image at once, and the weights say who pulls how much.",
        why_zh="损失与加权和相差 {apart:.0e}（相对），梯度相差 {gradients:.0e}：三部分同时拉这张图，权重决定谁用多大"
        "力。",
    )


@claim(
    chapter=18,
    kind="experiment",
    budget_s=60,
    en="The content loss brings the content features of the image close to those of the content image.",
    zh="内容损失使合成图像与内容图像在内容特征上接近。",
    scope="a VGG with random weights, from noise, 60 steps at 64 pixels",
    scope_zh="随机权重的 VGG，从噪声开始，64 像素，60 步",
    smoke={"seeds": range(2), "side": 24, "steps": 5},
)
def content_loss_brings_content_features_close(seeds: range = range(5), side: int = 64, steps: int = 60) -> Evidence:
    before, after, others = [], [], []
    for seed in seeds:
        transfer = transferred(seed, side, steps, (1.0, 0.0, 0.0))
        start, end = noise_losses(transfer, seed), transfer.losses().numbers()
        before.append(start["content"])
        after.append(end["content"])
        others.append(end["style"])
    shares = [b / a for a, b in zip(before, after, strict=True)]
    gone = paired([1 - share for share in shares], [0.0] * len(shares))
    return Evidence(
        value={"share": mean(shares), "before": mean(before), "after": mean(after), "style": mean(others)},
        decision=decide(at_least(gone, 0.8, "loss that is gone")),
        seeds=tuple(seeds),
        n=len(seeds),
        data="china.jpg, flower.jpg",
        why_en="From noise, the relative error of the content features falls from {before:.2f} to {after:.3f}, to "
        "{share:.1%}. The loss of style, which nobody asked for, is {style:.2f} then.",
        why_zh="从噪声出发，内容特征的相对误差从 {before:.2f} 降到 {after:.3f}，剩下 {share:.1%}。没人要求的风格损失此"
        "时是 {style:.2f}。",
    )


@claim(
    chapter=18,
    kind="experiment",
    budget_s=60,
    en="The style loss brings the style features of the image close to those of the style image.",
    zh="风格损失令合成图像与风格图像在风格特征上接近。",
    scope="a VGG with random weights, from noise, 60 steps at 64 pixels",
    scope_zh="随机权重的 VGG，从噪声开始，64 像素，60 步",
    smoke={"seeds": range(2), "side": 24, "steps": 5},
)
def style_loss_brings_style_features_close(seeds: range = range(5), side: int = 64, steps: int = 60) -> Evidence:
    before, after, others = [], [], []
    for seed in seeds:
        transfer = transferred(seed, side, steps, (0.0, 1.0, 0.0))
        start, end = noise_losses(transfer, seed), transfer.losses().numbers()
        before.append(start["style"])
        after.append(end["style"])
        others.append(end["content"])
    shares = [b / a for a, b in zip(before, after, strict=True)]
    gone = paired([1 - share for share in shares], [0.0] * len(shares))
    return Evidence(
        value={"share": mean(shares), "before": mean(before), "after": mean(after), "content": mean(others)},
        decision=decide(at_least(gone, 0.8, "loss that is gone")),
        seeds=tuple(seeds),
        n=len(seeds),
        data="china.jpg, flower.jpg",
        why_en="From noise, the relative error of the Gram matrices falls from {before:.2f} to {after:.3f}, to "
        "{share:.1%}. Places are free meanwhile: the content features stay {content:.2f} away.",
        why_zh="从噪声出发，格拉姆矩阵的相对误差从 {before:.2f} 降到 {after:.3f}，剩下 {share:.1%}。位置则是自由的：内"
        "容特征仍相差 {content:.2f}。",
    )


@claim(
    chapter=18,
    kind="experiment",
    budget_s=20,
    en="The total variation loss helps to reduce the noise in the image.",
    zh="全变分损失则有助于减少合成图像中的噪点。",
    scope="a light square with noise; a weight that is too large blurs it",
    scope_zh="带噪声的亮方块；权重过大会把它抹平",
    smoke={"seeds": range(2), "steps": 10},
)
def total_variation_reduces_noise(seeds: range = range(5), steps: int = 200) -> Evidence:
    noisy_error, error, blurred, variation = [], [], [], []
    for seed in seeds:
        clean = torch.full((1, 1, 32, 32), 0.2)
        clean[..., 8:24, 8:24] = 0.8
        noisy = clean + 0.2 * torch.randn(clean.shape, generator=torch.Generator().manual_seed(seed))
        found = {weight: denoised(noisy, weight, steps) for weight in (0.1, 2.0)}
        noisy_error.append(float((noisy - clean).square().mean()))
        error.append(float((found[0.1] - clean).square().mean()))
        blurred.append(float((found[2.0] - clean).square().mean()))
        variation.append(float(total_variation(found[0.1]) / total_variation(noisy)))
    gain = paired([1 - a / b for a, b in zip(error, noisy_error, strict=True)], [0.0] * len(error))
    return Evidence(
        value={"after": mean(error), "before": mean(noisy_error), "blurred": mean(blurred), "left": mean(variation)},
        decision=decide(at_least(gain, 0.5, "squared error that is gone"), scoped=True),
        seeds=tuple(seeds),
        n=len(seeds),
        why_en="With a weight of 0.1 the mean squared distance from the clean square falls from {before:.4f} to "
        "{after:.4f}, and {left:.0%} of the variation is left. With a weight of 2 it is {blurred:.4f}: the square "
        "itself goes.",
        why_zh="权重 0.1 时，与干净方块的均方误差从 {before:.4f} 降到 {after:.4f}，变差只剩 {left:.0%}。权重 2 时误差是"
        " {blurred:.4f}：方块本身也被抹平了。",
    )


def denoised(noisy: Tensor, weight: float, steps: int) -> Tensor:
    """Minimize half the squared distance from an image plus its total variation."""
    image = noisy.clone().requires_grad_()
    optimizer = torch.optim.Adam([image], lr=0.02)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = 0.5 * (image - noisy).square().sum() + weight * total_variation(image)
        torch.autograd.backward(loss)
        optimizer.step()
    return image.detach()


@claim(
    chapter=18,
    kind="identity",
    budget_s=10,
    en="A pretrained CNN takes features from the images; the image itself is the parameter that is updated to minimize "
    "the loss.",
    zh="通过预训练的卷积神经网络来抽取图像的特征，并通过最小化损失函数来不断更新合成图像，把它作为模型参数。",
)
def only_the_image_learns_in_style_transfer() -> Evidence:
    content, style = photos(32)
    model = features_of(0)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    config = StyleConfig(content_layers=CONTENT, style_layers=STYLES, steps=3, images=1)
    transfer = StyleTransfer(model, content, style, config)
    losses = [transfer().numbers()["loss"] for _ in range(3)]
    changed = sum(not torch.equal(before[name], value) for name, value in model.state_dict().items())
    learned = sum(parameter.requires_grad for parameter in model.parameters())
    moved = float((transfer.image.detach() - content).abs().max())
    held = [group["params"] for group in transfer.optimizer.param_groups]
    right = changed == 0 and learned == 0 and moved > 0 and losses[-1] < losses[0] and held == [[transfer.image]]
    return Evidence(
        value={"changed": changed, "learned": learned, "moved": moved, "weights": len(before)},
        bound="no tensor of the network changes or has a gradient; the image does, and the loss falls",
        bound_zh="网络没有一个张量改变，也没有梯度；改变的是图像，损失在下降",
        verdict="holds" if right else "does not hold",
        n=len(before),
        why_en="After three steps {changed} of {weights} tensors of the network are others, and the image has moved by "
        "up to {moved:.2f}. Weights with a gradient would cost a third of the time for nothing.",
        why_zh="三步之后，网络的 {weights} 个张量有 {changed} 个改变，图像最多变了 {moved:.2f}。给网络的权重也求梯度，"
        "只会白费三分之一的时间。",
    )


@claim(
    chapter=18,
    kind="identity",
    budget_s=2,
    en="The Gram matrix expresses the style of a layer's output.",
    zh="我们使用格拉姆矩阵表达风格层输出的风格。",
    scope="what it keeps and what it drops; that this is style is a matter of taste",
    scope_zh="它保留什么、丢掉什么；这算不算“风格”，是看法",
)
def gram_matrix_keeps_no_places() -> Evidence:
    rng = torch.Generator().manual_seed(0)
    features = torch.randn(1, 6, 8, 9, generator=rng, dtype=torch.float64)
    gram = gram_matrix(features)
    order = torch.randperm(72, generator=rng)
    shuffled = features.flatten(2)[..., order].view_as(features)
    moved = float((gram_matrix(shuffled) - gram).abs().max())
    least = float(torch.linalg.eigvalsh(gram[0]).min())
    symmetric = float((gram - gram.mT).abs().max())
    scaled = float((gram_matrix(3 * features) - 9 * gram).abs().max())
    distance = float(content_loss(shuffled, features))
    same = float(style_loss(shuffled, gram))
    largest = max(moved, symmetric, scaled, same, -least)
    return Evidence(
        value={"moved": moved, "least": least, "places": distance, "highest": float(gram.max())},
        bound="symmetric, no negative eigenvalue, unchanged by shuffled pixels, 9 times as large for 3 times the "
        "features: to 1e-12",
        bound_zh="对称，没有负特征值，打乱像素不变，特征乘 3 时变为 9 倍：误差不超过 1e-12",
        verdict="holds in scope" if largest <= 1e-12 else "does not hold",
        n=4,
        why_en="Shuffle all pixels of a map, and its Gram matrix moves by {moved:.0e}, while the maps are {places:.1f} "
        "apart: what goes together is kept, where it is is not. Entries need not lie in [0, 1]: the largest here is "
        "{highest:.2f}.",
        why_zh="把特征图的像素全部打乱，格拉姆矩阵只变 {moved:.0e}，特征图本身却相差 {places:.1f}：保留的是“什么一起出"
        "现”，丢掉的是“在哪里”。它的元素不一定在 0 到 1 之间：这里最大的是 {highest:.2f}。",
    )
