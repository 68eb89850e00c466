"""Non-maximum suppression: of boxes that overlap, the one with the highest score stays.

The rule about ties: of equal scores the box with the lower index comes first, on every device.
"""

import math

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from d2lab.core.errors import ConfigError, DataError
from d2lab.layers.arguments import check_choice
from d2lab.vision.boxes import check_boxes
from d2lab.vision.iou import box_iou, edge_iou, edges_and_area

Boxes = Float[Tensor, "box 4"]
Scores = Float[Tensor, " box"]
Kept = Int64[Tensor, " kept"]
DECAYS = ("gaussian", "linear")
FIRST_BLOCK, LAST_BLOCK = 64, 1024  # boxes that are compared with one another at once; each block is twice the last
TOGETHER = 1_000  # boxes up to which classes are suppressed in one pass, where boxes of two classes never meet


def nms(boxes: Boxes, scores: Scores, iou_threshold: float) -> Kept:
    """Return the indices of the boxes that stay, by falling score, whatever their class.

    The best box stays, all boxes whose IoU with it is above the threshold go, and so on with the best of the rest. The
    boxes that are alive are taken block by block: inside a block the answer is the only mask that equals "no box that
    stays and has a higher score overlaps me", found by repeating that sentence; then the block strikes all later boxes.

    Source: Felzenszwalb et al. 2010, "Object Detection with Discriminatively Trained Part-Based Models", section 6.1.
    Twin: torchvision.ops.nms and the book's `nms`, where scores differ. An IoU that equals the threshold, rounded as
        the boxes are, stays here and in the book.
    Cost: time up to n^2 where few boxes overlap.

    Args:
        boxes: (left, top, right, bottom), finite.
        scores: of the boxes.
        iou_threshold: 0 to 1.

    Raises:
        ConfigError: the threshold is outside its range.
        DataError: a box is not finite, a score is NaN, or there are not as many scores as boxes.
    """
    _check(boxes, scores, iou_threshold)
    order = scores.argsort(descending=True, stable=True)
    return order[_survivors(boxes[order], None, iou_threshold)]


def batched_nms(boxes: Boxes, scores: Scores, idxs: Int64[Tensor, " box"], iou_threshold: float) -> Kept:
    """Return the indices of the boxes that stay, by falling score, if only boxes of the same class suppress each other.

    Source: Girshick et al. 2014, "Rich Feature Hierarchies", section 2.2, "for each class independently".
    Changed: no boxes are moved apart; torchvision adds class times largest coordinate below 1,000 boxes on the
        processor, which costs the areas digits.
    Twin: torchvision.ops.batched_nms, where scores differ.

    Args:
        boxes: (left, top, right, bottom), finite.
        scores: of the boxes.
        idxs: class of each box.
        iou_threshold: 0 to 1.

    Raises:
        ConfigError: the threshold is outside its range.
        DataError: a box is not finite, a score is NaN, or there are not as many scores and classes as boxes.
    """
    _check(boxes, scores, iou_threshold, idxs)
    order = scores.argsort(descending=True, stable=True)
    boxes, classes = boxes[order], idxs[order]
    if len(boxes) <= TOGETHER:
        return order[_survivors(boxes, classes, iou_threshold)]
    kept = torch.zeros_like(order, dtype=torch.bool)
    sizes = classes.unique(return_counts=True)[1].tolist()  # type: ignore[no-untyped-call]
    for members in torch.split(classes.argsort(stable=True), sizes):
        kept[members[_survivors(boxes[members], None, iou_threshold)]] = True
    return order[kept]


