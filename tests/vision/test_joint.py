"""Targets move with their image: rectangles, their boxes and masks, and dots, drawn into images and found again."""

import dataclasses
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchvision import tv_tensors
from torchvision.transforms.v2 import functional as reference

from d2lab.core.errors import ConfigError, DataError
from d2lab.core.void import VOID
from d2lab.vision.augment import Augment, AugmentConfig
from d2lab.vision.boxes import bound, box_area, clip_boxes, visible_part
from d2lab.vision.geometry import AffineMap, rotation_map, scale_map
from d2lab.vision.joint import JointTransform
from d2lab.vision.resample import nearest_index, resized_crop
from d2lab.vision.targets import KINDS, check_kinds, resize_targets

HEIGHT, WIDTH, MOST = 60, 84, 5
KINDS_OF_ALL = {
    "mask": "mask",
    "instances": "mask",
    "boxes": "boxes",
    "labels": "labels",
    "count": "count",
    "scene": "class",
    "weight": "number",
}
WHOLE = {"flip": 0.5, "flip_vertical": 0.5, "translate": 9}  # changes by whole pixels
SAMPLED = {"rotate": 40.0, "crop": 0.3}
changes = st.fixed_dictionaries({}, optional={name: st.just(amount) for name, amount in {**WHOLE, **SAMPLED}.items()})


def augment(*, side=None, kinds=KINDS_OF_ALL, seed=0, shape=(1, HEIGHT, WIDTH), min_visible=0.1, **config):
    config = AugmentConfig(border="zeros", **config)
    return Augment(config, shape=shape, side=side, classes=10, seed=seed, kinds=kinds, min_visible=min_visible)


def rectangles(rng, count=12):
    """Draw one rectangle into each of `MOST` images of a batch; the others of a row are padding."""
    low = torch.stack([torch.randint(0, n - 12, (count, MOST), generator=rng) for n in (WIDTH, HEIGHT)], 2)
    span = torch.randint(6, 34, (count, MOST, 2), generator=rng)
    high = torch.minimum(low + span, torch.tensor([WIDTH, HEIGHT]))
    boxes = torch.cat([low, high], 2).float()
    number = torch.randint(0, MOST + 1, (count,), generator=rng)
    number[:2] = torch.tensor([0, MOST])
    real = torch.arange(MOST) < number.unsqueeze(1)
    boxes = torch.where(real.unsqueeze(2), boxes, torch.tensor(-7.0))
    x, y = torch.arange(WIDTH).view(1, 1, 1, -1), torch.arange(HEIGHT).view(1, 1, -1, 1)
    x1, y1, x2, y2 = (edge[..., None, None] for edge in boxes.unbind(2))
    instances = ((x >= x1) & (x < x2) & (y >= y1) & (y < y2)).to(torch.uint8)
    mask = instances.amax(1).long()
    labels = torch.where(real, torch.arange(1, MOST + 1).expand(count, MOST), -1)
    scene, weight = torch.arange(count) % 10, torch.rand(count, generator=rng)
    targets = {"mask": mask, "instances": instances, "boxes": boxes, "labels": labels, "count": number}
    return instances.amax(1, keepdim=True) * 255, {**targets, "scene": scene, "weight": weight}


def tight(mask):
    """Return the box around the pixels of a mask, by brute force."""
    rows, columns = mask.any(1).nonzero().flatten(), mask.any(0).nonzero().flatten()
    return torch.stack([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]).float()


