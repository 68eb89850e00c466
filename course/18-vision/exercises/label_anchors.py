import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def owners_and_labels(draw: RandomInputs):
    objects = draw.size(2, 4)
    owner = draw.integers(-1, objects - 1, draw.size(6, 9))
    owner[:2] = torch.tensor([-1, 0])
    return owner, draw.integers(0, 5, objects) + torch.arange(objects)


@exercise("matching", order=2, zh="锚框的类别标签", en="Classes of anchors", arguments=owners_and_labels)
def label_anchors(owner: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Return the class that each anchor is trained to say, and the mask of those whose offsets count.

    给出每个锚框要学的类别，以及偏移量计入损失的掩码。

    Args:
        owner: (anchors,) number of the object, -1 for background. 物体的编号，背景为 -1。
        labels: (objects,) class of each object, from 0 on. 各物体的类别，从 0 数起。

    Returns:
        Classes (anchors,), 0 for background; mask (anchors,) of zeros and ones, floats.
        类别，背景为 0；掩码，由浮点数 0 和 1 组成。

    >>> label_anchors(torch.tensor([-1, 1, 0]), torch.tensor([0, 3]))
    (tensor([0, 4, 1]), tensor([0., 1., 1.]))
    """
    raise NotImplementedError


@label_anchors.solution(
    en="Background takes number 0, so every class moves up by one. An index of -1 would read the last object: it must be "
    "replaced before the lookup, or its result overwritten.",
    zh="0 让给了背景，所以每个类别都加一。编号 -1 会取到最后一个物体：要么查表前换掉，要么查完再覆盖。",
)
def label_anchors(owner, labels):
    found = owner >= 0
    return torch.where(found, labels[owner.clamp(min=0)] + 1, 0), found.float()


@label_anchors.mistake(
    en="The first class has the number of background: every class moves up by one.",
    zh="第一个类别和背景同号了：每个类别都要加一。",
)
def class_of_background(owner, labels):
    found = owner >= 0
    return torch.where(found, labels[owner.clamp(min=0)], 0), found.float()


@label_anchors.mistake(
    en="Background has the class of the last object: what does the index -1 read?",
    zh="背景得到了最后一个物体的类别：下标 -1 取到的是什么？",
)
def last_object(owner, labels):
    return labels[owner] + 1, (owner >= 0).float()


@label_anchors.mistake(
    en="The offsets of background count too: there is no box to learn from.",
    zh="背景的偏移量也计入了：它没有可学的框。",
)
def all_count(owner, labels):
    return torch.where(owner >= 0, labels[owner.clamp(min=0)] + 1, 0), torch.ones(len(owner))


@label_anchors.mistake(
    en="The mask lacks anchors of object 0: which owners are an object?",
    zh="掩码漏了属于物体 0 的锚框：编号等于多少才算有物体？",
)
def object_zero_left_out(owner, labels):
    return torch.where(owner >= 0, labels[owner.clamp(min=0)] + 1, 0), (owner > 0).float()


@label_anchors.mistake(
    en="The mask is turned round: it marks the background.",
    zh="掩码反了：标出的是背景。",
)
def mask_turned(owner, labels):
    return torch.where(owner >= 0, labels[owner.clamp(min=0)] + 1, 0), (owner < 0).float()
