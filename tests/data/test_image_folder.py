"""A folder of pictures as a data set: held and streamed alike, flat in memory, found again, refused when it changed."""

import os
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps
from tests.data.pictures import TRAIN_TEST, draw, fill
from torch.utils.data import get_worker_info

from d2lab import data
from d2lab.core.errors import ConfigError, DataError
from d2lab.data import catalog, image_files, image_folder
from d2lab.data.batches import Batches
from d2lab.data.folder import scan
from d2lab.data.stream import StreamedBatches, read_batches

CPU = torch.device("cpu")


@pytest.fixture
def root(tmp_path, cache):
    return fill(tmp_path / "set", TRAIN_TEST)


def pixels(path):
    with Image.open(path) as picture:
        return torch.from_numpy(np.array(picture.convert("RGB"))).permute(2, 0, 1)


def test_every_picture_comes_with_its_class(root):
    loaded = data.load(f"folder:{root}")
    assert loaded.card.shape == (3, 10, 10)
    assert loaded.card.examples == (9, 4)
    assert torch.equal(loaded.train.inputs[6], pixels(root / "train/dog/001.png"))
    assert torch.equal(loaded.test.inputs[1], pixels(root / "test/cat/001.png"))
    assert loaded.test.targets.tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize("workers", [0, pytest.param(2, marks=pytest.mark.slow)])
def test_streamed_batches_are_those_held_in_memory(root, workers):
    held, streamed = data.load(f"folder:{root}"), data.load(f"folder:{root}", workers=workers)
    assert isinstance(streamed.train, data.ImageFiles)
    assert not isinstance(held.train, data.ImageFiles)
    how = {"batch_size": 4, "seed": 3, "device": CPU}
    mine, theirs = StreamedBatches(streamed.train, workers=workers, **how), Batches(held.train, **how)
    for (x, y), (a, b) in zip(mine.epoch(2, start=1), theirs.epoch(2, start=1), strict=True):
        assert torch.equal(x, a)
        assert torch.equal(y, b)
    for (x, y), (a, b) in zip(streamed.test.batches(3), held.test.batches(3), strict=True):
        assert torch.equal(x, a)
        assert torch.equal(y, b)


def test_a_streamed_split_is_a_split(root):
    held, streamed = data.load(f"folder:{root}").train, data.load(f"folder:{root}", workers=0).train
    assert (len(streamed), streamed.shape) == (len(held), held.shape)
    assert torch.equal(streamed.example, held.example)
    assert torch.equal(streamed.inputs, held.inputs)
    parts = zip(data.holdout(streamed, 0.3, seed=1), data.holdout(held, 0.3, seed=1), strict=True)
    for mine, theirs in [*parts, (data.limit(streamed, 4, seed=2), data.limit(held, 4, seed=2))]:
        assert isinstance(mine, data.ImageFiles)
        assert torch.equal(mine.inputs, theirs.inputs)
        assert torch.equal(mine.targets, theirs.targets)
    with pytest.raises(DataError, match="index of a subset"):
        streamed.subset(torch.tensor([9]))


def test_a_set_that_is_too_large_is_streamed_and_not_read_whole(root, cache, monkeypatch):
    for module in (image_folder, image_files):
        monkeypatch.setattr(module, "HELD_BYTES", 9 * 300 - 1)
    train = data.load(f"folder:{root}").train
    assert isinstance(train, data.ImageFiles)
    assert train.workers >= 1
    assert not cache.exists()
    with pytest.raises(DataError, match="Ask for a subset"):
        _ = train.inputs
    assert len(train.subset(torch.arange(8)).held()) == 8


def test_pictures_of_many_sizes_become_one(root, cache):
    draw(root / "train/cat/wide.png", 5, size=(30, 20))
    card = catalog.card(f"folder:{root}")
    assert (card.shape, card.mixed) == ((3, 224, 224), True)
    assert data.load(card.name, side=16).train.inputs.shape == (10, 3, 16, 16)
    assert data.load(card.name, side=12).card.shape == (3, 12, 12)
    with pytest.raises(ConfigError, match="1 pixel or more"):
        data.load(card.name, side=0)
    assert len(list(cache.rglob("manifest.json"))) == 2  # one for each side


