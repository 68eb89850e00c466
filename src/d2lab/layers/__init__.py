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
from d2lab.layers.attention import (
    AdditiveAttention,
    DotProductAttention,
    MultiheadAttention,
    scaled_dot_product_attention,
)
from d2lab.layers.bptt import FusedRNN
from d2lab.layers.convolution import Conv1d, Conv2d
from d2lab.layers.dropout import Dropout
from d2lab.layers.float_format import BFLOAT16, FLOAT16, FloatFormat, round_to_format, straight_through
from d2lab.layers.focal_loss import FocalLoss, SoftmaxFocalLoss
from d2lab.layers.init import InitName, initialize
from d2lab.layers.linear import Embedding, Flatten, Linear
from d2lab.layers.loss import (
    BCEWithLogitsLoss,
    CrossEntropyLoss,
    HuberLoss,
    L1Loss,
    MSELoss,
    SmoothL1Loss,
    smooth_l1_loss,
)
from d2lab.layers.normalization import BatchNorm1d, BatchNorm2d, GroupNorm, LayerNorm, RMSNorm
from d2lab.layers.pooling import AdaptiveAvgPool2d, AvgPool2d, MaxPool2d
from d2lab.layers.position import rotary_positions, rotate, sinusoidal_positions
from d2lab.layers.quantize import dequantize, fake_quantize, quantize, symmetric_scale
from d2lab.layers.recurrent import GRU, LSTM, RNN
from d2lab.layers.recurrent_cell import GRUCell, LSTMCell, RNNCell
from d2lab.layers.scratch import to_scratch
from d2lab.layers.space_to_depth import DepthAvgPool2d, DepthMaxPool2d, SpaceToDepthConv2d, with_space_to_depth
from d2lab.layers.transposed import ConvTranspose2d

__all__ = [
    "BFLOAT16", "ELU", "FLOAT16", "GELU", "GRU", "LSTM", "RNN", "AdaptiveAvgPool2d", "AdditiveAttention",
    "AvgPool2d", "BCEWithLogitsLoss", "BatchNorm1d", "BatchNorm2d", "Conv1d", "Conv2d", "ConvTranspose2d",
    "CrossEntropyLoss", "DepthAvgPool2d", "DepthMaxPool2d", "DotProductAttention", "Dropout", "Embedding",
    "Flatten", "FloatFormat", "FocalLoss", "FusedRNN", "GRUCell", "GroupNorm", "HuberLoss", "Identity", "InitName",
    "L1Loss", "LSTMCell", "LayerNorm", "LeakyReLU", "Linear", "LogSoftmax", "MSELoss", "MaxPool2d",
    "MultiheadAttention", "PReLU", "RMSNorm", "RNNCell", "ReLU", "ReLU6", "SiLU", "Sigmoid", "SmoothL1Loss",
    "Softmax", "SoftmaxFocalLoss", "Softplus", "SpaceToDepthConv2d", "Tanh", "dequantize", "fake_quantize",
    "initialize", "quantize", "rotary_positions", "rotate", "round_to_format", "scaled_dot_product_attention",
    "sinusoidal_positions", "smooth_l1_loss", "straight_through", "symmetric_scale", "to_scratch",
    "with_space_to_depth",
]  # fmt: skip
