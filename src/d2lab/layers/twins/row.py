"""How a row of the table is made: one expression, read in two namespaces."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from torch import nn

from d2lab.core.reference import Inputs, Twin
from d2lab.layers.scratch import SCRATCH

Make = Callable[[Any], nn.Module]  # from a namespace of layers, ours or torch.nn
OURS = SimpleNamespace(**{made.__name__: made for made in SCRATCH.values()})


def layer_row(name: str, make: Make, inputs: Inputs, **more: Any) -> Twin:  # noqa: ANN401
    """Make a row whose two sides are one expression, read in two namespaces.

    Args:
        name: the idea, then the variant.
        make: builds the layer from `layers` or from `torch.nn`.
        inputs: what forward takes.
        more: further fields of the row.
    """
    source = " ".join((type(make(OURS)).__doc__ or "").split("Source: ")[-1].split("\n\n")[0].split())
    source = source.split(" Twin:")[0].split(" Changed:")[0].rstrip(".")
    return Twin(name=name, source=source, ours=lambda: make(OURS), theirs=lambda: make(nn), inputs=inputs, **more)
