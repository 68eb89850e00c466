"""Annotated images of the reader as data sets: layouts, boxes that move with their images, parts, what is told."""

import numpy as np
import pytest
import torch
from PIL import Image
from tests.data.annotated_images import CLASSES, draw_all, random_annotations
from tests.data.pictures import draw

from d2lab import data
from d2lab.core.errors import ConfigError, DataError
from d2lab.data import annotated, catalog, decoded
from d2lab.data.annotation import Entry, Thing, gather, handle_bad_boxes
from d2lab.data.annotation_check import check_annotations
from d2lab.data.annotation_folder import guess_kind, hold_out, read_parts
from d2lab.data.coco import write_coco
from d2lab.data.image_fit import FILL, fitted_sizes, frame_for, read_fitted
from d2lab.data.labelme import write_labelme
from d2lab.data.three_parts import ThreeParts
from d2lab.data.voc import write_voc
from d2lab.data.yolo import write_yolo

TRAIN, TEST = random_annotations(1, images=7), random_annotations(2, images=4)
BOTH = {"train": TRAIN, "valid": TEST}


def coco(root):
    for part, found in BOTH.items():
        draw_all(found, root / part)
        write_coco(found, root / part / "_annotations.coco.json")


def coco_of_2017(root):
    for part, found in {"train2017": TRAIN, "val2017": TEST}.items():
        draw_all(found, root / part)
        write_coco(found, root / "annotations" / f"instances_{part}.json")
        (root / "annotations" / f"captions_{part}.json").write_text("{}")


def voc(root):
    for part, found in BOTH.items():
        draw_all(found, root / part)
        write_voc(found, root / part)


def voc_of_2012(root):
    names = [f"{part}_{name}" for part, found in BOTH.items() for name in found.names]
    (root / "ImageSets" / "Main").mkdir(parents=True)
    for part, found in BOTH.items():
        renamed = renamed_to(found, part)
        draw_all(renamed, root / "JPEGImages")
        write_voc(renamed, root / "Annotations")
        stems = "".join(f"{name[:-4]}\n" for name in names if name.startswith(part))
        (root / "ImageSets" / "Main" / f"{part.replace('valid', 'val')}.txt").write_text(stems)


def renamed_to(found, part):
    names = tuple(f"{part}_{name}" for name in found.names)
    return type(found)(found.classes, names, found.sizes, found.boxes, found.labels, found.images, found.ignored)


def yolo(root):
    for part, found in BOTH.items():
        draw_all(found, root / part / "images")
        write_yolo(found, root / part / "labels")
        (root / part / "labels" / "classes.txt").unlink()
    (root / "data.yaml").write_text("names: [cat, dog, traffic light]\n")


def yolo_of_ultralytics(root):
    for part, found in BOTH.items():
        draw_all(found, root / "images" / part)
        write_yolo(found, root / "labels" / part)
    (root / "labels" / "valid" / "classes.txt").rename(root / "classes.txt")


def labelme(root):
    for part, found in BOTH.items():
        draw_all(found, root / part)
        write_labelme(found, root / part)


LAYOUTS = [coco, coco_of_2017, voc, voc_of_2012, yolo, yolo_of_ultralytics, labelme]


@pytest.fixture(params=LAYOUTS, ids=lambda layout: layout.__name__)
def layout(request, tmp_path, cache):
    request.param(tmp_path / "set")
    return request.param.__name__.partition("_")[0], tmp_path / "set"


def test_each_layout_is_found_and_read(layout):
    kind, root = layout
    assert guess_kind(root) == kind
    parts = read_parts(kind, root)
    for part, found in (("train", TRAIN), ("valid", TEST)):
        mine = parts[part].annotations
        assert mine.classes == CLASSES
        np.testing.assert_allclose(mine.boxes, found.boxes, rtol=0, atol=1e-8)
        np.testing.assert_array_equal(mine.labels, found.labels)
        assert all(file.is_file() for file in parts[part].files)
    counts = check_annotations(root)
    assert counts["train"].images == 7
    assert counts["train"].empty == 2
    assert counts["valid"].classes == check_annotations(root, kind)["valid"].classes


