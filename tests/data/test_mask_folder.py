"""Folders of images and masks as data sets: layouts, pairs by name, one frame for both, what is refused."""

import io
import os

import numpy as np
import pytest
import torch
from PIL import Image
from tests.data.pictures import draw

from d2lab import data
from d2lab.core.errors import ConfigError, DataError
from d2lab.data import catalog
from d2lab.data.palette import fit_mask, read_mask, write_mask
from d2lab.data.sets.voc2012 import CARD as VOC
from d2lab.data.three_parts import ThreeParts


def pair(images, masks, name, seed, size=(12, 9), classes=3, suffix=".jpg"):
    """Draw an image and its mask: the same numbers for the same seed."""
    draw(images / f"{name}{suffix}", seed, size=size)
    mask = np.random.default_rng(seed).integers(0, classes, size[::-1]).astype(np.uint8)
    mask[0] = 255
    write_mask(mask, masks / f"{name}.png")
    return mask


@pytest.fixture
def plain(tmp_path, cache):
    """A folder of ten images and their masks, of three classes."""
    root = tmp_path / "set"
    masks = [pair(root / "images", root / "masks", f"{n:02}", n) for n in range(10)]
    (root / "classes.txt").write_text("ground\r\ncat\ndog\n\n", encoding="utf-8")
    return root, masks


def test_a_plain_folder_holds_a_fifth_out_and_pairs_by_name(plain):
    root, masks = plain
    loaded = data.load(f"masks:{root}")
    card = loaded.card
    assert (card.task, card.classes, card.shape, card.examples) == (
        "segmentation", ("ground", "cat", "dog"), (3, 9, 12), (8, 2)
    )  # fmt: skip
    assert loaded.train.targets.dtype == torch.uint8
    found = torch.cat([loaded.train.targets, loaded.test.targets])
    wanted = {mask.tobytes() for mask in masks}
    assert {mask.numpy().tobytes() for mask in found} == wanted
    by_mask = {masks[n].tobytes(): n for n in range(10)}
    for split in (loaded.train, loaded.test):  # each image beside the mask of its own name
        for image, mask in zip(split.inputs, split.targets, strict=True):
            name = f"{by_mask[mask.numpy().tobytes()]:02}.jpg"
            with Image.open(root / "images" / name) as file:
                np.testing.assert_array_equal(image.permute(1, 2, 0).numpy(), np.asarray(file.convert("RGB")))


@pytest.mark.parametrize("inner", [True, False])
@pytest.mark.parametrize("parts", [("train", "val"), ("train", "test"), ("train", "valid", "test")])
def test_parts_in_folders_of_their_own(parts, inner, tmp_path, cache):
    for number, part in enumerate(parts):
        folders = (tmp_path / part / "images", tmp_path / part / "masks")
        if inner:
            folders = (tmp_path / "images" / part, tmp_path / "masks" / part)
        for n in range(number + 2):
            pair(*folders, f"{n}", 10 * number + n)
    (tmp_path / "classes.txt").write_text("a\nb\nc\n", encoding="utf-8")
    loaded = data.load(f"masks:{tmp_path}")
    assert len(loaded.train) == 2
    assert len(loaded.test) == 1 + len(parts)
    assert isinstance(loaded, ThreeParts) == (len(parts) == 3)


def voc(root):
    images, masks = root / "JPEGImages", root / "SegmentationClass"
    for n in range(5):
        pair(images, masks, f"2007_{n}", n, size=(12, 9 + n), classes=21)
    lists = root / "ImageSets" / "Segmentation"
    lists.mkdir(parents=True)
    (lists / "train.txt").write_text("2007_3\n2007_0\n2007_1\n")
    (lists / "val.txt").write_text("2007_2\n2007_4\n")
    return root


