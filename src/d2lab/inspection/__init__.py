"""Inspection of models: what each layer costs and sees, which features it computes, how two models differ.

Everything here works on any `nn.Module` and an example tensor.
"""

from typing import Any

from d2lab.inspection.activation_map import class_activation_maps, ends_in_a_mean, grad_cam
from d2lab.inspection.chain import chain_of
from d2lab.inspection.features import main_layers, outputs_of
from d2lab.inspection.fold import Part, fold, fold_to
from d2lab.inspection.similarity import similarities, tables_of
from d2lab.inspection.summary import ModelSummary, Row, multiply_adds, summarize
from d2lab.inspection.timing import Times, time_layers

__all__ = [
    "ModelSummary",
    "Part",
    "Row",
    "Times",
    "blocks_of",
    "chain_of",
    "class_activation_maps",
    "ends_in_a_mean",
    "fold",
    "fold_to",
    "grad_cam",
    "main_layers",
    "multiply_adds",
    "outputs_of",
    "similarities",
    "summarize",
    "tables_of",
    "time_layers",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401
    """Import `blocks_of` when it is asked for: it needs the room that draws, which a training run does not."""
    if name == "blocks_of":
        from d2lab.inspection.blocks import blocks_of

        return blocks_of
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