@settings(max_examples=30, deadline=None)
@given(changes=changes, side=st.sampled_from([None, 48, 120]), seed=st.integers(0, 2**20))
def test_every_box_is_the_tight_box_of_its_moved_mask(changes, side, seed):
    images, targets = rectangles(torch.Generator().manual_seed(seed))
    pixels, moved = augment(side=side, seed=seed, **changes)(images, targets, 3)
    least = math.sqrt(0.3 * HEIGHT * WIDTH * 3 / 4) - 1 if "crop" in changes else HEIGHT  # shortest side of a crop
    zoom = max(1.0, (side or WIDTH) / least)  # seen pixels to a stored one, at most
    # Edges lie within half a pixel; the tip of a rotated corner may hold no pixel's center for a stored pixel more.
    near = zoom + 0.75 if "rotate" in changes else 0.51
    height, width = pixels.shape[-2:]
    for row in range(len(images)):
        for place in range(int(moved["count"][row])):
            mask = moved["instances"][row, place]
            if mask.sum() < 40:  # a sliver: its nearest pixels say little about its edges
                continue
            label = int(moved["labels"][row, place])
            assert 1 <= label <= int(targets["count"][row])
            box, found = moved["boxes"][row, place], tight(mask)
            outward = torch.cat([box[:2] - found[:2], found[2:] - box[2:]])  # how far the pixels reach beyond the box
            cut = (box < 0.01) | (box > box.new_tensor([width, height, width, height]) - 0.01)
            assert outward.max() <= min(near, 0.51 * zoom + 0.5), (row, place)
            if not ("rotate" in changes and cut.any()):  # a cut leaves tips of any sharpness: see the fine grid below
                assert outward.min() >= -near, (row, place)
        bright = pixels[row, 0] > 0.5
        assert float((bright != (moved["mask"][row] == 1)).float().mean()) < (0.04 if changes or side else 1e-9)


@pytest.mark.parametrize("amount", [{}, {"flip": 1.0}, {"flip_vertical": 1.0}, {"translate": 9}, WHOLE])
@pytest.mark.parametrize("dtype", [torch.uint8, torch.int64])
def test_changes_by_whole_pixels_move_masks_as_images_and_boxes_exactly(rng, amount, dtype):
    images, targets = rectangles(rng)
    pixels, moved = augment(**amount, min_visible=0.0)(images, {**targets, "mask": targets["mask"].to(dtype)}, 1)
    assert moved["mask"].dtype == dtype
    shown, _ = augment(**amount, kinds="class")(torch.ones_like(images), targets["scene"], 1)  # by the same draw
    assert torch.equal(moved["mask"].float(), torch.where(shown[:, 0] > 0, pixels[:, 0], 255.0))
    for row, count in enumerate(moved["count"].tolist()):
        for place in range(count):
            assert torch.equal(moved["boxes"][row, place], tight(moved["instances"][row, place]))


def test_each_change_of_a_flip_moves_what_it_should_by_hand():
    images = torch.zeros(1, 1, HEIGHT, WIDTH, dtype=torch.uint8)
    boxes = torch.tensor([[[1.0, 2.0, 11.0, 7.0]]])
    kinds = {"boxes": "boxes", "count": "count", "points": "points"}
    targets = {"boxes": boxes, "count": torch.ones(1, dtype=torch.int64), "points": torch.tensor([[[0.5, 1.5]]])}
    _, moved = augment(flip=1.0, kinds=kinds)(images, targets, 0)
    assert moved["boxes"].tolist() == [[[WIDTH - 11.0, 2.0, WIDTH - 1.0, 7.0]]]
    assert moved["points"].tolist() == [[[WIDTH - 0.5, 1.5]]]
    _, moved = augment(flip_vertical=1.0, kinds=kinds)(images, targets, 0)
    assert moved["boxes"].tolist() == [[[1.0, HEIGHT - 7.0, 11.0, HEIGHT - 2.0]]]
    assert moved["points"].tolist() == [[[0.5, HEIGHT - 1.5]]]
    _, moved = augment(side=42, kinds=kinds)(images, targets, 0)
    assert moved["boxes"].flatten().tolist() == pytest.approx([0.5, 1.4, 5.5, 4.9])