def test_pascal_voc_is_read_by_its_lists_and_in_their_order(tmp_path, cache):
    loaded = data.load(f"masks:{voc(tmp_path)}")
    assert loaded.card.classes == VOC.classes
    assert loaded.card.examples == (3, 2)
    assert loaded.train.shape == (3, 13, 13)  # they vary in size: a square of the longest side
    heights = [(image != 114).any(2).any(0).sum().item() for image in loaded.train.inputs]
    assert heights == pytest.approx([13, 10, 11], abs=1)
    for number, image, mask in zip((3, 0, 1), loaded.train.inputs, loaded.train.targets, strict=True):
        beside = (image == 114).all(0)
        assert (mask[beside] == 255).all()
        own = read_mask(tmp_path / "SegmentationClass" / f"2007_{number}.png")
        np.testing.assert_array_equal(mask.numpy(), fit_mask(own, (13, 13)))


def test_the_longest_side_may_be_another_and_masks_keep_their_numbers(plain):
    root, _ = plain
    loaded = data.load(f"masks:{root}", side=24)
    assert loaded.train.shape == (3, 18, 24)
    assert loaded.train.targets.shape[1:] == (18, 24)
    small = data.load(f"masks:{root}")
    assert torch.equal(loaded.train.targets[:, ::2, ::2], small.train.targets)
    assert sorted(loaded.train.targets.unique().tolist()) == [0, 1, 2, 255]


def test_it_is_decoded_once_until_a_file_changes(plain, monkeypatch):
    from d2lab.data import mask_folder

    root, _ = plain
    card = catalog.card(f"masks:{root}")
    before = catalog.load_card(card).train.targets.clone()
    with monkeypatch.context() as patch:
        patch.setattr(mask_folder, "_decode", None)
        assert torch.equal(catalog.load_card(card).train.targets, before)
    path = root / "masks" / "00.png"
    os.utime(path, ns=(1, 1))
    with pytest.warns(UserWarning, match="written anew"):
        catalog.load_card(card)
    path.write_bytes(path.read_bytes() + b"more")
    with pytest.raises(DataError, match="other files"):
        catalog.load_card(card)


def broken(kind, root):
    """Damage a folder, and return what is said about it."""
    mask, image = root / "masks" / "03.png", root / "images" / "03.jpg"
    if kind == "no mask":
        mask.unlink()
        return "no mask of 03 and 0 more"
    if kind == "no classes":
        (root / "classes.txt").unlink()
        return r"no classes\.txt"
    if kind == "a class twice":
        (root / "classes.txt").write_text("a\nb\na\n")
        return "need the names of 2 to 255 classes, one a line"
    if kind == "a class too many":
        (root / "classes.txt").write_text("a\nb\n")
        return "need class numbers from 0 to 1"
    if kind == "another size":
        write_mask(np.zeros((9, 13), np.uint8), mask)
        return r"03\.png: got '13 x 9 pixels', need 12 x 9 pixels"
    if kind == "a broken mask":
        mask.write_bytes(mask.read_bytes()[:60])
        return r"03\.png"
    if kind == "a broken image":
        image.write_bytes(image.read_bytes()[:300])
        return r"03\.jpg"
    if kind == "two formats":
        draw(root / "images" / "03.png", 3, size=(12, 9))
        return "03 in two formats"
    if kind == "a link to nowhere":
        mask.unlink()
        mask.symlink_to(root / "nowhere")
        return "can be read"
    if kind == "no images":
        for file in (root / "images").iterdir():
            file.unlink()
        return "got 'no image'"
    for file in (root / "masks").iterdir():  # 255 is meant to be a class
        with Image.open(file) as opened:
            content = io.BytesIO()
            Image.fromarray(np.where(np.asarray(opened) > 0, 255, 0).astype(np.uint8)).save(content, "PNG")
        file.write_bytes(content.getvalue())
    return "255, which is void', need pixels of two classes"


