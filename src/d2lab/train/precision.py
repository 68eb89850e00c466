"""Precision of a training step: autocast to a 16-bit type, and the gradient scaler that float16 needs."""

from contextlib import nullcontext
from typing import Any

import torch

from d2lab.core.errors import ConfigError
from d2lab.train.config import Precision

HALF = {"bfloat16": torch.bfloat16, "float16": torch.float16}


def autocast(precision: Precision, device: torch.device) -> Any:  # noqa: ANN401
    """Return the autocast context for a precision; it can be entered repeatedly."""
    if precision == "float32":
        return nullcontext()
    return torch.autocast(device.type, dtype=HALF[precision], cache_enabled=False)


def gradient_scaler(precision: Precision, device: torch.device) -> Any:  # noqa: ANN401
    """Return the gradient scaler for float16; None for other precisions."""
    if precision != "float16":
        return None
    if device.type != "cuda":
        fix = "Use precision=bfloat16, which needs no scaling."
        raise ConfigError("precision", got=f"float16 on {device.type}", need="a cuda device for float16", fix=fix)
    return torch.amp.GradScaler(device.type)
