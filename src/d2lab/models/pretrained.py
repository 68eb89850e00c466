"""A model whose weights others trained: their architecture, and what they did to images as its first layer.

Where the architecture is one of ours (alexnet, vgg, resnet, densenet), the model is ours, its layers under our names;
else it is the library's own module. Weights are no matter here: `d2lab.pretrained` brings them.
"""

import dataclasses
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor, nn

from d2lab.core.errors import ConfigError
from d2lab.layers.normalize import Normalize
from d2lab.models.image import ImageConfig
from d2lab.models.library import library_net, split_name

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet's red, green and blue, as everyone has them
NOT_THEIRS = ("nin", "googlenet")  # ours and theirs share the name but not the layers


@dataclass(frozen=True, kw_only=True, slots=True)
class PretrainedConfig(ImageConfig):
    """Sizes of a model of others; the defaults have 11,689,512 parameters."""

    channels: int = 3  # of the images that come in: 1, or as many as there are means
    classes: int = 1000
    architecture: str = "torchvision/resnet18"  # library and name, without a tag
    mean: tuple[float, ...] = MEAN  # of each channel of the images it was trained on, in [0, 1]
    std: tuple[float, ...] = STD  # their deviations

    def __post_init__(self) -> None:
        super(PretrainedConfig, self).__post_init__()
        split_name(self.architecture)
        if self.channels not in (1, len(self.mean)):
            raise ConfigError("channels", got=self.channels, need=f"1 or {len(self.mean)} for {self.architecture}")

    @property
    def ours(self) -> ImageConfig | None:
        """Return the settings of our own model where the architecture is one of ours."""
        from d2lab.models.variants import VARIANTS

        name = split_name(self.architecture)[1]
        if name not in VARIANTS or name in NOT_THEIRS:
            return None
        return dataclasses.replace(VARIANTS[name], channels=len(self.mean), side=self.side, classes=self.classes)


class PretrainedNet(nn.Sequential):
    """Image in [0, 1] -> one logit per class.

    Raises:
        ConfigError: the library has no such model.
        MissingExtraError: the model is the library's own and the library is not installed.
    """

    def __init__(self, config: PretrainedConfig) -> None:
        super().__init__()
        self.add_module("normalize", Normalize(config.mean, config.std))
        if config.ours is None:
            self.add_module("model", library_net(config.architecture, config.classes))
            return
        from d2lab.models.catalog import build_model

        for name, layer in build_model(config.ours).named_children():  # type: ignore[arg-type]
            self.add_module(name, layer)

    def forward(self, image: Float[Tensor, "batch channel side side"]) -> Float[Tensor, "batch class_"]:
        """Score every class for every image."""
        return super().forward(image)  # type: ignore[no-any-return, no-untyped-call]
