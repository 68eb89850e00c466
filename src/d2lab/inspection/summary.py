"""What each layer of a model costs: parameters, multiply-adds, memory, and its receptive field.

It is measured while the model computes, so that it covers what is between layers (`+`, `torch.cat`) too. On the
meta device nothing is really computed: the largest model answers in a second and takes no memory.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import prod
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.weak import WeakTensorKeyDictionary

from d2lab.inspection.multiply_adds import multiply_adds_of
from d2lab.inspection.receptive import Field, follow, of_image
from d2lab.inspection.shapes import computed


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One call of a layer, or what a module computes between its layers."""

    name: str  # of the module; empty for the model itself
    call: int  # 0 for the first call of the module, 1 for the second
    kind: str  # Conv2d, ReLU; add or cat between layers
    shape: tuple[int, ...]  # of the output, without the batch axis
    parameters: int  # that no row above has used
    multiply_adds: int  # of one example
    activation_bytes: int  # of the output of one example; 0 where it is a view of the input
    field: Field | None  # what a unit of the output sees of the image; None where the input is none


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelSummary:
    """The rows in the order of computation, and the image's sides."""

    rows: tuple[Row, ...]
    sides: tuple[int, ...]  # pixels; empty where the input is no image

    @property
    def parameters(self) -> int:
        """Count all parameters that are used."""
        return sum(row.parameters for row in self.rows)

    @property
    def multiply_adds(self) -> int:
        """Count all multiply-adds of one example."""
        return sum(row.multiply_adds for row in self.rows)

    @property
    def activation_bytes(self) -> int:
        """Count the bytes of all outputs of one example: what training keeps for the way back, at most."""
        return sum(row.activation_bytes for row in self.rows)

    def sees(self, row: Row) -> tuple[int, ...] | None:
        """Return the pixels that a unit sees along each axis; None where the input is no image."""
        if row.field is None:
            return None
        return tuple(span.size for span in row.field)

    def sees_all(self, row: Row) -> bool:
        """Return whether each unit sees the whole image, wherever it lies."""
        spans = row.field or ()
        whole = zip(spans, self.sides, strict=bool(spans))
        return bool(spans) and all(not any(span.first) and min(span.last) == side - 1 for span, side in whole)


def summarize(model: nn.Module, example: Tensor) -> ModelSummary:
    """Summarize one forward pass, in evaluation; the model is put back into its mode.

    Args:
        model: any model, on any device; `with torch.device("meta")` is the fastest.
        example: a batch of one that the model reads, on the same device; an image has axes behind the channels.
    """
    watch = _Watch(model, example)
    with watching(model, watch), torch.no_grad(), watch:
        model(example)
    rows = [call for call in watch.calls if not isinstance(call.module, nn.Identity)]
    return ModelSummary(rows=tuple(call.row() for call in rows), sides=tuple(example.shape[2:]))


def multiply_adds(model: nn.Module, example: Tensor) -> int:
    """Count the multiply-adds of one forward pass of `example`; the model is put back into its mode."""
    return summarize(model, example).multiply_adds


@contextmanager
def watching(model: nn.Module, watch: "_Watch") -> Iterator[None]:
    """Report every call of a module to the watch, in evaluation; behind the block the model is as before."""
    modes = {module: module.training for module in model.modules()}
    hooks = []
    for name, module in model.named_modules():
        hooks.append(module.register_forward_pre_hook(lambda module, _, name=name: watch.enter(name, module)))
        hooks.append(module.register_forward_hook(lambda _, inputs, output: watch.leave(inputs, output)))
    model.eval()
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
        for module, mode in modes.items():
            module.training = mode


@dataclass(slots=True)
class _Call:
    """A row that is being written."""

    name: str
    module: nn.Module
    leaf: bool
    number: int = 0
    kinds: list[str] = field(default_factory=list)
    shape: tuple[int, ...] = ()
    parameters: int = 0
    multiply_adds: int = 0
    activation_bytes: int = 0
    field: Field | None = None

    def row(self) -> Row:
        kind = type(self.module).__name__ if self.leaf else " ".join(dict.fromkeys(self.kinds))
        return Row(
            name=self.name,
            call=self.number,
            kind=kind,
            shape=self.shape[1:],
            parameters=self.parameters,
            multiply_adds=self.multiply_adds,
            activation_bytes=self.activation_bytes,
            field=self.field,
        )


class _Watch(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Sees every operation, knows which module asks for it, and follows what depends on the image."""

    def __init__(self, model: nn.Module, example: Tensor) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.calls: list[_Call] = []  # in the order of their first operation
        self._stack: list[_Call] = []
        self._times: dict[str, int] = {}
        self._new = {id(parameter) for parameter in model.parameters()}
        self._fields: Any = WeakTensorKeyDictionary()
        if example.ndim > 2:
            self._fields[example] = of_image(example.shape[2:])

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Keep torch from importing its compiler, which takes seconds, for a mode that never meets it."""
        return False

    def enter(self, name: str, module: nn.Module) -> None:
        call = _Call(name, module, leaf=next(module.children(), None) is None)
        self._stack.append(call)
        if call.leaf:
            self._begin(call)

    def _begin(self, call: _Call) -> None:
        call.number = self._times.get(call.name, 0)
        self._times[call.name] = call.number + 1
        self.calls.append(call)

    def leave(self, inputs: Sequence[Any], output: object) -> None:
        call = self._stack.pop()
        result = next((leaf for leaf in tree_leaves(output) if isinstance(leaf, Tensor)), None)
        if not call.leaf or result is None:
            return
        call.shape, call.field = tuple(result.shape), self._fields.get(result)
        given = any(result is leaf for leaf in tree_leaves(inputs))
        call.activation_bytes = 0 if given or result._is_view() else _bytes(result)

    def __torch_dispatch__(
        self,
        func: Any,  # noqa: ANN401
        types: Any,  # noqa: ANN401
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401
        """Compute, and write down what was computed."""
        output = computed(func, args, kwargs or {})
        given = [leaf for leaf in tree_leaves((args, kwargs or {})) if isinstance(leaf, Tensor)]
        results = [leaf for leaf in tree_leaves(output) if isinstance(leaf, Tensor)]
        fields = [self._fields[tensor] for tensor in given if tensor in self._fields]
        if fields and results:
            seen = follow(func, args, fields, results[0])
            for tensor in results:
                self._fields[tensor] = seen
        if self._stack:
            self._note(func, args, given, results)
        return output

    def _note(self, func: Any, args: tuple[Any, ...], given: list[Tensor], results: list[Tensor]) -> None:  # noqa: ANN401
        call = self._stack[-1]
        used = {id(tensor): tensor.numel() for tensor in given if id(tensor) in self._new}
        self._new -= used.keys()
        call.parameters += sum(used.values())
        call.multiply_adds += multiply_adds_of(func, args, results)
        shares = any(argument.alias_info for argument in func._schema.arguments)  # a view, or written in place
        if call.leaf or not results or (shares and not func._schema.is_mutable):
            return
        if not call.kinds:  # the module's first operation between its layers
            self._begin(call)
        call.kinds.append(func.overloadpacket.__name__.strip("_"))
        call.shape, call.field = tuple(results[0].shape), self._fields.get(results[0])
        call.activation_bytes += 0 if shares else _bytes(results[0])


def _bytes(tensor: Tensor) -> int:
    """Return the bytes of the tensor itself, whatever it is a part of."""
    return prod(tensor.shape) * tensor.element_size()
