"""One map an image: pixels, masks, boxes and points against loops over every pixel in float64, and torchvision."""

import math

import pytest
import torch
from torch.nn import functional

from d2lab.core.errors import ConfigError
from d2lab.core.void import VOID
from d2lab.vision.boxes import visible_part
from d2lab.vision.elastic import displaced_back, random_displacements
from d2lab.vision.geometry import rotation_map, scale_map
from d2lab.vision.joint import JointTransform
from d2lab.vision.projective import (
    ProjectiveMap,
    crop_and_pad_map,
    letterbox_box,
    perspective_map,
    projective,
    shear_map,
    zoom_map,
)
from d2lab.vision.sampling import StepGenerators
from d2lab.vision.warp import Warp
from d2lab.vision.warping import WarpConfig, draw_warp

HEIGHT, WIDTH, SIZE = 17, 23, (19, 20)
COUNT = 5
BORDERS = pytest.mark.parametrize("border", ["zeros", "reflect"])


def numbers(rng, *shape, low=0.0, high=1.0):
    return low + (high - low) * torch.rand(shape, generator=rng, dtype=torch.float64)


def corners_of(height, width, dtype=torch.float64):
    return torch.tensor([[0, 0], [width, 0], [width, height], [0, height]], dtype=dtype)


def composed(rng, count=COUNT):
    """Compose one of everything, a draw for each image."""
    flip = scale_map(torch.tensor([[-1.0, 1.0]] * count).double(), torch.tensor([[float(WIDTH), 0.0]] * count).double())
    inward = numbers(rng, count, 4, 2, low=-2.5, high=2.5)
    steps = [
        projective(flip),
        projective(rotation_map(numbers(rng, count, low=-40, high=40), HEIGHT, WIDTH)),
        zoom_map(numbers(rng, count, low=0.7, high=1.3), HEIGHT, WIDTH),
        shear_map(numbers(rng, count, low=-20, high=20), numbers(rng, count, low=-9, high=9), HEIGHT, WIDTH),
        perspective_map(corners_of(HEIGHT, WIDTH) + inward, HEIGHT, WIDTH),
        crop_and_pad_map(torch.tensor([[-1.5, 2.0, 15.0, 20.0]] * count).double(), SIZE),
    ]
    whole = steps[0]
    for step in steps[1:]:
        whole = whole.then(step)
    return whole, steps


def warp_of(rng, border="zeros", field=None):
    return Warp(map=composed(rng)[0], height=HEIGHT, width=WIDTH, size=SIZE, border=border, field=field)


def reflected(place, pixels):
    """Mirror a place at both edges, by stepping."""
    while not 0 <= place <= pixels:
        place = -place if place < 0 else 2 * pixels - place
    return place


def pixel(image, row, column):
    inside = 0 <= row < image.shape[0] and 0 <= column < image.shape[1]
    return float(image[row, column]) if inside else 0.0


def shown(image, x, y, border):
    """Interpolate by hand: the four centers around a place, those beyond the image black."""
    if border == "reflect":
        x = min(max(reflected(x, image.shape[1]), 0.5), image.shape[1] - 0.5)
        y = min(max(reflected(y, image.shape[0]), 0.5), image.shape[0] - 0.5)
    column, row = math.floor(x - 0.5), math.floor(y - 0.5)
    right, down = x - 0.5 - column, y - 0.5 - row
    upper = (1 - right) * pixel(image, row, column) + right * pixel(image, row, column + 1)
    lower = (1 - right) * pixel(image, row + 1, column) + right * pixel(image, row + 1, column + 1)
    return (1 - down) * upper + down * lower


def stored_place(matrix, field, row, column):
    """Follow one pixel of the frame back to the stored image."""
    x, y = column + 0.5, row + 0.5
    if field is not None:
        x, y = x + float(field[0, row, column]), y + float(field[1, row, column])
    u, v, w = (float(entry) for entry in torch.linalg.solve(matrix, torch.tensor([x, y, 1.0], dtype=matrix.dtype)))
    return u / w, v / w