@settings(max_examples=20, deadline=None)
@given(changes=changes, side=st.sampled_from([None, 90]), seed=st.integers(0, 2**20))
def test_points_are_where_their_bright_dots_are(changes, side, seed):
    rng, count = torch.Generator().manual_seed(seed), 12
    x = torch.randint(6, WIDTH - 6, (count,), generator=rng)
    y = torch.randint(6, HEIGHT - 6, (count,), generator=rng)
    images = torch.zeros(count, 1, HEIGHT, WIDTH)
    for i in range(count):
        images[i, 0, y[i] - 2 : y[i] + 3, x[i] - 2 : x[i] + 3] = 1
    points = torch.stack([x + 0.5, y + 0.5], 1).unsqueeze(1)
    pixels, moved = augment(side=side, seed=seed, kinds="points", **changes)(images, points, 0)
    height, width = pixels.shape[-2:]
    for image, (px, py) in zip(pixels[:, 0], moved[:, 0].tolist(), strict=True):
        margin = 14
        if not (margin < px < width - margin and margin < py < height - margin):
            continue  # part of the dot may be cut off, so that its center of mass is elsewhere
        mass = image.sum()
        seen_x = float((image.sum(0) * (torch.arange(width) + 0.5)).sum() / mass)
        seen_y = float((image.sum(1) * (torch.arange(height) + 0.5)).sum() / mass)
        assert abs(seen_x - px) < 0.5, changes
        assert abs(seen_y - py) < 0.5, changes


def test_points_alone_are_never_removed_and_may_leave_the_image():
    images = torch.zeros(40, 1, HEIGHT, WIDTH, dtype=torch.uint8)
    points = torch.tensor([0.5, 0.5]).expand(40, 3, 2).contiguous()
    _, moved = augment(translate=9, kinds="points")(images, points, 0)
    assert moved.shape == points.shape
    assert moved.min() < 0
    assert ((moved - points) == (moved - points).round()).all()


def test_removed_objects_leave_the_count_and_padding_as_it_was(rng):
    images, targets = rectangles(rng, 64)
    before = {name: values.clone() for name, values in targets.items()}
    _, moved = augment(crop=0.1, side=48, min_visible=0.5)(images, targets, 2)
    assert all(torch.equal(before[name], targets[name]) for name in targets)  # the stored ones are left alone
    row = torch.arange(MOST)
    stored, left = targets["count"].unsqueeze(1), moved["count"].unsqueeze(1)
    assert (left <= stored).all()
    assert (left < stored).any()
    padding, freed = row >= stored, (row >= left) & (row < stored)
    assert (moved["boxes"][padding] == -7).all()
    assert (moved["labels"][padding] == -1).all()
    assert (moved["boxes"][freed] == 0).all()
    assert (moved["labels"][freed] == 0).all()
    assert (moved["instances"][freed] == 0).all()
    assert (moved["labels"][row < left] >= 1).all()
    for labels, count in zip(moved["labels"], moved["count"], strict=True):
        assert labels[: int(count)].diff().gt(0).all()  # those that stay keep their order
    assert torch.equal(moved["scene"], targets["scene"])
    assert torch.equal(moved["weight"], targets["weight"])


@pytest.mark.parametrize("min_visible", [0.1, 0.4, 0.9])
def test_a_box_stays_where_the_stated_share_of_it_is_seen(min_visible):
    images = torch.zeros(200, 1, HEIGHT, WIDTH, dtype=torch.uint8)
    boxes = torch.tensor([0.0, 20.0, 10.0, 30.0]).expand(200, 1, 4).contiguous()  # at the left edge, ten wide
    targets = {"boxes": boxes, "count": torch.ones(200, dtype=torch.int64), "points": boxes[..., :2].contiguous()}
    kinds = {"boxes": "boxes", "count": "count", "points": "points"}
    _, moved = augment(translate=19, kinds=kinds, min_visible=min_visible)(images, targets, 0)
    _, unfiltered = augment(translate=19, kinds=kinds["points"])(images, targets["points"], 0)
    right = unfiltered[:, 0, 0]  # the moved left edge
    seen = (10 + right.clamp(max=0)).clamp(min=0) / 10
    assert torch.equal(moved["count"] == 1, (seen >= min_visible - 1e-6) & (seen > 0))