def test_gray_pictures_have_one_channel(tmp_path, cache):
    root = fill(tmp_path / "gray", TRAIN_TEST, mode="L")
    assert data.load(f"folder:{root}").train.inputs.shape == (9, 1, 10, 10)
    draw(root / "train/cat/color.png", 1)
    assert catalog.card(f"folder:{root}").shape == (3, 10, 10)


def test_it_is_decoded_once_until_a_file_changes(root, cache, monkeypatch):
    before = data.load(f"folder:{root}").train.inputs.clone()
    with monkeypatch.context() as patch:
        patch.setattr(image_folder, "_decode_both", None)
        assert torch.equal(data.load(f"folder:{root}").train.inputs, before)
    draw(root / "train/cat/000.png", 99)
    assert torch.equal(data.load(f"folder:{root}").train.inputs[0], pixels(root / "train/cat/000.png"))
    assert len(list(cache.rglob("manifest.json"))) == 1


def test_images_redrawn_under_the_same_names_and_sizes_are_decoded_anew_and_told_of(tmp_path, cache):
    root = fill(tmp_path / "set", TRAIN_TEST, suffix=".bmp")
    card = catalog.card(f"folder:{root}")
    before = catalog.load_card(card).train.inputs.clone()
    for path in root.rglob("*.bmp"):
        size, changed = path.stat().st_size, path.stat().st_mtime_ns
        with Image.open(path) as image:
            redrawn = ImageOps.invert(image)
        redrawn.save(path)
        os.utime(path, ns=(changed + 10**6,) * 2)
        assert path.stat().st_size == size
    with pytest.warns(UserWarning, match=r"set: files were written anew since the run") as told:
        after = catalog.load_card(card).train.inputs
    assert len(told) == 1
    assert torch.equal(after, 255 - before)
    assert torch.equal(catalog.load(card.name).train.inputs, after)  # nobody knows an older state: not a word


def test_another_decoder_decodes_anew(root, monkeypatch):
    data.load(f"folder:{root}")
    decoded_again = []
    real = image_folder._decode_both
    monkeypatch.setattr(image_folder, "_decode_both", lambda *parts: (decoded_again.append(1), real(*parts)))
    data.load(f"folder:{root}")
    assert not decoded_again
    monkeypatch.setattr("PIL.__version__", "0.0")
    data.load(f"folder:{root}")
    assert decoded_again


def test_one_image_in_color_among_hundreds_of_gray_ones_is_not_missed(tmp_path, cache):
    root = fill(tmp_path / "gray", {"cat": 150, "dog": 150}, mode="L", size=(4, 4))
    assert catalog.card(f"folder:{root}").shape[0] == 1
    listing = scan(root)
    draw(root / listing.train.names[1], 5, mode="RGB", size=(4, 4))
    assert catalog.card(f"folder:{root}").shape[0] == 3


def test_values_of_12_bits_in_16_are_named(tmp_path, cache):
    for highest, told in ((4095, True), (65535, False)):
        root = tmp_path / str(highest)
        for n in range(8):
            path = root / ("cat", "dog")[n % 2] / f"{n}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.full((8, 8), highest, np.uint16)).save(path)
        notes = catalog.card(f"folder:{root}").notes
        assert any("16-bit pixels of at most 4095" in note for note in notes) == told


def test_what_was_left_out_is_on_the_card(root):
    assert catalog.card(f"folder:{root}").notes == ()
    for name in ("a.heic", "b.heic", ".x"):
        (root / "train/cat" / name).write_bytes(b"x")
    assert catalog.card(f"folder:{root}").notes == ("left out: 2 .heic, a format not read here, 1 hidden",)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_a_path_that_is_not_utf8_is_refused_in_a_line(root):
    name = os.fsdecode(b"\xc3\xa8\xb9")
    root.rename(root.with_name(name))
    with pytest.raises(ConfigError, match=r"xb9.*need a path that is UTF-8. Rename it") as error:
        catalog.card(f"folder:{root.with_name(name)}")
    str(error.value).encode()


