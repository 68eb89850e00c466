import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def past(draw: RandomInputs):
    tau = draw.size(2, 4)
    return draw.normal(tau, scale=0.6), draw.normal(tau + draw.size(0, 3), scale=2), draw.size(2, 6)


@exercise("forecasting", order=1, zh="多步预测", en="Many steps ahead", arguments=past)
def rollout(w: Tensor, x: Tensor, k: int) -> Tensor:
    """Predict the next k values, each from the tau values before it, predictions among them.

    预测接下来的 k 个值：每个值由前 tau 个值算出，其中可以有刚预测出来的值。

    Args:
        w: (tau,), the weight of the oldest value first. 最早那个值的权重在最前。
        x: (T,), what was observed; T is at least tau. 观测值，T 不小于 tau。
        k: 1 or more.

    Returns:
        (k,), in order of time. 按时间排列。

    >>> rollout(torch.tensor([1.0, 1.0]), torch.tensor([1.0, 2.0]), 3)
    tensor([3., 5., 8.])
    """
    raise NotImplementedError


@rollout.solution(
    en="The window slides: the oldest value goes out, the prediction comes in. After tau steps it holds nothing observed.",
    zh="窗口往前滑：最早的值出去，预测值进来。tau 步以后，窗口里就没有一个观测值了。",
)
def rollout(w, x, k):
    values = x.tolist()
    for _ in range(k):
        window = torch.tensor(values[-len(w) :])
        values.append((w @ window).item())
    return torch.tensor(values[len(x) :])


def _values(w, x, k, enter=lambda window, new: torch.cat([window[1:], new])):
    window, found = x[-len(w) :], []
    for _ in range(k):
        found.append((w @ window)[None])
        window = enter(window, found[-1])
    return torch.cat(found)


@rollout.mistake(
    en="The window stands still: every step is predicted from the same observations, so all come out alike.",
    zh="窗口没有动：每一步都用同样的观测值来预测，得到的当然都一样。",
)
def window_stays(w, x, k):
    return _values(w, x, k, lambda window, new: window)


@rollout.mistake(
    en="The first prediction is missing: what comes back begins two steps after the last observation.",
    zh="少了第一个预测：交回来的值从最后一次观测之后的第二步才开始。",
)
def one_late(w, x, k):
    return _values(w, x, k + 1)[1:]


@rollout.mistake(
    en="The weights meet the values in the wrong order: which end of w belongs to the most recent one?",
    zh="权重和值对错了次序：w 的哪一头对应最近的值？",
)
def weights_reversed(w, x, k):
    return _values(w.flip(0), x, k)


@rollout.mistake(
    en="The prediction enters at the wrong end: the newest observation is pushed out and the oldest stays for ever.",
    zh="预测值从错的一头进了窗口：最新的观测被挤掉，最早的反而一直留着。",
)
def enters_in_front(w, x, k):
    return _values(w, x, k, lambda window, new: torch.cat([new, window[:-1]]))


@rollout.mistake(
    en="The predictions are right and come back from the last to the first.",
    zh="预测值都对，交回来的次序是从后往前的。",
)
def last_first(w, x, k):
    return _values(w, x, k).flip(0)