def fields(rng, deformed):
    return random_displacements(COUNT, *SIZE, 0.7, rng).double() if deformed else None


@BORDERS
@pytest.mark.parametrize("deformed", [False, True])
def test_images_and_masks_are_those_of_a_loop_over_every_pixel(rng, border, deformed):
    field = fields(rng, deformed)
    warp = warp_of(rng, border, field)
    images = numbers(rng, COUNT, 2, HEIGHT, WIDTH)
    masks = torch.randint(0, 9, (COUNT, 1, HEIGHT, WIDTH), generator=rng, dtype=torch.uint8)
    seen, classes = warp.images(images), warp.masks(masks, VOID)
    assert classes.dtype == torch.uint8
    left = 0
    for number in range(COUNT):
        for row in range(SIZE[0]):
            for column in range(SIZE[1]):
                own = None if field is None else field[number]
                x, y = stored_place(warp.map.matrices[number], own, row, column)
                for channel in range(2):
                    wanted = shown(images[number, channel], x, y, border)
                    assert abs(float(seen[number, channel, row, column]) - wanted) < 1e-9
                if border == "reflect":
                    x, y = reflected(x, WIDTH), reflected(y, HEIGHT)
                if 0 <= x < WIDTH and 0 <= y < HEIGHT:
                    assert classes[number, 0, row, column] == masks[number, 0, math.floor(y), math.floor(x)]
                else:
                    left += 1
                    assert classes[number, 0, row, column] == VOID
    assert (left > 0) == (border == "zeros")


def test_a_composed_map_is_its_steps_one_after_the_other(rng):
    whole, steps = composed(rng)
    points = numbers(rng, COUNT, 7, 2, high=15.0)
    moved = points
    for step in steps:
        moved = step.points(moved)
    torch.testing.assert_close(whole.points(points), moved, rtol=0, atol=1e-10)
    torch.testing.assert_close(whole.inverse().points(moved), points, rtol=0, atol=1e-9)


def test_one_resampling_is_sharper_than_two_and_shows_the_same(rng):
    images = functional.interpolate(numbers(rng, COUNT, 1, 5, 6), (HEIGHT, WIDTH), mode="bicubic").clamp(0, 1)
    first = projective(rotation_map(torch.full((COUNT,), 25.0).double(), HEIGHT, WIDTH))
    how = {"height": HEIGHT, "width": WIDTH, "size": (HEIGHT, WIDTH)}
    once = Warp(map=first.then(first.inverse()), **how).images(images)
    twice = Warp(map=first.inverse(), **how).images(Warp(map=first, **how).images(images))
    torch.testing.assert_close(once, images, rtol=0, atol=1e-12)
    assert (twice - images)[..., 5:-5, 5:-5].abs().max() > 1e-4


def test_points_and_pixels_move_alike(rng):
    """A bright pixel is seen where its center, taken as a point, goes."""
    for deformed in (False, True):
        field = fields(rng, deformed)
        warp = warp_of(rng, "zeros", field)
        y, x = torch.meshgrid(torch.arange(5, 13), torch.arange(7, 16), indexing="ij")
        for row, column in zip(y.flatten().tolist()[::7], x.flatten().tolist()[::7], strict=True):
            image = torch.zeros(COUNT, 1, HEIGHT, WIDTH, dtype=torch.float64)
            image[..., row, column] = 1
            point = torch.tensor([column + 0.5, row + 0.5]).double().expand(COUNT, 1, 2)
            place = warp.points(point)[:, 0]
            seen = warp.images(image)[:, 0]
            for number in range(COUNT):
                weight = seen[number].sum()
                if weight < 0.2:
                    continue
                rows, columns = (torch.arange(n).double() + 0.5 for n in SIZE)
                middle = (
                    torch.stack([(seen[number].sum(0) * columns).sum(), (seen[number].sum(1) * rows).sum()]) / weight
                )
                inside = (place[number] > 1) & (place[number] < torch.tensor([SIZE[1] - 1, SIZE[0] - 1]))
                if inside.all():
                    assert (middle - place[number]).abs().max() < 0.75