@pytest.mark.parametrize("workers", [None, 0, pytest.param(1, marks=pytest.mark.slow)])
def test_a_broken_picture_is_named_however_it_is_read(root, cache, workers):
    path = root / "train/dog/001.png"
    path.write_bytes(path.read_bytes()[:60])

    def read():
        return list(data.load(f"folder:{root}", workers=workers).train.batches(2))

    with pytest.raises(DataError, match=r"^image .*001.png: got .*need a readable") as error:
        read()
    assert "\n" not in str(error.value)
    assert not list(cache.rglob("*.npy"))
    lines = image_folder.broken(catalog.card(f"folder:{root}"))
    assert [line.partition(":")[0].rpartition("/")[2] for line in lines] == ["001.png"]


def test_an_error_of_a_worker_comes_home_as_it_is(root):
    class Source:
        def __len__(self):
            return 4

        def __getitems__(self, indices):
            raise DataError("it", got=get_worker_info() is not None, need="more")

    generator = torch.Generator().manual_seed(0)
    with pytest.raises(DataError, match="it: got True, need more"):
        next(read_batches(Source(), [[0, 1]], workers=1, generator=generator))


def test_a_path_without_its_prefix_is_explained(root):
    with pytest.raises(ConfigError, match=r"write folder:.*set\."):
        catalog.card(str(root))
    with pytest.raises(ConfigError, match="folder:PATH"):
        catalog.card("folder:")
    with pytest.raises(DataError, match="nothing there"):
        catalog.card("folder:nowhere")


def test_a_changed_folder_is_refused_by_a_card_that_knows_the_old_one(root):
    card = catalog.card(f"folder:{root}")
    (root / "train/cat/000.png").unlink()
    with pytest.raises(DataError, match=r"got 'other files'.*Put the files back"):
        catalog.load_card(card)


def test_two_at_once_decode_once(root, monkeypatch):
    decoded = []
    real = image_folder._decode_both

    def slow(*parts):
        decoded.append(1)
        time.sleep(0.3)
        real(*parts)

    monkeypatch.setattr(image_folder, "_decode_both", slow)
    threads = [threading.Thread(target=data.load, args=(f"folder:{root}",)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert decoded == [1]
    assert len(data.load(f"folder:{root}").train) == 9


KILLED = """
import os, sys
from d2lab import data
from d2lab.data import decoded
decoded.write_json = lambda *_: os._exit(9)  # every row is written, the manifest is not
data.load(sys.argv[1])
"""


@pytest.mark.slow  # a process of its own
def test_a_process_killed_before_the_end_leaves_nothing_taken_for_whole(root, cache):
    env = {**os.environ, "D2LAB_CACHE": str(cache)}
    done = subprocess.run([sys.executable, "-c", KILLED, f"folder:{root}"], env=env, timeout=120)
    assert done.returncode == 9
    assert list(cache.rglob("train.npy"))
    assert torch.equal(data.load(f"folder:{root}").train.inputs[0], pixels(root / "train/cat/000.png"))
    assert not list(cache.rglob("*.part"))


@pytest.mark.slow
def test_the_real_hot_dogs_are_what_their_card_says(real_data, cache, monkeypatch):
    if not (real_data / "hotdog").is_dir():
        pytest.skip("no hot dogs at hand")
    monkeypatch.setenv("D2LAB_DATA", str(real_data))
    loaded = data.load("hotdog", side=32, fetch=False)
    assert loaded.train.inputs.shape == (800, 3, 32, 32)
    assert loaded.train.targets.bincount().tolist() == [400, 400]
    streamed = data.load("hotdog", side=32, workers=2, fetch=False)
    for (x, _), (a, _) in zip(streamed.test.batches(150), loaded.test.batches(150), strict=True):
        assert torch.equal(x, a)
