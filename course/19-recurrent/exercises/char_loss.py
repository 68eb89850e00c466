import torch
from torch import Tensor
from torch.nn import functional as F

from d2lab.exercises import RandomInputs, exercise


def scored_text(draw: RandomInputs):
    steps, batch, size = draw.size(2, 5), draw.size(2, 4), draw.size(3, 6)
    return draw.normal(steps, batch, size, scale=2), draw.integers(0, size - 1, batch, steps)


@exercise("char-model", order=1, zh="字符模型的损失", en="The loss of a character model", arguments=scored_text)
def char_loss(logits: Tensor, targets: Tensor) -> float:
    """Return the mean cross-entropy per character, in nats; time comes first in the logits and second in the targets.

    求每个字符的平均交叉熵（奈特）；logits 里时间轴在前，targets 里时间轴在后。

    Args:
        logits: (steps, batch, size), as a recurrent layer returns them. 循环层给出的次序。
        targets: (batch, steps), the characters that come, as the windows have them. 窗口给出的次序。

    >>> round(char_loss(torch.zeros(2, 3, 28), torch.zeros(3, 2, dtype=torch.long)), 4)  # ln 28
    3.3322
    """
    raise NotImplementedError


@char_loss.solution(
    en="Both must be laid out alike before they are flattened. Untrained, the loss is ln of the number of characters.",
    zh="摊平之前，两边的轴要先排成一样。没训练时，损失是字符个数的自然对数。",
)
def char_loss(logits, targets):
    return F.cross_entropy(logits.flatten(0, 1), targets.T.flatten()).item()


@char_loss.mistake(
    en="Both were flattened as they came: the counts agree, so nothing complains, but most characters meet another's "
    "prediction.",
    zh="两边原样摊平：个数一样，所以不报错，可是多数字符对上的是别处的预测。",
)
def axes_mixed(logits, targets):
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten()).item()


@char_loss.mistake(
    en="The sum over all characters grows with window and batch: another batch size would need another learning rate.",
    zh="对所有字符求和，会随窗口和批量变大：换个批量大小，学习率就得跟着改。",
)
def summed(logits, targets):
    return F.cross_entropy(logits.flatten(0, 1), targets.T.flatten(), reduction="sum").item()


@char_loss.mistake(
    en="These are bits: one of the two units is exp's, and perplexity will be computed by exp.",
    zh="这是以比特为单位：之后要用 exp 算困惑度，该用哪种单位？",
)
def in_bits(logits, targets):
    return F.cross_entropy(logits.flatten(0, 1), targets.T.flatten()).item() / 0.6931471805599453


@char_loss.mistake(
    en="The first step was left out: even with nothing read before, it makes a prediction that counts.",
    zh="漏了第一步：哪怕前面什么都没读，那一步的预测也要算。",
)
def first_step_missing(logits, targets):
    return F.cross_entropy(logits[1:].flatten(0, 1), targets.T[1:].flatten()).item()


@char_loss.mistake(
    en="Probabilities were handed to a function that expects logits: it takes the softmax once more, and the loss can't "
    "get near zero.",
    zh="把概率交给了要 logits 的函数：它又做了一次 softmax，损失再也降不到接近零。",
)
def softmax_twice(logits, targets):
    return F.cross_entropy(logits.softmax(-1).flatten(0, 1), targets.T.flatten()).item()
