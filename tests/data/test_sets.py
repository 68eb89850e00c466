"""Every set is what its card says."""

import gzip
import math
import os
import re
import struct
import subprocess
import sys
from urllib.parse import urlsplit

import numpy as np
import pytest
import torch

from d2lab import data
from d2lab.core.errors import ConfigError, DataError
from d2lab.core.tensor_tree import tensors_of
from d2lab.data import catalog, synthetic
from d2lab.data.card import DataFile
from d2lab.data.synthetic import BIAS, BLOB_MARGIN, BLOB_NORMAL, POLYNOMIAL_WEIGHTS, WEIGHTS

FILELESS = [name for name, card in catalog.CARDS.items() if not card.files and not name.startswith("notes-")]


@pytest.mark.parametrize("card", catalog.CARDS.values(), ids=lambda card: card.name)
def test_a_card_is_complete(card):
    assert catalog.card(card.name) is card
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", card.name)
    assert card.en.endswith(".")
    assert card.zh.endswith("。")
    assert card.licence
    assert card.cite
    assert bool(card.classes) == (card.task in ("classification", "detection", "segmentation"))
    assert len(set(card.classes)) == len(card.classes)
    for file in card.files:
        assert file.mirrors[0].startswith("https://") if file.mirrors else "PATH" in card.by_hand
        for mirror in file.mirrors:
            assert urlsplit(mirror).path.rpartition("/")[2] == file.path.rpartition("/")[2]
    hashes = [digest for file in card.files for digest in (file.sha256, file.plain_sha256) if digest]
    assert len(set(hashes)) == len(hashes)


@pytest.mark.parametrize("name", FILELESS)
def test_sets_without_files_need_neither_disk_nor_network(name, cache):
    loaded = data.load(name, fetch=False)
    card = loaded.card
    assert (len(loaded.train), len(loaded.test)) == card.examples
    assert loaded.train.inputs.dtype == (torch.uint8 if len(card.shape) == 3 else torch.float32)
    if card.task == "detection":
        seen = loaded.train.targets
        real = torch.arange(seen["labels"].shape[1]) < seen["count"][:, None]
        counts = seen["labels"][real].bincount(minlength=len(card.classes))
        assert counts.min() > 0.8 * counts.max()
    elif card.task == "segmentation":
        counts = loaded.train.targets.flatten().bincount(minlength=len(card.classes))
        assert counts[0] > 0.9 * counts.sum()  # background
        assert counts[1:].min() > 0.4 * counts[1:].max()  # a 1 has less ink than an 8
    elif card.classes:
        counts = loaded.train.targets.bincount(minlength=len(card.classes))
        assert counts.min() > (0.6 if name == "wine" else 0.8) * counts.max()
    else:
        assert loaded.train.targets.shape == (card.examples[0], 1)
        assert loaded.train.targets.dtype == torch.float32
    assert not cache.exists()


@pytest.mark.parametrize("name", FILELESS)
def test_the_same_seed_gives_the_same_examples(name):
    first, again, other = (data.load(name, seed=seed) for seed in (5, 5, 6))
    assert torch.equal(first.train.inputs, again.train.inputs)
    assert all(map(torch.equal, tensors_of(first.test.targets), tensors_of(again.test.targets)))
    assert torch.equal(first.train.inputs, other.train.inputs) == (
        name in ("diabetes", "digits", "scenes", "scenes-masks", "scenes-pixels", "wine")
    )
    assert not torch.equal(first.train.inputs[:50], first.test.inputs[:50])


def test_digits_are_the_ones_of_scikit_learn_each_in_one_split():
    from sklearn.datasets import load_digits

    loaded = data.load("digits")
    original = load_digits()
    both = torch.cat([loaded.train.inputs, loaded.test.inputs]).flatten(1).double() * 16 / 255
    mine = np.column_stack([both.round().long().numpy(), torch.cat([loaded.train.targets, loaded.test.targets])])
    theirs = np.column_stack([original.data.astype(np.int64), original.target])
    np.testing.assert_array_equal(mine[np.lexsort(mine.T)], theirs[np.lexsort(theirs.T)])
    assert loaded.train.inputs.max() == 255
    assert ((loaded.test.targets.bincount() - 36).abs() <= 2).all()


def test_least_squares_finds_the_weights_of_the_linear_set():
    train = data.load("synthetic-linear").train
    columns = torch.cat([train.inputs, torch.ones(len(train), 1)], dim=1).double()
    found = torch.linalg.lstsq(columns, train.targets.double()).solution.flatten()
    torch.testing.assert_close(found, torch.tensor([*WEIGHTS, BIAS], dtype=torch.float64), rtol=0, atol=0.003)
    noise = train.targets.double() - columns @ found.unsqueeze(1)
    assert 0.009 < noise.std() < 0.011


