import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise

from ._shared import overlaps


def table_of_overlaps(draw: RandomInputs):
    return overlaps(draw, draw.size(6, 8), draw.size(2, 3)), draw.number(0.5, 0.8)


@exercise("matching", order=1, zh="给锚框分配物体", en="Objects for anchors", arguments=table_of_overlaps)
def match_objects(iou: Tensor, threshold: float) -> Tensor:
    """Say which object each anchor answers for: first the best pairs, one anchor for each object, then the threshold.

    给每个锚框分配物体：先依次取最好的一对，每个物体得到一个锚框；其余锚框再看门槛。

    The best pair of the table is matched, its row and column are struck, and so on until every object has an anchor.
    Each anchor that is left gets the object that it overlaps most, if their IoU is at least the threshold.
    表中最大的一对配上，划去它的行和列，如此下去，直到每个物体都有锚框。其余锚框取交并比最大的物体，前提是达到门槛。

    Args:
        iou: (anchors, objects), no two equal; more anchors than objects. 没有相等的数；锚框比物体多。
        threshold: of the IoU. 交并比的门槛。

    Returns:
        (anchors,) number of the object, -1 for background. 物体的编号，背景为 -1。

    >>> match_objects(torch.tensor([[0.1, 0.6], [0.7, 0.75], [0.3, 0.2], [0.52, 0.1]]), 0.5)
    tensor([ 1,  1, -1,  0])
    """
    raise NotImplementedError


@match_objects.solution(
    en="The first part gives even an object that overlaps nothing well an anchor to learn from; the second adds what is "
    "good enough. In the example anchor 1 takes object 1 (.75), then anchor 3 takes object 0, since .7 is struck.",
    zh="第一步保证每个物体至少有一个锚框，哪怕重叠都不大；第二步再补上够好的。例中锚框 1 先得到物体 1（0.75），"
    "0.7 所在的行已划去，物体 0 于是归锚框 3。",
)
def match_objects(iou, threshold):
    best, owner = iou.max(1)
    owner = torch.where(best >= threshold, owner, -1)
    left = iou.clone()
    for _ in range(iou.shape[1]):
        anchor, thing = divmod(int(left.argmax()), iou.shape[1])
        owner[anchor] = thing
        left[anchor], left[:, thing] = -1, -1
    return owner


def _matched(iou, threshold, strike=(True, True), above=True, first=False):
    best, owner = iou.max(1)
    owner = torch.where(best >= threshold, owner, -1) if above else torch.full_like(owner, -1)
    left = iou.clone()
    for _ in range(iou.shape[1]):
        anchor, thing = divmod(int(left.argmax()), iou.shape[1])
        if not (first and owner[anchor] >= 0):
            owner[anchor] = thing
        left[anchor, thing] = -1
        if strike[0]:
            left[anchor] = -1
        if strike[1]:
            left[:, thing] = -1
    return owner


@match_objects.mistake(
    en="Only the threshold was used: an object that overlaps no anchor enough is never learned.",
    zh="只用了门槛：与任何锚框重叠都不够大的物体，就学不到了。",
)
def threshold_alone(iou, threshold):
    best, owner = iou.max(1)
    return torch.where(best >= threshold, owner, -1)


@match_objects.mistake(
    en="Only the best pairs were used: anchors that overlap an object well enough became background.",
    zh="只用了最好的几对：重叠够大的其他锚框都成了背景。",
)
def best_pairs_alone(iou, threshold):
    return _matched(iou, threshold, above=False)


@match_objects.mistake(
    en="The column of a matched object was not struck: it takes a second anchor before another object has its first.",
    zh="配上的物体没有划去所在的列：别的物体还一个都没有，它又拿走了第二个。",
)
def column_not_struck(iou, threshold):
    return _matched(iou, threshold, strike=(True, False))


@match_objects.mistake(
    en="Each object took its best anchor, even one that another object has: the row of a matched anchor must be struck.",
    zh="每个物体都取自己最好的锚框，哪怕已被别的物体占用：配上的锚框要划去所在的行。",
)
def row_not_struck(iou, threshold):
    return _matched(iou, threshold, strike=(False, True))


@match_objects.mistake(
    en="The comparison with the threshold is turned round: those that overlap little have got an object.",
    zh="与门槛的比较反了：重叠小的反而分到了物体。",
)
def comparison_turned(iou, threshold):
    best, owner = iou.max(1)
    owner = torch.where(best < threshold, owner, -1)
    pairs = _matched(iou, threshold, above=False)
    return torch.where(pairs >= 0, pairs, owner)
