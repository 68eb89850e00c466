from d2lab.exercises import exercise


@exercise(
    "trembling-curves",
    order=2,
    zh="准确率的标准误差",
    en="The standard error of an accuracy",
    arguments=lambda draw: (draw.number(0.05, 0.95), draw.choice((100, 1000, 10000))),
)
def accuracy_error(accuracy: float, examples: int) -> float:
    """Return the standard error of an accuracy that was measured on so many independent examples.

    在这么多独立样本上测得的准确率，标准误差是多少？

    Args:
        accuracy: the true one, between 0 and 1.
        examples: of the test set.

    >>> round(accuracy_error(0.9, 10000), 4)
    0.003
    """
    raise NotImplementedError


@accuracy_error.solution(
    en=r"""
    Right and wrong are 1 and 0, with variance $p(1-p)$; the error of their mean is its root over $\sqrt{n}$.
    """,
    zh=r"对错是 0 和 1，方差是 $p(1-p)$；平均的标准误差再除以 $\sqrt{n}$。",
)
def accuracy_error(accuracy, examples):
    return (accuracy * (1 - accuracy) / examples) ** 0.5


@accuracy_error.mistake(en="This is the variance: take its root.", zh="这是方差：还要开平方。")
def variance(accuracy, examples):
    return accuracy * (1 - accuracy) / examples


@accuracy_error.mistake(
    en="The standard deviation was divided by the examples, not by their root.",
    zh="标准差除以了样本数，应当除以它的平方根。",
)
def divided_by_examples(accuracy, examples):
    return (accuracy * (1 - accuracy)) ** 0.5 / examples


@accuracy_error.mistake(
    en="The share of wrong answers is missing: at an accuracy of 1 the standard error is 0.",
    zh="漏了错误率：准确率为 1 时标准误差是 0。",
)
def without_the_wrong(accuracy, examples):
    return (accuracy / examples) ** 0.5


@accuracy_error.mistake(
    en="The accuracy is not used: this is the error in the worst case, at one half.",
    zh="没有用到准确率：这是最坏情形（一半对一半）的误差。",
)
def worst_case(accuracy, examples):
    return 0.5 / examples**0.5
