"""Arithmetic and memory traffic of the operations that a layer asks for: FLOPs, bytes, and how many there are.

FLOPs of convolutions, matrix products and attention, with their backward passes, are those of
`torch.utils.flop_counter`: a multiplication and an addition are two. Every other operation is counted as one for each
element that it reads or writes. Bytes are the least that an operation moves: each input read once, each output written
once. A view costs nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

aten = torch.ops.aten
EMPTY = {aten.empty, aten.empty_like, aten.empty_strided, aten.new_empty, aten.new_empty_strided, aten.detach}
READS = {aten._local_scalar_dense, aten.item}  # a number of a tensor becomes one of Python: the device is waited for


@dataclass(slots=True)
class Cost:
    """Sums over the operations of one layer in one pass."""

    flops: int = 0
    bytes: int = 0
    operations: int = 0
    largest: int = 0  # bytes of the largest operation: they decide whether a cache holds them
    reads: int = 0  # numbers read from the device, each of which waits for it
    kinds: list[str] = field(default_factory=list)  # names of the operations, each once

    def add(self, other: "Cost") -> "Cost":
        """Return the sum of two costs."""
        return Cost(
            flops=self.flops + other.flops,
            bytes=self.bytes + other.bytes,
            operations=self.operations + other.operations,
            largest=max(self.largest, other.largest),
            reads=self.reads + other.reads,
            kinds=list(dict.fromkeys([*self.kinds, *other.kinds])),
        )


class CostCounter(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Adds up what operations cost, each to the key that is set when it is called.

    >>> counter = CostCounter()
    >>> with counter:
    ...     _ = torch.ones(2, 3) @ torch.ones(3, 4)
    >>> counter.costs[""].flops >= 48
    True
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.key: Any = ""
        self.costs: dict[Any, Cost] = {}

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Keep torch from importing its compiler, which takes seconds, for a mode that never meets it."""
        return False

    def __torch_dispatch__(
        self,
        operation: Any,  # noqa: ANN401
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401
        """Compute, and add the cost to the present key."""
        results = operation(*args, **(kwargs or {}))
        cost = self.costs.setdefault(self.key, Cost())
        packet = operation.overloadpacket
        if packet in READS or _leaves_device(packet, args, results):
            cost.reads += 1
        if operation.is_view or packet in EMPTY:
            return results
        moved = bytes_moved((args, kwargs or {}), results)
        cost.flops += flops_of(packet, args, kwargs or {}, results)
        cost.bytes += moved
        cost.operations += 1
        cost.largest = max(cost.largest, moved)
        name = packet.__name__.strip("_")
        if name not in cost.kinds:
            cost.kinds.append(name)
        return results


def flops_of(packet: Any, args: Sequence[Any], kwargs: Mapping[str, Any], results: object) -> int:  # noqa: ANN401
    """Count the floating-point operations of one operation.

    Args:
        packet: torch's operation, without its overload.
        args: its arguments by position.
        kwargs: its arguments by name.
        results: what it returned.
    """
    counted: Mapping[Any, Callable[..., Any]] = _registry()
    if packet in counted:
        return int(counted[packet](*args, **kwargs, out_val=results))
    read = [sum(t.numel() for t in _tensors(argument)) for argument in args]
    return max([0, sum(t.numel() for t in _tensors(results)), *read])


def bytes_moved(given: object, results: object) -> int:
    """Count the bytes that an operation reads and writes at least; an expanded tensor is read as it is stored.

    Args:
        given: its arguments, nested.
        results: what it returned.
    """
    read = {id(tensor): tensor for tensor in _tensors(given)}.values()
    return sum(map(_stored, read)) + sum(map(_stored, _tensors(results)))


def _stored(tensor: Tensor) -> int:
    whole = tensor.numel() * tensor.element_size()
    return min(whole, tensor.untyped_storage().nbytes()) if tensor.layout is torch.strided else whole


def _tensors(tree: object) -> list[Tensor]:
    return [leaf for leaf in tree_leaves(tree) if isinstance(leaf, Tensor)]


def _leaves_device(packet: Any, args: Sequence[Any], results: object) -> bool:  # noqa: ANN401
    """Say whether a copy goes from an accelerator to main memory, for which the processor waits."""
    if packet is not aten._to_copy or not isinstance(results, Tensor):
        return False
    return results.device.type == "cpu" and args[0].device.type not in ("cpu", "meta")


def _registry() -> Mapping[Any, Callable[..., Any]]:
    from torch.utils.flop_counter import flop_registry  # takes half a second to import

    return flop_registry
