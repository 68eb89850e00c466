"""What each layer costs in one training step: arithmetic, traffic, operations, and activations kept for backward."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from d2lab.inspection.operation_costs import Cost, CostCounter
from d2lab.inspection.owners import CLIPPING, OUTSIDE, Owners


@dataclass(frozen=True, kw_only=True, slots=True)
class LayerCost:
    """One layer of a training step; a layer that is called twice is one."""

    name: str  # of the module; "" for what the model computes between its layers
    kind: str  # Conv2d, ReLU; the operations where the module has layers inside
    forward: Cost
    backward: Cost
    saved_bytes: int  # of activations that the forward pass keeps for the backward pass
    input_bytes: int = 0  # of the inputs of its first call

    @property
    def both(self) -> Cost:
        """Return forward and backward together."""
        return self.forward.add(self.backward)

    @property
    def label(self) -> str:
        """Return the name for a reader."""
        return self.name or "between layers"


class LayerCounter:
    """Counts the costs of every layer while a step is computed.

    Args:
        model: the part that computes; its parameters and buffers are no activations.
    """

    def __init__(self, model: nn.Module) -> None:
        self.model = model
        self.counter = CostCounter()
        self.owners = Owners(self._turn)
        self._own = {_address(tensor) for tensor in (*model.parameters(), *model.buffers())}
        # By storage, the views that are kept; the tensors themselves, as a freed address could be reused.
        self._saved: dict[int, tuple[str, dict[Any, Tensor]]] = {}
        self._order: dict[str, None] = {}
        self._inputs: dict[str, int] = {}

    def _turn(self, name: str, backward: bool) -> None:
        self.counter.key = (name, backward)
        self._order.setdefault(name)

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Count what is computed in the block; `owners.begin` and `owners.close` frame the forward pass."""
        hooks = [module.register_forward_pre_hook(self._read(name)) for name, module in self.model.named_modules()]
        try:
            with self.owners.watching(self.model), self.saving(), self.counter:
                yield
        finally:
            for hook in hooks:
                hook.remove()

    @contextmanager
    def saving(self) -> Iterator[None]:
        """Note the tensors that the forward pass keeps for the backward pass, for the layer that keeps each first."""

        def keep(tensor: Tensor) -> Tensor:
            address = _address(tensor)
            if address not in self._own:
                key = self.counter.key
                owner = key[0] if isinstance(key, tuple) else OUTSIDE
                parts = self._saved.setdefault(address, (owner, {}))[1]
                parts[tensor.storage_offset(), tensor.shape] = tensor
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            yield

    def _read(self, name: str) -> Callable[..., None]:
        def read(_: nn.Module, args: Any) -> None:  # noqa: ANN401
            self._inputs.setdefault(name, sum(one.nbytes for one in args if isinstance(one, Tensor)))

        return read

    def layers(self) -> tuple[LayerCost, ...]:
        """Return the layers that computed anything, in the order of their forward passes, the loss last."""
        kinds = dict(self.model.named_modules())
        sizes: dict[str, int] = {}
        for owner, parts in self._saved.values():
            sizes[owner] = sizes.get(owner, 0) + _held(parts.values())
        found = []
        for name in sorted(self._order, key=lambda name: name in (OUTSIDE, CLIPPING)):
            ways = [self.counter.costs.get((name, way), Cost()) for way in (False, True)]
            if not sizes.get(name) and not any(cost.bytes for cost in ways):
                continue
            found.append(
                LayerCost(
                    name=name,
                    kind=_kind(kinds.get(name), ways[0]),
                    forward=ways[0],
                    backward=ways[1],
                    saved_bytes=sizes.get(name, 0),
                    input_bytes=self._inputs.get(name, 0),
                )
            )
        return tuple(found)


def count_layers(model: nn.Module, compute: Callable[[], Tensor]) -> tuple[LayerCost, ...]:
    """Count the costs of the layers in a forward and a backward pass.

    Args:
        model: whose layers are told apart.
        compute: runs the forward pass and returns a loss, a tensor without axes; its gradients are not kept.
    """
    counted = LayerCounter(model)
    wanted = [parameter for parameter in model.parameters() if parameter.requires_grad]
    with counted.counting():
        counted.owners.begin()
        loss = compute()
        counted.owners.close(loss)
        torch.autograd.grad(loss, wanted, allow_unused=True)
    return counted.layers()


def total(costs: Iterable[Cost]) -> Cost:
    """Return the sum of some costs."""
    found = Cost()
    for cost in costs:
        found = found.add(cost)
    return found


def _kind(module: nn.Module | None, forward: Cost) -> str:
    if module is None or next(module.children(), None) is not None:
        return " ".join(forward.kinds[:3])
    return type(module).__name__


def _held(parts: Iterable[Tensor]) -> int:
    """Count the bytes of views of one storage; of a batch that was made with others only its own."""
    views = list(parts)
    return min(views[0].untyped_storage().nbytes(), sum(view.nbytes for view in views))


def _address(tensor: Tensor) -> int:
    return int(tensor.untyped_storage()._cdata)
