import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def features_and_labels(draw: RandomInputs):
    features = draw.size(2, 4)
    images = features + draw.size(2, 4)
    return draw.normal(images, features) + 1.0, draw.normal(images), draw.number(0.3, 3.0)


@exercise("fine-tuning", order=2, zh="线性探测", en="A linear probe", arguments=features_and_labels)
def fit_probe(features: Tensor, labels: Tensor, penalty: float) -> tuple[Tensor, Tensor]:
    """Fit weights and a bias to the labels by least squares; the squares of the weights are penalized, the bias is not.

    用最小二乘把标签拟合成特征的线性函数；惩罚权重的平方和，不惩罚偏置。

    Args:
        features: (n, d), a row for each image. 每张图一行特征。
        labels: (n,). 标签。
        penalty: what the sum of squared weights is multiplied by, above 0. 权重平方和的系数，大于 0。

    Returns:
        Weights (d,) and the bias, a tensor without axes. 权重与偏置（零维张量）。

    >>> fit_probe(torch.tensor([[1.0], [2.0], [3.0]]), torch.tensor([0.0, 0.0, 1.0]), 2.0)
    (tensor([0.2500]), tensor(-0.1667))
    """
    raise NotImplementedError


def _weights(centered, target, penalty):
    gram = centered.T @ centered + penalty * torch.eye(centered.shape[1], dtype=centered.dtype)
    return torch.linalg.solve(gram, centered.T @ target)


@fit_probe.solution(
    en="With means taken off, the bias is out of the way and the weights solve (F'F + penalty I) w = F'y. The bias then "
    "puts the line through the means.",
    zh="减去平均以后，偏置不再出现，权重满足 (F'F + 惩罚 I) w = F'y；偏置再让直线通过平均点。",
)
def fit_probe(features, labels, penalty):
    mean, share = features.mean(0), labels.mean()
    weights = _weights(features - mean, labels - share, penalty)
    return weights, share - mean @ weights


@fit_probe.mistake(
    en="Means were not taken off the features: the bias is then not the best one.",
    zh="特征没有减去平均：这样得到的不是最小值。",
)
def not_centered(features, labels, penalty):
    weights = _weights(features, labels - labels.mean(), penalty)
    return weights, labels.mean() - features.mean(0) @ weights


@fit_probe.mistake(
    en="The penalty is missing.",
    zh="漏了惩罚。",
)
def without_penalty(features, labels, penalty):
    mean, share = features.mean(0), labels.mean()
    weights = _weights(features - mean, labels - share, 0.0)
    return weights, share - mean @ weights


@fit_probe.mistake(
    en="The bias was penalized like a weight.",
    zh="偏置也像权重一样受了惩罚。",
)
def penalized_bias(features, labels, penalty):
    wide = torch.cat([features, torch.ones_like(features[:, :1])], 1)
    found = _weights(wide, labels, penalty)
    return found[:-1], found[-1]


@fit_probe.mistake(
    en="The penalty was added to every entry of F'F: it belongs on the diagonal.",
    zh="惩罚加到了 F'F 的每一格：只该加在对角线上。",
)
def penalty_everywhere(features, labels, penalty):
    mean, share = features.mean(0), labels.mean()
    centered = features - mean
    weights = torch.linalg.lstsq(centered.T @ centered + penalty, (centered.T @ (labels - share))[:, None]).solution
    return weights[:, 0], share - mean @ weights[:, 0]


@fit_probe.mistake(
    en="The bias is the mean label alone: subtract the weights times the mean features.",
    zh="偏置只取了平均标签：还要减去权重乘平均特征。",
)
def bias_without_features(features, labels, penalty):
    weights = _weights(features - features.mean(0), labels - labels.mean(), penalty)
    return weights, labels.mean()


@fit_probe.mistake(
    en="F'F was divided by the number of images and F'y was not, or the other way round: take sums in both.",
    zh="F'F 与 F'y 只有一个除以了图像数：两个都用和。",
)
def one_side_averaged(features, labels, penalty):
    mean, share = features.mean(0), labels.mean()
    weights = _weights(features - mean, labels - share, penalty) / len(features)
    return weights, share - mean @ weights
