import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "softmax-regression",
    order=3,
    zh="温度",
    en="Temperature",
    arguments=lambda draw: (draw.normal(draw.size(3, 6), scale=2), draw.number(0.2, 4.0)),
)
def with_temperature(logits: Tensor, temperature: float) -> Tensor:
    """Return the softmax of one row of scores at a temperature: high ones make it nearly uniform, low ones sharp.

    给出带温度的 softmax：温度高则平均，温度低则尖锐。

    Args:
        logits: (classes,).
        temperature: above 0. 大于 0。

    >>> with_temperature(torch.tensor([0.0, 2.1972246]), 2.0)
    tensor([0.2500, 0.7500])
    """
    raise NotImplementedError


@with_temperature.solution(
    en="Divide the scores first. Near 0 the softmax becomes an argmax, at high temperatures nearly uniform.",
    zh="先除以温度，再取 softmax。温度趋于 0 就是 argmax，温度很高就接近均匀。",
)
def with_temperature(logits, temperature):
    return torch.softmax(logits / temperature, dim=0)


@with_temperature.mistake(
    en="It is the wrong way round: a high temperature sharpens here.", zh="方向反了：这里温度越高反而越尖锐。"
)
def multiplied(logits, temperature):
    return (logits * temperature).softmax(0)


@with_temperature.mistake(en="The temperature is not used.", zh="没有用到温度。")
def cold(logits, temperature):
    return logits.softmax(0)


@with_temperature.mistake(
    en="The probabilities were divided afterwards: they no longer add up to 1. Divide the scores.",
    zh="除的是算好的概率，加起来就不是 1 了。要除的是得分。",
)
def divided_afterwards(logits, temperature):
    return logits.softmax(0) / temperature


@with_temperature.mistake(
    en="Probabilities were raised to 1 / temperature and not divided by their sum again.",
    zh="概率取了 1 / 温度次方，却没有重新除以总和。",
)
def powers_not_normalized(logits, temperature):
    return logits.softmax(0) ** (1 / temperature)
