"""Mosaic: four images of a batch in one, each with what lies on it; objects become smaller and meet new neighbors."""

from collections.abc import Mapping
from typing import Any

import torch
from jaxtyping import Bool, Float, Int64, Shaped
from torch import Generator, Tensor

from d2lab.core.void import VOID
from d2lab.vision.boxes import rows_within
from d2lab.vision.geometry import scale_map
from d2lab.vision.projective import ProjectiveMap, projective
from d2lab.vision.sampling import bernoulli, uniform
from d2lab.vision.targets import MIN_VISIBLE, Kinds, Targets, move_targets
from d2lab.vision.warp import Warp, Window, pixels_within

ROOM = (0.3, 0.7)  # where the four may meet, shares of height and width


def mosaic(
    images: Shaped[Tensor, "batch channel height width"],
    targets: Targets,
    kinds: Kinds,
    warp: Warp,
    share: float,
    generator: Generator,
    min_visible: float = MIN_VISIBLE,
) -> tuple[Float[Tensor, "batch channel rows columns"], Any]:
    """Put four images of the batch around a random point of the frame: some images become such mosaics.

    Each is made smaller or kept, in proportion, until it just covers its quarter, with its own inner corner at the
    point; what hangs over is cut off. This is composed with the map of the image, so pixels are resampled once.

    Source: Bochkovskiy, Wang, Liao 2020, "YOLOv4", section 3.3.
    Changed: quarters are covered, so that no gray is left, and the point is near the center.

    Args:
        images: stored images.
        targets: of kinds that have a place in the image.
        kinds: what each target is.
        warp: what happens to each image by itself.
        share: of images that become mosaics, 0 to 1; the first quarter of one is the image itself.
        generator: decides which, with what, and where the four meet.
        min_visible: a box of which less than this share of its area is seen is removed.

    Returns:
        The images as the model reads them and their targets, with four times as many rows of objects.
    """
    count = len(images)
    which = bernoulli(count, share, generator)
    meet = uniform((count, 2), *ROOM, generator)
    partners = [torch.arange(count, device=images.device)]
    partners += [torch.randperm(count, generator=generator, device=generator.device) for _ in range(3)]
    seen, parts = None, []
    for number, partner in enumerate(partners):
        window, placed = _quarter(number, which, meet, warp.size)
        part = warp.chosen(partner).then(placed, window)
        picked = part.images(images[partner])
        seen = picked if seen is None else torch.where(pixels_within(window, warp.size).unsqueeze(1), picked, seen)
        of_part = targets[partner] if isinstance(targets, Tensor) else {k: v[partner] for k, v in targets.items()}
        parts.append((move_targets(of_part, kinds, part, min_visible), window))
    assert seen is not None  # noqa: S101 (there are four)
    if isinstance(kinds, str):
        return seen, _merged({"targets": kinds}, [({"targets": t}, w) for t, w in parts], warp.size)["targets"]
    return seen, _merged(kinds, parts, warp.size)


def _quarter(
    number: int, which: Bool[Tensor, " batch"], meet: Float[Tensor, "batch 2"], size: tuple[int, int]
) -> tuple[Window, ProjectiveMap]:
    """Return where a quarter lies, and the map of a whole frame that covers it, its inner corner at the point.

    Of an image that becomes no mosaic the first quarter is the whole frame, and the others are empty.
    """
    down, right = divmod(number, 2)
    frame = torch.stack([meet.new_full((), size[1]), meet.new_full((), size[0])])
    point = torch.where(which.unsqueeze(1), (meet * frame).round(), frame)  # whole pixels: none has two images
    side = torch.arange(2, device=meet.device)
    outer = torch.where(side == 0, right, down) == 1  # whether the quarter lies beyond the point, in x and y
    first, end = torch.where(outer, point, 0 * point), torch.where(outer, frame, point)
    scale = ((end - first) / frame).amax(1, keepdim=True).clamp(min=0.01).expand(-1, 2)
    shift = point - torch.where(outer, 0 * frame, frame) * scale
    return torch.cat([first, end], 1), projective(scale_map(scale, shift))


def _merged(
    kinds: Mapping[str, str], parts: list[tuple[Any, Window]], size: tuple[int, int]
) -> dict[str, Shaped[Tensor, "batch ..."]]:
    """Put the targets of the four quarters together: real rows of objects first."""
    counted = next((name for name, kind in kinds.items() if kind == "count"), None)
    order = None
    if counted is not None:
        order = _order(kinds, parts, counted)
    made: dict[str, Tensor] = {}
    for name, kind in kinds.items():
        values = [targets[name] for targets, _ in parts]
        if kind == "count":
            made[name] = torch.stack(values).sum(0)
        elif kind == "mask" and values[0].ndim == 3:
            made[name] = torch.full_like(values[0], VOID)
            for value, (_, window) in zip(values, parts, strict=True):
                made[name] = torch.where(pixels_within(window, size), value, made[name])
        else:
            rows = torch.cat(values, 1)
            made[name] = rows if order is None else _in_order(rows, order)
    return made


def _order(kinds: Mapping[str, str], parts: list[tuple[Any, Window]], counted: str) -> Int64[Tensor, "batch rows"]:
    """Return the order in which the real rows of the four come first."""
    rows = next(name for name, kind in kinds.items() if kind == "boxes")
    real = torch.cat([rows_within(targets[counted], targets[rows].shape[1]) for targets, _ in parts], 1)
    return (~real).long().argsort(dim=1, stable=True)


def _in_order(rows: Tensor, order: Int64[Tensor, "batch rows"]) -> Tensor:
    wide = (..., *(None,) * (rows.ndim - 2))
    return rows.gather(1, order[wide].expand_as(rows))
