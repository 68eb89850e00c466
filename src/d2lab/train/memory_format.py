"""Memory format: the layout in which a model computes fastest on its device, equal up to rounding."""

from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn

from d2lab.core.errors import ConfigError
from d2lab.core.machine import cpp_compiler
from d2lab.inspection.chain import chain_of
from d2lab.layers.space_to_depth import with_space_to_depth
from d2lab.train.config import Layout

Forward = Callable[[Tensor], Tensor]
CHANNELS_LAST = ("cpu", "cuda")
WIDE = 16  # channels: a CPU with AVX-512 multiplies 16 float32 numbers at once


def optimize_layout(model: nn.Module, example: Tensor, *, layout: Layout) -> nn.Module:
    """Return a faster model that computes the same function; both share their parameters.

    On the CPU, narrow convolutions of a chain of layers compute on space-to-depth blocks of pixels; kernels of other
    devices were not measured with blocks. Wide ones use `torch.channels_last` on CPU and cuda:
    docs/decisions/0007-layout.md has the measurement.

    Args:
        model: the model, on its device.
        example: a prepared batch of one.
        layout: "plain" leaves the layers alone.
    """
    if layout == "auto" and example.ndim == 4 and example.device.type == "cpu":
        fast = _with_blocks(model, example)
        if fast is not None:
            return fast
    if layout == "auto" and example.device.type in CHANNELS_LAST and _is_wide(model):
        return model.to(memory_format=torch.channels_last)
    return model


def _with_blocks(model: nn.Module, example: Tensor) -> nn.Module | None:
    """Rebuild a chain of layers with space-to-depth; None where the model is no chain, or nothing is gained."""
    parts = dict(model.named_children())
    if not any(isinstance(part, nn.Conv2d) for part in parts.values()):
        return None
    chain = chain_of(model, example, parts)
    if chain is None or len(chain) < len(parts):
        return None
    trained = chain_of(model, example, parts, training=True)  # a forward may do more in training
    if trained is None or list(trained) != list(chain):
        return None
    return with_space_to_depth(chain, example, training=model.training)


def _is_wide(model: nn.Module) -> bool:
    """Return whether a convolution reads enough channels to fill a vector register."""
    return any(isinstance(m, nn.Conv2d) and m.in_channels >= WIDE and m.groups == 1 for m in model.modules())


def compile_model(model: nn.Module, device: torch.device) -> Forward:
    """Compile a model with torch.compile; random numbers (dropout) are those that it draws when it is not compiled.

    Outputs differ from the model's own in the last digits, since sums are taken in another order. A batch of another
    size is compiled anew once, for all sizes. A trivial program is compiled first: what is missing on this machine is
    told now and not in the middle of the first step.

    Raises:
        ConfigError: no compiler is installed, or it or torch.compile does not work on this platform.
    """
    if device.type == "cpu" and cpp_compiler() is None:
        fix = "Install one, name it in CXX, or leave compile out."
        raise ConfigError("compile", got="no C++ compiler", need="g++, clang++ (macOS) or Visual C++", fix=fix)
    options: dict[str, Any] = {"fallback_random": True}
    try:
        _try_compiler(device)
        compiled: Forward = torch.compile(model, options=options)
    except (RuntimeError, OSError, ImportError) as cause:  # a compiler, Python or system that does not serve
        said = " ".join(str(cause).split("Set TORCH")[0].split())  # then comes advice for who develops torch
        got, need = said or type(cause).__name__, "a compiler and a platform that torch.compile works on"
        raise ConfigError("compile", got=got, need=need, fix="Leave compile out.") from cause
    return compiled


@cache
def _try_compiler(device: torch.device) -> None:
    """Compile a trivial program, once a process."""

    def next_number(x: Tensor) -> Tensor:
        return x + 1

    torch.compile(next_number)(torch.zeros(8, device=device))
