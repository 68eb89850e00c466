"""Augmentation as a run meets it: random by seed and step, each image its own draw, each change its own generator."""

import pytest
import torch
from scipy import stats

from d2lab.core.errors import ConfigError
from d2lab.core.settings import change, leaves
from d2lab.vision.augment import Augment, AugmentConfig
from d2lab.vision.color import to_unit
from d2lab.vision.preparation import Prepare
from d2lab.vision.resample import resize

EVERY = {
    "flip": 0.5,
    "flip_vertical": 0.5,
    "translate": 3,
    "rotate": 20.0,
    "crop": 0.3,
    "brightness": 0.4,
    "contrast": 0.4,
    "saturation": 0.4,
    "hue": 0.2,
    "cutout": 5,
    "mixup": 0.8,
    "cutmix": 1.0,
    "warp.zoom": 0.3,
    "warp.shear": 20.0,
    "warp.perspective": 0.4,
    "warp.crop_and_pad": 0.2,
    "warp.zoom_out": 0.9,
    "warp.elastic": 0.4,
    "pixels.invert": 0.5,
    "pixels.solarize": 0.6,
    "pixels.posterize": 5,
    "pixels.gray": 0.5,
    "pixels.gamma_correction": 0.7,
    "pixels.equalize": 0.5,
    "pixels.blur": 1.0,
    "pixels.sharpen": 2.0,
    "pixels.noise": 0.2,
    "pixels.salt_and_pepper": 0.2,
    "pixels.jpeg": 90,
    "pixels.coarse_dropout": 0.4,
}
BY_SHARE = ("flip", "flip_vertical", "pixels.invert", "pixels.gray", "pixels.equalize")  # an image is changed or not
FEW = ("pixels.posterize",)  # whole numbers
ONLY_COLOR = ("saturation", "hue", "pixels.gray")
MIXES = ("mixup", "cutmix")
each = pytest.mark.parametrize("name", list(EVERY))


def augment(shape=(3, 20, 28), *, side=None, seed=0, classes=10, **config):
    return Augment(settings(**config), shape=shape, side=side, classes=classes, seed=seed)


def settings(**config):
    """Build a config from dotted names."""
    return change(AugmentConfig(), config)


def batch(rng, count=40, shape=(3, 20, 28)):
    images = torch.randint(0, 256, (count, *shape), generator=rng, dtype=torch.uint8)
    return images, torch.randint(0, 10, (count,), generator=rng)


@each
@pytest.mark.parametrize("side", [None, 32])
def test_seed_and_step_alone_decide(rng, name, side):
    images, targets = batch(rng)
    once = augment(side=side, **{name: EVERY[name]})
    seen, wanted = once(images, targets, 7)
    torch.manual_seed(99)  # the global random state has no say
    torch.rand(5)
    once(images, targets, 8)
    again, same = augment(side=side, **{name: EVERY[name]})(images, targets, 7)
    assert torch.equal(seen, again)
    assert torch.equal(wanted, same)
    assert seen.shape == (40, 3, *((side, side) if side else (20, 28)))
    for other in (once(images, targets, 8), augment(side=side, seed=1, **{name: EVERY[name]})(images, targets, 7)):
        assert not torch.equal(seen, other[0])


@each
def test_every_change_changes_and_each_image_by_its_own_draw(rng, name):
    images, _ = batch(rng, 1)
    alike, numbers = images.expand(40, -1, -1, -1).contiguous(), torch.arange(40) % 10
    if name in MIXES:  # mixing with oneself shows nothing
        alike, numbers = batch(rng, 40)
    seen, wanted = augment(**{name: EVERY[name]})(alike, numbers, 0)
    kinds = len(seen.flatten(1).unique(dim=0))
    assert kinds == 2 if name in BY_SHARE else kinds > (5 if name in FEW else 20)
    assert not torch.equal(seen, to_unit(alike))
    assert wanted.dtype == (torch.float32 if name in MIXES else torch.int64)


@each
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("count", [0, 1, 2])
def test_small_batches_gray_and_color_in_either_layout(rng, name, channels, count):
    images, targets = batch(rng, count, (channels, 12, 9))
    one = augment((channels, 12, 9), side=16, **{name: EVERY[name]})
    seen, _ = one(images, targets, 0)
    assert seen.shape == (count, channels, 16, 16)
    assert seen.dtype == torch.float32
    assert count == 0 or (seen.min() >= 0 and seen.max() <= 1)
    last, _ = one(images.to(memory_format=torch.channels_last), targets, 0)
    torch.testing.assert_close(last, seen)


