"""Scenes: what is said of each is there to be seen, nothing leaks, and the same is drawn on every call."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_sample_image

from d2lab import data
from d2lab.core.errors import ConfigError
from d2lab.data import digits, scenes
from d2lab.data.scenes import PHOTOS, draw_scenes
from d2lab.data.sets.digits import CARD as DIGITS


@pytest.fixture(scope="module", params=["train", "test"])
def drawn(request):
    return request.param, draw_scenes(200, part=request.param, seed=3)


def objects(found):
    """Yield scene, row, box and label of each object."""
    for scene, count in enumerate(found.count.tolist()):
        for row in range(count):
            yield scene, row, found.boxes[scene, row].tolist(), int(found.labels[scene, row])


def test_boxes_are_those_of_the_ink_pixel_by_pixel(drawn):
    _, found = drawn
    for scene, row, box, _ in objects(found):
        ys, xs = np.nonzero(found.instances[scene].numpy() == row + 1)
        assert box == [xs.min(), ys.min(), xs.max() + 1, ys.max() + 1]


def test_boxes_are_those_of_torchvision(drawn):
    ops = pytest.importorskip("torchvision.ops")
    _, found = drawn
    masks = found.object_masks()
    for scene, count in enumerate(found.count.tolist()):
        theirs = ops.masks_to_boxes(masks[scene, :count])
        theirs[:, 2:] += 1  # its boxes end with the index of the last pixel
        assert torch.equal(found.boxes[scene, :count], theirs)


def test_masks_and_instances_and_labels_agree(drawn):
    _, found = drawn
    assert torch.equal(found.masks > 0, found.instances > 0)
    for scene, row, _, label in objects(found):
        assert found.masks[scene][found.instances[scene] == row + 1].unique().tolist() == [label + 1]
    assert torch.equal(found.object_masks().sum(1).bool(), found.masks > 0)
    assert (found.instances.amax((1, 2)) == found.count).all()


def test_rows_beyond_the_count_are_zero(drawn):
    _, found = drawn
    beyond = torch.arange(found.boxes.shape[1]) >= found.count[:, None]
    assert beyond.any()
    assert not found.boxes[beyond].any()
    assert not found.labels[beyond].any()


def test_digits_have_their_sizes_and_do_not_overlap(drawn):
    _, found = drawn
    assert set(found.count.tolist()) == {1, 2, 3}
    sides = [max(box[2] - box[0], box[3] - box[1]) for _, _, box, _ in objects(found)]
    assert 9 <= min(sides) <= 13
    assert 25 <= max(sides) <= 28
    for scene in range(len(found.count)):
        boxes = found.boxes[scene, : found.count[scene]]
        for i in range(len(boxes)):
            for j in range(i):
                wide = torch.minimum(boxes[i, 2:], boxes[j, 2:]) - torch.maximum(boxes[i, :2], boxes[j, :2])
                assert (wide <= 0).any()


def test_every_digit_is_the_one_that_its_label_says_and_of_its_own_part(drawn):
    part, found = drawn
    split = getattr(digits.load(DIGITS), part)
    for scene, row, _, label in objects(found):
        assert split.targets[found.digits[scene, row]] == label


def test_ink_stands_out_from_the_photo(drawn):
    _, found = drawn
    light = (found.images.double() * torch.tensor(scenes.BRIGHTNESS).double()[:, None, None]).sum(1)
    apart = []
    for scene, row, (x1, y1, x2, y2), _ in objects(found):
        ink = found.instances[scene] == row + 1
        around = torch.zeros_like(ink)
        around[int(y1) : int(y2), int(x1) : int(x2)] = True
        apart.append((light[scene][ink].mean() - light[scene][around & ~ink].mean()).abs())
    assert torch.stack(apart).quantile(0.1) > 40


def test_a_scene_away_from_its_ink_is_a_crop_of_its_part_of_a_photo(drawn):
    part, found = drawn
    cut = int(scenes.CUT * 640)
    photos = [load_sample_image(name) for name in PHOTOS]
    photos = [photo[:, :cut] if part == "train" else photo[:, cut:] for photo in photos]
    for scene in range(20):
        plain = np.ones((64, 64), bool)  # far from any digit: partly covered pixels lie within its square
        for x1, y1, x2, y2 in found.boxes[scene, : found.count[scene]].int().tolist():
            plain[max(0, y1 - 10) : y2 + 10, max(0, x1 - 10) : x2 + 10] = False
        if plain.sum() < 200:
            continue
        ys, xs = np.nonzero(plain)
        pixels = found.images[scene].permute(1, 2, 0).numpy()[ys, xs]
        assert any(holds(photo, pixels, ys, xs) for photo in photos)


def holds(photo, pixels, ys, xs):
    """Tell whether some crop of the photo has these pixels at these places; the first pixel narrows the search."""
    first = (photo == pixels[0]).all(2)
    for top, left in zip(*np.nonzero(first), strict=True):
        y, x = top - ys[0], left - xs[0]
        within = 0 <= y <= photo.shape[0] - 64 and 0 <= x <= photo.shape[1] - 64
        if within and (photo[ys + y, xs + x] == pixels).all():
            return True
    return False


def test_no_digit_is_in_both_parts_of_the_set_digits():
    parts = digits.load(DIGITS)
    train, test = ({image.numpy().tobytes() for image in part.inputs} for part in (parts.train, parts.test))
    assert not train & test


def test_enlarging_is_cubic_convolution():
    random = np.random.default_rng(0)
    glyphs = torch.from_numpy(random.random((4, 8, 8)))
    glyphs[:, 0, 0] = 1.0
    for size in (8, 13, 28):
        whole = torch.nn.functional.interpolate(glyphs[:, None], size=(size, size), mode="bicubic")[:, 0]
        whole = whole.clamp(min=0)
        whole = whole / whole.amax((1, 2), keepdim=True)
        torch.testing.assert_close(scenes.enlarge(glyphs, size), whole, rtol=0, atol=1e-12)


def test_the_set_is_the_same_whatever_the_seed_and_another_seed_draws_others():
    first, again = data.load("scenes", seed=0), data.load("scenes", seed=7)
    assert torch.equal(first.train.inputs, again.train.inputs)
    assert torch.equal(first.train.targets["boxes"], again.train.targets["boxes"])
    assert (len(first.train), len(first.test)) == (2000, 300)
    assert not torch.equal(draw_scenes(5, part="train", seed=1).images, draw_scenes(5, part="train", seed=2).images)


def test_scenes_of_other_sizes():
    found = draw_scenes(30, part="test", side=96, most=5, sizes=(12, 40))
    assert found.images.shape == (30, 3, 96, 96)
    assert found.boxes.shape == (30, 5, 4)
    assert found.boxes.max() <= 96
    assert found.segmentation().targets.max() <= 10
    crowded = draw_scenes(10, part="train", side=32, most=8, sizes=(20, 28))
    assert (crowded.count >= 1).all()
    assert (crowded.count <= 1).all()  # there is no room for two


def test_a_digit_that_found_no_place_leaves_no_gap():
    found = draw_scenes(100, part="train", most=8, sizes=(12, 30))
    assert found.count.unique().numel() > 3
    assert (found.instances.amax((1, 2)) == found.count).all()
    real = torch.arange(8) < found.count[:, None]
    assert torch.equal((found.boxes[..., 2:] > found.boxes[..., :2]).all(2), real)


@pytest.mark.parametrize(
    "wrong",
    [{"count": 0}, {"most": 0}, {"side": 201}, {"sizes": (7, 9)}, {"sizes": (20, 12)}, {"side": 20}],
)
def test_bad_numbers_are_refused(wrong):
    with pytest.raises(ConfigError, match=r"need "):
        draw_scenes(**({"count": 3, "part": "train"} | wrong))


def test_a_part_that_is_none_is_refused():
    with pytest.raises(ConfigError, match="got 'valid', need train or test"):
        scenes._check("valid", 1, 64, 3, (12, 28))


def test_the_set_with_masks_is_the_scenes_with_the_ink_of_each_object():
    plain, masked = data.load("scenes"), data.load("scenes-masks")
    for name in ("train", "test"):
        one, other = getattr(plain, name), getattr(masked, name)
        assert torch.equal(one.inputs, other.inputs)
        assert all(torch.equal(one.targets[key], other.targets[key]) for key in one.targets)
        masks = other.targets["masks"]
        assert masks.shape == (len(other), 3, 64, 64)
        real = torch.arange(3) < other.targets["count"].unsqueeze(1)
        assert torch.equal(masks.flatten(2).any(2), real)
        rows, columns = masks.any(3)[real], masks.any(2)[real]
        corners = [columns.long().argmax(1), rows.long().argmax(1)]
        assert torch.equal(torch.stack(corners, 1).float(), other.targets["boxes"][real][:, :2])
