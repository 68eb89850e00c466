"""A model without its normalization: what follows a convolution, or comes before it, becomes part of it.

Which layer follows which is seen in a pass: a normalization whose input is the very output of a convolution.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

import torch
from torch import Tensor, nn

from d2lab.core.tensor_tree import tensors_of
from d2lab.layers import fold, normalization
from d2lab.layers.normalize import Normalize

LINEAR = (nn.Conv2d, nn.Conv1d, nn.Linear)  # layers that a normalization behind them becomes part of
BATCH_NORM = (nn.modules.batchnorm._BatchNorm, normalization.BatchNorm2d)


@dataclass(frozen=True, slots=True)
class Folded:
    """A model whose normalization was folded.

    Args:
        model: a copy, in evaluation.
        folded: normalizations that became part of another layer.
        kept: batch normalizations that did not, for no convolution stands before them.
    """

    model: nn.Module
    folded: int
    kept: int


def fold_model(model: nn.Module, inputs: Sequence[Any]) -> Folded:
    """Fold what can be folded of a model in evaluation; its outputs stay the same, to rounding.

    Batch normalization is folded into the convolution or linear map whose output alone it reads, normalization of the
    input into the convolution that reads its output. A layer that is called twice, or whose output another reads as
    well, stays as it is; what is no layer (an addition) is not seen to read: compare the outputs.

    Args:
        model: it is not changed.
        inputs: one example of each argument, for the pass that shows what follows what.
    """
    made = copy.deepcopy(model).eval()
    names = {module: name for name, module in made.named_modules()}
    pairs = [(names[first], names[second]) for first, second in _neighbors(made, inputs)]
    count = 0
    for before, after in pairs:
        layer, norm = made.get_submodule(before), made.get_submodule(after)
        if isinstance(layer, LINEAR) and isinstance(norm, BATCH_NORM) and norm.running_mean is not None:
            _replace(made, layer, fold.fold_batch_norm(layer, norm))
            _replace(made, norm, nn.Identity())
            count += 1
    for before, after in pairs:  # now: the convolution may hold a normalization that followed it
        norm, layer = made.get_submodule(before), made.get_submodule(after)
        if isinstance(norm, Normalize) and _plain(layer):
            _replace(made, layer, fold.fold_normalization(layer, norm.mean, norm.std))
            _replace(made, norm, nn.Identity())
            count += 1
    return Folded(made, count, sum(isinstance(module, BATCH_NORM) for module in made.modules()))


def has_normalization(model: nn.Module) -> bool:
    """Return whether a model has a normalization of the kind that can be folded."""
    return any(isinstance(module, (*BATCH_NORM, Normalize)) for module in model.modules())


def _plain(layer: nn.Module) -> TypeGuard[nn.Conv2d]:
    """Return whether normalization of the input can become part of a layer."""
    if type(layer) is not nn.Conv2d:
        return False
    return layer.groups == 1 and layer.padding_mode == "zeros" and not isinstance(layer.padding, str)


def _neighbors(model: nn.Module, inputs: Sequence[Any]) -> list[tuple[nn.Module, nn.Module]]:
    """Return pairs of layers of which the second reads the very output of the first, and no other layer does."""
    makers: dict[int, nn.Module] = {}
    readers: dict[nn.Module, list[nn.Module]] = {}
    calls: dict[nn.Module, int] = {}
    kept: list[Tensor] = []  # alive, so that no number is given twice

    def before(module: nn.Module, given: tuple[Any, ...]) -> None:
        for tensor in tensors_of(given):
            if id(tensor) in makers:
                readers.setdefault(makers[id(tensor)], []).append(module)

    def after(module: nn.Module, given: tuple[Any, ...], output: Any) -> None:  # noqa: ANN401
        calls[module] = calls.get(module, 0) + 1
        gray = isinstance(module, Normalize) and given[0].shape != output.shape  # one channel becomes three
        if isinstance(output, Tensor) and isinstance(module, (*LINEAR, Normalize)) and not gray:
            makers[id(output)] = module
            kept.append(output)

    leaves = [module for module in model.modules() if not list(module.children())]
    handles = [leaf.register_forward_pre_hook(before) for leaf in leaves]
    handles += [leaf.register_forward_hook(after) for leaf in leaves]
    try:
        with torch.no_grad():
            model(*inputs)
    finally:
        for handle in handles:
            handle.remove()
    once = {module for module, count in calls.items() if count == 1}
    return [(a, b[0]) for a, b in readers.items() if len(b) == 1 and {a, b[0]} <= once]


def _replace(model: nn.Module, old: nn.Module, layer: nn.Module) -> None:
    """Put a layer in the place of another, wherever the model holds it."""
    for parent in model.modules():
        for child, module in list(parent.named_children()):
            if module is old:
                setattr(parent, child, layer)
