"""Normalization of the input as part of the first convolution: w (x - mean) / std + b = w' x + b'.

Exact wherever a window lies inside the image. At a padded border it is not: the zeros of the original are normalized
values, which are the mean in the image's own unit, and a folded convolution pads with raw zeros. `exact=True` pads with
the mean instead.

Source: the notes, chapter 18 (normalization as part of the model); Jacob et al. 2018, "Quantization and Training of
Neural Networks for Efficient Integer-Arithmetic-Only Inference", section 3.2, folds batch normalization alike.
"""

import copy
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import pad

from d2lab.core.errors import ConfigError


class PadWith(nn.Module):
    """Pad each channel of an image with a value of its own.

    Args:
        values: one for each channel.
        rows: pixels above and below.
        columns: pixels left and right.
    """

    values: Tensor

    def __init__(self, values: Tensor, rows: int, columns: int) -> None:
        super().__init__()
        self.register_buffer("values", values.view(-1, 1, 1))  # channel 1 1
        self.rows, self.columns = rows, columns

    def forward(self, image: Float[Tensor, "batch channel height width"]) -> Float[Tensor, "batch channel high wide"]:
        """Return the larger image."""
        return pad(image - self.values, (self.columns, self.columns, self.rows, self.rows)) + self.values


@torch.no_grad()
def fold_normalization(
    convolution: nn.Conv2d, mean: Sequence[float] | Tensor, std: Sequence[float] | Tensor, *, exact: bool = True
) -> nn.Module:
    """Return a layer that reads raw images and computes what the convolution computes of normalized ones.

    Args:
        convolution: the first of a model, with zeros as padding; it is not changed.
        mean: of each input channel.
        std: of each input channel, above 0.
        exact: pad with the mean, so that borders agree as well; else one convolution, which differs there.

    Raises:
        ConfigError: the means are not one for each channel, or the convolution has groups or another padding.
    """
    weight = convolution.weight
    means, stds = (torch.as_tensor(each, dtype=weight.dtype, device=weight.device).flatten() for each in (mean, std))
    if len(means) != weight.shape[1] or len(stds) != len(means) or not bool((stds > 0).all()):
        need = f"{weight.shape[1]} means and as many deviations above 0"
        raise ConfigError("mean and std", got=(means.tolist(), stds.tolist()), need=need)
    padding = convolution.padding
    if convolution.groups != 1 or convolution.padding_mode != "zeros" or isinstance(padding, str):
        got = f"groups={convolution.groups}, padding={padding!r}, padding_mode={convolution.padding_mode}"
        raise ConfigError("the convolution", got=got, need="one group, padded with a number of zeros")
    folded = copy.deepcopy(convolution)
    scaled = weight / stds.view(1, -1, 1, 1)  # filter channel row column
    shift = (scaled * means.view(1, -1, 1, 1)).sum((1, 2, 3))
    folded.weight.copy_(scaled)
    folded.bias = nn.Parameter(-shift if convolution.bias is None else convolution.bias - shift)
    if not exact or not any(padding):
        return folded
    folded.padding = (0, 0)
    return nn.Sequential(PadWith(means, *padding), folded)
