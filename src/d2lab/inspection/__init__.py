"""Looking into models: what each layer costs and sees, what it makes of a picture, how two models differ.

Everything here works on any `nn.Module` and an example tensor; it knows no model, no data and no picture.
"""

from d2lab.inspection.activation_map import class_activation_maps, ends_in_a_mean, grad_cam
from d2lab.inspection.blocks import blocks_of
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
