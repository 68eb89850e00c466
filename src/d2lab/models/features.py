"""Features of a model: what its head reads. Where all below the head stands still they need computing only once.

Source: Donahue et al. 2014, "DeCAF: A Deep Convolutional Activation Feature for Generic Visual Recognition", section 3.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from d2lab.core.errors import ConfigError
from d2lab.models.finetune import Head, find_head


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
    seen: list[tuple[Tensor, Tensor]] = []
    hook = head.layer.register_forward_hook(lambda _, given, out: seen.append((given[0], out)))
    training = {module: module.training for module in model.modules()}
    try:
        logits = model.eval()(images)
    finally:
        hook.remove()
        for module, mode in training.items():
            module.training = mode
    if not isinstance(head.layer, nn.Linear) or len(seen) != 1 or seen[0][0].ndim != 2:
        got = f"{head.name} ({type(head.layer).__name__})"
        raise ConfigError("the head", got=got, need="a linear map of one vector of features an image")
    features, scored = seen[0]
    if logits.shape != scored.shape or not torch.equal(logits, scored):
        raise ConfigError("the model", got=f"something behind {head.name}", need="the head as its last layer")
    return features
