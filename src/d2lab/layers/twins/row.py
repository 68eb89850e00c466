"""Rows of the table: one expression, evaluated with our layers and with torch's."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from torch import nn

from d2lab.core.reference import Inputs, Twin
from d2lab.layers.scratch import SCRATCH

Make = Callable[[Any], nn.Module]  # from a namespace of layers, ours or torch.nn
OURS = SimpleNamespace(**{made.__name__: made for made in SCRATCH.values()})


def layer_row(name: str, make: Make, inputs: Inputs, **more: Any) -> Twin:  # noqa: ANN401
    """Build a row whose two sides are one expression, evaluated in the namespace of our layers and in torch.nn.

    Args:
        name: the layer, then the variant.
        make: builds the layer from a namespace.
        inputs: draws the arguments of forward.
        more: further fields of the row.
    """
    _, found, rest = (type(make(OURS)).__doc__ or "").partition("Source: ")
    source = " ".join(rest.split("\n\n")[0].split()).split(" Twin:")[0].split(" Changed:")[0].rstrip(".")
    source = source if found else "definition"  # a reshape or a copy is no published idea
    return Twin(name=name, source=source, ours=lambda: make(OURS), theirs=lambda: make(nn), inputs=inputs, **more)
