"""Layers: the ideas that models are made of."""

from d2lab.layers.blocked import BlockedConv2d, PhaseAvgPool2d, PhaseMaxPool2d, blocked
from d2lab.layers.init import InitName, initialize

__all__ = ["BlockedConv2d", "InitName", "PhaseAvgPool2d", "PhaseMaxPool2d", "blocked", "initialize"]