def soft_nms(
    boxes: Boxes,
    scores: Scores,
    idxs: Int64[Tensor, " box"] | None = None,
    *,
    decay: str = "gaussian",
    sigma: float = 0.5,
    iou_threshold: float = 0.3,
    min_score: float = 0.001,
) -> tuple[Kept, Float[Tensor, " kept"]]:
    """Lower the scores of boxes that overlap a better one, instead of removing them.

    The best box is taken; every other score is multiplied by exp(-IoU^2 / sigma) ("gaussian"), or by 1 - IoU where the
    IoU is above the threshold ("linear"); and so on with the best of the rest, until all are below `min_score`.

    Source: Bodla, Singh, Chellappa, Davis 2017, "Soft-NMS", section 3, eqs. 2 and 3.
    Cost: one step for each box that is taken, and a table of n^2 factors: take the best thousand first.

    Args:
        boxes: (left, top, right, bottom), finite.
        scores: of the boxes, 0 or more.
        idxs: class of each box, where only boxes of the same class shall meet.
        decay: "gaussian" or "linear".
        sigma: of the gaussian decay, above 0.
        iou_threshold: of the linear decay, 0 to 1.
        min_score: below which a box goes, above 0.

    Returns:
        The indices of the boxes by falling lowered score, and those scores.

    Raises:
        ConfigError: a setting is out of its range.
        DataError: a box is not finite, a score is NaN, or there are not as many scores and classes as boxes.
    """
    _check(boxes, scores, iou_threshold, idxs)
    check_choice("decay", decay, DECAYS)
    for name, value in (("sigma", sigma), ("min_score", min_score)):
        if not 0 < value < math.inf:
            raise ConfigError(name, got=value, need="above 0")
    iou = box_iou(boxes.detach(), boxes.detach())
    if idxs is not None:
        iou = iou.where(idxs.unsqueeze(1) == idxs, 0)
    factors = (-iou.square() / sigma).exp() if decay == "gaussian" else (1 - iou).where(iou > iou_threshold, 1)
    left, taken, lowered = scores.detach().clone(), [], []
    for _ in range(len(boxes)):
        score, index = left.max(0)  # the first of equal ones
        if score < min_score:
            break
        taken.append(index)
        lowered.append(score)
        left = (left * factors[index]).index_fill(0, index, 0)  # below min_score: not taken again
    if not taken:
        return torch.zeros(0, dtype=torch.int64, device=boxes.device), left[:0]
    return torch.stack(taken), torch.stack(lowered)


def _survivors(boxes: Boxes, classes: Int64[Tensor, " box"] | None, threshold: float) -> Kept:
    """Return the places that stay of boxes sorted by falling score."""

    def overlap(some: Tensor, others: Tensor) -> Tensor:
        above = edge_iou(edges[:, some], edges[:, others]) > threshold
        return above if classes is None else above & (classes[some].unsqueeze(1) == classes[others])

    edges = edges_and_area(boxes)
    rest = torch.arange(len(boxes), device=boxes.device)
    kept, size = [rest[:0]], FIRST_BLOCK
    while len(rest):
        block, rest = rest[:size], rest[size:]
        block = block[greedy_mask(overlap(block, block))]
        kept.append(block)
        if len(rest):  # after the last block, most often the only one, there is nothing to strike
            rest = rest[~overlap(block, rest).any(0)]
        size = min(2 * size, LAST_BLOCK)
    return torch.cat(kept)


def greedy_mask(overlap: Bool[Tensor, "*batch box box"]) -> Bool[Tensor, "*batch box"]:
    """Return which of some sorted boxes stay, if each that stays strikes the later ones that it overlaps.

    After k repetitions the first k boxes are right, and what no longer changes is right altogether. A file that is
    exported repeats as often as there are boxes: it can't ask whether something changed.

    Args:
        overlap: whether the box of a row and that of a column are too close; what lies below the diagonal is not read.
    """
    later = overlap.triu(1).float()  # row strikes column
    kept = torch.ones_like(overlap[..., 0])
    for _ in range(overlap.shape[-1]):
        stays = (kept.float().unsqueeze(-2) @ later).squeeze(-2) == 0
        if not torch.compiler.is_exporting() and torch.equal(stays, kept):
            break
        kept = stays
    return kept


def _check(boxes: Tensor, scores: Tensor, iou_threshold: float, idxs: Tensor | None = None) -> None:
    check_boxes("the boxes", boxes)
    if boxes.ndim != 2:
        raise DataError("the boxes", got=list(boxes.shape), need="[box, 4]")
    if not 0 <= iou_threshold <= 1:
        raise ConfigError("iou_threshold", got=iou_threshold, need="0 to 1, an IoU")
    if scores.shape != boxes.shape[:1] or not scores.is_floating_point():
        raise DataError("scores", got=_told(scores), need=f"floating-point numbers [{len(boxes)}], one for each box")
    if idxs is not None and (idxs.shape != boxes.shape[:1] or idxs.is_floating_point()):
        raise DataError("idxs", got=_told(idxs), need=f"class numbers [{len(boxes)}], one for each box")
    if bool(scores.isnan().any()) or not bool(boxes.isfinite().all()):
        raise DataError("boxes and scores", got=math.nan, need="finite boxes, and scores that are numbers")


def _told(values: Tensor) -> str:
    return f"{values.dtype} {list(values.shape)}"
