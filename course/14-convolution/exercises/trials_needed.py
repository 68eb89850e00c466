import math

import torch

from d2lab.exercises import exercise


@exercise(
    "search-and-compression",
    order=3,
    zh="随机搜索要试多少次",
    en="How many random trials",
    arguments=lambda draw: (draw.number(0.01, 0.3), draw.number(0.5, 0.99)),
)
def trials_needed(share: float, confidence: float) -> int:
    """How many random settings must be tried to hit the best `share` of them at least once with this confidence?

    要以多大把握至少碰到一次最好的那一部分，得随机试多少次？

    Args:
        share: of settings that are good enough. 够好的设置占的比例。
        confidence: between 0 and 1. 把握。

    >>> trials_needed(0.05, 0.95)
    59
    """
    raise NotImplementedError


@trials_needed.solution(
    en="""
    The probability of missing every time is $(1-p)^n$; keep it at or below $1 - c$, solve for $n$ and round up.
    """,
    zh="次次落空的概率是 $(1-p)^n$，让它不超过 $1 - c$，解出 $n$ 再向上取整。",
)
def trials_needed(share, confidence):
    return math.ceil(math.log(1 - confidence) / math.log(1 - share))


def _log_ratio(share, confidence):
    return torch.log(torch.tensor(1 - confidence, dtype=torch.float64)) / torch.log(
        torch.tensor(1 - share, dtype=torch.float64)
    )


@trials_needed.mistake(en="It rounds down: that many are not enough.", zh="向下取整了：这么多次还不够。")
def rounded_down(share, confidence):
    return int(_log_ratio(share, confidence))


@trials_needed.mistake(
    en="Probabilities were added: two tries at 5 % are not 10 %, and twenty are not certain.",
    zh="把机会直接相加了：两次 5% 并不是 10%，二十次也不等于一定。",
)
def chances_added(share, confidence):
    return int(-(-confidence // share))


@trials_needed.mistake(en="This is how long one waits on average.", zh="这是平均要等的次数。")
def on_average(share, confidence):
    return int(-(-1 // share))


@trials_needed.mistake(
    en="It is the probability of missing every time that must fall below 1 - confidence; the logarithms are of the wrong numbers.",
    zh="应当让“次次落空”的概率降到 1 - confidence 以下；对数取错了数。",
)
def wrong_logarithms(share, confidence):
    return int(torch.ceil(torch.log(torch.tensor(confidence)) / torch.log(torch.tensor(1 - share))))
