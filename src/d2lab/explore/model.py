"""A trained model for the browser: the chain of its layers, with all that is needed to compute them there."""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from d2lab.core.errors import ConfigError
from d2lab.inspection.chain import chain_of
from d2lab.inspection.summary import summarize

MOST_PARAMETERS = 6_000_000  # 24 MB of text
MOST_WORK = 150_000_000  # multiply-adds: about a second in a browser
EXAMPLES = 10
ACTIVATIONS: dict[type[nn.Module], str] = {
    nn.ReLU: "relu",
    nn.LeakyReLU: "leaky_relu",
    nn.Sigmoid: "sigmoid",
    nn.Tanh: "tanh",
    nn.GELU: "gelu",
    nn.SiLU: "silu",
}
Layer = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """An image to begin with.

    Args:
        name: of it.
        pixels: (channels, height, width), whole numbers from 0 to 255.
    """

    name: str
    pixels: Tensor


def described(
    model: nn.Module, shape: Sequence[int], classes: Sequence[str], name: str, examples: Sequence[Example] = ()
) -> dict[str, Any]:
    """Describe a model so that the browser can compute it.

    Args:
        model: a chain of layers, trained.
        shape: of one input: channels, height, width.
        classes: their names.
        name: of the model.
        examples: images to begin with.

    Raises:
        ConfigError: it is no chain of layers, has a layer that the browser does not know, or is too large.
    """
    if len(shape) != 3:
        raise ConfigError("d2lab explore", got=f"inputs of shape {tuple(shape)}", need="a model that reads images")
    chain = _chain(model, shape)
    layers = [_layer(title, module) for title, module in chain.items()]
    with torch.no_grad():
        costs = summarize(model, _example(model, shape))
    if costs.parameters > MOST_PARAMETERS or costs.multiply_adds > MOST_WORK:
        got = f"{costs.parameters:,} parameters, {costs.multiply_adds:,} multiply-adds"
        need = f"at most {MOST_PARAMETERS:,} and {MOST_WORK:,}, which a browser computes in a second"
        raise ConfigError("d2lab explore", got=got, need=need, fix="Train a smaller one, with --set side= or widths=.")
    shown = [{"name": one.name, "pixels": _packed(one.pixels.to(torch.uint8))} for one in examples[:EXAMPLES]]
    known = [layer for layer in layers if layer]
    return {"name": name, "shape": list(shape), "classes": list(classes), "layers": known, "examples": shown}


def _example(model: nn.Module, shape: Sequence[int]) -> Tensor:
    """Return an image of zeros where the model is, in its precision."""
    like = next(model.parameters(), torch.zeros(0))
    return like.new_zeros((1, *shape))


def _chain(model: nn.Module, shape: Sequence[int]) -> dict[str, nn.Module]:
    """Return the layers in the order in which the model calls them.

    Raises:
        ConfigError: it is no chain of layers: it has branches, shortcuts, or computes something between layers.
    """
    chain = chain_of(model, _example(model, shape))
    if chain is None:
        need = "a chain of layers, each of which reads what the one before returns"
        fix = "LeNet, AlexNet, VGG, NiN and the perceptrons are; models with branches or shortcuts are not."
        raise ConfigError("d2lab explore", got=type(model).__name__, need=need, fix=fix)
    return chain


def _layer(title: str, module: nn.Module) -> Layer:
    """Describe one layer; what does nothing in prediction is left out.

    Raises:
        ConfigError: the browser does not know it.
    """
    kind = type(module)
    if kind in ACTIVATIONS:
        return {"type": "activation", "title": f"{title} ({kind.__name__})", "name": ACTIVATIONS[kind]}
    writer = WRITERS.get(kind)
    if writer is None:
        need = f"one of {', '.join(sorted(one.__name__ for one in [*WRITERS, *ACTIVATIONS]))}"
        raise ConfigError(f"layer {title}", got=kind.__name__, need=need)
    described_ = writer(module)
    return {**described_, "title": title} if described_ else {}


def _convolution(layer: Any) -> Layer:  # noqa: ANN401 (one of torch's, by its kind)
    if layer.groups != 1 or isinstance(layer.padding, str) or layer.padding_mode != "zeros":
        raise ConfigError("convolution", got=repr(layer), need="one group, zeros as padding and a number of them")
    sizes = {name: _one(name, getattr(layer, name)) for name in ("stride", "padding", "dilation")}
    return {"type": "conv", "weight": floats(layer.weight), "bias": floats(layer.bias), **sizes}


def _linear(layer: Any) -> Layer:  # noqa: ANN401
    return {"type": "linear", "weight": floats(layer.weight), "bias": floats(layer.bias)}


def _pool(kind: str) -> Callable[[Any], Layer]:
    def write(layer: Any) -> Layer:  # noqa: ANN401
        if layer.ceil_mode or not getattr(layer, "count_include_pad", True) or getattr(layer, "dilation", 1) != 1:
            raise ConfigError("pooling", got=repr(layer), need="whole windows, no dilation, zeros counted")
        sizes = {name: _one(name, getattr(layer, name)) for name in ("stride", "padding")}
        return {"type": "pool", "kind": kind, "window": _one("kernel_size", layer.kernel_size), **sizes}

    return write


def _global_mean(layer: Any) -> Layer:  # noqa: ANN401
    if layer.output_size not in (1, (1, 1)):
        raise ConfigError("adaptive pooling", got=repr(layer), need="one that leaves a single pixel")
    return {"type": "mean"}


def _normalization(layer: Any) -> Layer:  # noqa: ANN401
    """In prediction it is one gain and one shift a channel."""
    if layer.running_var is None:
        raise ConfigError("batch normalization", got="no running statistics", need="track_running_stats=True")
    gain = (layer.running_var + layer.eps).rsqrt() * (1 if layer.weight is None else layer.weight)
    shift = (0 if layer.bias is None else layer.bias) - layer.running_mean * gain
    return {"type": "affine", "gain": floats(gain), "shift": floats(shift)}


def _flatten(layer: Any) -> Layer:  # noqa: ANN401
    return {"type": "flatten"}


def _nothing(layer: Any) -> Layer:  # noqa: ANN401
    return {}


WRITERS: dict[type[nn.Module], Callable[[Any], Layer]] = {
    nn.Conv2d: _convolution,
    nn.Linear: _linear,
    nn.MaxPool2d: _pool("max"),
    nn.AvgPool2d: _pool("mean"),
    nn.AdaptiveAvgPool2d: _global_mean,
    nn.BatchNorm1d: _normalization,
    nn.BatchNorm2d: _normalization,
    nn.Flatten: _flatten,
    nn.Dropout: _nothing,
    nn.Dropout2d: _nothing,
    nn.Identity: _nothing,
}


def _one(name: str, value: Any) -> int:  # noqa: ANN401 (a number or a pair)
    """Return the number that both sides share."""
    pair = value if isinstance(value, tuple) else (value, value)
    if len(set(pair)) != 1:
        raise ConfigError(name, got=value, need="the same number on both sides")
    return int(pair[0])


def floats(values: Tensor | None) -> dict[str, Any] | None:
    """Pack numbers as 32-bit floats in base64, with their shape.

    Args:
        values: of any precision; None stays None.
    """
    if values is None:
        return None
    flat = values.detach().to("cpu", torch.float32).contiguous()
    return {"shape": list(flat.shape), "data": base64.b64encode(flat.numpy().astype("<f4").tobytes()).decode()}


def _packed(pixels: Tensor) -> str:
    return base64.b64encode(pixels.contiguous().numpy().tobytes()).decode()
