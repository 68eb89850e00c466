"""Rows of loss functions."""

import torch

from d2lab.layers.twins.inputs import classes, distributions, pairs
from d2lab.layers.twins.row import layer_row

LOSSES = [
    layer_row("MSELoss", lambda of: of.MSELoss(), pairs(1)),
    layer_row("MSELoss: sum", lambda of: of.MSELoss(reduction="sum"), pairs(3, scale=1e6)),
    layer_row("L1Loss", lambda of: of.L1Loss(), pairs(3)),
    layer_row("L1Loss: at 0", lambda of: of.L1Loss(reduction="none"), pairs(3, same=True)),
    layer_row("HuberLoss", lambda of: of.HuberLoss(delta=0.7), pairs(4)),
    layer_row(
        "HuberLoss: large and zero errors", lambda of: of.HuberLoss(reduction="none"), pairs(4, scale=1e8, same=True)
    ),
    layer_row("SmoothL1Loss", lambda of: of.SmoothL1Loss(beta=1 / 9), pairs(4)),
    layer_row("SmoothL1Loss: beta = 0", lambda of: of.SmoothL1Loss(beta=0.0), pairs(4, same=True)),
    layer_row("CrossEntropyLoss", lambda of: of.CrossEntropyLoss(), classes(10)),
    layer_row(
        "CrossEntropyLoss: logits of 1,000", lambda of: of.CrossEntropyLoss(reduction="none"), classes(5, scale=1e3)
    ),
    layer_row("CrossEntropyLoss: smooth", lambda of: of.CrossEntropyLoss(label_smoothing=0.1), classes(10)),
    layer_row(
        "CrossEntropyLoss: weights, smooth, ignored, of pixels",
        lambda of: of.CrossEntropyLoss(torch.tensor([1.0, 0.5, 3.0]), ignore_index=1, label_smoothing=0.2),
        classes(3, 4, 5),
    ),
    layer_row(
        "CrossEntropyLoss: sum, ignored",
        lambda of: of.CrossEntropyLoss(ignore_index=-1, reduction="sum"),
        classes(4, 3, low=-1),
    ),
    layer_row("CrossEntropyLoss: probabilities", lambda of: of.CrossEntropyLoss(label_smoothing=0.3), distributions(5)),
    layer_row("BCEWithLogitsLoss", lambda of: of.BCEWithLogitsLoss(), pairs(10, binary=True)),
    layer_row(
        "BCEWithLogitsLoss: weights, logits of 1,000",
        lambda of: of.BCEWithLogitsLoss(torch.tensor([1.0, 2.0]), pos_weight=torch.tensor([0.5, 4.0]), reduction="sum"),
        pairs(2, scale=1e3, binary=True),
    ),
]
