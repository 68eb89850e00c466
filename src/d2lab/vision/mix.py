"""Two images in one, and a target that says how much of each: mixup and CutMix, for a whole batch."""

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from d2lab.vision.draw import uniform

Images = Float[Tensor, "batch channel height width"]
Targets = Float[Tensor, "batch class_"]
Shares = Float[Tensor, " batch"]


def mixup(images: Images, targets: Targets, shares: Shares, draw: Generator) -> tuple[Images, Targets]:
    """Lay a second image over each: `share` of the first, the rest of a random other of the batch.

    Source: Zhang, Cisse, Dauphin, Lopez-Paz 2018, "mixup", eq. 1; shares from Beta(alpha, alpha).
    Changed: a share for each image, where the authors' code draws one a batch.
    """
    partner = torch.randperm(len(images), generator=draw, device=draw.device)
    mixed = torch.lerp(images[partner], images, shares.view(-1, 1, 1, 1))
    return mixed, torch.lerp(targets[partner], targets, shares.unsqueeze(1))


def cutmix(images: Images, targets: Targets, shares: Shares, draw: Generator) -> tuple[Images, Targets]:
    """Paste a box of a random other image into each; the target follows the area that is left.

    Source: Yun et al. 2019, "CutMix", section 3.1: a box of sides sqrt(1 - share), its center anywhere.
    Changed: a box for each image, where the authors' code draws one a batch.
    """
    partner = torch.randperm(len(images), generator=draw, device=draw.device)
    inside = None
    for axis, pixels in enumerate(images.shape[-2:]):
        half = 0.5 * pixels * (1 - shares).sqrt()
        center = uniform((len(images),), 0.0, float(pixels), draw)
        place = torch.arange(pixels, device=images.device)
        low, high = ((center + sign * half).round().unsqueeze(1) for sign in (-1, 1))
        line = (place >= low) & (place < high)
        line = line.unsqueeze(2) if axis == 0 else line.unsqueeze(1)
        inside = line if inside is None else inside & line
    assert inside is not None  # noqa: S101 (two axes)
    left = 1 - inside.float().mean((1, 2))
    mixed = torch.where(inside.unsqueeze(1), images[partner], images)
    return mixed, torch.lerp(targets[partner], targets, left.unsqueeze(1))
