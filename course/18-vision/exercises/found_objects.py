import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise

from ._shared import sorted_boxes


def proposals_and_objects(draw: RandomInputs):
    objects = sorted_boxes(draw, draw.size(2, 4))
    near = objects[draw.integers(0, len(objects) - 1, 3)] + draw.normal(3, 4, scale=0.3)
    proposals = torch.cat([near[:, :2], near[:, :2] + (near[:, 2:] - near[:, :2]).clamp(min=0.2)], 1)
    whole = torch.tensor([[0.0, 0.0, 14.0, 14.0]])
    return torch.cat([proposals, whole])[: draw.choice([0, 1, 1, 4, 4])], objects, draw.number(0.3, 0.7)


@exercise(
    "faster-and-mask",
    order=3,
    zh="提议找到了多少物体",
    en="Objects that proposals find",
    arguments=proposals_and_objects,
)
def found_objects(proposals: Tensor, objects: Tensor, threshold: float) -> float:
    """Compute the recall of proposals: the share of objects that at least one proposal overlaps well enough.

    求提议的查全率：至少有一个提议与之重叠得够多的物体，占多大份额。

    Args:
        proposals: (n, 4) left, top, right, bottom; there may be none. 左、上、右、下；可以一个也没有。
        objects: (m, 4) likewise, at least one. 同上，至少一个。
        threshold: of the IoU, which must be reached. 交并比要达到的门槛。

    >>> proposals = torch.tensor([[0.0, 0.0, 4.0, 4.0], [0.0, 0.0, 4.0, 3.0], [5.0, 5.0, 6.0, 6.0]])
    >>> found_objects(proposals, torch.tensor([[0.0, 0.0, 4.0, 4.0], [7.0, 7.0, 9.0, 9.0]]), 0.5)
    0.5
    """
    raise NotImplementedError


@found_objects.solution(
    en="A table of IoUs, proposals by objects; an object is found if its column has an entry that reaches the threshold. "
    "`any` over no rows is False, so no proposal finds nothing. A second proposal for the same object adds nothing.",
    zh="先列出提议对物体的交并比表；一列里只要有一个达到门槛，这个物体就算找到了。没有行时 `any` 得 False，"
    "所以没有提议就什么也找不到。同一个物体的第二个提议不再加分。",
)
def found_objects(proposals, objects, threshold):
    low = torch.maximum(proposals[:, None, :2], objects[:, :2])
    high = torch.minimum(proposals[:, None, 2:], objects[:, 2:])
    shared = (high - low).clamp(min=0).prod(2)  # proposal object
    areas, others = ((b[:, 2:] - b[:, :2]).prod(1) for b in (proposals, objects))
    iou = shared / (areas[:, None] + others - shared)
    return float((iou >= threshold).any(0).float().mean())


def _shared(proposals, objects):
    low = torch.maximum(proposals[:, None, :2], objects[:, :2])
    return (torch.minimum(proposals[:, None, 2:], objects[:, 2:]) - low).clamp(min=0).prod(2)


def _iou(proposals, objects):
    areas, others = ((b[:, 2:] - b[:, :2]).prod(1) for b in (proposals, objects))
    shared = _shared(proposals, objects)
    return shared / (areas[:, None] + others - shared)


@found_objects.mistake(
    en="This is the share of proposals that meet an object: recall is a share of the objects.",
    zh="这是碰上物体的提议所占的份额：查全率是物体的份额。",
)
def share_of_proposals(proposals, objects, threshold):
    return float((_iou(proposals, objects) >= threshold).any(1).float().sum() / max(1, len(proposals)))


@found_objects.mistake(
    en="An object counts only if every proposal overlaps it: one is enough.",
    zh="要每个提议都与它重叠，物体才算找到：有一个就够了。",
)
def all_must_meet(proposals, objects, threshold):
    if not len(proposals):
        return 0.0
    return float((_iou(proposals, objects).min(0).values >= threshold).float().mean())


@found_objects.mistake(
    en="The shared part was divided by the area of the object alone: one proposal as large as the image finds everything.",
    zh="公共部分只除以了物体的面积：一个和图像一样大的提议，就什么都找到了。",
)
def object_covered(proposals, objects, threshold):
    covered = _shared(proposals, objects) / (objects[:, 2:] - objects[:, :2]).prod(1)
    return float((covered >= threshold).any(0).float().mean())


@found_objects.mistake(
    en="Every pair that overlaps was counted: two proposals for one object find it once.",
    zh="把每一对重叠的都数了：两个提议对着同一个物体，也只算找到一次。",
)
def pairs_counted(proposals, objects, threshold):
    return float((_iou(proposals, objects) >= threshold).sum() / len(objects))


@found_objects.mistake(
    en="Without a proposal the answer is 0: nothing was found, and the largest of no numbers does not exist.",
    zh="没有提议时答案是 0：什么也没找到；而空无一物，是没有最大值的。",
)
def largest_of_nothing(proposals, objects, threshold):
    return float((_iou(proposals, objects).max(0).values >= threshold).float().mean())
