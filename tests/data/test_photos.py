"""Photos: scikit-learn's by name, a reader's own by path, at most so long, upright, and nothing else."""

import numpy as np
import pytest
import torch
from PIL import Image

from d2lab.core.errors import ConfigError, DataError
from d2lab.data.photos import find_photo, read_photo


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def saved(path, height, width, **how):
    draw = np.random.default_rng(0)
    pixels = np.repeat(np.repeat(draw.integers(0, 256, (height // 5, width // 5, 3), dtype=np.uint8), 5, 0), 5, 1)
    Image.fromarray(pixels).save(path, **how)
    return torch.from_numpy(pixels).permute(2, 0, 1)


def test_the_two_photos_of_scikit_learn_have_names(here):
    from sklearn.datasets import load_sample_image

    for name in ("china.jpg", "flower.jpg"):
        whole = read_photo(name, 4000)
        assert torch.equal(whole, torch.from_numpy(load_sample_image(name).copy()).permute(2, 0, 1))
        assert read_photo(name, 240).shape == (3, 160, 240)
        assert whole.is_contiguous()


def test_a_file_of_that_name_comes_first(here):
    pixels = saved(here / "china.png", 10, 20)
    (here / "china.png").rename(here / "china.jpg")
    assert find_photo("china.jpg").name == "china.jpg"
    assert torch.equal(read_photo("china.jpg", 100), pixels)
    assert find_photo("other/china.jpg").parent.name == "other"


def test_the_longer_side_is_at_most_so_long_and_nothing_is_enlarged(here):
    pixels = saved(here / "a.png", 30, 90)
    assert torch.equal(read_photo("a.png", 90), pixels)
    assert torch.equal(read_photo("a.png", 1000), pixels)
    assert read_photo("a.png", 45).shape == (3, 15, 45)
    assert read_photo("a.png", 1).shape == (3, 1, 1)
    small = read_photo("a.png", 45)
    mean = pixels.float().unfold(1, 2, 2).unfold(2, 2, 2).flatten(3).mean(3)
    assert (small.float() - mean).abs().mean() < 12  # smoothed, not every second pixel


def test_it_is_turned_upright_as_the_camera_noted(here):
    exif = Image.Exif()
    exif[0x0112] = 6
    saved(here / "plain.png", 100, 200)
    with Image.open(here / "plain.png") as plain:
        plain.save(here / "turned.jpg", exif=exif, quality=95)
        plain.rotate(-90, expand=True).save(here / "upright.png")
    expected, got = read_photo("upright.png", 80), read_photo("turned.jpg", 80)
    assert got.shape == expected.shape == (3, 80, 40)
    assert (got.float() - expected.float()).abs().mean() < 15


def test_what_is_no_photo_is_refused_in_a_line(here):
    (here / "no.png").write_text("no image")
    with pytest.raises(DataError, match="no image"):
        read_photo("no.png", 100)
    with pytest.raises(DataError, match="no such file"):
        read_photo("missing.png", 100)
    with pytest.raises(ConfigError, match="1 pixel or more"):
        read_photo("china.jpg", 0)
