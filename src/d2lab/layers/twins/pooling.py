"""Rows of pooling layers."""

from d2lab.layers.twins.inputs import LENET_MAPS, normal, strided, ties
from d2lab.layers.twins.row import layer_row

POOLS = [
    layer_row("MaxPool2d", lambda of: of.MaxPool2d(2), normal(*LENET_MAPS)),
    layer_row("MaxPool2d: ties", lambda of: of.MaxPool2d(3, stride=2, padding=1), ties(2, 7, 7)),
    layer_row("MaxPool2d: dilated, uneven", lambda of: of.MaxPool2d((2, 3), (1, 2), dilation=(2, 1)), normal(2, 6, 8)),
    layer_row("MaxPool2d: ceil mode", lambda of: of.MaxPool2d(3, stride=2, padding=1, ceil_mode=True), normal(2, 6, 8)),
    layer_row(
        "MaxPool2d: ceil mode, no window begins in the padding",
        lambda of: of.MaxPool2d(2, stride=3, padding=1, ceil_mode=True),
        normal(2, 5, 5),
    ),
    layer_row("MaxPool2d: all below 0", lambda of: of.MaxPool2d(3, padding=1), normal(2, 6, 6, mean=-9.0)),
    layer_row("AvgPool2d", lambda of: of.AvgPool2d(2), normal(*LENET_MAPS)),
    layer_row("AvgPool2d: padding counts", lambda of: of.AvgPool2d(3, stride=2, padding=1), normal(2, 7, 6)),
    layer_row(
        "AvgPool2d: padding does not count, ceil mode",
        lambda of: of.AvgPool2d(3, stride=2, padding=1, ceil_mode=True, count_include_pad=False),
        normal(2, 6, 8),
    ),
    layer_row(
        "AvgPool2d: ceil mode beyond the padding",
        lambda of: of.AvgPool2d(3, 2, padding=1, ceil_mode=True),
        normal(2, 6, 8),
    ),
    layer_row("AvgPool2d: divisor", lambda of: of.AvgPool2d(2, divisor_override=3), strided(2, 5, 6)),
    layer_row("AdaptiveAvgPool2d", lambda of: of.AdaptiveAvgPool2d(1), normal(16, 10, 10)),
    layer_row("AdaptiveAvgPool2d: cells overlap", lambda of: of.AdaptiveAvgPool2d((3, 5)), normal(2, 7, 8)),
    layer_row("AdaptiveAvgPool2d: enlarge, keep", lambda of: of.AdaptiveAvgPool2d((9, None)), normal(2, 4, 3)),
]
