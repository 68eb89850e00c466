from d2lab.exercises import exercise


@exercise(
    "probability",
    order=1,
    zh="贝叶斯定理",
    en="Bayes' theorem",
    arguments=lambda draw: (draw.number(0.001, 0.5), draw.number(0.5, 1), draw.number(0.01, 0.4)),
)
def ill_if_positive(prevalence: float, sensitivity: float, false_alarm: float) -> float:
    """Return the probability of being ill after a positive test.

    检测阳性时，有病的概率。

    Args:
        prevalence: share of the ill. 患病率。
        sensitivity: probability of a positive test if ill. 有病时阳性的概率。
        false_alarm: probability of a positive test if healthy. 健康时阳性的概率。

    >>> round(ill_if_positive(0.5, 1.0, 0.5), 4)
    0.6667
    """
    raise NotImplementedError


@ill_if_positive.solution(
    en="The share of the ill among the positive.",
    zh="阳性里有病的份额。",
)
def ill_if_positive(prevalence, sensitivity, false_alarm):
    ill, healthy = prevalence * sensitivity, (1 - prevalence) * false_alarm
    return ill / (ill + healthy)


def _joint(p, s, f):
    return p * s, (1 - p) * f


@ill_if_positive.mistake(
    en="This is the probability of a positive test if ill, turned the wrong way.", zh="这是有病时阳性的概率，方向反了。"
)
def not_turned(prevalence, sensitivity, false_alarm):
    return sensitivity


@ill_if_positive.mistake(
    en="The prevalence is missing: how common the disease is matters most.", zh="漏了患病率：病有多常见最要紧。"
)
def no_prevalence(prevalence, sensitivity, false_alarm):
    return sensitivity / (sensitivity + false_alarm)


@ill_if_positive.mistake(en="It is not divided by the probability of a positive test.", zh="没有除以阳性的总概率。")
def joint_only(prevalence, sensitivity, false_alarm):
    return prevalence * sensitivity


@ill_if_positive.mistake(
    en="These are the odds; a probability divides by both together.", zh="这是比值，概率要除以两者之和。"
)
def odds(prevalence, sensitivity, false_alarm):
    a, b = _joint(prevalence, sensitivity, false_alarm)
    return a / b


@ill_if_positive.mistake(
    en="False alarms were counted for everyone: only the healthy can be false alarms.",
    zh="误报算在了所有人头上：只有健康的人才会误报。",
)
def alarms_of_all(prevalence, sensitivity, false_alarm):
    a = prevalence * sensitivity
    return a / (a + false_alarm)