def test_seed_and_step_alone_decide_about_targets(rng):
    images, targets = rectangles(rng)
    change = augment(side=50, **WHOLE, **SAMPLED)
    first = change(images, targets, 4)[1]
    change(images, targets, 5)
    torch.manual_seed(3)
    again = augment(side=50, **WHOLE, **SAMPLED)(images, targets, 4)[1]
    other = change(images, targets, 5)[1]
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["boxes"], other["boxes"])


def test_one_image_does_not_feel_its_neighbors_targets(rng):
    images, targets = rectangles(rng)
    change = augment(side=50, **WHOLE, **SAMPLED)
    before = change(images, targets, 0)[1]
    swapped = {name: torch.cat([values[:1], values[1:].flip(0)]) for name, values in targets.items()}
    after = change(torch.cat([images[:1], images[1:].flip(0)]), swapped, 0)[1]
    assert all(torch.equal(before[name][0], after[name][0]) for name in before)


@pytest.mark.parametrize("count", [0, 1])
def test_small_batches_and_no_objects(rng, count):
    images, targets = (values[:count] if isinstance(values, torch.Tensor) else values for values in rectangles(rng))
    targets = {name: values[:count] for name, values in targets.items()}
    pixels, moved = augment(side=32, **WHOLE, **SAMPLED)(images, targets, 0)
    assert pixels.shape == (count, 1, 32, 32)
    assert moved["mask"].shape == (count, 32, 32)
    assert moved["boxes"].shape == (count, MOST, 4)
    assert {name: values.dtype for name, values in moved.items()} == {
        name: values.dtype for name, values in targets.items()
    }


def torchvision_boxes(boxes, height=HEIGHT, width=WIDTH):
    return tv_tensors.BoundingBoxes(boxes, format="XYXY", canvas_size=(height, width))


@pytest.mark.parametrize("flips", [(True, False), (False, True), (True, True)])
def test_flipped_targets_are_torchvisions(rng, flips):
    _, targets = rectangles(rng, 4)
    boxes = torchvision_boxes(targets["boxes"][1])
    mask = tv_tensors.Mask(targets["mask"][1])
    for flip, way in zip(flips, (reference.horizontal_flip, reference.vertical_flip), strict=True):
        boxes, mask = (way(boxes), way(mask)) if flip else (boxes, mask)
    given = {"flip": float(flips[0]), "flip_vertical": float(flips[1])}
    kinds = {"boxes": "boxes", "mask": "mask", "count": "count"}
    images = torch.zeros(4, 1, HEIGHT, WIDTH, dtype=torch.uint8)
    _, moved = augment(kinds=kinds, **given)(images, {name: targets[name] for name in kinds}, 0)
    torch.testing.assert_close(moved["boxes"][1], torch.Tensor(boxes))
    assert torch.equal(moved["mask"][1], torch.Tensor(mask).long())


@pytest.mark.parametrize("degrees", [-35.0, 10.0, 90.0, 180.0])
def test_rotated_boxes_are_torchvisions_where_the_frame_cuts_nothing(degrees):
    boxes = torch.tensor([[[30.0, 25.0, 54.0, 33.0], [38.0, 22.0, 44.0, 38.0]]])
    transform = JointTransform(
        count=1, height=HEIGHT, width=WIDTH, device=boxes.device, degrees=torch.tensor([degrees]), border="zeros"
    )
    moved, seen = transform.boxes(boxes)
    expected = reference.rotate(torchvision_boxes(boxes[0]), degrees)
    torch.testing.assert_close(moved[0], torch.Tensor(expected), rtol=0, atol=1e-3)
    torch.testing.assert_close(seen, torch.ones(1, 2), rtol=0, atol=1e-4)


