"""The same weights in the library's model and behind our door: the same logits; anything else is one line."""

import re

import pytest
import torch
from tests.pretrained.conftest import SMALL_TIMM, SMALL_TORCHVISION, random_net, saved
from torch import nn

from d2lab.core.errors import ConfigError, D2labError, DataError, MissingExtraError, RunError
from d2lab.models import PretrainedConfig, build_model
from d2lab.models.library import library_model
from d2lab.pretrained import find_origin, fingerprint, list_origins, load_pretrained, read_weights

OURS = ["torchvision/alexnet", "torchvision/vgg11_bn", "torchvision/resnet50", "torchvision/densenet121"]
OURS += ["timm/resnet50.a1_in1k", "timm/densenet121.ra_in1k", "timm/vgg11.tv_in1k"]
THEIRS = ["torchvision/googlenet", "torchvision/mobilenet_v3_small", "timm/vit_tiny_patch16_224.augreg_in21k_ft_in1k"]

NEAR = 1e-5  # of the largest logit: sums in another order


def same_logits(name, path):
    from torchvision.transforms.v2.functional import normalize

    theirs = random_net(name)
    saved(theirs, path)
    loaded = load_pretrained(name, file=path)
    if name == "torchvision/googlenet":
        theirs.transform_input = True  # as torchvision sets it where it loads weights
    images = torch.rand(2, 3, loaded.origin.side, loaded.origin.side)
    with torch.no_grad():
        expected = theirs(normalize(images, list(loaded.origin.mean), list(loaded.origin.std)))
        torch.testing.assert_close(loaded.model(images), expected, rtol=0, atol=NEAR * float(expected.abs().max()))
        assert (expected[0] - expected[1]).abs().max() > 1e3 * NEAR * expected.abs().max()  # the picture matters
    assert loaded.model(images).shape[1] == len(loaded.classes)
    return loaded


@pytest.mark.parametrize("name", ["torchvision/resnet18", "timm/resnet18.a1_in1k"])
def test_with_the_same_weights_the_logits_are_the_librarys(name, tmp_path):
    loaded = same_logits(name, tmp_path / ("x.pth" if name.startswith("torchvision") else "x.safetensors"))
    assert [n for n, _ in loaded.model.named_children()][:3] == ["normalize", "conv1", "norm1"]  # the model is ours
    assert not loaded.model.training
    assert loaded.parameters == 11_689_512


@pytest.mark.slow
@pytest.mark.parametrize("name", OURS + THEIRS)
def test_every_family_has_the_logits_of_its_library(name, tmp_path):
    loaded = same_logits(name, tmp_path / "x.pth")
    assert (loaded.config.ours is not None) == (name in OURS)


def test_pictures_are_cut_as_torchvisions_own_view_of_them(rng):
    """The whole way: bytes of an uneven picture -> logits, beside `weights.transforms()`."""
    from torchvision.models import MobileNet_V3_Small_Weights, ResNet18_Weights

    from d2lab.pretrained.load import Pretrained

    for name, weights in (("mobilenet_v3_small", MobileNet_V3_Small_Weights), ("resnet18", ResNet18_Weights)):
        origin = find_origin(f"torchvision/{name}")
        first = build_model(PretrainedConfig(architecture=origin.architecture)).normalize
        for shape in ((3, 300, 411), (3, 256, 256), (3, 333, 231)):
            picture = torch.randint(0, 256, shape, generator=rng, dtype=torch.uint8)
            prepared = Pretrained(first, origin, "").prepare(picture.unsqueeze(0))
            expected = weights.DEFAULT.transforms()(picture)
            assert prepared.shape[-2:] == (224, 224)
            torch.testing.assert_close(first(prepared)[0], expected, rtol=1e-6, atol=1e-6)


def test_a_file_of_early_torch_is_read_by_its_names(tmp_path):
    """The published files of 2017 lack the batch counters, and list statistics before weights."""
    theirs = random_net("torchvision/resnet18")
    state = {k: v for k, v in theirs.state_dict().items() if not k.endswith("num_batches_tracked")}
    early = dict(sorted(state.items(), key=lambda item: (item[0].rpartition(".")[0], "running" not in item[0])))
    assert list(early) != list(state)
    torch.save(early, tmp_path / "early.pth")
    images = torch.rand(2, 3, 224, 224)
    saved(theirs, tmp_path / "new.pth")
    models = [load_pretrained("torchvision/resnet18", file=tmp_path / f"{age}.pth").model for age in ("early", "new")]
    with torch.no_grad():
        assert torch.equal(models[0](images), models[1](images))


