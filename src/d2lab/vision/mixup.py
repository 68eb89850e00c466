"""Two images in one, and a target that says how much of each: mixup and CutMix, for a whole batch."""

import torch
from jaxtyping import Bool, Float
from torch import Generator, Tensor

from d2lab.vision.sampling import uniform

Images = Float[Tensor, "batch channel height width"]
Targets = Float[Tensor, "batch class_"]
Shares = Float[Tensor, " batch"]


def mixup(images: Images, targets: Targets, shares: Shares, generator: Generator) -> tuple[Images, Targets]:
    """Blend each image with another of the batch: `share` of the first, the rest of the second.

    Source: Zhang, Cisse, Dauphin, Lopez-Paz 2018, "mixup", eq. 1; shares from Beta(alpha, alpha).
    Changed: a share for each image, where the authors' code draws one per batch.

    Args:
        images: floating-point pixels.
        targets: class probabilities.
        shares: weight of the first image in the blend, 0 to 1.
        generator: decides which two images are blended.
    """
    partner = torch.randperm(len(images), generator=generator, device=generator.device)
    mixed = torch.lerp(images[partner], images, shares.to(images.dtype).view(-1, 1, 1, 1))
    return mixed, torch.lerp(targets[partner], targets, shares.unsqueeze(1))


def cutmix(images: Images, targets: Targets, shares: Shares, generator: Generator) -> tuple[Images, Targets]:
    """Paste a box of another image of the batch into each; targets are weighted by the area of each image.

    Source: Yun et al. 2019, "CutMix", section 3.1: a box of sides sqrt(1 - share), its center anywhere.
    Changed: a box for each image, where the authors' code draws one per batch.

    Args:
        images: floating-point pixels.
        targets: class probabilities.
        shares: of the image's area that stays when the box lies inside it, 0 to 1.
        generator: decides which image is pasted, and where.
    """
    partner = torch.randperm(len(images), generator=generator, device=generator.device)
    length = (1 - shares).sqrt()
    rows, columns = (_interval(length, pixels, generator) for pixels in images.shape[-2:])
    inside = rows.unsqueeze(2) & columns.unsqueeze(1)
    left = 1 - inside.float().mean((1, 2))
    mixed = torch.where(inside.unsqueeze(1), images[partner], images)
    return mixed, torch.lerp(targets[partner], targets, left.unsqueeze(1))


def _interval(length: Shares, pixels: int, generator: Generator) -> Bool[Tensor, "batch pixels"]:
    """Mark an interval of `length` (a share of the axis) around a random center; what lies outside is cut off."""
    middle, half = uniform((len(length),), 0.0, float(pixels), generator), 0.5 * pixels * length
    first, end = ((middle + sign * half).round().unsqueeze(1) for sign in (-1, 1))
    place = torch.arange(pixels, device=length.device)
    return (place >= first) & (place < end)