@pytest.mark.parametrize("size", [(30, 30), (97, 41)])
def test_cropped_and_resized_targets_are_torchvisions(rng, size):
    _, targets = rectangles(rng, 4)
    crop = (7, 11, 40, 52)
    boxes, mask = torchvision_boxes(targets["boxes"][1]), tv_tensors.Mask(targets["mask"][1])
    transform = JointTransform(
        count=4,
        height=HEIGHT,
        width=WIDTH,
        device=mask.device,
        to_size=size,
        crops=torch.tensor(crop).expand(4, 4),
    )
    moved, _ = transform.boxes(targets["boxes"])
    theirs = reference.clamp_bounding_boxes(reference.resized_crop(boxes, *crop, list(size)))
    inside = box_area(torch.Tensor(theirs)) > 0
    torch.testing.assert_close(moved[1][inside], torch.Tensor(theirs)[inside], rtol=0, atol=1e-3)
    seen = transform.masks(targets["mask"][1:2].unsqueeze(1).expand(4, 1, HEIGHT, WIDTH))[0, 0]
    exact = torch.nn.functional.interpolate(mask[7:47, 11:63].float()[None, None], size, mode="nearest-exact")
    assert torch.equal(seen.float(), exact[0, 0])


@pytest.mark.parametrize(("pixels", "side"), [(7, 7), (28, 96), (97, 32), (5, 1), (1, 9)])
def test_nearest_lines_are_torchs_nearest_exact(pixels, side):
    lines = torch.arange(pixels, dtype=torch.float64).view(1, 1, 1, -1)
    expected = torch.nn.functional.interpolate(lines, (1, side), mode="nearest-exact").flatten()
    got = nearest_index(torch.tensor([0]), torch.tensor([pixels]), side)[0]
    assert (got.double() - expected).abs().max() <= (0 if pixels <= side or pixels % side == 0 else 1)
    center = (torch.arange(side).double() + 0.5) * pixels / side  # what the lines must lie under
    assert ((got <= center) & (center <= got + 1)).all()


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 2**31))
def test_the_visible_part_is_what_a_fine_grid_counts(seed):
    rng = torch.Generator().manual_seed(seed)
    angle = 360 * torch.rand(1, generator=rng)
    size, at = 4 + 30 * torch.rand(2, generator=rng), torch.rand(2, generator=rng) * torch.tensor([60.0, 40.0]) - 10
    box = torch.cat([at, at + size]).view(1, 1, 4)
    turned = rotation_map(angle, 20, 40)
    got, area = visible_part(turned.corners(box), 20, 40)
    fine = 0.05
    y, x = torch.meshgrid(torch.arange(0, 20, fine) + fine / 2, torch.arange(0, 40, fine) + fine / 2, indexing="ij")
    back = turned.inverse().points(torch.stack([x, y], -1).view(1, -1, 2))[0]
    inside = ((back >= at) & (back <= at + size)).all(1).view(x.shape)
    assert float(area) == pytest.approx(float(inside.sum()) * fine**2, abs=1.5)
    if inside.sum() * fine**2 > 2:
        sharpest = math.radians(min(float(angle) % 90, 90 - float(angle) % 90))  # angle of the box with the frame
        few = 2 * fine + fine / math.tan(sharpest)  # so far from its tip a corner may hold no point of the grid
        assert (got[0, 0] - tight(inside) * fine).abs().max() < few
        assert (tight(inside) * fine - got[0, 0])[:2].min() > -2 * fine
        assert (got[0, 0] - tight(inside) * fine)[2:].min() > -2 * fine


def test_maps_compose_and_invert(rng):
    first = rotation_map(torch.tensor([30.0, -75.0]), 20, 31)
    second = scale_map(torch.tensor([[2.0, 0.5], [-1.0, 3.0]]), torch.tensor([[1.0, -4.0], [0.0, 7.0]]))
    points = 30 * torch.rand(2, 6, 2, generator=rng)
    torch.testing.assert_close(first.then(second).points(points), second.points(first.points(points)))
    both = first.then(second)
    torch.testing.assert_close(both.inverse().points(both.points(points)), points, rtol=0, atol=1e-4)
    assert isinstance(both, AffineMap)
    box = torch.tensor([[[1.0, 2.0, 4.0, 9.0]]])
    same = scale_map(torch.ones(1, 2), torch.zeros(1, 2))
    assert torch.equal(bound(same.corners(box)), box)
    assert clip_boxes(box, 5, 3).tolist() == [[[1.0, 2.0, 3.0, 5.0]]]


