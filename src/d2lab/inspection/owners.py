"""Which layer computes at this moment, in the forward pass and in the backward pass of a training step.

A module's hooks say when its forward pass begins and ends. For the backward pass each node of the autograd graph is
given to the innermost module that made it, and a hook of the node says when its turn comes. What a module computes
between the layers inside it (`+`, `torch.cat`, a function) is its own. No tensor is changed or wrapped.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from d2lab.core.tensor_tree import Tree

Listener = Callable[[str, bool], None]  # name of the layer, whether in the backward pass
OUTSIDE = "loss"  # what is computed outside the model
CLIPPING = "gradient clipping"  # what is computed behind the backward pass, before the optimizer


class Owners:
    """Reports to a listener each time another layer begins to compute.

    Args:
        listener: called with the name of the layer ("" for the model itself) and whether this is its backward pass.
    """

    def __init__(self, listener: Listener) -> None:
        self.listener = listener
        self._stack = [OUTSIDE]
        self._nodes: dict[Any, str] = {}  # nodes of the graph, kept alive, so that none is mistaken for another

    @contextmanager
    def watching(self, model: nn.Module) -> Iterator[None]:
        """Follow the layers of a model; behind the block its hooks are gone."""
        hooks: list[Any] = []
        for name, module in model.named_modules():

            def enter(_: nn.Module, args: Any, kwargs: Any, name: str = name) -> None:  # noqa: ANN401
                self._enter(name, (args, kwargs))

            hooks.append(module.register_forward_pre_hook(enter, with_kwargs=True))
            hooks.append(module.register_forward_hook(lambda _, __, output: self._leave(output), always_call=False))
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()

    def begin(self) -> None:
        """Forget the last step: a new forward pass begins outside the model."""
        self._stack = [OUTSIDE]
        self._nodes.clear()
        self.listener(OUTSIDE, False)

    def close(self, loss: Tensor) -> None:
        """End the forward pass at the loss; what no layer made is the loss's own."""
        self._claim([loss])
        if loss.grad_fn is not None:
            loss.grad_fn.register_prehook(lambda _: _at_the_end(lambda: self.listener(CLIPPING, True)))
        self.listener(OUTSIDE, True)

    def _enter(self, name: str, inputs: Tree) -> None:
        self._claim(_tensors(inputs))
        self._stack.append(name)
        self.listener(name, False)

    def _leave(self, output: Tree) -> None:
        self._claim(_tensors(output))
        self._stack.pop()
        self.listener(self._stack[-1], False)

    def _claim(self, tensors: Iterable[Tensor]) -> None:
        """Assign the nodes behind tensors that belong to nobody yet to the module that computes now."""
        owner = self._stack[-1]
        waiting = [tensor.grad_fn for tensor in tensors if tensor.grad_fn is not None]
        while waiting:
            node = waiting.pop()
            if node in self._nodes:
                continue
            self._nodes[node] = owner
            if type(node).__name__ != "AccumulateGrad":  # it outlives the step where a gradient is kept
                node.register_prehook(lambda _, owner=owner: self.listener(owner, True))
            waiting += [before for before, _ in node.next_functions if before is not None]


def _tensors(tree: object) -> list[Tensor]:
    """Return the tensors of any nested form; what is no tensor is passed over."""
    if isinstance(tree, Tensor):
        return [tree]
    if isinstance(tree, dict):
        return [tensor for value in tree.values() for tensor in _tensors(value)]
    if isinstance(tree, list | tuple):
        return [tensor for value in tree for tensor in _tensors(value)]
    return []


def _at_the_end(call: Callable[[], None]) -> None:
    """Have the engine call something when the backward pass that runs now is done."""
    torch.autograd.Variable._execution_engine.queue_callback(call)
