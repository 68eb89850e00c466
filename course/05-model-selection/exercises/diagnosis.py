from d2lab.exercises import exercise


@exercise(
    "over-and-underfitting",
    order=3,
    zh="欠拟合还是过拟合",
    en="Underfitting or overfitting",
    arguments=lambda draw: (draw.number(0.0, 0.6), draw.number(0.0, 0.6), draw.number(0.2, 0.5)),
)
def diagnosis(training: float, test: float, acceptable: float) -> str:
    """Say "underfits" where the training error is above what is acceptable; else "overfits" where the test error is; else "fine".

    训练误差高于可接受的值，是 "underfits"；否则测试误差高于它，是 "overfits"；否则 "fine"。

    Args:
        training: error.
        test: error.
        acceptable: the highest error that one would accept. 可以接受的最大误差。

    >>> diagnosis(0.3, 0.9, 0.1), diagnosis(0.05, 0.9, 0.1), diagnosis(0.05, 0.08, 0.1)
    ('underfits', 'overfits', 'fine')
    """
    raise NotImplementedError


@diagnosis.solution(
    en="The training error comes first: what has not learnt can't overfit.",
    zh="先看训练误差：没学会就谈不上过拟合。",
)
def diagnosis(training, test, acceptable):
    if training > acceptable:
        return "underfits"
    return "overfits" if test > acceptable else "fine"


@diagnosis.mistake(
    en="A high test error alone is no overfitting: while the training error is high, the model has not learnt.",
    zh="只看测试误差高不能说是过拟合：训练误差也高，就是还没学会。",
)
def test_first(training, test, acceptable):
    return "overfits" if test > acceptable else "underfits" if training > acceptable else "fine"


@diagnosis.mistake(en="Underfitting and overfitting are exchanged.", zh="欠拟合和过拟合说反了。")
def exchanged(training, test, acceptable):
    return "overfits" if training > acceptable else "underfits" if test > acceptable else "fine"


@diagnosis.mistake(en="The test error is never looked at.", zh="没有看测试误差。")
def never_tests(training, test, acceptable):
    return "underfits" if training > acceptable else "fine"


@diagnosis.mistake(
    en="A gap between both errors is no overfitting while both are low.", zh="两个误差都很低时，有差距也没有关系。"
)
def any_gap(training, test, acceptable):
    return "underfits" if training > acceptable else "overfits" if test > training else "fine"