def test_each_layout_is_a_data_set(layout):
    kind, root = layout
    loaded = data.load(f"{kind}:{root}", side=64)
    assert loaded.card.examples == (7, 4)
    assert loaded.card.task == "detection"
    assert loaded.train.inputs.shape == (7, 3, 64, 64)
    assert loaded.train.inputs.dtype == torch.uint8
    targets = loaded.train.targets
    usable = handle_bad_boxes(TRAIN if kind == "yolo" else TRAIN.keep(~TRAIN.ignored), "repair", "x")
    assert targets["count"].tolist() == usable.counts.tolist()
    boxes, labels, counts = usable.padded(targets["labels"].shape[1])
    assert torch.equal(targets["labels"], torch.from_numpy(labels))
    for row, (width, height) in enumerate(TRAIN.sizes.tolist()):
        scale = 64 / max(width, height)  # up to the rounding of the shorter side
        theirs = boxes[row, : counts[row]] * scale
        np.testing.assert_allclose(targets["boxes"][row, : counts[row]], theirs, rtol=0.05, atol=0.02)


def test_a_box_marks_the_same_pixels_after_fitting(tmp_path, cache):
    """Images are black but for one white box: in the fitted image it is where the moved box says."""
    entries, random = [], np.random.default_rng(0)
    (tmp_path / "set").mkdir()
    for row in range(12):
        width, height = random.integers(100, 300, 2).tolist()
        x1, y1 = random.integers(10, 50, 2).tolist()
        x2, y2 = x1 + int(random.integers(30, 49)), y1 + int(random.integers(30, 49))
        pixels = np.zeros((height, width, 3), np.uint8)
        pixels[y1:y2, x1:x2] = 255
        Image.fromarray(pixels).save(tmp_path / "set" / f"{row}.png")
        entries.append(Entry(f"{row}.png", (width, height), [Thing((x1, y1, x2, y2), 0)]))
    write_coco(gather(("box",), entries), tmp_path / "set" / "a.json")
    loaded = data.load(f"coco:{tmp_path / 'set'}", side=96)
    for part in (loaded.train, loaded.test):
        for image, box in zip(part.inputs, part.targets["boxes"][:, 0], strict=True):
            ys, xs = np.nonzero(image[0].numpy() > 127)
            ys, xs = (values[image[0].numpy()[ys, xs] != FILL] for values in (ys, xs))
            seen = [xs.min(), ys.min(), xs.max() + 1, ys.max() + 1]
            np.testing.assert_allclose(box.numpy(), seen, atol=1.0)


def test_images_of_one_size_keep_their_proportions():
    sizes = np.array([[640, 480]] * 3)
    assert frame_for(sizes, 320) == (240, 320)
    assert fitted_sizes(sizes, (240, 320)).tolist() == [[320, 240]] * 3
    mixed = np.array([[640, 480], [100, 300], [5000, 1]])
    assert frame_for(mixed, 320) == (320, 320)
    assert fitted_sizes(mixed, (320, 320)).tolist() == [[320, 240], [107, 320], [320, 1]]


def test_what_is_left_over_is_gray(tmp_path):
    draw(tmp_path / "a.png", 0, size=(20, 10))
    pixels = read_fitted(tmp_path / "a.png", size=(20, 10), frame=(40, 40))
    assert pixels.shape == (3, 40, 40)
    assert (pixels[:, 20:] == FILL).all()
    assert not (pixels[:, :20] == FILL).all()
    with pytest.raises(DataError, match="got '20 x 10 pixels', need 10 x 20 pixels, as its annotation says"):
        read_fitted(tmp_path / "a.png", size=(10, 20), frame=(40, 40))


