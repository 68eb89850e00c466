import torch
from torch import Tensor
from torch.nn import functional as F

from d2lab.exercises import RandomInputs, exercise


def scores_and_labels(draw: RandomInputs):
    labels = draw.normal(2, 3, 4, 3).argmax(3)
    labels[0, 0] = 255
    labels[1, draw.size(0, 2), draw.size(0, 3)] = 255
    return draw.normal(2, 3, 3, 4), labels


@exercise("fcn", order=3, zh="像素的交叉熵", en="Cross-entropy of pixels", arguments=scores_and_labels)
def pixel_loss(scores: Tensor, labels: Tensor) -> float:
    """Compute the mean cross-entropy over the pixels of a batch that are not void.

    求一批图像中所有不是 void 的像素的平均交叉熵。

    Args:
        scores: (batch, classes, H, W) logits. 得分。
        labels: (batch, H, W) class numbers, 255 for void. 类别编号，255 是 void。

    Returns:
        The mean over pixels, in nats. 对像素取平均。

    >>> pixel_loss(torch.zeros(1, 2, 1, 2), torch.tensor([[[1, 255]]]))
    0.6931471824645996
    """
    raise NotImplementedError


@pixel_loss.solution(
    en="The axis of classes goes last, then a mask keeps the pixels that count; softmax is over classes alone.",
    zh="把类别的轴移到最后，再用掩码留下计入的像素；softmax 只对类别的轴做。",
)
def pixel_loss(scores, labels):
    logs = F.log_softmax(scores, 1).permute(0, 2, 3, 1)  # batch row column class
    counted = labels != 255
    return float(-logs[counted].gather(1, labels[counted][:, None]).mean())


def _each(scores, labels, axis=1):
    logs = F.log_softmax(scores, axis).permute(0, 2, 3, 1)
    known = labels.clone()
    known[labels == 255] = 0
    return -logs.gather(3, known[..., None])[..., 0]


@pixel_loss.mistake(
    en="Void was learned as class 0: edges that nobody is sure about become background.",
    zh="void 当成了类别 0 来学：说不清的边缘成了背景。",
)
def void_as_background(scores, labels):
    return float(_each(scores, labels).mean())


@pixel_loss.mistake(
    en="Void was left out of the sum but counted below it: what is the mean over?",
    zh="求和时去掉了 void，除的时候又算上了：平均是对哪些像素取的？",
)
def divided_by_all(scores, labels):
    return float((_each(scores, labels) * (labels != 255)).sum() / labels.numel())


@pixel_loss.mistake(
    en="Each image got a mean of its own first: pixels of an image with much void weigh more.",
    zh="先对每张图取了平均：void 多的图，每个像素就更重。",
)
def image_by_image(scores, labels):
    counted = (labels != 255).float()
    return float(((_each(scores, labels) * counted).sum((1, 2)) / counted.sum((1, 2))).mean())


@pixel_loss.mistake(
    en="Probabilities were taken along a row of the image: classes compete at a pixel, pixels do not.",
    zh="softmax 沿着图像的行做了：该由各类别在一个像素上竞争。",
)
def wrong_axis(scores, labels):
    return float(_each(scores, labels, 3)[labels != 255].mean())


@pixel_loss.mistake(
    en="This is the sum: a larger image would have a larger loss.",
    zh="这是总和：图越大损失就越大。",
)
def summed(scores, labels):
    return float(_each(scores, labels)[labels != 255].sum())
