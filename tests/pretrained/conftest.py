"""Files as torchvision and timm publish them, with random weights, and a server that has them."""

import hashlib
import threading

import pytest
import torch
from safetensors.torch import save_file
from tests.data.conftest import Handler, Server
from torch import nn

pytest.importorskip("torchvision", reason="the extra `pretrained` is not installed", exc_type=ImportError)
pytest.importorskip("timm", reason="the extra `pretrained` is not installed", exc_type=ImportError)

SMALL_TORCHVISION, SMALL_TIMM = "torchvision/squeezenet1_1", "timm/test_resnet.r160_in1k"  # 5 and 2 MB


def random_net(name):
    """The library's own model, its weights drawn, in evaluation; its answers depend on the picture.

    Fresh models of 2012 to 2015 and fresh statistics let a picture fade on its way: then wrong weights, or a wrong
    mean, would hardly show in the logits.
    """
    import timm
    import torchvision

    where, _, rest = name.partition("/")
    torch.manual_seed(0)
    more = {"init_weights": False} if rest in ("googlenet", "inception_v3") else {}
    model = (
        torchvision.models.get_model(rest, weights=None, **more) if where == "torchvision" else timm.create_model(rest)
    )
    for layer in model.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(layer.weight)
        if isinstance(layer, nn.BatchNorm2d):
            layer.momentum = 1.0
    if any(isinstance(layer, nn.BatchNorm2d) for layer in model.modules()):
        with torch.no_grad():
            model.train()(torch.randn(4, 3, 64, 64))
    return model.eval()


def saved(model, path):
    """Save a state dict in the form that the file's ending names."""
    if path.suffix == ".safetensors":
        save_file({name: tensor.contiguous() for name, tensor in model.state_dict().items()}, path)
    else:
        torch.save(model.state_dict(), path)
    return path


class Hub(Handler):
    """Also answers HEAD; under /hub/ it behaves as the hub of Hugging Face: facts in the headers, bytes elsewhere."""

    def do_HEAD(self):
        self.server.heads.append(self.path)
        fault = self.path.split("/")[1]
        if fault == "missing":
            return self.send_error(404)
        self.send_response(302 if fault.startswith("hub") else 200)
        if fault.startswith("hub"):
            digest = hashlib.sha256(self.server.body).hexdigest()
            self.send_header("X-Linked-Size", str(len(self.server.body)))
            if fault != "hub-silent":
                self.send_header("X-Linked-ETag", f'"{"0" * 64 if fault == "hub-lies" else digest}"')
            self.send_header("X-Repo-Commit", "abc123")
            self.send_header("Location", f"/good{self.path}")
        elif fault != "sizeless":
            self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()

    def do_GET(self):
        if self.path.startswith("/hub"):
            self.send_response(302)
            self.send_header("Location", f"/good{self.path}")
            return self.end_headers()
        return super().do_GET()


@pytest.fixture
def hub(monkeypatch):
    """A server whose `body` is the file."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Server() as one:
        one.RequestHandlerClass, one.heads = Hub, []
        threading.Thread(target=one.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield one
        one.shutdown()


@pytest.fixture(autouse=True)
def no_other_places(cache, tmp_path, monkeypatch):
    """No cache but an empty one of ours, and none of the libraries'."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hf"))
    monkeypatch.delenv("HF_ENDPOINT", raising=False)
    monkeypatch.delenv("D2LAB_TORCH_ENDPOINT", raising=False)


@pytest.fixture
def named(monkeypatch):
    """Let torchvision's weights have the name that the content of a file deserves; give that name."""

    def name(weights, content, base):
        file = f"{base}-{hashlib.sha256(content).hexdigest()[:8]}.pth"
        monkeypatch.setattr(weights.value, "url", f"https://download.pytorch.org/models/{file}")
        return file

    return name