@each
def test_numbers_are_changed_as_bytes_are(rng, name):
    images, targets = batch(rng)
    one = augment(**{name: EVERY[name]})
    torch.testing.assert_close(one(to_unit(images), targets, 3)[0], one(images, targets, 3)[0])


@pytest.mark.parametrize("name", [name for name in EVERY if name not in MIXES])
def test_an_image_does_not_feel_its_neighbors(rng, name):
    images, targets = batch(rng)
    one = augment(**{name: EVERY[name]})
    before, _ = one(images, targets, 0)
    images[1:] = images[1:].flip(0)
    after, _ = one(images, targets, 0)
    torch.testing.assert_close(before[0], after[0], rtol=0, atol=1e-7)


def test_setting_one_change_leaves_the_draws_of_the_others(rng):
    images, targets = batch(rng)
    flipped, _ = augment(flip=0.5)(images, targets, 0)
    mirrored = [not torch.equal(a, b) for a, b in zip(flipped, to_unit(images), strict=True)]
    both, _ = augment(flip=0.5, brightness=0.1, cutout=3)(images, targets, 0)
    for image, seen, turned in zip(to_unit(images), both, mirrored, strict=True):
        closer = (seen - image.flip(-1)).square().mean() < (seen - image).square().mean()
        assert closer == turned


def test_two_changes_have_nothing_to_do_with_each_other():
    corner = torch.zeros(4000, 1, 2, 2, dtype=torch.uint8)
    corner[:, :, 0, 0] = 255
    seen, _ = augment((1, 2, 2), flip=0.5, flip_vertical=0.5)(corner, torch.zeros(4000, dtype=torch.int64), 0)
    assert stats.chisquare(seen.flatten(1).argmax(1).bincount(minlength=4).numpy()).pvalue > 1e-3


@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
def test_the_stated_share_is_mirrored(rng, share):
    images, targets = batch(rng, 4000, (1, 1, 3))
    seen, _ = augment((1, 1, 3), flip=share)(images, targets, 0)
    turned = (seen == to_unit(images.flip(-1))).all(-1).flatten()
    symmetric = (images == images.flip(-1)).all(-1).flatten()
    hits = int((turned & ~symmetric).sum())
    assert stats.binomtest(hits, int((~symmetric).sum()), share).pvalue > 1e-3 if share < 1 else turned.all()