def test_resized_targets_keep_their_objects_and_padding(rng):
    _, targets = rectangles(rng)
    moved = resize_targets(targets, KINDS_OF_ALL, from_size=(HEIGHT, WIDTH), to_size=(2 * HEIGHT, 3 * WIDTH))
    real = torch.arange(MOST) < targets["count"].unsqueeze(1)
    scaled = targets["boxes"] * torch.tensor([3.0, 2.0, 3.0, 2.0])
    torch.testing.assert_close(moved["boxes"][real], scaled[real])
    assert (moved["boxes"][~real] == -7).all()
    assert torch.equal(moved["mask"], targets["mask"].repeat_interleave(2, 1).repeat_interleave(3, 2))
    assert torch.equal(moved["count"], targets["count"])
    half = resize_targets(torch.tensor([[[8.0, 6.0]]]), "points", from_size=(12, 16), to_size=(6, 4))
    assert half.tolist() == [[[2.0, 3.0]]]
    plain = torch.arange(3)
    assert resize_targets(plain, "class", from_size=(12, 16), to_size=(6, 4)) is plain


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "class"])
@pytest.mark.parametrize("mix", ["mixup", "cutmix"])
def test_mixing_is_refused_for_all_but_classes(kind, mix):
    kinds = {"boxes": "boxes", "count": "count"} if kind == "boxes" else kind
    with pytest.raises(ConfigError, match=rf"augment\.{mix}: got 0\.4, need 0 for targets of {kind}.*--set augment"):
        augment(kinds=kinds, **{mix: 0.4})


@pytest.mark.parametrize("change", [{"translate": 3}, {"rotate": 5.0}])
@pytest.mark.parametrize("kinds", ["points", {"boxes": "boxes", "count": "count"}])
def test_mirrored_borders_are_refused_for_what_has_a_place(change, kinds):
    shape = (1, HEIGHT, WIDTH)
    with pytest.raises(ConfigError, match=r"got 'reflect', need 'zeros' .*--set augment\.border=zeros") as refusal:
        Augment(AugmentConfig(**change), shape=shape, side=None, classes=2, seed=0, kinds=kinds)
    assert "\n" not in str(refusal.value)
    Augment(AugmentConfig(**change), shape=shape, side=None, classes=2, seed=0, kinds="mask")  # mirrored alike
    Augment(AugmentConfig(flip=0.5), shape=shape, side=None, classes=2, seed=0, kinds=kinds)


@pytest.mark.parametrize(
    ("kinds", "words"),
    [
        ("box", "the kind of targets: got 'box', need one of class, number"),
        ({"a": "boxes"}, "a count beside boxes"),
        ({"a": "boxes", "b": "boxes", "n": "count"}, "at most one target of the kind boxes"),
        ({"n": "count", "m": "count"}, "at most one target of the kind count"),
    ],
)
def test_kinds_that_do_not_go_together_are_refused(kinds, words):
    with pytest.raises(ConfigError, match="kind") as refusal:
        check_kinds(kinds)
    assert words in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "wrong", "words"),
    [
        ("boxes", torch.zeros(12, MOST, 4, dtype=torch.int64), "floating [batch, most, 4]"),
        ("boxes", torch.zeros(12, MOST, 5), "floating [batch, most, 4]"),
        ("mask", torch.zeros(12, HEIGHT, WIDTH), "uint8 or int64"),
        ("mask", torch.zeros(12, HEIGHT, HEIGHT, dtype=torch.uint8), f"{HEIGHT} x {WIDTH} pixels as its image"),
        ("count", torch.zeros(16), "int64 [batch]"),
        ("labels", torch.zeros(12, MOST + 1, dtype=torch.int64), f"{MOST} rows an image, one for each box"),
    ],
)
def test_targets_of_another_kind_are_refused(rng, name, wrong, words):
    images, targets = rectangles(rng)
    with pytest.raises(DataError, match=name) as refusal:
        augment(flip=1.0)(images, {**targets, name: wrong}, 0)
    assert words in str(refusal.value)


