import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "model-selection",
    order=3,
    zh="选择偏差",
    en="Selection bias",
    arguments=lambda draw: (draw.uniform(n := draw.size(3, 9)), draw.uniform(n)),
    formerly=("flattery",),
)
def selection_bias(validation: Tensor, test: Tensor) -> float:
    """Return by how much the validation accuracy of the model chosen by validation exceeds its test accuracy.

    按验证准确率选出模型：它的验证准确率比测试准确率高多少？

    Args:
        validation: (models,) accuracies.
        test: (models,) of the same models.

    >>> round(selection_bias(torch.tensor([0.75, 0.5]), torch.tensor([0.5, 0.75])), 3)
    0.25
    """
    raise NotImplementedError


@selection_bias.solution(
    en="Validation decides who it is; then both scores of that one model.",
    zh="用验证集定下是谁，再看同一个模型的两个分数。",
)
def selection_bias(validation, test):
    winner = validation.argmax()
    return (validation[winner] - test[winner]).item()


@selection_bias.mistake(
    en="The winner was chosen by the test set: then no unbiased estimate is left.",
    zh="用测试集来挑了：那就再也没有无偏的估计。",
)
def chosen_by_test(validation, test):
    i = int(test.argmax())
    return float(validation[i] - test[i])


@selection_bias.mistake(
    en="The best test score was compared, of whichever model: the same model's counts.",
    zh="拿了最高的测试分，可能是别的模型的：要比同一个模型。",
)
def best_of_each(validation, test):
    return float(validation.max() - test.max())


@selection_bias.mistake(en="The sign is reversed.", zh="符号反了。")
def reversed_sign(validation, test):
    i = int(validation.argmax())
    return float(test[i] - validation[i])


@selection_bias.mistake(
    en="This is the mean difference of all models; only the winner's is asked for.",
    zh="这是所有模型的平均差，要的是胜者的。",
)
def of_all(validation, test):
    return float((validation - test).mean())
