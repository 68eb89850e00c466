"""Losses of style transfer: feature maps that shall agree, Gram matrices that shall agree, and total variation."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from d2lab.core.errors import ConfigError

Features = Float[Tensor, "batch channel height width"]
Target = Float[Tensor, "images maps rows columns"]  # of the same shape; what differs is an error with a sentence
TargetGram = Float[Tensor, "images maps maps"]


def gram_matrix(features: Features) -> Float[Tensor, "batch channel channel"]:
    """Return the Gram matrix of the channels of each image, divided by the number of its entries c h w.

    Entry (i, j) is the sum over all pixels of channel i times channel j: how strongly the two are active together,
    wherever that is. So it is symmetric and positive semidefinite, and no shuffling of the pixels changes it.

    Source: Gatys, Ecker, Bethge 2016, "Image Style Transfer Using Convolutional Neural Networks", eq. 3; divided by
    c h w as in Johnson, Alahi, Fei-Fei 2016, "Perceptual Losses for Real-Time Style Transfer", section 3.2.

    >>> gram_matrix(torch.tensor([[[[1.0, 0.0, 2.0, 1.0]], [[0.0, 1.0, 1.0, 0.0]]]]))
    tensor([[[0.7500, 0.2500],
             [0.2500, 0.2500]]])

    Args:
        features: of a layer.

    Raises:
        ConfigError: there is no channel or no pixel.
    """
    channels, height, width = features.shape[1:]
    if not channels * height * width:
        raise ConfigError("features", got=tuple(features.shape), need="one channel and one pixel or more")
    return _Products.apply(features) / (channels * height * width)  # type: ignore[no-any-return]


class _Products(torch.autograd.Function):
    """Compute X X^T of channels X; the gradient (G + G^T) X is one product, where torch takes two and adds them up.

    Pixels are read as they lie in memory, and the gradient lies as they do: two layouts in one sum are slow.
    """

    @staticmethod
    def forward(ctx: Any, features: Tensor) -> Tensor:  # noqa: ANN401
        ctx.save_for_backward(features)
        pixels = _pixels(features)  # batch pixel channel
        return pixels.mT @ pixels  # batch channel channel

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:  # noqa: ANN401
        (features,), (gradient,) = ctx.saved_tensors, gradients
        both = gradient + gradient.mT  # batch channel channel
        if _is_channels_last(features):
            found: Tensor = (_pixels(features) @ both).view_as(features.movedim(1, -1)).movedim(-1, 1)
        else:
            found = (both @ features.flatten(2)).view_as(features)
        return found  # batch channel height width


def _is_channels_last(features: Tensor) -> bool:
    return not features.is_contiguous() and features.is_contiguous(memory_format=torch.channels_last)


def _pixels(features: Tensor) -> Tensor:
    """Return features as `[batch, pixel, channel]`: a view of memory in either layout."""
    if _is_channels_last(features):
        return features.movedim(1, -1).flatten(1, 2)
    return features.flatten(2).mT


def content_loss(features: Features, target: Target, *, relative: bool = False) -> Float[Tensor, ""]:
    """Compute the mean squared difference of feature maps; they must agree place by place.

    Source: Gatys, Ecker, Bethge 2016, eq. 1.
    Changed: the mean in place of half the sum, so that the size of the image does not weigh.

    Args:
        features: of the image that is optimized.
        target: of the content image, the same layer.
        relative: divide by the mean square of the target; then 1 is the loss of features that are all 0.

    Raises:
        ConfigError: the shapes differ.
    """
    return _squared_error("features", features, target, relative=relative)


def style_loss(features: Features, target: TargetGram, *, relative: bool = False) -> Float[Tensor, ""]:
    """Compute the mean squared difference of Gram matrices: what channels do together counts, where does not.

    Source: Gatys, Ecker, Bethge 2016, eq. 4.
    Changed: the Gram matrix is divided by c h w, so that images may differ in size, and by no further factor.

    Args:
        features: of the image that is optimized.
        target: Gram matrix of the style image, the same layer.
        relative: divide by the mean square of the target; then layers of large and of small features count alike.

    Raises:
        ConfigError: the number of channels or images differs.
    """
    return _squared_error("Gram matrices", gram_matrix(features), target, relative=relative)


def _squared_error(what: str, input: Tensor, target: Tensor, *, relative: bool) -> Tensor:
    if input.shape != target.shape:
        raise ConfigError(what, got=tuple(input.shape), need=f"the target's shape {tuple(target.shape)}")
    error = (input - target).square().mean()
    if not relative:
        return error
    size = target.square().mean()
    return error / torch.where(size > 0, size, 1)  # features that are 0 everywhere have no size to compare with


def total_variation(images: Features, reduction: str = "sum") -> Float[Tensor, ""]:
    """Compute the sum of |x_ij - x_i+1,j| + |x_ij - x_i,j+1|: what noise has much of, and an edge little.

    "mean" is half the sum of the mean difference of neighbors in a column and that of neighbors in a row, which does
    not grow with the image. Its derivative is 0 where neighbors are equal.

    Source: Rudin, Osher, Fatemi 1992, "Nonlinear total variation based noise removal algorithms", eq. 2.
    Changed: |dx| + |dy| (anisotropic) in place of the root of dx^2 + dy^2.

    >>> total_variation(torch.tensor([[[[0.0, 0.0, 1.0], [0.0, 1.0, 1.0]]]]))
    tensor(3.)

    Args:
        images: of any number of channels.
        reduction: "sum" or "mean".

    Raises:
        ConfigError: the reduction is unknown.
    """
    if reduction not in ("sum", "mean"):
        raise ConfigError("total_variation.reduction", got=reduction, need="sum or mean")
    down = (images[..., 1:, :] - images[..., :-1, :]).abs()  # batch channel height-1 width
    across = (images[..., :, 1:] - images[..., :, :-1]).abs()  # batch channel height width-1
    if reduction == "sum":
        return down.sum() + across.sum()
    means = [pairs.mean() for pairs in (down, across) if pairs.numel()]  # a single line has no pairs one way
    return torch.stack(means).sum() / 2 if means else images.sum() * 0