def test_a_dict_and_a_tensor_are_not_taken_for_one_another(rng):
    images, targets = rectangles(rng)
    with pytest.raises(DataError, match="a dict of mask, instances"):
        augment(flip=1.0)(images, targets["mask"], 0)
    with pytest.raises(DataError, match="a tensor of the kind mask"):
        augment(flip=1.0, kinds="mask")(images, targets, 0)


def test_mixed_classes_may_stand_in_a_dict(rng):
    images, targets = rectangles(rng)
    plain = augment(kinds="class", mixup=0.4)(images, targets["scene"], 0)
    named = augment(kinds={"scene": "class"}, mixup=0.4)(images, {"scene": targets["scene"]}, 0)
    assert torch.equal(plain[1], named[1]["scene"])


def test_every_geometric_setting_is_among_the_changes_tried_here():
    names = {field.name for field in dataclasses.fields(AugmentConfig)}
    colors = {"brightness", "contrast", "saturation", "hue", "cutout", "mixup", "cutmix", "border", "pixels"}
    assert names - colors == {*WHOLE, *SAMPLED, "warp"}  # the last in test_warp
    assert math.isclose(rotation_map(torch.tensor([90.0]), 4, 4).matrices[0, 0, 1], 1.0)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
def test_a_large_crop_is_the_one_of_torchvision_and_of_the_batch(rng, dtype):
    """Taken one by one on the processor: bytes as torchvision resizes bytes, numbers as the whole batch is."""
    count, height, width, size = 8, 120, 150, (96, 110)
    images = torch.randint(0, 256, (count, 3, height, width), generator=rng, dtype=torch.uint8)
    images = images if dtype == torch.uint8 else images.float() / 255
    crops = torch.tensor([[0, 0, 120, 150], [3, 9, 40, 31], [60, 80, 60, 70], [119, 149, 1, 1]] * 2)
    flips = {"flipped": torch.arange(8) % 2 == 0, "flipped_vertical": torch.arange(8) > 3}
    how = {"count": count, "height": height, "width": width, "device": images.device, "to_size": size}
    seen = JointTransform(crops=crops, **flips, **how).images(images)
    assert seen.dtype == torch.float32
    whole = JointTransform(**flips, **{**how, "to_size": None}).images(images)
    if dtype == torch.uint8:
        whole = (whole * 255).round().to(torch.uint8)
    boxes = [[int(number) for number in crop] for crop in crops]
    pairs = zip(whole, boxes, strict=True)
    theirs = torch.stack([reference.resized_crop(image, *box, list(size), antialias=True) for image, box in pairs])
    if dtype == torch.uint8:
        assert torch.equal((seen * 255).round(), theirs.float())
    else:
        torch.testing.assert_close(seen, theirs, rtol=0, atol=1e-6)
    exact = resized_crop(whole.float() / (255 if dtype == torch.uint8 else 1), crops, *size)
    assert (seen - exact).abs().max() < (1.01 / 255 if dtype == torch.uint8 else 1e-4)


@pytest.mark.parametrize("drawn", [{"down": 5, "right": -7}, {"degrees": 30.0}])
def test_a_mask_of_classes_is_void_where_the_moved_image_shows_nothing(rng, drawn):
    count = 3
    values = {name: torch.full((count,), value) for name, value in drawn.items()}
    for border in ("zeros", "reflect"):
        how = {"count": count, "height": 20, "width": 30, "device": torch.device("cpu"), "border": border}
        transform = JointTransform(**values, **how)
        white = transform.images(torch.ones(count, 1, 20, 30))[:, 0]
        masks = torch.randint(0, 4, (count, 1, 20, 30), generator=rng, dtype=torch.uint8)
        seen, plain = transform.masks(masks, VOID)[:, 0], transform.masks(masks)[:, 0]
        outside = seen == VOID
        assert outside.any() == (border == "zeros")
        assert torch.equal(seen[~outside], plain[~outside])
        assert (white[outside] < 0.51).all()  # a pixel whose center is outside
        assert (white[~outside] > 0.24).all()