def cut(warp, box, number):
    """Say whether the frame cuts a box."""
    corners = warp.map.corners(box.expand(COUNT, 1, 4))[number, 0]
    return bool(((corners < 1) | (corners > torch.tensor([SIZE[1], SIZE[0]]) - 1)).any())


@pytest.mark.parametrize("deformed", [False, True])
def test_boxes_hold_what_is_seen_of_their_pixels_and_no_more(rng, deformed):
    """Against a fine grid of points in each box: the visible ones bound the box, their share is the share seen."""
    field = fields(rng, deformed)
    warp = warp_of(rng, "zeros", field)
    boxes = torch.tensor([[2.0, 3, 9, 8], [12, 1, 21, 15], [0, 0, 23, 17], [15, 12, 22, 16]]).double()
    found, share = warp.boxes(boxes.expand(COUNT, -1, -1))
    steps = (torch.arange(120).double() + 0.5) / 120
    for place, (x1, y1, x2, y2) in enumerate(boxes.tolist()):
        y, x = torch.meshgrid(y1 + (y2 - y1) * steps, x1 + (x2 - x1) * steps, indexing="ij")
        grid = torch.stack([x.flatten(), y.flatten()], 1).expand(COUNT, -1, -1)
        seen = warp.points(grid)
        visible = ((seen >= 0) & (seen < torch.tensor([SIZE[1], SIZE[0]]))).all(2)
        for number in range(COUNT):
            if not visible[number].any():
                assert share[number, place] < 0.05
                continue
            points = seen[number][visible[number]]
            wanted = torch.cat([points.amin(0), points.amax(0)])
            loose = 4 * float(field[number].abs().max()) if deformed and cut(warp, boxes[place], number) else 0
            outward = torch.cat([wanted[:2] - found[number, place, :2], found[number, place, 2:] - wanted[2:]])
            assert outward.min() > (-0.05 if deformed else -1e-9)  # all of it lies in the box
            assert outward.max() < 0.25 + loose  # a grid ends half a step inside
            assert found[number, place, 0] >= 0
            assert found[number, place, 3] <= SIZE[0]
            if not deformed:  # area of a projective map: by the density of its points
                whole = warp.map.corners(boxes[place].expand(COUNT, 1, 4))
                area = visible_part(whole, *SIZE)[1][number, 0]
                x, y = whole[number, 0].unbind(1)
                all_of_it = (x * y.roll(-1) - y * x.roll(-1)).sum().abs() / 2
                assert float(share[number, place]) == pytest.approx(float(area / all_of_it), abs=1e-9)


def test_the_way_back_through_a_deformation_ends_where_it_began(rng):
    field = random_displacements(6, 40, 50, 2.0, rng).double()
    y, x = torch.meshgrid(torch.arange(40) + 0.5, torch.arange(50) + 0.5, indexing="ij")
    seen = torch.stack([x, y], 2).double().view(1, -1, 2).expand(6, -1, -1)
    stored = seen + field.flatten(2).mT
    torch.testing.assert_close(displaced_back(stored, field), seen, rtol=0, atol=1e-3)


def test_no_deformation_folds(rng):
    field = random_displacements(200, 48, 64, 48 / 18, rng)
    across = field[:, 0].diff(dim=2)
    down = field[:, 1].diff(dim=1)
    assert min(across.min(), down.min()) > -0.9  # a neighbor stays on its side
    assert field.abs().amax() > 1.5
    with pytest.raises(ConfigError, match=r"elastic: got 3.0, need from 0 to 2.7 pixels for images of 48x64"):
        random_displacements(1, 48, 64, 3.0, rng)


