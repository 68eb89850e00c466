"""Architectures, one a file; a model knows neither its data, nor its optimizer, nor its picture."""

from d2lab.models.alexnet import AlexNet, AlexNetConfig
from d2lab.models.catalog import ModelConfig, build_model
from d2lab.models.cifarnet import CifarNet, CifarNetConfig
from d2lab.models.densenet import DenseNet, DenseNetConfig
from d2lab.models.googlenet import GoogLeNet, GoogLeNetConfig
from d2lab.models.lenet import LeNet, LeNetConfig
from d2lab.models.linear import LinearConfig, LinearRegression
from d2lab.models.mlp import MLP, MLPConfig
from d2lab.models.nin import NiN, NiNConfig
from d2lab.models.perceptron import Perceptron, PerceptronConfig
from d2lab.models.pretrained import PretrainedConfig, PretrainedNet
from d2lab.models.resnet import ResNet, ResNetConfig
from d2lab.models.softmax import SoftmaxConfig, SoftmaxRegression
from d2lab.models.vgg import VGG, VGGConfig

__all__ = [
    "MLP",
    "VGG",
    "AlexNet",
    "AlexNetConfig",
    "CifarNet",
    "CifarNetConfig",
    "DenseNet",
    "DenseNetConfig",
    "GoogLeNet",
    "GoogLeNetConfig",
    "LeNet",
    "LeNetConfig",
    "LinearConfig",
    "LinearRegression",
    "MLPConfig",
    "ModelConfig",
    "NiN",
    "NiNConfig",
    "Perceptron",
    "PerceptronConfig",
    "PretrainedConfig",
    "PretrainedNet",
    "ResNet",
    "ResNetConfig",
    "SoftmaxConfig",
    "SoftmaxRegression",
    "VGGConfig",
    "build_model",
]
