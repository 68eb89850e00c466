"""What a target of an image is, and how it follows its image when that is moved or resized."""

from collections.abc import Mapping
from typing import Literal, get_args

import torch
from jaxtyping import Bool, Float, Int64, Shaped
from torch import Tensor

from d2lab.core.errors import ConfigError, DataError
from d2lab.core.void import VOID
from d2lab.vision.boxes import bound
from d2lab.vision.joint import JointTransform
from d2lab.vision.warp import Warp

TargetKind = Literal["class", "number", "mask", "boxes", "points", "labels", "count"]
Kinds = Mapping[str, TargetKind] | TargetKind
Targets = Tensor | Mapping[str, Tensor]
KINDS: tuple[TargetKind, ...] = get_args(TargetKind)
SINGLE = ("boxes", "count")  # kinds that at most one target of a batch may be
SHAPES = {  # axes, and what they hold
    "mask": ((3, 4), "uint8 or int64 [batch, height, width], or [batch, most, height, width]"),
    "boxes": ((3,), "floating [batch, most, 4]"),
    "points": ((3,), "floating [batch, most, 2]"),
    "labels": ((2,), "[batch, most]"),
    "count": ((1,), "int64 [batch]"),
}
OF_TASK: dict[str, Kinds] = {  # the targets of a data card's task
    "classification": "class",
    "regression": "number",
    "segmentation": "mask",
    "detection": {"boxes": "boxes", "labels": "labels", "count": "count"},
}
MIN_VISIBLE = 0.1  # share of a box's area that must still be seen, or the object is removed


def check_kinds(kinds: Mapping[str, str] | str) -> None:
    """Refuse kinds that do not exist or do not go together.

    Raises:
        ConfigError: a kind is unknown, two targets are boxes or counts, boxes have no count, or a plain target is of a
            kind that only has a meaning beside others.
    """
    named = {"targets": kinds} if isinstance(kinds, str) else dict(kinds)
    for name, kind in named.items():
        if kind not in KINDS:
            raise ConfigError(f"the kind of {name}", got=kind, need=f"one of {', '.join(KINDS)}")
    found: list[str] = list(named.values())
    for single in SINGLE:
        if found.count(single) > 1:
            need = f"at most one target of the kind {single}"
            raise ConfigError("the kinds of targets", got=", ".join(found), need=need)
    if "boxes" in found and "count" not in found:
        need = "a count beside boxes: how many rows of each image are real, for some may leave it"
        raise ConfigError("the kinds of targets", got=", ".join(found), need=need)


def move_targets(
    targets: Targets, kinds: Kinds, transform: JointTransform | Warp, min_visible: float = MIN_VISIBLE
) -> Targets:
    """Move targets as `transform` moves the images.

    Class numbers and numbers stay. Masks are resampled by the nearest pixel; a mask of classes is void
    (255) where the moved image shows nothing. Points are mapped, also to places outside
    the image. Boxes are mapped and clipped; a box of which less than `min_visible` of its area is seen is removed: the
    rest move to the front, labels, points and masks of objects with them, and the count is lowered. Rows beyond the
    count are padding and stay as they are; rows that became free are 0.

    Args:
        targets: one tensor, or a dict of tensors.
        kinds: what each target is.
        transform: of this batch.
        min_visible: share of a box's area, 0 to 1.

    Raises:
        DataError: the targets are not of the stated kinds.
    """
    named, what = _by_name(targets, kinds)
    _check(named, what, transform)
    count = _count(named, what)
    moved = {name: _moved(named[name], kind, transform, count) for name, kind in what.items() if kind != "boxes"}
    boxes = next((name for name, kind in what.items() if kind == "boxes"), None)
    if boxes is not None and count is not None:
        seen_boxes, seen = transform.boxes(named[boxes])
        moved[boxes] = _with_padding(seen_boxes, named[boxes], count)
        moved = _keep_visible(moved, what, seen, count, min_visible)
    return moved["targets"] if isinstance(kinds, str) else moved


def resize_targets(targets: Targets, kinds: Kinds, *, from_size: tuple[int, int], to_size: tuple[int, int]) -> Targets:
    """Resize targets with their images: boxes and points are scaled, masks take the nearest pixel, the rest stays.

    Args:
        targets: one tensor, or a dict of tensors.
        kinds: what each target is.
        from_size: height and width of the stored images, pixels.
        to_size: height and width of the resized images, pixels.

    Raises:
        ConfigError: the kinds do not go together.
        DataError: the targets are not of the stated kinds.
    """
    check_kinds(kinds)
    named, what = _by_name(targets, kinds)
    first = next(iter(named.values()))
    height, width = from_size
    resized = JointTransform(count=len(first), height=height, width=width, device=first.device, to_size=to_size)
    _check(named, what, resized)
    count = _count(named, what)
    moved = {name: _moved(named[name], kind, resized, count) for name, kind in what.items()}
    for name in (name for name, kind in what.items() if kind == "boxes"):
        moved[name] = _with_padding(bound(resized.map().corners(named[name])), named[name], count)
    return moved["targets"] if isinstance(kinds, str) else moved


