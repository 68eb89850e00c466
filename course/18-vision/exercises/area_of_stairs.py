import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def ranked_hits(draw: RandomInputs):
    hits = draw.integers(0, 1, draw.size(5, 9))
    hits[:3] = torch.tensor([1, 0, 1])
    return hits, int(hits.sum()) + draw.size(1, 3)


@exercise("nms", order=3, zh="平均精度", en="Average precision", arguments=ranked_hits)
def area_of_stairs(hits: Tensor, objects: int) -> float:
    """Compute average precision: the area under the stairs of precision over recall, each step raised to the best
    precision at its recall or a larger one.

    求平均精度：查准率对查全率的阶梯下的面积，每一级都抬到此处及更大查全率上最好的查准率。

    Args:
        hits: (n,) 1 where a detection is right, 0 where not, by falling score. 得分从高到低，对为 1，错为 0。
        objects: how many there are to find. 一共有多少个物体。

    >>> round(area_of_stairs(torch.tensor([1, 0, 1]), 3), 3)
    0.556
    """
    raise NotImplementedError


@area_of_stairs.solution(
    en="Recall grows by 1 / objects at each hit alone, so the area is the sum of the raised precisions at the hits, divided "
    "by the number of objects. Objects never found add nothing.",
    zh="只有命中时查全率才增加 1 / 物体数，所以面积就是各次命中处抬高后的查准率之和，除以物体数。没找到的物体不贡献面积。",
)
def area_of_stairs(hits, objects):
    precision = hits.cumsum(0) / torch.arange(1, len(hits) + 1)
    raised = precision.flip(0).cummax(0).values.flip(0)
    return float((raised * hits).sum() / objects)


def _precision(hits):
    return hits.cumsum(0) / torch.arange(1, len(hits) + 1)


@area_of_stairs.mistake(
    en="The steps were not raised: after a miss, a later and better precision counts for the earlier recall too.",
    zh="阶梯没有抬高：一次失误之后，若后面的查准率更好，前面也按它算。",
)
def not_raised(hits, objects):
    return float((_precision(hits) * hits).sum() / objects)


@area_of_stairs.mistake(
    en="Divided by the objects found: those that were never found must lower the figure.",
    zh="除以了找到的物体数：没找到的物体也要拉低分数。",
)
def missed_forgotten(hits, objects):
    raised = _precision(hits).flip(0).cummax(0).values.flip(0)
    return float((raised * hits).sum() / hits.sum())


@area_of_stairs.mistake(
    en="Misses were given area too: recall does not grow at a miss.",
    zh="失误处也算了面积：失误时查全率并不增加。",
)
def misses_counted(hits, objects):
    raised = _precision(hits).flip(0).cummax(0).values.flip(0)
    return float(raised.sum() / objects)


@area_of_stairs.mistake(
    en="The best precision so far was carried on: raise a step to what comes after it, not to what came before.",
    zh="一路带着此前最好的查准率：每一级该抬到它之后的水平，而不是之前的。",
)
def raised_from_the_left(hits, objects):
    return float((_precision(hits).cummax(0).values * hits).sum() / objects)


@area_of_stairs.mistake(
    en="The ranks begin with 0: the first detection is one, not none.",
    zh="名次从 0 数起了：第一个检测已经是一个，不是零个。",
)
def ranks_from_zero(hits, objects):
    precision = hits.cumsum(0) / torch.arange(len(hits)).clamp(min=1)
    return float((precision.flip(0).cummax(0).values.flip(0) * hits).sum() / objects)
