"""From a model's settings to the model: the one place that lists them all."""

from torch import nn

from d2lab.core.errors import ConfigError
from d2lab.models.lenet import LeNet, LeNetConfig
from d2lab.models.linear import LinearConfig, LinearRegression
from d2lab.models.mlp import MLP, MLPConfig
from d2lab.models.perceptron import Perceptron, PerceptronConfig
from d2lab.models.softmax import SoftmaxConfig, SoftmaxRegression

ModelConfig = LeNetConfig | LinearConfig | MLPConfig | PerceptronConfig | SoftmaxConfig
MODELS: dict[type, type[nn.Module]] = {
    LeNetConfig: LeNet,
    LinearConfig: LinearRegression,
    MLPConfig: MLP,
    PerceptronConfig: Perceptron,
    SoftmaxConfig: SoftmaxRegression,
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