def test_polynomial_features_are_powers_over_factorials_and_the_first_four_count():
    train = data.load("synthetic-polynomial").train
    x = train.inputs[:, 1].double()
    for power in (0, 2, 5, 19):
        expected = (x**power / math.factorial(power)).float()
        torch.testing.assert_close(train.inputs[:, power], expected, rtol=2e-5, atol=1e-12)
    noise = train.targets.flatten() - train.inputs[:, :4] @ torch.tensor(POLYNOMIAL_WEIGHTS)
    assert 0.08 < noise.std() < 0.13
    assert abs(noise.mean()) < 0.05


def test_xor_is_decided_by_the_signs_and_no_line_does_it():
    train = data.load("xor").train
    assert torch.equal((train.inputs.prod(dim=1) < 0).long(), train.targets)
    columns = torch.cat([train.inputs, torch.ones(len(train), 1)], dim=1)
    line = torch.linalg.lstsq(columns, train.targets.float().unsqueeze(1)).solution
    guess = (columns @ line > 0.5).long().flatten()
    assert (guess == train.targets).float().mean() < 0.65


@pytest.mark.parametrize("seed", range(5))
def test_blobs_keep_their_margin_and_the_perceptron_errs_within_its_bound(seed):
    train = data.load("blobs", seed=seed).train
    signs = 2 * train.targets - 1
    assert (train.inputs @ torch.tensor(BLOB_NORMAL) * signs).min() >= BLOB_MARGIN
    assert train.inputs.norm(dim=1).max() <= 2.5
    weights, errors = torch.zeros(2), 0
    for _ in range(3):
        for point, sign in zip(train.inputs, signs, strict=True):
            if sign * (weights @ point) <= 0:
                weights += sign * point
                errors += 1
    assert errors <= 25
    assert torch.equal((train.inputs @ weights).sign(), signs.float())


def test_moons_lie_on_their_half_circles():
    train = data.load("two-moons").train
    upper, lower = (train.inputs[train.targets == label] for label in (0, 1))
    for moon in (upper, (torch.tensor([1.0, 0.5]) - lower)):
        assert abs(moon.norm(dim=1).mean() - 1) < 0.02
        assert abs(moon[:, 1].mean() - 2 / math.pi) < 0.05  # the mean height of a half circle
    assert (train.inputs[:, 1] > 0.25).long().eq(1 - train.targets).float().mean() < 0.95


def test_the_first_examples_are_a_fair_sample_of_the_classes():
    for name in ("xor", "two-moons", "blobs"):
        assert 30 < data.load(name).train.targets[:100].sum() < 70


def test_a_wrong_name_is_answered_with_the_nearest_one():
    with pytest.raises(ConfigError, match=r"got 'fashion_mnits', need one of .*Did you mean 'fashion-mnist'\?"):
        catalog.card("fashion_mnits")
    with pytest.raises(ConfigError, match="one of ar-process, bccd, blobs, cats, cifar10") as error:
        data.load("qqq")
    assert "Did you mean" not in str(error.value)


