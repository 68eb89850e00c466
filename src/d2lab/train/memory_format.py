"""The fast form of a model: the same parameters and numbers, in the memory layout that the device likes."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from d2lab.core.errors import ConfigError
from d2lab.core.machine import cpp_compiler
from d2lab.layers.space_to_depth import blocked
from d2lab.train.config import Layout

Forward = Callable[[Tensor], Tensor]
CHANNELS_LAST = ("cpu", "cuda")
WIDE = 16  # channels: the lanes of a processor that multiplies 16 numbers at once


def optimize_layout(model: nn.Module, example: Tensor, *, layout: Layout) -> nn.Module:
    """Return a model that computes what `model` does, sooner; both share their parameters.

    On a processor, narrow convolutions in a row of layers work on blocks of pixels; other devices' kernels were not
    measured with blocks. Wide ones keep the channels of a pixel together (channels last), on processor and cuda:
    docs/decisions/0007-layout.md has the measurement.

    Args:
        model: the model, on its device.
        example: one prepared input.
        layout: "plain" leaves the layers alone.
    """
    row = layout == "auto" and isinstance(model, nn.Sequential)
    if row and example.ndim == 4 and example.device.type == "cpu":
        quick: nn.Module = blocked(model, example)  # type: ignore[arg-type]
        if quick is not model:
            return quick
    if layout == "auto" and example.device.type in CHANNELS_LAST and _is_wide(model):
        return model.to(memory_format=torch.channels_last)
    return model


def _is_wide(model: nn.Module) -> bool:
    """Tell whether a convolution reads enough channels to fill the lanes that read them together."""
    return any(isinstance(m, nn.Conv2d) and m.in_channels >= WIDE and m.groups == 1 for m in model.modules())


def compile_model(model: nn.Module, device: torch.device) -> Forward:
    """Hand a model to torch.compile, after a look for what that needs.

    Raises:
        ConfigError: there is no compiler to work with.
    """
    if device.type == "cpu" and cpp_compiler() is None:
        fix = "Install one, or leave compile out."
        raise ConfigError("compile", got="no C++ compiler", need="g++, clang++ or Visual C++", fix=fix)
    try:
        compiled: Forward = torch.compile(model)
    except RuntimeError as cause:  # a Python or system that torch.compile doesn't know yet
        raise ConfigError("compile", got=str(cause), need="a platform that torch.compile knows") from cause
    return compiled
