"""Figures drawn from records: every figure in a light and a dark theme, with no display and no pyplot.

A drawing function takes NumPy arrays or a `History` and returns a matplotlib `Figure`; `save` writes it. Nothing
here touches matplotlib's global state except the fixed salt of SVG ids, held under a lock, so threads may draw
at once. Matplotlib itself is imported only when something is drawn.
"""

import warnings

from d2lab.plot.architecture import Block, architecture
from d2lab.plot.attention import attention
from d2lab.plot.augmented import augmented
from d2lab.plot.box_grid import BoxPanel, box_grid
from d2lab.plot.boxes import MarkedBoxes, box_names, draw_boxes, show_image
from d2lab.plot.compare import compare
from d2lab.plot.confusion import confusion
from d2lab.plot.counts import count_table, counts
from d2lab.plot.curves import curves
from d2lab.plot.diagram import Diagram
from d2lab.plot.drawing import Drawing, show
from d2lab.plot.evidence import evidence
from d2lab.plot.features import Maps, ModelMaps, features
from d2lab.plot.filters import filters
from d2lab.plot.font import cjk_font
from d2lab.plot.gradients import gradient_norms
from d2lab.plot.grids import Grid, grids
from d2lab.plot.history import History
from d2lab.plot.image_grid import image_grid
from d2lab.plot.layers import Measure, layers
from d2lab.plot.live import LiveFigure
from d2lab.plot.measured import dots, lines
from d2lab.plot.neighbors import neighbors
from d2lab.plot.neurons import neurons
from d2lab.plot.precision_recall import PrecisionCurve, precision_recall
from d2lab.plot.predictions import predictions
from d2lab.plot.receptive import receptive_field
from d2lab.plot.regions import regions
from d2lab.plot.regression import fit
from d2lab.plot.roofline import RooflineLimits, RooflinePoint, roofline
from d2lab.plot.save import save, save_both
from d2lab.plot.similarity import similarity
from d2lab.plot.surface import surface
from d2lab.plot.theme import DARK, LIGHT, Theme

__all__ = [
    "DARK",
    "LIGHT",
    "Block",
    "BoxPanel",
    "Diagram",
    "Drawing",
    "Grid",
    "History",
    "LiveFigure",
    "Maps",
    "MarkedBoxes",
    "Measure",
    "ModelMaps",
    "PrecisionCurve",
    "RooflineLimits",
    "RooflinePoint",
    "Theme",
    "architecture",
    "attention",
    "augmented",
    "box_grid",
    "box_names",
    "cjk_font",
    "compare",
    "confusion",
    "count_table",
    "counts",
    "curves",
    "dots",
    "draw_boxes",
    "evidence",
    "features",
    "filters",
    "fit",
    "gradient_norms",
    "grids",
    "image_grid",
    "layers",
    "lines",
    "neighbors",
    "neurons",
    "precision_recall",
    "predictions",
    "receptive_field",
    "regions",
    "roofline",
    "save",
    "save_both",
    "show",
    "show_image",
    "similarity",
    "surface",
]
OLD_NAMES = {"pictures": "image_grid", "NetMaps": "ModelMaps"}  # they work for one more release


def __getattr__(name: str) -> object:
    """Return what an old name is called now, with a warning that says so."""
    if name not in OLD_NAMES:
        raise AttributeError(f"module 'd2lab.plot' has no attribute {name!r}")
    warnings.warn(f"plot.{name} is called plot.{OLD_NAMES[name]} now", DeprecationWarning, stacklevel=2)
    return globals()[OLD_NAMES[name]]
