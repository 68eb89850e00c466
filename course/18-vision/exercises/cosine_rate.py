import math

from d2lab.exercises import RandomInputs, exercise


def rate_and_step(draw: RandomInputs):
    steps = draw.size(6, 40)
    return draw.number(0.05, 2.0), draw.size(1, steps - 1), steps


@exercise("schedules", order=2, zh="余弦调度", en="A cosine schedule", arguments=rate_and_step)
def cosine_rate(rate: float, step: int, steps: int) -> float:
    """Return the learning rate at a step: it falls along half a cosine, from `rate` at step 0 to 0 at step `steps`.

    求某一步的学习率：沿半个余弦下降，第 0 步是 rate，第 steps 步是 0。

    Args:
        rate: at step 0. 第 0 步的学习率。
        step: from 0 to steps. 从 0 到 steps。
        steps: where 0 is reached. 降到 0 的步数。

    >>> round(cosine_rate(0.1, 5, 20), 4)
    0.0854
    """
    raise NotImplementedError


@cosine_rate.solution(
    en="The cosine goes from 1 to -1 while its angle goes from 0 to pi. Add 1 and halve: 1 to 0. It is flat at both ends, "
    "half the rate is reached in the middle, and a quarter of the way costs only 15 %.",
    zh="角度从 0 到 pi，余弦从 1 到 -1；加 1 再取一半，就是从 1 到 0。两头平缓，正中间是一半，走了四分之一只降 15%。",
)
def cosine_rate(rate, step, steps):
    return rate * (1 + math.cos(math.pi * step / steps)) / 2


@cosine_rate.mistake(
    en="The half is missing: at step 0 the rate is twice as large.",
    zh="漏了一半：第 0 步的学习率大了一倍。",
)
def half_missing(rate, step, steps):
    return rate * (1 + math.cos(math.pi * step / steps))


@cosine_rate.mistake(
    en="One step ahead: at step 0 the rate has fallen already.",
    zh="早了一步：第 0 步就已经降了。",
)
def one_step_ahead(rate, step, steps):
    return rate * (1 + math.cos(math.pi * (step + 1) / steps)) / 2


@cosine_rate.mistake(
    en="The sign of the cosine is wrong: the rate rises from 0.",
    zh="余弦的符号错了：学习率从 0 往上升。",
)
def rising(rate, step, steps):
    return rate * (1 - math.cos(math.pi * step / steps)) / 2


@cosine_rate.mistake(
    en="Pi is missing: the angle must reach pi, not 1.",
    zh="漏了 pi：角度要走到 pi，而不是 1。",
)
def pi_missing(rate, step, steps):
    return rate * (1 + math.cos(step / steps)) / 2


@cosine_rate.mistake(
    en="A whole cosine: the rate is back at the top at the end. Half of one is asked.",
    zh="用了整个余弦：最后又回到了最高处。题目要半个。",
)
def whole_cosine(rate, step, steps):
    return rate * (1 + math.cos(2 * math.pi * step / steps)) / 2
