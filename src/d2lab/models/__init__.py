"""Architectures, one a file; a model knows neither its data, nor its optimizer, nor its picture."""

from d2lab.models.catalog import ModelConfig, build_model
from d2lab.models.lenet import LeNet, LeNetConfig
from d2lab.models.linear import LinearConfig, LinearRegression
from d2lab.models.mlp import MLP, MLPConfig
from d2lab.models.perceptron import Perceptron, PerceptronConfig
from d2lab.models.softmax import SoftmaxConfig, SoftmaxRegression

__all__ = [
    "MLP",
    "LeNet",
    "LeNetConfig",
    "LinearConfig",
    "LinearRegression",
    "MLPConfig",
    "ModelConfig",
    "Perceptron",
    "PerceptronConfig",
    "SoftmaxConfig",
    "SoftmaxRegression",
    "build_model",
]
