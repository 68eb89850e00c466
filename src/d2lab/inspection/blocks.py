"""The layers of a model as the blocks of a drawing: their kinds, sizes, parameters and output shapes."""

import dataclasses

import torch
from torch import Tensor, nn

from d2lab.inspection.summary import Row, summarize
from d2lab.plot.architecture import Block

JOINED = ("ReLU", "Sigmoid", "Tanh", "GELU")  # written beside the layer before them


def blocks_of(model: nn.Module, example: Tensor) -> list[Block]:
    """Read the blocks off one forward pass; an activation joins the layer before it.

    Args:
        model: any module.
        example: an input, with its batch axis.
    """
    with torch.no_grad():
        rows = summarize(model, example).rows
    modules = dict(model.named_modules())
    blocks: list[Block] = []
    for row in rows:
        if row.kind in JOINED and blocks and blocks[-1].shape == row.shape:
            before = blocks[-1]
            blocks[-1] = dataclasses.replace(before, detail=f"{before.detail} + {row.kind}".strip())
        else:
            blocks.append(_block(row, modules.get(row.name)))
    return blocks


def _block(row: Row, module: nn.Module | None) -> Block:
    """Return the block of a layer: kind, shape, window, parameters."""
    detail = ""
    kernel, stride, padding = (getattr(module, name, None) for name in ("kernel_size", "stride", "padding"))
    if kernel is not None:
        detail = _by(kernel)
        detail += f", stride {_one(stride)}" if _one(stride) not in ("1", "None") else ""
        detail += f", padding {_one(padding)}" if _one(padding) not in ("0", "None") else ""
    return Block(kind=row.kind, shape=row.shape, detail=detail, parameters=row.parameters)


def _by(value: object) -> str:
    return "×".join(map(str, value)) if isinstance(value, tuple) else f"{value}×{value}"


def _one(value: object) -> str:
    """Write one number where both sides agree."""
    return str(value[0]) if isinstance(value, tuple) and len(set(value)) == 1 else str(value)
