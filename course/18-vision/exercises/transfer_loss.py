import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def three_parts(draw: RandomInputs):
    layers = draw.size(2, 3)
    weights = torch.tensor([draw.number(0.5, 2.0), draw.number(3.0, 9.0), draw.number(0.1, 0.4)])
    return draw.uniform(layers), draw.uniform(layers + draw.size(1, 3)), draw.number(0.1, 0.9), weights


@exercise(
    "style-transfer", order=3, zh="风格迁移的总损失", en="The whole loss of style transfer", arguments=three_parts
)
def transfer_loss(contents: Tensor, styles: Tensor, variation: float, weights: Tensor) -> float:
    """Add up content, style and total variation by their weights; content and style are means over their layers.

    把内容、风格、全变分按权重加起来；内容与风格各自先对层取平均。

    Args:
        contents: (k,), the content loss of each content layer. 各内容层的内容损失。
        styles: (m,), the style loss of each style layer. 各风格层的风格损失。
        variation: total variation of the image. 图像的全变分。
        weights: (3,), of content, style and variation, in this order. 依次是内容、风格、全变分的权重。

    >>> round(transfer_loss(torch.tensor([2.0]), torch.tensor([0.1, 0.3]), 3.0, torch.tensor([1.0, 10.0, 0.1])), 4)
    4.3
    """
    raise NotImplementedError


@transfer_loss.solution(
    en="A mean over layers keeps the meaning of a weight when layers are added or left out.",
    zh="对层取平均，添层或减层时，权重的意义不变。",
)
def transfer_loss(contents, styles, variation, weights):
    content, style, smooth = weights.tolist()
    return content * contents.mean().item() + style * styles.mean().item() + smooth * variation


@transfer_loss.mistake(
    en="Sums over layers: with more layers the same weight counts more.",
    zh="对层求了和：层越多，同样的权重就越重。",
)
def summed(contents, styles, variation, weights):
    content, style, smooth = weights.tolist()
    return content * contents.sum().item() + style * styles.sum().item() + smooth * variation


@transfer_loss.mistake(
    en="Total variation is missing.",
    zh="漏了全变分。",
)
def variation_missing(contents, styles, variation, weights):
    return weights[0].item() * contents.mean().item() + weights[1].item() * styles.mean().item()


@transfer_loss.mistake(
    en="Content and style have each other's weight.",
    zh="内容和风格的权重互换了。",
)
def swapped(contents, styles, variation, weights):
    style, content, smooth = weights.tolist()
    return content * contents.mean().item() + style * styles.mean().item() + smooth * variation


@transfer_loss.mistake(
    en="Divided by the sum of the weights: they are no shares.",
    zh="除以了权重之和：权重不是份额。",
)
def shares(contents, styles, variation, weights):
    content, style, smooth = (weights / weights.sum()).tolist()
    return content * contents.mean().item() + style * styles.mean().item() + smooth * variation


@transfer_loss.mistake(
    en="One mean over all layers: content and style weigh by their numbers of layers.",
    zh="所有层一起取了平均：内容与风格按各自的层数占了份额。",
)
def one_mean(contents, styles, variation, weights):
    content, style, smooth = weights.tolist()
    layers = len(contents) + len(styles)
    return (content * contents.sum().item() + style * styles.sum().item()) / layers + smooth * variation


@transfer_loss.mistake(
    en="The weights are squared: they were multiplied in twice.",
    zh="权重成了平方：乘了两次。",
)
def squared_weights(contents, styles, variation, weights):
    content, style, smooth = weights.square().tolist()
    return content * contents.mean().item() + style * styles.mean().item() + smooth * variation