@pytest.fixture
def single(tmp_path, cache):
    """One COCO file of twenty images, some boxes bad."""
    root = tmp_path / "set"
    entries = [Entry(f"{n:02}.bmp", (32, 24), [Thing((1.0, 1.0, 9.0, 9.0), n % 2)]) for n in range(17)]
    entries.append(Entry("17.bmp", (32, 24), [Thing((5.0, 5.0, 5.0, 9.0), 0), Thing((20.0, 20.0, 40.0, 30.0), 1)]))
    entries.append(Entry("18.bmp", (32, 24), [Thing((0.0, 0.0, 9.0, 9.0), 1, ignored=True)]))
    entries.append(Entry("19.bmp", (32, 24), []))
    found = gather(("a", "b"), entries)
    draw_all(found, root)
    write_coco(found, root / "boxes.json")
    return root


def test_a_fifth_is_held_out_by_name_where_nothing_is_set_apart(single):
    card = catalog.card(f"coco:{single}")
    assert card.examples == (16, 4)
    whole = read_parts("coco", single)["all"]
    train, test = hold_out(whole)
    assert sorted((*train.annotations.names, *test.annotations.names)) == sorted(whole.annotations.names)
    assert catalog.card(f"coco:{single / 'boxes.json'}").examples == (16, 4)
    assert data.load(f"coco:{single}").train.inputs.shape == (16, 3, 24, 32)  # all of one size, and small


def test_bad_boxes_are_repaired_and_told_of(single):
    notes = " ".join(catalog.card(f"coco:{single}").notes)
    for said in ("1 boxes without area left out", "1 boxes cut off", "1 objects left out", "images without objects"):
        assert said in notes
    loaded = data.load(f"coco:{single}")
    counts = torch.cat([loaded.train.targets["count"], loaded.test.targets["count"]])
    assert sorted(counts.tolist()) == [0, 0, *[1] * 18]
    boxes = torch.cat([loaded.train.targets["boxes"], loaded.test.targets["boxes"]])[:, 0].tolist()
    assert [20.0, 20.0, 32.0, 24.0] in boxes


def test_it_is_decoded_once_until_a_file_changes(single, monkeypatch):
    card = catalog.card(f"coco:{single}")
    before = catalog.load_card(card).train.inputs.clone()
    with monkeypatch.context() as patch:
        patch.setattr(annotated, "_decode", None)
        assert torch.equal(data.load(f"coco:{single}").train.inputs, before)
    for path in single.glob("*.bmp"):
        size = path.stat().st_size
        draw(path, 999, size=(32, 24))
        assert path.stat().st_size == size
    with pytest.warns(UserWarning, match="files were written anew since the run"):
        after = catalog.load_card(card).train.inputs
    assert not torch.equal(after, before)


def test_a_card_that_knows_other_files_refuses(single):
    card = catalog.card(f"coco:{single}")
    write_coco(random_annotations(3, images=0), single / "boxes.json")
    with pytest.raises(DataError, match="no image"):
        catalog.load_card(card)
    (single / "boxes.json").unlink()
    found = gather(("a", "b"), [Entry(f"{n:02}.bmp", (32, 24), []) for n in range(20)])
    write_coco(found, single / "boxes.json")
    with pytest.raises(DataError, match=r"got 'other files'.*Put the files back"):
        catalog.load_card(card)


def test_a_missing_image_is_named(single):
    (single / "03.bmp").unlink()
    with pytest.raises(DataError, match=r"03\.bmp and 0 more not found"):
        catalog.card(f"coco:{single}")
    assert check_annotations(single)["all"].missing == 1


def test_a_broken_image_is_named_and_nothing_is_left_in_the_cache(single, cache):
    card = catalog.card(f"coco:{single}")
    (single / "03.bmp").write_bytes((single / "03.bmp").read_bytes()[:100])
    with pytest.raises(DataError, match=r"other files"):
        catalog.load_card(card)
    with pytest.raises(DataError, match=r"^image .*03\.bmp"):
        data.load(f"coco:{single}")
    assert not list(cache.rglob("*.npy"))


def test_what_takes_too_much_memory_is_refused_before_it_is_read(single, monkeypatch):
    monkeypatch.setattr(decoded, "HELD_BYTES", 1000)
    with pytest.raises(DataError, match="Ask for a smaller side"):
        data.load(f"coco:{single}")


