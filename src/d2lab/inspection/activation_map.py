"""Where in an image a model sees a class: class activation maps and Grad-CAM."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from d2lab.core.errors import ConfigError
from d2lab.inspection.features import main_layers, outputs_of

ROUNDING = 1e-3  # of the largest score, in float32 or coarser: the mean is taken in another order
Maps = Float[Tensor, "class_ rows columns"]


def class_activation_maps(
    model: nn.Module, image: Float[Tensor, "1 channel height width"], classes: Sequence[int]
) -> Maps:
    """Split each class's score over the positions of the last maps: their mean, plus the bias, is the score.

    map_c(x, y) = sum over k of w_ck A_k(x, y). It needs a model that ends in global average pooling, with a
    linear layer behind it or none; whether it does is verified on the image itself.

    Source: Zhou, Khosla, Lapedriza, Oliva, Torralba 2016, "Learning Deep Features for Discriminative Localization",
    equation 2.

    Args:
        model: the model, in evaluation.
        image: what it reads.
        classes: whose maps are wanted.

    Raises:
        ConfigError: the model doesn't end in a global mean.
    """
    with torch.no_grad():
        maps, weights = _ending(model, image)
        return torch.einsum("ck,kyx->cyx", weights[list(classes)], maps)


def ends_in_a_mean(model: nn.Module, image: Float[Tensor, "1 channel height width"]) -> bool:
    """Return whether the scores are a global mean of maps larger than a pixel, mapped linearly or not at all."""
    try:
        with torch.no_grad():
            return _ending(model, image)[0][0].numel() > 1
    except ConfigError:
        return False


def _ending(model: nn.Module, image: Tensor) -> tuple[Float[Tensor, "k height width"], Float[Tensor, "class_ k"]]:
    """Find the maps that the mean is of, and the weights behind it; the scores must come out of them again."""
    need = "one that ends in a global mean and at most one linear layer"
    pools = [name for name, module in model.named_modules() if isinstance(module, nn.AdaptiveAvgPool2d)]
    if not pools:
        raise ConfigError("model", got=type(model).__name__, need=need)
    given: list[Tensor] = []
    with model.get_submodule(pools[-1]).register_forward_pre_hook(lambda _, inputs: given.append(inputs[0])):
        scores = model(image)
    maps = given[-1]
    mean = maps.mean((2, 3))
    linear = [module for module in model.modules() if isinstance(module, nn.Linear)]
    weights = linear[-1].weight if linear else torch.eye(mean.shape[1]).to(mean)
    if weights.shape[1] != mean.shape[1] or len(weights) != scores.shape[1]:
        raise ConfigError("model", got=type(model).__name__, need=need)
    again = nn.functional.linear(mean, weights, linear[-1].bias if linear else None)
    if not (again - scores).abs().max() <= ROUNDING * scores.abs().max():
        raise ConfigError("model", got=type(model).__name__, need=need)
    return maps[0], weights


def grad_cam(
    model: nn.Module,
    image: Float[Tensor, "1 channel height width"],
    classes: Sequence[int],
    layer: str | None = None,
) -> Maps:
    """Compute Grad-CAM: a layer's maps weighted by the mean gradient of the score, the positive part of their sum.

    map_c = ReLU(sum over k of a_ck A_k), where a_ck is the mean over positions of d score_c / d A_k. Behind a global
    mean and a linear layer this is the ReLU of the class activation map, divided by the number of positions.

    Source: Selvaraju, Cogswell, Das, Vedantam, Parikh, Batra 2017, "Grad-CAM", equations 1 and 2.

    Args:
        model: the model, in evaluation.
        image: what it reads.
        classes: whose maps are wanted.
        layer: whose maps are weighed; the last with maps above one pixel unless given.

    Raises:
        ConfigError: no such layer, or one without maps.
    """
    name = layer or main_layers(model, image)[-1]
    with torch.enable_grad():
        outputs = outputs_of(model, image.detach().requires_grad_(), [name, ""])
        maps, scores = outputs[name], outputs[""]
        if maps.ndim != 4:
            raise ConfigError(
                "layer", got=f"{name}, {list(maps.shape)}", need="one with maps: [batch channel height width]"
            )
        gradients = [torch.autograd.grad(scores[0, number], maps, retain_graph=True)[0] for number in classes]
    return torch.cat([(gradient.mean((2, 3), keepdim=True) * maps).sum(1).relu() for gradient in gradients]).detach()
