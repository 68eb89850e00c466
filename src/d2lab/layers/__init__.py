"""Layers: the ideas that models are made of, from scratch, under torch's names; and torch's own, laid out for speed.

Where a public class has a namesake in torch.nn, the two are twins: same arguments, same weights, same answers.
`twins` holds the table of them, `scratch.to_scratch` rebuilds any model on ours.
"""

from d2lab.layers.activation import (
    ELU,
    GELU,
    Identity,
    LeakyReLU,
    LogSoftmax,
    PReLU,
    ReLU,
    ReLU6,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
)
from d2lab.layers.convolution import Conv1d, Conv2d
from d2lab.layers.dropout import Dropout
from d2lab.layers.init import InitName, initialize
from d2lab.layers.linear import Embedding, Flatten, Linear
from d2lab.layers.loss import (
    BCEWithLogitsLoss,
    CrossEntropyLoss,
    FocalLoss,
    HuberLoss,
    L1Loss,
    MSELoss,
    SmoothL1Loss,
    smooth_l1_loss,
)
from d2lab.layers.normalization import BatchNorm1d, BatchNorm2d, GroupNorm, LayerNorm
from d2lab.layers.pooling import AdaptiveAvgPool2d, AvgPool2d, MaxPool2d
from d2lab.layers.scratch import to_scratch
from d2lab.layers.space_to_depth import DepthAvgPool2d, DepthMaxPool2d, SpaceToDepthConv2d, with_space_to_depth
from d2lab.layers.transposed import ConvTranspose2d

__all__ = [
    "ELU", "GELU", "AdaptiveAvgPool2d", "AvgPool2d", "BCEWithLogitsLoss", "BatchNorm1d", "BatchNorm2d", "Conv1d",
    "Conv2d", "ConvTranspose2d", "CrossEntropyLoss", "DepthAvgPool2d", "DepthMaxPool2d", "Dropout", "Embedding",
    "Flatten", "FocalLoss", "GroupNorm", "HuberLoss", "Identity", "InitName", "L1Loss", "LayerNorm", "LeakyReLU",
    "Linear", "LogSoftmax", "MSELoss", "MaxPool2d", "PReLU", "ReLU", "ReLU6", "SiLU", "Sigmoid", "SmoothL1Loss",
    "Softmax", "Softplus", "SpaceToDepthConv2d", "Tanh", "initialize", "smooth_l1_loss", "to_scratch",
    "with_space_to_depth",
]  # fmt: skip