def test_shear_and_perspective_are_torchvisions(rng):
    reference = pytest.importorskip("torchvision.transforms.v2.functional")
    mode = pytest.importorskip("torchvision.transforms.v2").InterpolationMode.BILINEAR
    images = numbers(rng, 3, 2, 20, 30)
    how = {"height": 20, "width": 30, "size": (20, 30)}
    for across, down in ((12.0, 0.0), (0.0, -8.0)):
        angles = [torch.full((3,), angle).double() for angle in (across, down)]
        theirs = reference.affine(images, 0.0, [0, 0], 1.0, [-across, -down], interpolation=mode)
        ours = Warp(map=shear_map(*angles, 20, 30), **how).images(images)
        torch.testing.assert_close(ours, theirs, rtol=0, atol=2e-5)  # torchvision works the grid out in float32
    ends = corners_of(20, 30) + numbers(rng, 4, 2, low=-3, high=3)
    begins = corners_of(20, 30).tolist()
    theirs = reference.perspective(images, begins, ends.tolist(), interpolation=mode)
    ours = Warp(map=perspective_map(ends.expand(3, -1, -1), 20, 30), **how).images(images)
    torch.testing.assert_close(ours[..., 3:-3, 3:-3], theirs[..., 3:-3, 3:-3], rtol=0, atol=2e-4)


def test_a_letterbox_keeps_proportions_and_shows_all():
    for height, width, size in ((20, 30, (24, 24)), (30, 20, (24, 24)), (10, 10, (8, 40)), (7, 9, (7, 9))):
        top, left, high, wide = letterbox_box(height, width, size)
        there = crop_and_pad_map(torch.tensor([[top, left, high, wide]]).double(), size)
        seen = there.points(corners_of(height, width).expand(1, -1, -1))[0]
        span = seen.amax(0) - seen.amin(0)
        assert span[0] / width == pytest.approx(float(span[1] / height))
        assert (seen.amin(0) >= -1e-9).all()
        assert min(size[1] - span[0], size[0] - span[1]) == pytest.approx(0, abs=1e-9)
        assert (seen.amin(0) + seen.amax(0) - torch.tensor([size[1], size[0]])).abs().max() < 1e-9


def test_what_shrinks_is_smoothed(rng):
    images = torch.zeros(1, 1, 64, 64, dtype=torch.float64)
    images[..., ::4] = 1  # stripes a pixel wide: sampled once in four pixels, between two others, they are not seen
    whole = crop_and_pad_map(torch.tensor([[0.0, 0, 64, 64]]).double(), (16, 16))
    seen = Warp(map=whole, height=64, width=64, size=(16, 16)).images(images)
    torch.testing.assert_close(seen, torch.full_like(seen, 0.25), rtol=0, atol=1e-12)


def test_a_warp_that_only_flips_and_rotates_is_the_joint_transform(rng):
    count, images = 8, numbers(rng, 8, 3, 24, 24).float()
    drawn = {"flipped": torch.arange(8) % 2 == 0, "degrees": torch.linspace(-30, 30, 8)}
    joint = JointTransform(count=count, height=24, width=24, device=images.device, border="zeros", **drawn)
    warp = draw_warp(WarpConfig(), joint, StepGenerators(0, 0, images.device))
    torch.testing.assert_close(warp.images(images), joint.images(images), rtol=0, atol=1e-5)
    boxes = torch.tensor([[3.0, 4, 12, 20]]).expand(8, 1, 4)
    for mine, theirs in zip(warp.boxes(boxes), joint.boxes(boxes), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=0, atol=1e-4)


def test_no_image_is_warped_to_none():
    warp = Warp(map=ProjectiveMap(torch.zeros(0, 3, 3)), height=4, width=4, size=(6, 6))
    assert warp.images(torch.zeros(0, 3, 4, 4)).shape == (0, 3, 6, 6)
    assert warp.masks(torch.zeros(0, 1, 4, 4, dtype=torch.uint8)).shape == (0, 1, 6, 6)