def _by_name(targets: Targets, kinds: Kinds) -> tuple[Mapping[str, Tensor], Mapping[str, TargetKind]]:
    """Put a plain target and its kind into dicts too."""
    if isinstance(kinds, str):
        if not isinstance(targets, Tensor):
            raise DataError("the targets", got=type(targets).__name__, need=f"a tensor of the kind {kinds}")
        return {"targets": targets}, {"targets": kinds}
    if isinstance(targets, Tensor) or set(targets) != set(kinds):
        got = "a tensor" if isinstance(targets, Tensor) else f"a dict of {', '.join(targets)}"
        raise DataError("the targets", got=got, need=f"a dict of {', '.join(kinds)}")
    return targets, kinds


def _count(targets: Mapping[str, Tensor], kinds: Mapping[str, TargetKind]) -> Tensor | None:
    return next((targets[name] for name, kind in kinds.items() if kind == "count"), None)


def _moved(values: Tensor, kind: TargetKind, transform: JointTransform | Warp, count: Tensor | None) -> Tensor:
    """Move one target other than boxes; padding stays as it is."""
    if kind == "mask":
        return transform.masks(values) if values.ndim == 4 else transform.masks(values.unsqueeze(1), VOID).squeeze(1)
    if kind == "points":
        return _with_padding(transform.points(values), values, count)
    return values


def _with_padding(moved: Tensor, stored: Tensor, count: Tensor | None) -> Tensor:
    """Leave the rows beyond the count as they were stored."""
    return moved if count is None else torch.where(_real(stored, count).unsqueeze(2), moved, stored)


def _real(rows: Tensor, count: Tensor) -> Bool[Tensor, "batch most"]:
    """Say which rows are no padding."""
    return torch.arange(rows.shape[1], device=rows.device) < count.unsqueeze(1)


def _keep_visible(
    moved: dict[str, Tensor],
    kinds: Mapping[str, TargetKind],
    seen: Float[Tensor, "batch most"],
    count: Int64[Tensor, " batch"],
    min_visible: float,
) -> dict[str, Tensor]:
    """Move the objects that are still seen to the front, count them, and clear the rows of the others."""
    real = _real(seen, count)
    kept = real & (seen >= min_visible) & (seen > 0)
    order = (2 - kept.long() - real.long()).argsort(dim=1, stable=True)  # kept, then removed, then padding in place
    freed = real & ~_real(seen, kept.sum(1))
    for name, kind in kinds.items():
        if kind == "count":
            moved[name] = kept.sum(1).to(count.dtype)
        elif kind in ("boxes", "labels", "points") or (kind == "mask" and moved[name].ndim == 4):
            moved[name] = _reordered(name, moved[name], order, freed)
    return moved


def _reordered(
    name: str, values: Shaped[Tensor, "batch most ..."], order: Int64[Tensor, "batch rows"], freed: Tensor
) -> Tensor:
    """Bring the rows of one target into this order and set those that became free to 0."""
    if values.shape[1] != order.shape[1]:
        need = f"{order.shape[1]} rows an image, one for each box"
        raise DataError(f"the target {name}", got=values.shape[1], need=need)
    wide = (..., *(None,) * (values.ndim - 2))
    return values.gather(1, order[wide].expand_as(values)).masked_fill(freed[wide], 0)


def _check(targets: Mapping[str, Tensor], kinds: Mapping[str, TargetKind], transform: JointTransform | Warp) -> None:
    """Refuse a tensor that its kind cannot be."""
    for name, kind in kinds.items():
        if kind not in SHAPES:
            continue
        values, (axes, need) = targets[name], SHAPES[kind]
        whole = kind in ("mask", "count") and values.dtype not in (torch.int64, torch.uint8)
        real = kind in ("boxes", "points") and not values.is_floating_point()
        last = {"boxes": (4,), "points": (2,), "mask": (transform.height, transform.width)}.get(kind, ())
        if values.ndim not in axes or whole or real or tuple(values.shape[values.ndim - len(last) :]) != last:
            need += f", {transform.height} x {transform.width} pixels as its image" if kind == "mask" else ""
            raise DataError(f"the target {name}", got=f"{values.dtype} {list(values.shape)}", need=need)
