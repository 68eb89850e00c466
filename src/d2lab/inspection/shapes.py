"""Shapes without numbers, at once.

Torch's own meta device knows the shape of every operation, but imports the better part of its compiler, which takes
seconds, for the first convolution and the first sum. Here are the shapes of the operations that image models are made
of; all others are left to torch.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from d2lab.inspection.multiply_adds import PRODUCTS

aten = torch.ops.aten
Arguments = Sequence[Any]


def computed(operation: Any, arguments: Arguments, keywords: dict[str, Any]) -> Any:  # noqa: ANN401
    """Compute an operation; on the meta device, return its shape.

    Args:
        operation: torch's, as a dispatch mode is told it.
        arguments: of the operation.
        keywords: of the operation.
    """
    flat = [part for value in arguments for part in (value if isinstance(value, list | tuple) else [value])]
    tensors = [value for value in flat if isinstance(value, Tensor)]
    shaped = None
    if tensors and not keywords and not operation._schema.is_mutable:
        first = tensors[0]
        if first.is_floating_point() and all(t.is_meta and t.dtype == first.dtype for t in tensors):
            rule = RULES.get(operation.overloadpacket, _pointwise if torch.Tag.pointwise in operation.tags else None)
            shaped = None if rule is None else rule(arguments)
    return operation(*arguments, **keywords) if shaped is None else shaped


def filled(arguments: Arguments, *defaults: Any) -> list[Any]:  # noqa: ANN401
    """Complete the arguments that were given by the defaults of those that were not.

    Args:
        arguments: the first ones.
        defaults: one for each.
    """
    return [*arguments, *defaults[len(arguments) :]]


def _pointwise(arguments: Arguments) -> Tensor:
    tensors = [value for value in arguments if isinstance(value, Tensor)]
    return tensors[0].new_empty(np.broadcast_shapes(*(tensor.shape for tensor in tensors)))  # torch's imports sympy


def _convolution(arguments: Arguments) -> Tensor | None:
    source, weight, _, stride, padding, dilation, transposed = arguments[:7]
    if transposed:
        return None
    sides = _slid(source, weight.shape[2:], stride, padding, dilation)
    return source.new_empty((source.shape[0], weight.shape[0], *sides))  # type: ignore[no-any-return]


def _pool(arguments: Arguments) -> Tensor | None:
    maps, kernel, stride, padding = filled(arguments[:4], None, None, [], 0)
    if arguments[4:]:  # dilated, rounded up
        return None
    return maps.new_empty((*maps.shape[:2], *_slid(maps, kernel, stride or kernel, padding, 1)))  # type: ignore[no-any-return]


def _max_pool(arguments: Arguments) -> tuple[Tensor, Tensor] | None:
    pooled = _pool(arguments)
    return None if pooled is None else (pooled, pooled.new_empty(pooled.shape, dtype=torch.int64))


def _slid(maps: Tensor, *window: int | Sequence[int]) -> list[int]:
    """Return the sides behind a window: kernel, stride, padding and dilation, each one number or one an axis."""
    sides = maps.shape[2:]
    each = [[v] * len(sides) if isinstance(v, int) else list(v) * (len(sides) // len(v)) for v in window]
    return [(side + 2 * p - d * (k - 1) - 1) // s + 1 for side, k, s, p, d in zip(sides, *each, strict=True)]


def _norm(arguments: Arguments) -> tuple[Tensor, Tensor, Tensor] | None:
    maps, training = arguments[0], arguments[5]
    return None if training else (maps.new_empty(maps.shape), maps.new_empty(0), maps.new_empty(0))


def _product(arguments: Arguments) -> Tensor:
    left, right = arguments[-2:]
    return left.new_empty((*left.shape[:-1], right.shape[-1]))  # type: ignore[no-any-return]


def _mean(arguments: Arguments) -> Tensor | None:
    if len(arguments) < 2 or not arguments[1]:
        return None
    maps, axes, keep = filled(arguments[:3], None, None, False)
    gone = {axis % maps.ndim for axis in axes}
    sizes = [1 if axis in gone else size for axis, size in enumerate(maps.shape) if keep or axis not in gone]
    return maps.new_empty(sizes)  # type: ignore[no-any-return]


def _cat(arguments: Arguments) -> Tensor:
    parts, axis = filled(arguments, None, 0)
    sizes = list(parts[0].shape)
    sizes[axis] = sum(part.shape[axis] for part in parts)
    return parts[0].new_empty(sizes)  # type: ignore[no-any-return]


RULES: dict[Any, Callable[[Arguments], Any]] = {
    aten.convolution: _convolution,
    aten.max_pool2d_with_indices: _max_pool,
    aten.avg_pool2d: _pool,
    aten.native_batch_norm: _norm,
    aten.mean: _mean,
    aten.cat: _cat,
    **dict.fromkeys(PRODUCTS, _product),
}
