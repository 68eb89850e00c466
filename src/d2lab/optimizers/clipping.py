"""Gradient clipping, by the norm of all gradients together or by value."""

from collections.abc import Iterable

import torch
from jaxtyping import Float
from torch import Tensor

from d2lab.core.errors import ConfigError, NonFiniteError


@torch.no_grad()
def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor], max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> Float[Tensor, ""]:
    """Scale all gradients by one factor so that their joint norm is at most max_norm; return the norm before.

    The factor is min(1, max_norm / (norm + 1e-6)), so the direction stays.

    Source: Pascanu, Mikolov, Bengio 2013, "On the difficulty of training recurrent neural networks", algorithm 1.
    Twin: torch.nn.utils.clip_grad_norm_.

    Args:
        parameters: tensors whose gradients are scaled in place, or a single one.
        max_norm: largest norm allowed.
        norm_type: p of the norm over all entries; infinity for the largest entry.
        error_if_nonfinite: raise where the norm is NaN or infinite, instead of passing it on to the gradients.

    Raises:
        ConfigError: max_norm or norm_type is not above 0.
        NonFiniteError: the norm is not finite, and error_if_nonfinite is set.
    """
    if not max_norm > 0 or not norm_type > 0:
        raise ConfigError("clip_grad_norm_", got=(max_norm, norm_type), need="max_norm and norm_type above 0")
    gradients = _gradients(parameters)
    if not gradients:
        return torch.tensor(0.0)
    norm = _norm(gradients, norm_type)
    if error_if_nonfinite and not norm.isfinite():
        raise NonFiniteError("the norm of the gradients", got=float(norm), need="a finite number")
    factor = (max_norm / (norm + 1e-6)).clamp(max=1.0)
    for gradient in gradients:
        gradient.mul_(factor)
    return norm


def _gradients(parameters: Tensor | Iterable[Tensor]) -> list[Tensor]:
    """List the gradients that have entries; a single parameter counts as a list of one, not of its rows."""
    if isinstance(parameters, Tensor):
        parameters = [parameters]
    return [p.grad for p in parameters if p.grad is not None and p.grad.numel()]


def _norm(gradients: list[Tensor], norm_type: float) -> Float[Tensor, ""]:
    if any(hasattr(gradient, "full_tensor") for gradient in gradients):  # in shares, not to be put together
        return torch.nn.utils.get_total_norm(gradients, norm_type)
    sizes = torch.cat([gradient.abs().flatten() for gradient in gradients])
    dtype = sizes.dtype
    sizes = sizes.to(torch.promote_types(dtype, torch.float32))  # in half precision 256 squared is infinite
    norm = sizes.max() if norm_type == float("inf") else (sizes**norm_type).sum() ** (1 / norm_type)
    return norm.to(dtype)


@torch.no_grad()
def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float) -> None:
    """Clamp every entry of every gradient to [-clip_value, clip_value]; the direction may change.

    Source: Mikolov 2012, "Statistical Language Models Based on Neural Networks", section 3.2.2.
    Twin: torch.nn.utils.clip_grad_value_.

    Args:
        parameters: tensors whose gradients are clamped in place, or a single one.
        clip_value: largest absolute value of an entry.

    Raises:
        ConfigError: clip_value is not above 0.
    """
    if not clip_value > 0:
        raise ConfigError("clip_grad_value_", got=clip_value, need="a number above 0")
    for gradient in _gradients(parameters):
        limit = torch.full_like(gradient, clip_value)
        gradient.copy_(gradient.maximum(-limit).minimum(limit))
