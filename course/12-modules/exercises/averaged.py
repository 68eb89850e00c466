import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "files",
    order=3,
    zh="平均几份检查点",
    en="Average checkpoints",
    arguments=lambda draw: ([{"w": draw.normal(2, 2), "b": draw.normal(3)} for _ in range(draw.size(2, 4))],),
)
def averaged(states: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    """Average several saved states, name by name.

    把几份保存的权重按名字取平均。

    Args:
        states: with the same names and shapes.

    >>> averaged([{"w": torch.tensor([1.0])}, {"w": torch.tensor([3.0])}])
    {'w': tensor([2.])}
    """
    raise NotImplementedError


@averaged.solution(
    en="Stack name by name, and take the mean over the first axis.",
    zh="按名字叠起来，对第一个轴取平均。",
)
def averaged(states):
    return {name: torch.stack([state[name] for state in states]).mean(0) for name in states[0]}


@averaged.mistake(en="They were added up and not divided.", zh="只相加了，没有除。")
def summed(states):
    return {k: sum(s[k] for s in states) for k in states[0]}


@averaged.mistake(en="Only the last two were averaged.", zh="只平均了最后两份。")
def last_two(states):
    return {k: states[-1][k] / 2 + states[-2][k] / 2 + 0 * len(states) for k in states[0]} | (
        {"w": states[-1]["w"]} if len(states) == 2 else {}
    )


@averaged.mistake(en="The last one came back.", zh="返回了最后一份。")
def last_one(states):
    return dict(states[-1])


@averaged.mistake(
    en="Each tensor became one number: the mean runs over the states, not over entries.",
    zh="每个张量变成了一个数：应当对各份取平均，不是对元素。",
)
def to_numbers(states):
    return {k: torch.stack([s[k] for s in states]).mean() for k in states[0]}