def test_the_catalog_needs_no_heavy_library():
    code = (
        "import sys, d2lab.data.catalog as c; c.on_disk(c.card('mnist')); "
        "print([m for m in ('torch', 'numpy', 'sklearn', 'requests', 'rich', 'matplotlib') if m in sys.modules])"
    )
    env = {**os.environ, "D2LAB_CACHE": "nowhere"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_public_name_is_there():
    for name in data.__all__:
        assert callable(getattr(data, name)) or name == "CARDS"
    assert set(data.__all__) <= set(dir(data))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = data.nothing


def test_a_generated_set_of_an_unknown_name_is_refused(a_card):
    with pytest.raises(ConfigError, match="xor"):
        synthetic.load(a_card())


def test_fashion_mnist_is_whole(real_data, cache, monkeypatch):
    monkeypatch.setenv("D2LAB_DATA", str(real_data))
    loaded = data.load("fashion-mnist", fetch=False)
    for part, each in ((loaded.train, 6000), (loaded.test, 1000)):
        assert part.inputs.shape == (10 * each, 1, 28, 28)
        assert part.inputs.dtype == torch.uint8
        assert part.targets.bincount().tolist() == [each] * 10
        assert (part.inputs.min(), part.inputs.max()) == (0, 255)
    assert loaded.train.targets[:5].tolist() == [9, 0, 0, 3, 0]
    mean = loaded.train.inputs.double().mean() / 255
    assert abs(mean - 0.2860) < 5e-5
    assert data.on_disk(loaded.card).state == "complete"
    assert all(state == "ok" for _, state in data.verify(loaded.card))


def test_mnist_without_its_training_files_says_so(real_data, cache, monkeypatch):
    if not (real_data / "MNIST" / "raw").is_dir():
        pytest.skip("no MNIST at hand")
    monkeypatch.setenv("D2LAB_DATA", str(real_data))
    if data.on_disk(catalog.card("mnist")).state == "partial":
        with pytest.raises(DataError, match="got 'partial', need all on disk"):
            data.load("mnist", fetch=False)


@pytest.fixture
def tiny(tmp_path, monkeypatch, cache, a_file, a_card):
    """A set in the format of MNIST: 4 training and 2 test images of 3x2 pixels; gives its writer."""
    import dataclasses

    def write(name, values, *axes):
        head = bytes([0, 0, 8, len(axes)]) + struct.pack(f">{len(axes)}I", *axes)
        body = gzip.compress(head + bytes(values))
        path = tmp_path / "data" / "T" / "raw" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
        return a_file(path=f"T/raw/{name}", body=body)

    def build(labels=(0, 1, 2, 2), rows=3):
        files = (
            write("train-images-idx3-ubyte.gz", range(4 * rows * 2), 4, rows, 2),
            write("train-labels-idx1-ubyte.gz", labels, len(labels)),
            write("t10k-images-idx3-ubyte.gz", range(12), 2, 3, 2),
            write("t10k-labels-idx1-ubyte.gz", [1, 0], 2),
        )
        card = dataclasses.replace(
            a_card(*files),
            shape=(1, 3, 2),
            examples=(4, 2),
            classes=("a", "b", "c"),
            module="d2lab.data.idx_images",
        )
        monkeypatch.setitem(catalog.CARDS, "toy", card)
        monkeypatch.setenv("D2LAB_DATA", str(tmp_path / "data"))
        return data.load("toy", fetch=False)

    return build


def test_idx_images_keep_their_rows_columns_and_labels(tiny):
    loaded = tiny()
    assert loaded.train.inputs[1, 0].tolist() == [[6, 7], [8, 9], [10, 11]]
    assert loaded.train.targets.tolist() == [0, 1, 2, 2]
    assert loaded.test.targets.tolist() == [1, 0]


def test_idx_images_that_contradict_the_card_are_refused(tiny):
    with pytest.raises(DataError, match=r"0 to 3.*class numbers 0 to 2"):
        tiny(labels=(0, 1, 2, 3))
    with pytest.raises(DataError, match="train-labels"):
        tiny(labels=(0, 1, 2))
    with pytest.raises(DataError, match="train-images"):
        tiny(rows=2)
    with pytest.raises(DataError, match="train-images"):
        tiny(rows=4)


@pytest.mark.parametrize("path", ["/a", "../a", "a/../b", "a\\b", "C:/a", ""])
def test_a_card_cannot_name_a_file_outside_its_folder(path):
    with pytest.raises(ConfigError, match="relative path"):
        DataFile(path=path, sha256="0" * 64, bytes=1, mirrors=())


def test_a_card_needs_a_proper_checksum_and_size():
    for digest, size in (("abc", 1), ("A" * 64, 1), ("", 1), ("0" * 64, 0)):
        with pytest.raises(ConfigError):
            DataFile(path="a", sha256=digest, bytes=size, mirrors=())


SET = '''
"""A set that a reader wrote: its card, and how it is loaded."""

from d2lab.data.card import Card

CARD = Card(
    name="coin-flips",
    task="classification",
    en="Coins.",
    zh="硬币。",
    shape=(1,),
    examples=(4, 2),
    classes=("heads", "tails"),
    licence="none needed (generated)",
    cite="d2lab",
    files=(),
    module=__name__,
)


def load(card, *, seed=0, fetch=True):
    import torch

    from d2lab.data.split import Dataset, Split

    parts = (Split(torch.zeros(count, 1), torch.arange(count) % 2) for count in card.examples)
    return Dataset(card, *parts)
'''


@pytest.fixture
def one_more_file(tmp_path, monkeypatch):
    """Put a file among the data sets; returns a writer."""

    def write(name, text):
        (tmp_path / name).write_text(text, encoding="utf-8")
        monkeypatch.setattr(catalog.sets, "__path__", [*catalog.sets.__path__, str(tmp_path)])
        monkeypatch.delitem(sys.modules, f"d2lab.data.sets.{name.removesuffix('.py')}", raising=False)

    yield write
    for name in [name for name in sys.modules if name.startswith("d2lab.data.sets.coin")]:
        del sys.modules[name]


def test_one_file_adds_a_set(one_more_file, monkeypatch):
    one_more_file("coin_flips.py", SET)
    found = catalog.find_cards()
    assert found.keys() - catalog.CARDS.keys() == {"coin-flips"}
    assert list(found) == sorted(found)
    monkeypatch.setitem(catalog.CARDS, "coin-flips", found["coin-flips"])
    assert data.load("coin-flips").train.targets.tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize(
    ("text", "got"), [("", "no card"), (SET.replace("coin-flips", "dice"), "dice"), ("CARD = 3", "no card")]
)
def test_a_file_of_a_set_without_its_card_is_refused(one_more_file, text, got):
    one_more_file("coins.py", text)
    with pytest.raises(ConfigError, match=rf"data/sets/coins\.py: got '{got}', need a card whose name is 'coins'"):
        catalog.find_cards()
