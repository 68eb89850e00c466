"""Rows of normalization layers."""

import torch

from d2lab.layers.twins.inputs import LENET_MAPS, normal, strided
from d2lab.layers.twins.row import layer_row

NORMALIZATIONS = [
    layer_row("BatchNorm2d", lambda of: of.BatchNorm2d(6), normal(*LENET_MAPS)),
    layer_row(
        "BatchNorm2d: mean 10,000",
        lambda of: of.BatchNorm2d(3),
        normal(3, 4, 4, mean=1e4),
    ),
    layer_row(
        "BatchNorm2d: constant", lambda of: of.BatchNorm2d(2), lambda d, n: (torch.full((n, 2, 3, 3), 7.0).double(),)
    ),
    layer_row("BatchNorm2d: two values", lambda of: of.BatchNorm2d(3), normal(3, 1, 2, batch=1)),
    layer_row("BatchNorm2d: equal average", lambda of: of.BatchNorm2d(3, momentum=None), normal(3, 4, 4)),
    layer_row("BatchNorm2d: not affine", lambda of: of.BatchNorm2d(3, affine=False), strided(3, 4, 4)),
    layer_row(
        "BatchNorm2d: no running statistics",
        lambda of: of.BatchNorm2d(3, eps=1e-3, track_running_stats=False),
        normal(3, 4, 4),
    ),
    layer_row("BatchNorm1d", lambda of: of.BatchNorm1d(120), normal(120)),
    layer_row("BatchNorm1d: sequences", lambda of: of.BatchNorm1d(4, momentum=0.3), normal(4, 9)),
    layer_row("LayerNorm", lambda of: of.LayerNorm(84), normal(84)),
    layer_row("LayerNorm: two axes", lambda of: of.LayerNorm((3, 4)), normal(2, 3, 4)),
    layer_row("LayerNorm: no bias", lambda of: of.LayerNorm(5, bias=False), normal(5, scale=1e-3)),
    layer_row("LayerNorm: not affine", lambda of: of.LayerNorm(5, elementwise_affine=False, eps=0.1), strided(2, 3, 5)),
    layer_row("LayerNorm: constant", lambda of: of.LayerNorm(4), lambda d, n: (torch.full((n, 4), -3.0).double(),)),
    layer_row("GroupNorm", lambda of: of.GroupNorm(2, 6), normal(*LENET_MAPS)),
    layer_row("GroupNorm: one channel a group", lambda of: of.GroupNorm(4, 4, affine=False), normal(4, 3, 3)),
    layer_row("GroupNorm: one group, no pixels", lambda of: of.GroupNorm(1, 6), normal(6)),
]