@pytest.mark.parametrize(
    "kind",
    ["no mask", "no classes", "a class twice", "a class too many", "another size", "a broken mask", "a broken image",
     "two formats", "a link to nowhere", "no images", "255 for a class"],
)  # fmt: skip
def test_a_hostile_folder_is_refused_in_a_line_and_leaves_nothing(kind, plain, cache):
    root, _ = plain
    said = broken(kind, root)
    with pytest.raises(DataError, match=said) as caught:
        data.load(f"masks:{root}")
    assert "\n" not in str(caught.value)
    assert not list(cache.rglob("*.npy"))


def test_lists_of_pascal_voc_that_are_missing_or_name_what_is_not_there(tmp_path, cache):
    root = voc(tmp_path)
    lists = root / "ImageSets" / "Segmentation"
    (lists / "val.txt").write_text("../../secret\n")
    with pytest.raises(DataError, match=r"no image of \.\./\.\./secret"):
        data.load(f"masks:{root}")
    (lists / "val.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(DataError, match="in UTF-8"):
        data.load(f"masks:{root}")
    (lists / "val.txt").unlink()
    with pytest.raises(DataError, match="need the lists of Pascal VOC"):
        data.load(f"masks:{root}")


def test_names_and_sizes_that_can_not_be_used(plain, tmp_path):
    root, _ = plain
    with pytest.raises(ConfigError, match="masks:PATH"):
        catalog.card("masks: ")
    with pytest.raises(DataError, match="nothing there"):
        catalog.card(f"masks:{tmp_path / 'none'}")
    with pytest.raises(DataError, match="no folder"):
        catalog.card(f"masks:{tmp_path}")
    with pytest.raises(ConfigError, match="stream_workers"):
        data.load(f"masks:{root}", workers=1)
    with pytest.raises(ConfigError, match="side"):
        data.load(f"masks:{root}", side=0)


def test_too_few_images_to_hold_one_out(tmp_path, cache):
    pair(tmp_path / "images", tmp_path / "masks", "a", 0)
    with pytest.raises(DataError, match="images or more"):
        catalog.card(f"masks:{tmp_path}")


def test_a_training_part_alone_is_refused(tmp_path, cache):
    pair(tmp_path / "train" / "images", tmp_path / "train" / "masks", "a", 0)
    with pytest.raises(DataError, match="one for testing beside it"):
        catalog.card(f"masks:{tmp_path}")


def test_pixels_of_scenes_are_the_masks_of_scenes():
    loaded = data.load("scenes-pixels")
    boxes = data.load("scenes")
    assert torch.equal(loaded.train.inputs, boxes.train.inputs)
    assert loaded.card.classes[1:] == boxes.card.classes
    assert loaded.train.targets.shape == (2000, 64, 64)
    kinds = [sorted(set(mask.unique().tolist()) - {0}) for mask in loaded.test.targets]
    labels = [sorted({label + 1 for label in row[:count]}) for row, count in zip(
        boxes.test.targets["labels"].tolist(), boxes.test.targets["count"].tolist(), strict=True
    )]  # fmt: skip
    assert kinds == labels


@pytest.mark.slow
def test_the_photos_of_pascal_voc_are_what_their_card_says(real_data, cache, monkeypatch):
    if not (real_data / "voc2012").is_dir():
        pytest.skip("no photos of Pascal VOC at hand")
    monkeypatch.setenv("D2LAB_DATA", str(real_data))
    loaded = data.load("voc2012", fetch=False, side=96)
    assert (len(loaded.train), len(loaded.test)) == (200, 100)
    occurring = [set(split.targets.unique().tolist()) - {0, 255} for split in (loaded.train, loaded.test)]
    assert (len(occurring[0]), len(occurring[1])) == (15, 17)
    counted = loaded.test.targets[loaded.test.targets != 255]
    assert (counted == 0).float().mean().item() == pytest.approx(0.66, abs=0.02)  # background everywhere


def test_pascal_voc_that_is_not_at_hand_says_what_to_do(cache):
    with pytest.raises(DataError, match="--data masks:PATH"):
        data.load("voc2012", fetch=False)
