"""Normalization layers: subtract the mean, divide by the standard deviation, then scale and shift by learned weights.

The layers differ only in the axes over which mean and variance are taken: examples and pixels (batch), features of
an example (layer), channels of a group (group). The variance is biased (divided by n) and computed from deviations:
the short formula E[x^2] - E[x]^2 loses its digits where the mean is large (see naive.py).
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from d2lab.core.errors import ConfigError
from d2lab.layers.arguments import check_axis, check_counts


def moments(input: Float[Tensor, "*shape"], axes: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """Compute mean and biased variance over the axes, which are kept with length 1.

    Source: Chan, Golub, LeVeque 1983, The American Statistician 37(3), eq. 1.2 (the two-pass formula).
    """
    mean = input.mean(axes, keepdim=True)
    return mean, (input - mean).square().mean(axes, keepdim=True)


def standardize(
    input: Float[Tensor, "*shape"], mean: Float[Tensor, "*m"], variance: Float[Tensor, "*v"], eps: float
) -> Float[Tensor, "*shape"]:
    """Compute (x - mean) / sqrt(variance + eps).

    Source: Ioffe and Szegedy 2015, "Batch Normalization", algorithm 1.
    """
    return (input - mean) / (variance + eps).sqrt()


def along_channels(values: Float[Tensor, " channel"], axes: int) -> Float[Tensor, " channel *one"]:
    """Reshape one value for each channel so that it broadcasts along axis 1 of an input with `axes` axes."""
    return values.view(-1, *[1] * (axes - 2))  # channel, then 1 for each pixel axis


def scale_and_shift(
    standard: Float[Tensor, "batch channel *pixel"],
    weight: Float[Tensor, " channel"] | None,
    bias: Float[Tensor, " channel"] | None,
) -> Float[Tensor, "batch channel *pixel"]:
    """Multiply each channel by its weight and add its bias.

    Source: Ioffe and Szegedy 2015, "Batch Normalization", algorithm 1, last line.
    """
    scaled = standard if weight is None else standard * along_channels(weight, standard.ndim)
    return scaled if bias is None else scaled + along_channels(bias, standard.ndim)


class BatchNorm2d(nn.Module):
    """Normalize each channel of [batch, channel, height, width] over batch and pixels.

    In evaluation, running statistics take the place of the batch's: running = (1 - momentum) running + momentum batch.
    They hold the unbiased variance (divided by n - 1), though the batch itself is normalized by the biased one.
    momentum=None averages all batches equally.

    Source: Ioffe and Szegedy 2015, "Batch Normalization", algorithms 1 and 2.
    Changed: running averages for the paper's separate pass over the training set, as in every library.
    Twin: torch.nn.BatchNorm2d.

    Raises:
        ConfigError: num_features is below 1, an input has other channels or axes, or a training batch has a single
            value in each channel, whose variance is undefined.
    """

    axes: tuple[int, ...] = (4,)  # numbers of axes an input may have
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        check_counts(type(self).__name__, num_features=num_features)
        self.num_features, self.eps, self.momentum, self.affine = num_features, eps, momentum, affine
        self.track_running_stats = track_running_stats
        self.weight = nn.Parameter(torch.ones(num_features)) if affine else None
        self.bias = nn.Parameter(torch.zeros(num_features)) if affine and bias else None
        tracked = track_running_stats
        self.register_buffer("running_mean", torch.zeros(num_features) if tracked else None)
        self.register_buffer("running_var", torch.ones(num_features) if tracked else None)
        self.register_buffer("num_batches_tracked", torch.tensor(0) if tracked else None)

    def forward(self, input: Float[Tensor, "batch channel *pixel"]) -> Float[Tensor, "batch channel *pixel"]:
        """Return every channel normalized, scaled and shifted."""
        name = type(self).__name__
        if input.ndim not in self.axes:
            raise ConfigError(f"the input of {name}", got=tuple(input.shape), need=f"{self.axes} axes")
        check_axis(name, input, 1, self.num_features)
        if self.training or self.running_mean is None or self.running_var is None:
            mean, variance = self._batch_statistics(input)  # 1 channel *one
        else:
            mean, variance = (along_channels(v, input.ndim) for v in (self.running_mean, self.running_var))
        standard = standardize(input, mean, variance, self.eps)
        return scale_and_shift(standard, self.weight, self.bias)

    def _batch_statistics(self, input: Tensor) -> tuple[Tensor, Tensor]:
        """Return the batch's mean and variance; in training, update the running statistics with them."""
        count = input.numel() // self.num_features
        if self.training and count < 2:
            fix = "Use a larger batch, or call eval()."
            raise ConfigError("the batch", got=f"{count} value in each channel", need="2 or more to train", fix=fix)
        mean, variance = moments(input, (0, *range(2, input.ndim)))
        if self.training:
            self._update_running(mean.detach().flatten(), variance.detach().flatten() * count / (count - 1))
        return mean, variance

    @torch.no_grad()
    def _update_running(self, mean: Tensor, unbiased: Tensor) -> None:
        if self.running_mean is None or self.running_var is None or self.num_batches_tracked is None:
            return
        self.num_batches_tracked += 1
        share = 1 / self.num_batches_tracked if self.momentum is None else self.momentum
        self.running_mean += share * (mean - self.running_mean)
        self.running_var += share * (unbiased - self.running_var)