@pytest.mark.parametrize("name", ["coco:", "voc:  ", "yolo:"])
def test_a_name_without_a_path_is_refused(name):
    with pytest.raises(ConfigError, match="coco:PATH"):
        catalog.card(name)


@pytest.mark.parametrize("kind", ["coco", "voc", "yolo", "labelme"])
def test_an_empty_folder_is_refused_in_a_line(kind, tmp_path):
    with pytest.raises(DataError, match="nothing there"):
        catalog.card(f"{kind}:{tmp_path / 'none'}")
    with pytest.raises(DataError) as error:
        catalog.card(f"{kind}:{tmp_path}")
    assert "\n" not in str(error.value)
    with pytest.raises(DataError, match="need a folder of COCO JSON"):
        check_annotations(tmp_path)


def test_wrong_settings_are_refused(single):
    with pytest.raises(ConfigError, match="1 pixel or more"):
        data.load(f"coco:{single}", side=0)
    with pytest.raises(ConfigError, match="decoded once"):
        data.load(f"coco:{single}", workers=2)
    with pytest.raises(ConfigError, match="one of coco, voc, yolo, labelme"):
        check_annotations(single, "csv")


def test_other_classes_in_the_test_part_are_refused(tmp_path):
    coco(tmp_path)
    write_coco(gather(("fish",), [Entry("000.png", (9, 9), [])]), tmp_path / "valid" / "_annotations.coco.json")
    with pytest.raises(DataError, match=r"the classes of the valid part.*got 'fish', need cat, dog, traffic light"):
        read_parts("coco", tmp_path)


def test_several_files_without_an_order_are_refused(tmp_path):
    for name in ("a", "b", "c"):
        write_coco(TRAIN, tmp_path / f"{name}.json")
    with pytest.raises(DataError, match=r"3 JSON files \(a.json, b.json, c.json\).*coco:PATH/FILE\.json"):
        read_parts("coco", tmp_path)


def test_a_voc_set_that_counts_from_0_is_told_of(tmp_path):
    draw_all(TRAIN, tmp_path)
    write_voc(gather(("a",), [Entry("000.png", (9, 9), [Thing((0.0, 0.0, 3.0, 3.0), 0)])]), tmp_path, first_pixel=0)
    counts = check_annotations(tmp_path)["all"]
    assert counts.before_first == 1
    assert any("count from 0" in line for line in counts.lines())


def test_of_three_parts_the_test_part_is_taken_and_all_are_counted(tmp_path, cache):
    labelme(tmp_path)
    third = random_annotations(9, images=3)
    draw_all(third, tmp_path / "test")
    write_labelme(third, tmp_path / "test")
    loaded = data.load(f"labelme:{tmp_path}", side=64)
    assert loaded.card.examples == (7, 3)
    assert loaded.card.notes[-1] == "4 images are the validation part, read where validation is asked for"
    usable = handle_bad_boxes(TEST.keep(~TEST.ignored), "repair", "x")
    assert loaded.valid.targets["count"].tolist() == usable.counts.tolist()
    assert loaded.valid.inputs.shape == (4, 3, 64, 64)
    assert not torch.equal(loaded.valid.inputs[:3], loaded.test.inputs)
    most = {part.targets["labels"].shape[1] for part in (loaded.train, loaded.test, loaded.valid)}
    assert len(most) == 1
    counts = {name: part.images for name, part in check_annotations(tmp_path).items()}
    assert counts == {"train": 7, "test": 3, "valid": 4}


def test_a_changed_validation_part_is_seen(tmp_path, cache):
    labelme(tmp_path)
    draw_all(TRAIN, tmp_path / "test")
    write_labelme(TRAIN, tmp_path / "test")
    card = catalog.card(f"labelme:{tmp_path}")
    write_labelme(TEST.keep(TEST.labels > 0), tmp_path / "valid")
    with pytest.raises(DataError, match="other files"):
        catalog.load_card(card)


def test_two_parts_have_none_for_validation(layout):
    kind, root = layout
    loaded = data.load(f"{kind}:{root}", side=32)
    assert not isinstance(loaded, ThreeParts)
    assert not any("validation" in note for note in loaded.card.notes)
