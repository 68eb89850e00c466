"""From a model's settings to the model: the one place that lists them all."""

from torch import nn

from d2lab.core.errors import ConfigError
from d2lab.core.names import unknown_name
from d2lab.models.alexnet import AlexNet, AlexNetConfig
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

ModelConfig = (
    AlexNetConfig
    | CifarNetConfig
    | DenseNetConfig
    | GoogLeNetConfig
    | LeNetConfig
    | LinearConfig
    | MLPConfig
    | NiNConfig
    | PerceptronConfig
    | PretrainedConfig
    | ResNetConfig
    | SoftmaxConfig
    | VGGConfig
)
MODELS: dict[type, type[nn.Module]] = {
    AlexNetConfig: AlexNet,
    CifarNetConfig: CifarNet,
    DenseNetConfig: DenseNet,
    GoogLeNetConfig: GoogLeNet,
    LeNetConfig: LeNet,
    LinearConfig: LinearRegression,
    MLPConfig: MLP,
    NiNConfig: NiN,
    PerceptronConfig: Perceptron,
    PretrainedConfig: PretrainedNet,
    ResNetConfig: ResNet,
    SoftmaxConfig: SoftmaxRegression,
    VGGConfig: VGG,
}


def build_model(config: ModelConfig) -> nn.Module:
    """Build the model that the settings describe, its weights drawn from torch's global stream.

    Raises:
        ConfigError: the settings belong to no model.
    """
    if type(config) not in MODELS:
        known = ", ".join(sorted(c.__name__ for c in MODELS))
        raise ConfigError("model settings", got=type(config).__name__, need=f"one of {known}")
    return MODELS[type(config)](config)


def default_settings(kind: str) -> ModelConfig:
    """Return a model's default settings by the name of their class, as records keep it.

    Raises:
        ConfigError: there is no such model.
    """
    kinds = {made.__name__: made for made in MODELS}
    if kind not in kinds:
        raise unknown_name("model settings", kind, kinds)
    default: ModelConfig = kinds[kind]()
    return default
