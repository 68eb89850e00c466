"""Features of a model: what its head or decoder reads. Where all below stands still they need computing only once.

Source: Donahue et al. 2014, "DeCAF: A Deep Convolutional Activation Feature for Generic Visual Recognition", section 3.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from d2lab.core.errors import ConfigError
from d2lab.models.finetune import Head, Top, find_head, find_top


@torch.no_grad()
def features_of(
    model: nn.Module, images: Float[Tensor, "batch channel height width"], head: Head | None = None
) -> Float[Tensor, "batch feature"]:
    """Return the features of images, computed in evaluation; the model keeps its mode.

    Args:
        model: with a linear head, the last thing that it computes.
        images: as the model reads them.
        head: the model's, where it is known; see `find_head`.

    Raises:
        ConfigError: the head is no linear map of one vector an image, or something is computed behind it.
    """
    head = find_head(model) if head is None else head
    got, need = f"{head.name} ({type(head.layer).__name__})", "a linear map of one vector of features an image"
    if not isinstance(head.layer, nn.Linear):
        raise ConfigError("the head", got=got, need=need)
    (features,) = _given_to(Top(*head), model, images)
    if features.ndim != 2:
        raise ConfigError("the head", got=got, need=need)
    return features


@torch.no_grad()
def features_of_parts(
    model: nn.Module, images: Float[Tensor, "batch channel height width"], top: Top | None = None
) -> tuple[Float[Tensor, "batch ..."], ...]:
    """Return the features that a head (one vector an image) or a decoder (maps) reads; the model keeps its mode.

    Args:
        model: whose head or decoder is the last thing that it computes.
        images: as the model reads them.
        top: the model's head or decoder, where it is known; see `find_top`.

    Raises:
        ConfigError: see `features_of`.
    """
    top = find_top(model) if top is None else top
    if isinstance(top.module, nn.Linear | nn.Conv2d):
        return (features_of(model, images, Head(top.name, top.module)),)
    return _given_to(top, model, images)


def _given_to(top: Top, model: nn.Module, images: Tensor) -> tuple[Tensor, ...]:
    """Return what a part of a model was given while the model evaluated images.

    Raises:
        ConfigError: something is computed behind that part.
    """
    seen: list[tuple[Tensor | tuple[Tensor, ...], Tensor]] = []
    hook = top.module.register_forward_hook(lambda _, given, out: seen.append((given[0], out)))
    training = {module: module.training for module in model.modules()}
    try:
        answers = model.eval()(images)
    finally:
        hook.remove()
        for module, mode in training.items():
            module.training = mode
    if len(seen) != 1 or answers.shape != seen[0][1].shape or not torch.equal(answers, seen[0][1]):
        raise ConfigError("the model", got=f"something behind {top.name}", need="that as its last layer, called once")
    given = seen[0][0]
    return given if isinstance(given, tuple) else (given,)
