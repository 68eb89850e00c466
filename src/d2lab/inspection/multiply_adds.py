"""Multiply-adds, the field's measure of work: one is a multiplication and the addition of its product.

Counted are convolutions, plain and transposed, with the zeros of their padding, and products of matrices, whatever
layer asks for them. Not counted, by convention: biases, normalization, activation, pooling, sums between paths.
The papers call these numbers FLOPs as often as not; one is two floating-point operations.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

aten = torch.ops.aten
PRODUCTS = {aten.mm, aten.bmm, aten.addmm, aten.baddbmm}  # of the last two arguments

ATTENTION = {
    aten._scaled_dot_product_flash_attention,
    aten._scaled_dot_product_flash_attention_for_cpu,
    aten._scaled_dot_product_efficient_attention,
    aten._scaled_dot_product_cudnn_attention,
}


def multiply_adds_of(operation: Any, arguments: Sequence[Any], results: Sequence[Tensor]) -> int:  # noqa: ANN401
    """Count the multiply-adds of one operation.

    Args:
        operation: torch's, as a dispatch mode is told it.
        arguments: of the operation.
        results: its tensors.
    """
    packet = operation.overloadpacket
    if packet is aten.convolution:
        source, weight, transposed = arguments[0], arguments[1], arguments[6]
        # An output number is a sum over the weights of one map; transposed, an input number is spread over them.
        return int((source if transposed else results[0]).numel() * weight[0].numel())
    if packet in PRODUCTS:
        left, right = arguments[-2:]
        return int(left.numel() * right.shape[-1])
    return _attention(arguments) if packet in ATTENTION else 0


def _attention(arguments: Sequence[Any]) -> int:
    """Count queries times keys, and weights times values."""
    query, key, value = arguments[:3]
    return int(query.numel() * key.shape[-2] + query.numel() // query.shape[-1] * key.shape[-2] * value.shape[-1])
