"""Trees of tensors: a tensor, or tuples, lists and dicts of them, handled as one (torch calls them pytrees)."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils import _pytree as pytree

Tree = Any  # a tensor, None, or a tuple, list or dict of trees
Structure = Any  # what is left of a tree without its tensors: plain values that fit in JSON


def map_tensors(change: Callable[[Tensor], Any], tree: Tree) -> Tree:
    """Return the tree with every tensor changed; a lone tensor, the usual case, is not walked.

    Args:
        change: of one tensor.
        tree: whose tensors are changed.
    """
    if isinstance(tree, Tensor):
        return change(tree)
    return None if tree is None else pytree.tree_map_only(Tensor, change, tree)


def tensors_of(tree: Tree) -> list[Tensor]:
    """Return the tensors of a tree, in the tree's order."""
    if isinstance(tree, Tensor):
        return [tree]
    return [leaf for leaf in pytree.tree_leaves(tree) if isinstance(leaf, Tensor)]


def detach(tree: Tree) -> Tree:
    """Return the tree with every tensor cut from the graph of gradients."""
    return map_tensors(Tensor.detach, tree)


def pack(tree: Tree) -> tuple[Structure, list[Tensor]]:
    """Return a tree's structure as plain values, and its tensors in order; `unpack` undoes it.

    Raises:
        TypeError: the tree holds something that is neither a tensor, None, a tuple, a list nor a dict.
    """
    tensors: list[Tensor] = []

    def walk(part: Tree) -> Structure:
        if part is None:
            return None
        if isinstance(part, Tensor):
            tensors.append(part)
            return len(tensors) - 1
        if isinstance(part, dict):
            return {"dict": {str(name): walk(value) for name, value in part.items()}}
        if isinstance(part, tuple | list):
            return {"tuple" if isinstance(part, tuple) else "list": [walk(value) for value in part]}
        raise TypeError(f"a {type(part).__name__} in a tree of tensors")

    return walk(tree), tensors


def unpack(structure: Structure, tensors: list[Tensor]) -> Tree:
    """Build the tree that `pack` took apart.

    Raises:
        TypeError: the structure is not one that `pack` gave.
        IndexError: a tensor is missing.
    """
    if structure is None:
        return None
    if isinstance(structure, int) and not isinstance(structure, bool):
        return tensors[structure]
    if isinstance(structure, dict) and len(structure) == 1:
        ((kind, parts),) = structure.items()
        if kind == "dict":
            return {name: unpack(part, tensors) for name, part in parts.items()}
        if kind in ("tuple", "list"):
            built = [unpack(part, tensors) for part in parts]
            return tuple(built) if kind == "tuple" else built
    raise TypeError(f"{structure!r} is no structure of a tree")


def has_non_finite(tree: Tree) -> bool:
    """Return whether a floating tensor of the tree holds NaN or an infinity."""
    return any(t.is_floating_point() and not bool(torch.isfinite(t).all()) for t in tensors_of(tree))


def concatenate(trees: list[Tree]) -> Tree:
    """Join trees of one structure along their tensors' first axis."""
    if isinstance(trees[0], Tensor):
        return torch.cat(trees)
    return pytree.tree_map(lambda *parts: torch.cat(parts) if isinstance(parts[0], Tensor) else parts[0], *trees)