def test_every_offset_is_equally_likely(rng):
    count, most = 8100, 4
    images = torch.zeros(count, 1, 12, 12, dtype=torch.uint8)
    images[:, :, 6, 6] = 255
    seen, _ = augment((1, 12, 12), translate=most, border="zeros")(images, torch.zeros(count, dtype=torch.int64), 0)
    spots = seen.flatten(1).argmax(1)
    offsets = torch.stack([spots // 12 - 6, spots % 12 - 6])
    assert offsets.amin(1).tolist() == [-most, -most]
    assert offsets.amax(1).tolist() == [most, most]
    counts = ((offsets[0] + most) * 9 + offsets[1] + most).bincount(minlength=81)
    assert stats.chisquare(counts.numpy()).pvalue > 1e-3


@pytest.mark.parametrize(
    ("name", "middle"), [("brightness", 1), ("contrast", 1), ("saturation", 1), ("hue", 0), ("rotate", 0)]
)
def test_amounts_are_drawn_evenly_each_way(monkeypatch, rng, name, middle):
    drawn = []

    def spy(images, amounts, *rest):
        drawn.append(amounts)
        return images

    from d2lab.vision import augment as module
    from d2lab.vision import joint

    if name == "rotate":
        monkeypatch.setattr(joint, "rotate", spy)
    else:
        monkeypatch.setattr(module, "jitter_", lambda images, amounts: spy(images, amounts[name]))
    amount = 30.0 if name == "rotate" else 0.4
    augment((3, 2, 2), **{name: amount})(*batch(rng, 3000, (3, 2, 2)), 0)
    distribution = stats.uniform(middle - amount, 2 * amount).cdf
    assert stats.kstest(drawn[0].numpy(), distribution).pvalue > 1e-3


def test_what_nothing_changes_is_only_made_ready(rng):
    images, targets = batch(rng)
    for side in (None, 32):
        seen, wanted = augment(side=side)(images, targets, 0)
        assert torch.equal(seen, Prepare(side)(images))
        assert wanted is targets
    assert AugmentConfig().idle
    assert AugmentConfig(border="zeros").idle
    for name, amount in EVERY.items():
        assert not settings(**{name: amount}).idle


def test_what_is_prepared_is_not_prepared_again(rng):
    images, targets = batch(rng)
    seen, _ = augment(side=32, flip=0.5)(images, targets, 0)
    assert Prepare(32)(seen) is seen


def test_prepare_resizes_bytes_and_numbers_and_leaves_tables(rng):
    images, _ = batch(rng)
    assert torch.equal(Prepare(32)(images), to_unit(resize(images, 32)))
    assert torch.equal(Prepare(32)(to_unit(images)), resize(to_unit(images), 32))
    table = torch.rand(5, 3)
    assert Prepare(32)(table) is table


def test_resized_once_or_at_each_step_is_the_same(rng):
    images, _ = batch(rng)
    once = resize(images, 48)
    assert torch.equal(Prepare(48)(once), Prepare(48)(images))
    assert torch.equal(to_unit(once[3:9]), Prepare(48)(images[3:9]))


def test_the_stored_images_are_left_alone(rng):
    images, targets = batch(rng)
    numbers = to_unit(images)
    before = images.clone(), numbers.clone()
    for name, amount in EVERY.items():
        augment(**{name: amount})(images, targets, 0)
        augment(**{name: amount})(numbers, targets, 0)
    assert torch.equal(images, before[0])
    assert torch.equal(numbers, before[1])


def test_targets_of_mixed_images_are_shares_of_the_classes(rng):
    images, targets = batch(rng)
    for name in MIXES:
        _, shares = augment(**{name: 1.0})(images, targets, 0)
        assert shares.shape == (40, 10)
        torch.testing.assert_close(shares.sum(1), torch.ones(40))
        assert (shares[torch.arange(40), targets] > 0).all()


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"flip": 1.1}, "augment.flip: got 1.1, need a number from 0 to 1"),
        ({"flip_vertical": -0.1}, "augment.flip_vertical"),
        ({"crop": float("nan")}, "augment.crop"),
        ({"contrast": 2.0}, "augment.contrast"),
        ({"hue": 0.6}, "from 0 to 0.5 (turns)"),
        ({"rotate": 181.0}, "from 0 to 180 (degrees)"),
        ({"translate": -1}, "from 0 to 4,096 (pixels)"),
        ({"cutout": -1}, "from 0 to 4,096 (pixels)"),
        ({"mixup": float("inf")}, "from 0 to"),
        ({"mixup": 0.2, "cutmix": 1.0}, "an image is mixed once"),
        ({"warp.zoom": 1.0}, "from 0 to 0.9 (share)"),
        ({"warp.perspective": 0.7}, "from 0 to 0.6 (share)"),
        ({"pixels.posterize": 8}, "from 0 to 7 (bits)"),
        ({"pixels.jpeg": 100}, "from 0 to 99 (steps of quality)"),
    ],
)
def test_refuses_amounts_outside_their_range(config, words):
    with pytest.raises(ConfigError) as refusal:
        settings(**config) if "." in next(iter(config)) else AugmentConfig(**config)
    assert words in str(refusal.value)


def test_refuses_images_that_cannot_be_changed_so():
    with pytest.raises(ConfigError, match=r"translate: got 20, need fewer pixels than the images have, 20x28"):
        augment(translate=20)
    augment(translate=19)
    for name in ("contrast", "saturation", "hue"):
        with pytest.raises(ConfigError, match="neither gray nor color"):
            augment((2, 8, 8), **{name: 0.1})
    augment((2, 8, 8), brightness=0.1, flip=0.5)
    with pytest.raises(ConfigError, match=r"elastic: got 2.0, need from 0 to 1.1 pixels for images of 20x28"):
        augment(**{"warp.elastic": 2.0})
    augment(side=64, **{"warp.elastic": 2.0})  # pixels of the image as the model sees it
    with pytest.raises(ConfigError, match=r"blur: got 7.0, need at most 6 pixels for images of 28 pixels"):
        augment(**{"pixels.blur": 7.0})
    with pytest.raises(ConfigError, match=r"mosaic: got 0.5, need 0 for targets of class: four images become one"):
        augment(**{"warp.mosaic": 0.5})


def test_the_settings_are_all_here():
    names = {name for name, _ in leaves(AugmentConfig())}
    other = {"border", "warp.mosaic", "warp.canvas", "warp.iou_crop"}  # settings of others, or of boxes
    assert names == {*EVERY, *other}  # a new change must stand in EVERY, and so pass every test above
