"""Two images in one, and a target that says how much of each: mixup and CutMix, for a whole batch."""

import torch
from jaxtyping import Bool, Float
from torch import Generator, Tensor

from d2lab.vision.draw import uniform

Images = Float[Tensor, "batch channel height width"]
Targets = Float[Tensor, "batch class_"]
Shares = Float[Tensor, " batch"]


def mixup(images: Images, targets: Targets, shares: Shares, draw: Generator) -> tuple[Images, Targets]:
    """Lay a second image over each: `share` of the first, the rest of a random other of the batch.

    Source: Zhang, Cisse, Dauphin, Lopez-Paz 2018, "mixup", eq. 1; shares from Beta(alpha, alpha).
    Changed: a share for each image, where the authors' code draws one a batch.

    Args:
        images: numbers.
        targets: shares of classes.
        shares: of the first image in the mixture, 0 to 1.
        draw: decides who is laid over whom.
    """
    partner = torch.randperm(len(images), generator=draw, device=draw.device)
    mixed = torch.lerp(images[partner], images, shares.to(images.dtype).view(-1, 1, 1, 1))
    return mixed, torch.lerp(targets[partner], targets, shares.unsqueeze(1))


def cutmix(images: Images, targets: Targets, shares: Shares, draw: Generator) -> tuple[Images, Targets]:
    """Paste a box of a random other image into each; the target follows the area that is left.

    Source: Yun et al. 2019, "CutMix", section 3.1: a box of sides sqrt(1 - share), its center anywhere.
    Changed: a box for each image, where the authors' code draws one a batch.

    Args:
        images: numbers.
        targets: shares of classes.
        shares: of the image's area that a whole box would leave, 0 to 1.
        draw: decides who is pasted into whom, and where.
    """
    partner = torch.randperm(len(images), generator=draw, device=draw.device)
    length = (1 - shares).sqrt()
    rows, columns = (_stretch(length, pixels, draw) for pixels in images.shape[-2:])
    inside = rows.unsqueeze(2) & columns.unsqueeze(1)
    left = 1 - inside.float().mean((1, 2))
    mixed = torch.where(inside.unsqueeze(1), images[partner], images)
    return mixed, torch.lerp(targets[partner], targets, left.unsqueeze(1))


def _stretch(length: Shares, pixels: int, draw: Generator) -> Bool[Tensor, "batch pixels"]:
    """Mark a part of each line: its length is a share of the line, its middle anywhere, the ends are cut off."""
    middle, half = uniform((len(length),), 0.0, float(pixels), draw), 0.5 * pixels * length
    first, end = ((middle + sign * half).round().unsqueeze(1) for sign in (-1, 1))
    place = torch.arange(pixels, device=length.device)
    return (place >= first) & (place < end)
