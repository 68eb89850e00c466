"""Input normalization as the first layer of a model, with the mean and deviation that a pretrained model expects."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from d2lab.core.errors import ConfigError


class Normalize(nn.Module):
    """Normalize images channel by channel: (x - mean) / std.

    Both are buffers: saved with the weights and not trained. A gray image of one channel becomes one of as many
    channels as there are means.

    Source: LeCun et al. 1998, "Efficient BackProp", section 4.3.
    Twin: torchvision.transforms.v2.functional.normalize, which refuses gray images.

    Args:
        mean: of each channel, in the unit of the images.
        std: standard deviation of each channel, above 0.

    Raises:
        ConfigError: there are not as many deviations as means, none at all, or one is not above 0.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__()
        if not mean or len(mean) != len(std) or not min(std) > 0:
            need = "as many deviations above 0 as means, one for each channel"
            raise ConfigError("Normalize", got=(tuple(mean), tuple(std)), need=need)
        self.register_buffer("mean", torch.tensor(list(mean)).view(-1, 1, 1))  # color 1 1
        self.register_buffer("std", torch.tensor(list(std)).view(-1, 1, 1))

    def forward(self, image: Float[Tensor, "batch channel height width"]) -> Float[Tensor, "batch color height width"]:
        """Return the normalized images.

        Raises:
            ConfigError: the images have neither one channel nor as many as there are means.
        """
        if image.shape[1] not in (1, len(self.mean)):
            raise ConfigError("channels", got=image.shape[1], need=f"1 or {len(self.mean)}")
        return (image - self.mean) / self.std
