"""Chapter 18: total variation, the part of style transfer's loss that is about noise."""

from collections.abc import Sequence
from statistics import fmean as mean

import torch
from torch import Tensor

from d2lab.claims.claim import claim
from d2lab.claims.decide import at_least, decide
from d2lab.claims.evidence import Evidence
from d2lab.metrics import paired
from d2lab.vision.style_loss import total_variation


@claim(
    chapter=18,
    kind="experiment",
    budget_s=5,
    en="The total variation loss helps to reduce the noise in the image.",
    zh="全变分损失则有助于减少合成图像中的噪点。",
    scope="a light square with noise; a weight that is too large blurs it",
    scope_zh="带噪声的亮方块；权重过大会把它抹平",
    smoke={"seeds": range(2), "steps": 10},
)
def total_variation_reduces_noise(
    seeds: Sequence[int] = range(5), steps: int = 200, smallest_effect: float = 0.5
) -> Evidence:
    clean = torch.full((1, 1, 32, 32), 0.2)
    clean[..., 8:24, 8:24] = 0.8
    noise = [torch.randn(clean.shape, generator=torch.Generator().manual_seed(seed)) for seed in seeds]
    noisy = clean + 0.2 * torch.cat(noise)  # seed 1 row column
    images = {"before": noisy, "after": denoised(noisy, 0.1, steps), "blurred": denoised(noisy, 2.0, steps)}
    errors = {name: (image - clean).square().mean((1, 2, 3)).tolist() for name, image in images.items()}
    variation = {name: [float(total_variation(one)) for one in torch.split(image, 1)] for name, image in images.items()}
    left = [after / before for after, before in zip(variation["after"], variation["before"], strict=True)]
    gain = paired([1 - a / b for a, b in zip(errors["after"], errors["before"], strict=True)], [0.0] * len(seeds))
    return Evidence(
        value={**{name: mean(errors[name]) for name in ("after", "before", "blurred")}, "left": mean(left)},
        decision=decide(at_least(gain, smallest_effect, "squared error that is gone"), scoped=True),
        seeds=tuple(seeds),
        n=len(seeds),
        why_en="With a weight of 0.1 the mean squared distance from the clean square falls from {before:.4f} to "
        "{after:.4f}, and {left:.0%} of the variation is left. With a weight of 2 it is {blurred:.4f}: the square "
        "itself goes.",
        why_zh="权重 0.1 时，与干净方块的均方误差从 {before:.4f} 降到 {after:.4f}，变差只剩 {left:.0%}。权重 2 时误差是"
        " {blurred:.4f}：方块本身也被抹平了。",
    )


def denoised(noisy: Tensor, weight: float, steps: int) -> Tensor:
    """Minimize half the squared distance from images plus their total variation, for each of them alone."""
    image = noisy.clone().requires_grad_()
    optimizer = torch.optim.Adam([image], lr=0.02)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = 0.5 * (image - noisy).square().sum() + weight * total_variation(image)
        torch.autograd.backward(loss)
        optimizer.step()
    return image.detach()
