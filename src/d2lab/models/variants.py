"""The papers' models by the names that the field gives them: `resnet50` is settings, not code.

All are for 224 pixels, three channels and the 1,000 classes of ImageNet, so that weights of others fit; for other data
change those sizes with `dataclasses.replace`.
"""

from typing import Any

from d2lab.core.names import unknown_name
from d2lab.models.alexnet import AlexNetConfig
from d2lab.models.densenet import DenseNetConfig
from d2lab.models.googlenet import GoogLeNetConfig
from d2lab.models.image import ImageConfig
from d2lab.models.lite import EfficientNetLiteConfig
from d2lab.models.nin import NiNConfig
from d2lab.models.resnet import BLOCKS as RESNETS
from d2lab.models.resnet import ResNetConfig
from d2lab.models.vgg import BLOCKS as VGGS
from d2lab.models.vgg import VGGConfig

IMAGENET: dict[str, Any] = {"channels": 3, "side": 224, "classes": 1000}
LITES = ((1.0, 1.0), (1.0, 1.1), (1.1, 1.2), (1.2, 1.4), (1.4, 1.8))  # width and depth of lite0 to lite4
DENSENETS = {121: (6, 12, 24, 16), 169: (6, 12, 32, 32), 201: (6, 12, 48, 32)}

VARIANTS: dict[str, ImageConfig] = {
    "alexnet": AlexNetConfig(widths=(64, 192, 384, 256, 256), padding=2, **IMAGENET),
    **{f"vgg{depth}": VGGConfig(depth=depth, **IMAGENET) for depth in VGGS},
    **{f"vgg{depth}_bn": VGGConfig(depth=depth, norm=True, **IMAGENET) for depth in VGGS},
    "nin": NiNConfig(**IMAGENET),
    "googlenet": GoogLeNetConfig(**IMAGENET),
    **{f"resnet{depth}": ResNetConfig(depth=depth, **IMAGENET) for depth in RESNETS},
    **{
        f"densenet{depth}": DenseNetConfig(blocks=blocks, bottleneck=True, bias=False, **IMAGENET)
        for depth, blocks in DENSENETS.items()
    },
    **{
        f"{name}{number}": EfficientNetLiteConfig(width=width, depth=depth, **IMAGENET)
        for name in ("efficientnet-lite", "tf_efficientnet_lite")  # the second is timm's
        for number, (width, depth) in enumerate(LITES)
    },
}


def variant(name: str) -> ImageConfig:
    """Return the settings of a paper's model.

    Raises:
        ConfigError: no model has this name; the error proposes the nearest.
    """
    if name not in VARIANTS:
        raise unknown_name("model", name, VARIANTS)
    return VARIANTS[name]
