"""Pretrained weights of torchvision and timm by name: verified, without a pickle, offline where a file is here."""

from d2lab.pretrained.load import Pretrained, load_pretrained
from d2lab.pretrained.origin import Origin, find_origin, list_origins
from d2lab.pretrained.store import locate
from d2lab.pretrained.weights import fingerprint, read_weights

__all__ = [
    "Origin",
    "Pretrained",
    "find_origin",
    "fingerprint",
    "list_origins",
    "load_pretrained",
    "locate",
    "read_weights",
]