def test_densenets_names_of_early_torch_are_understood(tmp_path):
    theirs = random_net("torchvision/densenet121")
    old = {re.sub(r"(denselayer\d+\.(?:norm|conv))(\d)", r"\1.\2", k): v for k, v in theirs.state_dict().items()}
    assert old.keys() != theirs.state_dict().keys()
    torch.save(old, tmp_path / "old.pth")
    saved(theirs, tmp_path / "new.pth")
    prints = {load_pretrained("torchvision/densenet121", file=tmp_path / f"{age}.pth").sha256 for age in ("old", "new")}
    assert len(prints) == 1


def test_loading_leaves_the_callers_luck_alone(tmp_path):
    for name in (SMALL_TORCHVISION, SMALL_TIMM):
        path = saved(random_net(name), tmp_path / "x.pth")
        before = torch.get_rng_state()
        library_model(find_origin(name).architecture, 10)
        assert torch.equal(torch.get_rng_state(), before)
        loaded = [load_pretrained(name, file=path).sha256 for _ in range(2)]
        assert loaded[0] == loaded[1]


@pytest.mark.parametrize("wrapper", ["model", "state_dict"])
def test_weights_that_a_training_script_wrapped_are_found(wrapper, tmp_path):
    theirs = random_net(SMALL_TORCHVISION)
    torch.save({wrapper: theirs.state_dict(), "epoch": 3}, tmp_path / "checkpoint.pth")
    assert read_weights(tmp_path / "checkpoint.pth").keys() == theirs.state_dict().keys()


