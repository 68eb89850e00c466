import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def runs(draw: RandomInputs):
    return (draw.normal(draw.size(3, 6), draw.size(3, 8)) + 5,)


@exercise("model-selection", order=2, zh="挑出最好的设置", en="Choose by the mean of the folds", arguments=runs)
def best_setting(errors: Tensor) -> int:
    """Return the number of the setting whose mean validation error over the folds is lowest.

    各折验证误差的平均值最小的，是第几个设置？

    Args:
        errors: (settings, folds).

    >>> best_setting(torch.tensor([[1.0, 5.0], [2.0, 2.0]]))
    1
    """
    raise NotImplementedError


@best_setting.solution(
    en="The mean over the folds, then the place of the smallest.",
    zh="先对折取平均，再找最小的位置。",
)
def best_setting(errors):
    return errors.mean(dim=1).argmin().item()


@best_setting.mistake(en="The largest error was chosen.", zh="挑了误差最大的。")
def the_worst(errors):
    return int(errors.mean(1).argmax())


@best_setting.mistake(en="The mean was taken over the settings: it chose a fold.", zh="对设置取了平均：挑出来的是折。")
def a_fold(errors):
    return int(errors.mean(0).argmin())


@best_setting.mistake(
    en="A single fold decided: the mean over all folds should.",
    zh="只凭最好的一折就决定了：应当看各折的平均。",
)
def best_fold(errors):
    return int(errors.min(1).values.argmin())


@best_setting.mistake(en="Only the first fold was looked at.", zh="只看了第一折。")
def first_fold(errors):
    return int(errors[:, 0].argmin())
