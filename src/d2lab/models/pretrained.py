"""A model whose weights others trained: their architecture, behind their normalization of the images.

Where the architecture is one of ours (alexnet, vgg, resnet, densenet, efficientnet-lite), so is the model, its layers
under our names; else it is the library's own module. The weights come from `d2lab.pretrained`.
"""

import dataclasses
from dataclasses import dataclass
from typing import Annotated

from jaxtyping import Float
from msgspec import Meta
from torch import Tensor, nn

from d2lab.core.bounds import Channels, Classes
from d2lab.core.errors import ConfigError
from d2lab.layers.normalize import Normalize
from d2lab.models.catalog import build_model, register_model
from d2lab.models.image import ImageConfig
from d2lab.models.library import INNER, library_model, split_name
from d2lab.models.variants import VARIANTS

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet's red, green and blue, as everyone has them
DIFFERENT = ("nin", "googlenet")  # ours and theirs share the name but not the layers

Means = Annotated[tuple[Annotated[float, Meta(ge=-1e6, le=1e6)], ...], Meta(min_length=1, max_length=64)]
Deviations = Annotated[tuple[Annotated[float, Meta(gt=0, le=1e6)], ...], Meta(min_length=1, max_length=64)]


@dataclass(frozen=True, kw_only=True, slots=True)
class PretrainedConfig(ImageConfig):
    """Sizes of a pretrained model; the defaults have 11,689,512 parameters."""

    channels: Channels = 3  # of the images that come in: 1, or as many as there are means
    classes: Classes = 1000
    architecture: str = "torchvision/resnet18"  # library and name, without a tag
    mean: Means = MEAN  # of each channel of the images it was trained on, in [0, 1]
    std: Deviations = STD

    def __post_init__(self) -> None:
        super(PretrainedConfig, self).__post_init__()
        split_name(self.architecture)
        if len(self.std) != len(self.mean):
            raise ConfigError("std", got=self.std, need=f"{len(self.mean)} deviations, one for each mean")
        if self.channels not in (1, len(self.mean)):
            raise ConfigError("channels", got=self.channels, need=f"1 or {len(self.mean)} for {self.architecture}")

    @property
    def ours(self) -> ImageConfig | None:
        """Return the settings of our own model where the architecture is one of ours."""
        name = split_name(self.architecture)[1]
        if name not in VARIANTS or name in DIFFERENT:
            return None
        return dataclasses.replace(VARIANTS[name], channels=len(self.mean), side=self.side, classes=self.classes)


@register_model(PretrainedConfig)
class PretrainedModel(nn.Module):
    """Image in [0, 1] -> one logit per class: `Normalize`, then the model.

    Our models' layers stand directly under this one, so that they keep their names: each of ours that has pretrained
    weights calls its children one after the other, in the order in which they are registered.

    Raises:
        ConfigError: the library has no such model.
        MissingExtraError: the model is the library's own and the library is not installed.
    """

    def __init__(self, config: PretrainedConfig) -> None:
        super().__init__()
        self.normalize = Normalize(config.mean, config.std)
        if config.ours is None:
            self.add_module(INNER, library_model(config.architecture, config.classes))
            return
        for name, layer in build_model(config.ours).named_children():
            self.add_module(name, layer)

    def forward(self, image: Float[Tensor, "batch channel side side"]) -> Float[Tensor, "batch class_"]:
        """Score every class for every image."""
        x = image
        for layer in self.children():
            x = layer(x)
        return x
