import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "model-selection",
    order=3,
    zh="挑选占了多少便宜",
    en="How much choosing flatters",
    arguments=lambda draw: (draw.uniform(n := draw.size(3, 9)), draw.uniform(n)),
)
def flattery(validation: Tensor, test: Tensor) -> float:
    """Return how much higher the winner's validation accuracy is than its test accuracy; the winner is chosen by validation.

    按验证准确率挑出胜者：它的验证准确率比测试准确率高多少？

    Args:
        validation: (models,) accuracies.
        test: (models,) of the same models.

    >>> round(flattery(torch.tensor([0.75, 0.5]), torch.tensor([0.5, 0.75])), 3)
    0.25
    """
    raise NotImplementedError


@flattery.solution(
    en="Validation decides who it is; then both scores of that one model.",
    zh="用验证集定下是谁，再看同一个模型的两个分数。",
)
def flattery(validation, test):
    winner = validation.argmax()
    return (validation[winner] - test[winner]).item()


@flattery.mistake(
    en="The winner was chosen by the test set: then nothing honest is left.",
    zh="用测试集来挑了：那就再也没有公正的分数。",
)
def chosen_by_test(validation, test):
    i = int(test.argmax())
    return float(validation[i] - test[i])


@flattery.mistake(
    en="The best test score was compared, of whichever model: the same model's counts.",
    zh="拿了最高的测试分，可能是别的模型的：要比同一个模型。",
)
def best_of_each(validation, test):
    return float(validation.max() - test.max())


@flattery.mistake(en="The sign is reversed.", zh="符号反了。")
def reversed_sign(validation, test):
    i = int(validation.argmax())
    return float(test[i] - validation[i])


@flattery.mistake(
    en="This is the mean difference of all models; only the winner's is asked for.",
    zh="这是所有模型的平均差，要的是胜者的。",
)
def of_all(validation, test):
    return float((validation - test).mean())
