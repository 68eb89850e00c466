"""Chapter 18: style transfer: three losses, and an image as what is learned.

The features are those of a VGG with random weights: no weights of others come with the package, and what the claims
say of the losses does not depend on them.
"""

from collections.abc import Sequence
from statistics import fmean as mean

import torch
from torch import Tensor

from d2lab.claims.claim import claim
from d2lab.claims.decide import Part, at_least, decide
from d2lab.claims.evidence import Evidence
from d2lab.data.photos import read_photo
from d2lab.metrics import paired
from d2lab.models.vgg_features import VGGFeatures
from d2lab.train.style import StyleConfig, StyleTransfer
from d2lab.vision.style_loss import content_loss, gram_matrix, style_loss

CONTENT, STYLES = ("relu2_1",), ("relu1_1", "relu2_1")
ARMS = {"content": (1.0, 0.0), "style": (0.0, 1.0)}  # weights of the content and the style loss
RATES = (0.1, 0.2, 0.4)
LEAD = 0.5  # of the loss of noise: what the other loss must leave more
TUNING_SEED = 1000
Runs = dict[str, list[float]]


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


def optimized(arm: str, rate: float, seed: int, side: int, steps: int) -> tuple[dict[str, float], dict[str, float]]:
    """Optimize noise under one of the two losses; return both of the noise and of what came of it."""
    content, style = photos(side)
    config = StyleConfig(
        content_layers=CONTENT,
        style_layers=STYLES,
        initial="noise",
        steps=steps,
        images=1,
        learning_rate=rate,
        content_weight=ARMS[arm][0],
        style_weight=ARMS[arm][1],
        variation_weight=0.0,
    )
    transfer = StyleTransfer(features_of(seed), content, style, config)
    before = transfer.losses().numbers()
    for _ in range(steps):
        transfer()
    return before, transfer.losses().numbers()


def rivals(seeds: Sequence[int], side: int, steps: int, rates: Sequence[float]) -> tuple[Runs, list[list[str]]]:
    """Optimize the same noise under either loss; return both losses of all images, and what differs between the arms.

    Each arm has the rate of those given that is best for its own loss on a seed apart.

    Args:
        seeds: of the network and of the noise.
        side: longer one of the images, pixels.
        steps: of the optimization, the same for both.
        rates: learning rates to choose from.
    """
    runs: Runs = {}
    best = {arm: min(rates, key=lambda rate: optimized(arm, rate, TUNING_SEED, side, steps)[1][arm]) for arm in ARMS}
    for arm in ARMS:
        for seed in seeds:
            noise, end = optimized(arm, best[arm], seed, side, steps)
            for loss in ARMS:
                runs.setdefault(f"{arm}_{loss}", []).append(end[loss] / noise[loss])
    weights = [[f"weight of {loss}", *(f"{ARMS[arm][i]:g}" for arm in ARMS)] for i, loss in enumerate(ARMS)]
    return runs, [["", *ARMS], *weights, ["learning rate", *(f"{best[arm]:g}" for arm in ARMS)]]


def told(own: str, rival: str, runs: Runs, smallest_effect: float) -> tuple[dict[str, float], list[Part]]:
    """Return the shares of a loss that are left, by arm, and what a statement says of them.

    Args:
        own: loss that the statement is about, and its arm.
        rival: the other arm.
        runs: of `rivals`.
        smallest_effect: share of the loss of noise that must be gone.
    """
    left, control = runs[f"{own}_{own}"], runs[f"{rival}_{own}"]
    gone, lead = paired([1.0] * len(left), left), paired(control, left)
    values = {"gone": gone.mean, "left": mean(left), "rival": mean(control), "other": mean(runs[f"{own}_{rival}"])}
    parts = [at_least(gone, smallest_effect, "loss that is gone")]
    return values, [*parts, at_least(lead, LEAD, "loss that the other loss leaves beyond it")]


@claim(
    chapter=18,
    kind="identity",
    budget_s=2,
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
    budget_s=18,
    en="The content loss brings the content features of the image close to those of the content image.",
    zh="内容损失使合成图像与内容图像在内容特征上接近。",
    scope="a VGG with random weights, from noise, 40 steps at 32 pixels, against as many under the style loss",
    scope_zh="随机权重的 VGG，从噪声开始，32 像素，40 步，与同样多步的风格损失相比",
    smoke={"seeds": range(2), "side": 24, "steps": 5, "rates": (0.1,)},
)
def content_loss_brings_content_features_close(
    seeds: Sequence[int] = range(5),
    side: int = 32,
    steps: int = 40,
    rates: Sequence[float] = RATES,
    smallest_effect: float = 0.8,
) -> Evidence:
    runs, differs = rivals(seeds, side, steps, rates)
    values, parts = told("content", "style", runs, smallest_effect)
    return Evidence(
        value=values,
        decision=decide(*parts, scoped=True, differs=differs),
        seeds=tuple(seeds),
        n=len(seeds),
        data="china.jpg, flower.jpg",
        why_en="Of the error that noise has in the content features, {left:.1%} is left; {rival:.0%} where the same "
        "noise is optimized for the style as long: it is the loss that does it, not the optimization. The error of "
        "the style, which nobody asked for, is {other:.0%} of that of noise then.",
        why_zh="噪声在内容特征上的误差只剩 {left:.1%}；同样的噪声、同样的步数只优化风格，还剩 {rival:.0%}：可见起作用的"
        "是这个损失，而不只是优化。没人要求的风格误差此时是噪声的 {other:.0%}。",
    )


@claim(
    chapter=18,
    kind="experiment",
    budget_s=18,
    en="The style loss brings the style features of the image close to those of the style image.",
    zh="风格损失令合成图像与风格图像在风格特征上接近。",
    scope="a VGG with random weights, from noise, 40 steps at 32 pixels, against as many under the content loss",
    scope_zh="随机权重的 VGG，从噪声开始，32 像素，40 步，与同样多步的内容损失相比",
    smoke={"seeds": range(2), "side": 24, "steps": 5, "rates": (0.1,)},
)
def style_loss_brings_style_features_close(
    seeds: Sequence[int] = range(5),
    side: int = 32,
    steps: int = 40,
    rates: Sequence[float] = RATES,
    smallest_effect: float = 0.8,
) -> Evidence:
    runs, differs = rivals(seeds, side, steps, rates)
    values, parts = told("style", "content", runs, smallest_effect)
    return Evidence(
        value=values,
        decision=decide(*parts, scoped=True, differs=differs),
        seeds=tuple(seeds),
        n=len(seeds),
        data="china.jpg, flower.jpg",
        why_en="Of the error that noise has in the Gram matrices, {left:.1%} is left; {rival:.0%} where the same noise "
        "is optimized for the content as long. Places are free meanwhile: {other:.0%} of the error of the content "
        "features is left.",
        why_zh="噪声在格拉姆矩阵上的误差只剩 {left:.1%}；同样的噪声、同样的步数只优化内容，还剩 {rival:.0%}。位置则是自"
        "由的：内容特征的误差还剩 {other:.0%}。",
    )


@claim(
    chapter=18,
    kind="identity",
    budget_s=0.5,
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
    budget_s=0.5,
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
