"""The fast form of a net: the same parameters and numbers, in the memory layout that the device likes."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from d2lab.core.errors import ConfigError
from d2lab.core.machine import cpp_compiler
from d2lab.layers.blocked import blocked
from d2lab.train.config import Layout

Forward = Callable[[Tensor], Tensor]


def fast_form(net: nn.Module, example: Tensor, *, layout: Layout) -> nn.Module:
    """Give a net that computes what `net` does, sooner; both share their parameters.

    On a processor, narrow convolutions in a row of layers work on blocks of pixels. Other devices take the
    plain net: their kernels were not measured with blocks.

    Args:
        net: the model, on its device.
        example: one prepared input.
        layout: "plain" leaves the layers alone.
    """
    row = layout == "auto" and isinstance(net, nn.Sequential)
    if row and example.ndim == 4 and example.device.type == "cpu":
        return blocked(net, example)  # type: ignore[arg-type]
    return net


def compile_form(net: nn.Module, device: torch.device) -> Forward:
    """Hand a net to torch.compile, after a look for what that needs.

    Raises:
        ConfigError: there is no compiler to work with.
    """
    if device.type == "cpu" and cpp_compiler() is None:
        fix = "Install one, or leave compile out."
        raise ConfigError("compile", got="no C++ compiler", need="g++, clang++ or Visual C++", fix=fix)
    try:
        compiled: Forward = torch.compile(net)
    except RuntimeError as cause:  # a Python or system that torch.compile doesn't know yet
        raise ConfigError("compile", got=str(cause), need="a platform that torch.compile knows") from cause
    return compiled
