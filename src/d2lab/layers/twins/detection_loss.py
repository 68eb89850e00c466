"""Rows of losses for detection; those of torchvision are there where it is installed."""

import importlib.util

import torch
from torch import Tensor, nn

from d2lab.core.reference import Twin
from d2lab.layers.focal_loss import FocalLoss, SoftmaxFocalLoss
from d2lab.layers.loss import smooth_l1_loss
from d2lab.layers.twins.inputs import classes, pairs

FOCAL = "Lin et al. 2017, eq. 5"
UNEVEN = (1.0, 0.5, 3.0)  # weights of three classes


class _SmoothL1(nn.Module):
    """The function `smooth_l1_loss` with sigma = 3, as a module."""

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return smooth_l1_loss(input, target, sigma=3.0)


class _TorchFocalLoss(nn.Module):
    """The focal loss composed of torch's functions, as in torchvision."""

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        cross_entropy = nn.functional.binary_cross_entropy_with_logits(input, target, reduction="none")
        probability = torch.sigmoid(input)
        right = probability * target + (1 - probability) * (1 - target)
        return (0.25 * target + 0.75 * (1 - target)) * (1 - right) ** 2 * cross_entropy


class _TorchSoftmaxFocalLoss(nn.Module):
    """The focal loss of softmax, composed of torch's functions; a weight for each class, index -1 ignored."""

    weight: Tensor

    def __init__(self, gamma: float) -> None:
        super().__init__()
        self.gamma = gamma
        self.register_buffer("weight", torch.tensor(UNEVEN))

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        logs = nn.functional.log_softmax(input, 1)
        return nn.functional.nll_loss((1 - logs.exp()) ** self.gamma * logs, target, self.weight, ignore_index=-1)


class _Torchvision(nn.Module):
    """A loss function of torchvision.ops as a module."""

    def __init__(self, name: str, **options: object) -> None:
        super().__init__()
        self.name, self.options = name, options

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        from torchvision import ops  # seconds: only for its rows

        return getattr(ops, self.name)(input, target, **self.options)  # type: ignore[no-any-return]


TORCHVISION = [
    Twin(
        name="FocalLoss: torchvision's, alpha = 0.6, gamma = 1.5",
        source=FOCAL,
        ours=lambda: FocalLoss(0.6, 1.5, "sum"),
        theirs=lambda: _Torchvision("sigmoid_focal_loss", alpha=0.6, gamma=1.5, reduction="sum"),
        inputs=pairs(10, scale=3.0, binary=True),
    ),
]
DETECTION_LOSSES = [
    Twin(
        name="smooth_l1_loss: sigma = 3",
        source="Ren et al. 2015, published code",
        ours=_SmoothL1,
        theirs=lambda: nn.SmoothL1Loss(reduction="none", beta=1 / 9),
        inputs=pairs(4, same=True),
    ),
    Twin(
        name="FocalLoss",
        source=FOCAL,
        ours=FocalLoss,
        theirs=_TorchFocalLoss,
        inputs=pairs(10, scale=3.0, binary=True),
    ),
    Twin(
        name="SoftmaxFocalLoss",
        source=FOCAL,
        ours=lambda: SoftmaxFocalLoss(1.5, torch.tensor(UNEVEN), ignore_index=-1),
        theirs=lambda: _TorchSoftmaxFocalLoss(1.5),
        inputs=classes(3, 8, low=-1),
    ),
    Twin(
        name="SoftmaxFocalLoss: gamma = 0 is the cross-entropy",
        source=FOCAL,
        ours=lambda: SoftmaxFocalLoss(0.0, torch.tensor(UNEVEN), ignore_index=-1),
        theirs=lambda: nn.CrossEntropyLoss(torch.tensor(UNEVEN), ignore_index=-1),
        inputs=classes(3, 4, 5, scale=1e3, low=-1),
    ),
    *(TORCHVISION if importlib.util.find_spec("torchvision") else []),
]
