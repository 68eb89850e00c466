"""Normalization as part of a convolution or a linear map: w (x - mean) / std + b = w' x + b'.

Of the input it becomes part of the first convolution. That is exact wherever a window lies inside the image. At a
padded border it is not: the zeros of the original are normalized values, which are the mean in the image's own unit,
and a folded convolution pads with raw zeros. `exact=True` pads with the mean instead. Batch normalization follows its
layer, so that borders are no matter.

Source: the notes, chapter 18 (normalization as part of the model); Jacob et al. 2018, "Quantization and Training of
Neural Networks for Efficient Integer-Arithmetic-Only Inference", section 3.2, for batch normalization.
"""

import copy
from collections.abc import Sequence
from typing import Any, cast

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


@torch.no_grad()
def fold_batch_norm(layer: nn.Module, norm: nn.Module) -> nn.Module:
    """Return a layer that computes what the layer and then the batch normalization compute in evaluation.

    With g = weight / sqrt(running variance + eps): w' = g w, b' = g (b - running mean) + bias.

    Args:
        layer: a convolution or a linear map; it is not changed.
        norm: with running statistics of each of its outputs.

    Raises:
        ConfigError: the normalization has no running statistics, or other channels than the layer has outputs.
    """
    folded: Any = copy.deepcopy(layer)
    known: Any = norm  # torch's or ours
    mean, variance = known.running_mean, known.running_var
    if not isinstance(mean, Tensor) or not isinstance(variance, Tensor) or len(mean) != len(folded.weight):
        need = f"running statistics of {len(folded.weight)} channels"
        raise ConfigError("the normalization", got=type(norm).__name__, need=need)
    gain = (variance + known.eps).rsqrt()
    gain = gain if known.weight is None else gain * known.weight
    shift = -mean * gain if known.bias is None else known.bias - mean * gain
    folded.weight.mul_(gain.view(-1, *(1,) * (folded.weight.ndim - 1)))
    folded.bias = nn.Parameter(shift if folded.bias is None else folded.bias * gain + shift)
    return cast("nn.Module", folded)