class Payload:
    """A pickle that would make a folder."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        import os

        return os.mkdir, (str(self.path),)


def spoil(kind, path, tmp_path):
    """Make a bad file of a good one."""
    good = path.read_bytes()
    if kind == "truncated":
        path.write_bytes(good[: len(good) // 2])
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "missing":
        path.unlink()
    elif kind == "folder":
        path.unlink()
        path.mkdir()
    elif kind == "web page":
        path.write_bytes(b"\n<!DOCTYPE html><html>Not found</html>")
    elif kind == "malicious":
        import pickle

        path.write_bytes(pickle.dumps({"fc.weight": Payload(tmp_path / "ran")}))
    elif kind == "malicious zip":
        torch.save({"fc.weight": Payload(tmp_path / "ran")}, path)
    elif kind == "whole module":
        torch.save(nn.Linear(2, 2), path)
    elif kind == "list":
        torch.save([torch.zeros(2)], path)
    elif kind == "numbers":
        torch.save({"fc.weight": 3}, path)
    elif kind == "cut header":
        path.write_bytes((5000).to_bytes(8, "little") + b'{"a":')


BAD = {
    "truncated": "no whole .pth file",
    "empty": "no whole .pth file",
    "missing": "No such file",
    "folder": "need a .safetensors or .pth file",
    "web page": "a web page",
    "malicious": "a call to run",
    "malicious zip": "a call to run",
    "whole module": "a call to run",
    "list": "got 'list'",
    "numbers": "got 'dict'",
    "cut header": "need a whole safetensors file",
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_is_one_line_and_runs_nothing(kind, tmp_path):
    path = saved(random_net(SMALL_TORCHVISION), tmp_path / "x.pth")
    spoil(kind, path, tmp_path)
    with pytest.raises(DataError) as caught:
        load_pretrained(SMALL_TORCHVISION, file=path)
    assert BAD[kind] in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "x.pth" in str(caught.value)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("name", "other"),
    [
        (SMALL_TORCHVISION, "torchvision/squeezenet1_0"),  # same names, other shapes
        ("torchvision/resnet18", "torchvision/shufflenet_v2_x0_5"),
        (SMALL_TIMM, "torchvision/squeezenet1_1"),
    ],
)
def test_another_nets_weights_are_refused_by_name(name, other, tmp_path):
    path = saved(random_net(other), tmp_path / "x.pth")
    with pytest.raises(RunError) as caught:
        load_pretrained(name, file=path)
    line = str(caught.value)
    assert find_origin(name).name in line
    assert "\n" not in line
    assert len(line) < 500


@pytest.mark.parametrize("change", ["missing", "extra"])
def test_one_tensor_too_few_or_too_many_is_refused(change, tmp_path):
    state = random_net(SMALL_TORCHVISION).state_dict()
    if change == "missing":
        del state["classifier.1.bias"]
    else:
        state["classifier.9.bias"] = torch.zeros(3)
    torch.save(state, tmp_path / "x.pth")
    with pytest.raises(RunError, match=r"classifier\.[19]\.bias"):
        load_pretrained(SMALL_TORCHVISION, file=tmp_path / "x.pth")


def test_a_file_whose_name_states_its_checksum_is_checked_before_it_is_read(tmp_path, monkeypatch):
    path = saved(random_net(SMALL_TORCHVISION), tmp_path / "squeezenet1_1-b8a52dc0.pth")
    monkeypatch.setattr(torch, "load", lambda *args, **more: pytest.fail("it was read"))
    with pytest.raises(DataError, match="need b8a52dc0"):
        load_pretrained(SMALL_TORCHVISION, file=path)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("resnet18", "a name such as torchvision/resnet18"),
        ("torchvision/", "a name such as"),
        ("torchvision/resnet81", "Did you mean 'torchvision/resnet18'"),
        ("torchvision/resnet18.IMAGENET1K_V3", "IMAGENET1K_V1"),
        ("torchvision/vgg16.IMAGENET1K_FEATURES", "torchvision/vgg16.IMAGENET1K_V1"),
        ("timm/resnet18.a1_in2k", "Did you mean 'timm/resnet18.a1_in1k'"),
        ("timm/resnet_18", "timm/resnet"),
        ("timm/resnet50.bamboo", "no classes"),
    ],
)
def test_a_wrong_name_is_answered(name, words):
    with pytest.raises(ConfigError) as caught:
        find_origin(name)
    assert words in str(caught.value)
    assert len(str(caught.value)) < 400


def test_names_are_completed_and_every_listed_one_is_found():
    assert find_origin("torchvision/resnet50").name == "torchvision/resnet50.IMAGENET1K_V2"
    assert find_origin("timm/resnet18").name == "timm/resnet18.a1_in1k"
    origins = [find_origin(name) for name in list_origins("torchvision")]
    assert len(origins) > 90
    for origin in origins:
        assert (len(origin.classes), len(origin.mean), len(origin.sha256) >= 8) == (1000, 3, True)
        assert origin.side <= origin.resize
        assert origin.licence
    assert find_origin("torchvision/resnet18").classes.index("hotdog") == 934
    assert find_origin("timm/resnet18.a1_in1k").classes.index("hotdog") == 934
    assert "SWAG" in find_origin("torchvision/vit_h_14.IMAGENET1K_SWAG_E2E_V1").licence
    assert find_origin("timm/resnet18.fb_ssl_yfcc100m_ft_in1k").licence == "cc-by-nc-4.0"


@pytest.mark.parametrize("where", ["torchvision", "timm"])
def test_a_library_that_is_not_installed_is_named_with_its_remedy(where, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, {"torchvision": "torchvision.models"}.get(where, where), None)
    with pytest.raises(MissingExtraError, match=r"pip install 'd2lab\[pretrained\]'"):
        find_origin(f"{where}/resnet18")


def test_a_net_of_ours_needs_no_library_to_be_built_again(monkeypatch):
    import sys

    for name in ("torchvision", "torchvision.models", "timm"):
        monkeypatch.setitem(sys.modules, name, None)
    assert build_model(PretrainedConfig(architecture="timm/resnet18", classes=5)).out.out_features == 5
    with pytest.raises(MissingExtraError):
        build_model(PretrainedConfig(architecture="torchvision/googlenet"))


def test_gray_images_are_standardized_in_every_channel(rng):
    first = build_model(PretrainedConfig(channels=1)).normalize
    gray = torch.rand(2, 1, 8, 8, generator=rng)
    torch.testing.assert_close(first(gray), first(gray.expand(-1, 3, -1, -1)), rtol=0, atol=0)
    for wrong in ((2, 2, 8, 8), (2, 4, 8, 8)):
        with pytest.raises(ConfigError, match="channels"):
            first(torch.zeros(wrong))
    with pytest.raises(D2labError, match="1 or 3"):
        PretrainedConfig(channels=2)


@pytest.mark.parametrize(("mean", "std"), [((), ()), ((0.5,), (0.5, 0.5)), ((0.5,), (0.0,)), ((0.5,), (float("nan"),))])
def test_a_mean_without_its_deviation_is_refused(mean, std):
    with pytest.raises(ConfigError, match=r"mean|std"):
        build_model(PretrainedConfig(channels=1, mean=mean, std=std))


def test_the_fingerprint_knows_names_kinds_shapes_and_values():
    base = {"a": torch.arange(6.0), "b": torch.zeros(2, dtype=torch.int64)}
    prints = {
        fingerprint(one)
        for one in (
            base,
            {"a": base["a"].view(2, 3), "b": base["b"]},
            {"c": base["a"], "b": base["b"]},
            {"a": base["a"].double(), "b": base["b"]},
            {"a": base["a"] + 1, "b": base["b"]},
        )
    }
    assert len(prints) == 5
    assert fingerprint(dict(reversed(base.items()))) == fingerprint(base)