class BatchNorm1d(BatchNorm2d):
    """Normalize each feature of [batch, feature], or of [batch, feature, time], over batch and time.

    Source: Ioffe and Szegedy 2015, "Batch Normalization", algorithms 1 and 2.
    Twin: torch.nn.BatchNorm1d.

    Raises:
        ConfigError: as BatchNorm2d raises it.
    """

    axes = (2, 3)


class LayerNorm(nn.Module):
    """Normalize over the last axes, those of `normalized_shape`, of each example separately.

    Source: Ba, Kiros, Hinton 2016, "Layer Normalization", eq. 3.
    Twin: torch.nn.LayerNorm.

    Raises:
        ConfigError: a size is below 1, or an input ends in another shape.
    """

    def __init__(
        self,
        normalized_shape: int | tuple[int, ...] | list[int] | torch.Size,
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
    ) -> None:
        super().__init__()
        shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
        check_counts("LayerNorm", normalized_shape=shape)
        self.normalized_shape, self.eps, self.elementwise_affine = shape, eps, elementwise_affine
        self.weight = nn.Parameter(torch.ones(shape)) if elementwise_affine else None
        self.bias = nn.Parameter(torch.zeros(shape)) if elementwise_affine and bias else None

    def forward(self, input: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """Return every example normalized, each entry scaled and shifted."""
        for axis, size in enumerate(self.normalized_shape, start=-len(self.normalized_shape)):
            check_axis("LayerNorm", input, axis, size)
        axes = tuple(range(-len(self.normalized_shape), 0))
        scaled = standardize(input, *moments(input, axes), self.eps)
        scaled = scaled if self.weight is None else scaled * self.weight
        return scaled if self.bias is None else scaled + self.bias


class GroupNorm(nn.Module):
    """Normalize groups of channels of each example separately.

    One group is layer normalization over channels and pixels; a group for each channel is instance normalization.

    Source: Wu and He 2018, "Group Normalization", eq. 7.
    Twin: torch.nn.GroupNorm.

    Raises:
        ConfigError: a size is below 1, groups do not divide the channels, or an input has other channels.
    """

    def __init__(
        self, num_groups: int, num_channels: int, eps: float = 1e-5, affine: bool = True, *, bias: bool = True
    ) -> None:
        super().__init__()
        check_counts("GroupNorm", num_groups=num_groups, num_channels=num_channels)
        if num_channels % num_groups:
            raise ConfigError("GroupNorm.num_groups", got=num_groups, need=f"a divisor of {num_channels} channels")
        self.num_groups, self.num_channels, self.eps, self.affine = num_groups, num_channels, eps, affine
        self.weight = nn.Parameter(torch.ones(num_channels)) if affine else None
        self.bias = nn.Parameter(torch.zeros(num_channels)) if affine and bias else None

    def forward(self, input: Float[Tensor, "batch channel *pixel"]) -> Float[Tensor, "batch channel *pixel"]:
        """Return every group normalized, each channel scaled and shifted."""
        check_axis("GroupNorm", input, 1, self.num_channels)
        grouped = input.reshape(len(input), self.num_groups, -1)  # batch group channel*pixel
        standard = standardize(grouped, *moments(grouped, (2,)), self.eps).view(input.shape)  # batch channel *pixel
        return scale_and_shift(standard, self.weight, self.bias)


class RMSNorm(nn.Module):
    """Divide by the root mean square over the last axes; no mean is subtracted, no bias added.

    Source: Zhang and Sennrich 2019, "Root Mean Square Layer Normalization", eq. 4.
    Changed: eps under the root; unless given, the distance from 1 to the next number of the input's type.
    Twin: torch.nn.RMSNorm.

    Raises:
        ConfigError: a size is below 1, or an input ends in another shape.
    """

    def __init__(
        self,
        normalized_shape: int | tuple[int, ...] | list[int] | torch.Size,
        eps: float | None = None,
        elementwise_affine: bool = True,
    ) -> None:
        super().__init__()
        shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
        check_counts("RMSNorm", normalized_shape=shape)
        self.normalized_shape, self.eps, self.elementwise_affine = shape, eps, elementwise_affine
        self.weight = nn.Parameter(torch.ones(shape)) if elementwise_affine else None

    def forward(self, input: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """Return every example divided by its root mean square, each entry scaled."""
        for axis, size in enumerate(self.normalized_shape, start=-len(self.normalized_shape)):
            check_axis("RMSNorm", input, axis, size)
        axes = tuple(range(-len(self.normalized_shape), 0))
        eps = torch.finfo(input.dtype).eps if self.eps is None else self.eps
        scaled = input / (input.square().mean(axes, keepdim=True) + eps).sqrt()
        return scaled if self.weight is None else scaled * self.weight
