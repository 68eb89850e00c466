"""Multiply-adds, the field's measure of work: one is a multiplication and the addition of its product.

Counted are convolutions, plain and transposed, with the zeros of their padding, and products of matrices, whatever
layer asks for them. Not counted, by convention: biases, normalization, activation, pooling, sums between paths.
The papers call these numbers FLOPs as often as not; one is two floating-point operations.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from d2lab.core.tensor_tree import Tree, tensors_of

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


def count_multiply_adds(model: nn.Module, example: Tree) -> int:
    """Count the multiply-adds of one forward pass, which is computed, in evaluation; the model's modes are kept.

    `summarize` counts them by layer, and on the meta device without computing anything.

    Args:
        model: any model.
        example: what it reads, a batch of one.
    """
    modes = {module: module.training for module in model.modules()}
    counter = _Counter()
    try:
        with torch.no_grad(), counter:
            model.eval()(example)
    finally:
        for module, training in modes.items():
            module.training = training
    return counter.total


class _Counter(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Adds up what the operations of a forward pass cost."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.total = 0

    def __torch_dispatch__(
        self,
        operation: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401
        results = operation(*args, **(kwargs or {}))
        self.total += multiply_adds_of(operation, args, tensors_of(results))
        return results
