"""Changes of pixels: what Pillow and torchvision make of each image, by loops, by distributions, and nothing at 0."""

import io

import numpy as np
import pytest
import torch
from PIL import Image, ImageEnhance, ImageOps
from scipy import stats

from d2lab.core.errors import ConfigError
from d2lab.vision import blur, noise, tone
from d2lab.vision.jpeg import jpeg

COUNT = 5


def bytes_of(rng, *shape):
    return torch.randint(0, 256, shape, generator=rng, dtype=torch.uint8)


def photo(height=43, width=50):
    """Return a smooth image with edges, as photos are: noise alone says nothing about JPEG."""
    y, x = np.mgrid[0:height, 0:width].astype(float)
    waves = [np.sin(x / 5 + y / 9), np.cos(y / 4), np.sin((x + y) / 7)]
    pixels = np.stack([127 + 90 * wave for wave in waves], 2)
    pixels[8:20, 10:30] = (220, 40, 60)
    return pixels.clip(0, 255).astype(np.uint8)


def as_batch(pixels):
    return torch.from_numpy(np.ascontiguousarray(pixels)).permute(2, 0, 1).unsqueeze(0).double() / 255


def as_pixels(images):
    return (images[0] * 255).round().permute(1, 2, 0).numpy().astype(int)


def random_photo(seed=0):
    pixels = np.random.default_rng(seed).integers(0, 256, (21, 33, 3), dtype=np.uint8)
    pixels[:5] = pixels[:5] // 8 + 90  # some tones are frequent
    return pixels


EVERY = torch.tensor([True])
EXACT = {  # ours, and Pillow's, on bytes: not a bit apart
    "invert": (lambda x: tone.invert(x, EVERY), ImageOps.invert),
    "solarize": (lambda x: tone.solarize(x, torch.tensor([99.5 / 255])), lambda i: ImageOps.solarize(i, 100)),
    "posterize 3": (lambda x: tone.posterize(x, torch.tensor([3])), lambda i: ImageOps.posterize(i, 3)),
    "posterize 8": (lambda x: tone.posterize(x, torch.tensor([8])), lambda i: ImageOps.posterize(i, 8)),
    "equalize": (lambda x: tone.equalize(x, EVERY), ImageOps.equalize),
}


@pytest.mark.parametrize("name", list(EXACT))
@pytest.mark.parametrize("seed", range(4))
def test_bytes_come_out_as_pillow_has_them(name, seed):
    ours, pillow = EXACT[name]
    pixels = random_photo(seed)
    theirs = np.asarray(pillow(Image.fromarray(pixels))).astype(int)
    assert np.array_equal(as_pixels(ours(as_batch(pixels))), theirs)


@pytest.mark.parametrize("flat", [0, 77, 255])
def test_what_has_one_tone_is_not_equalized(flat):
    pixels = np.full((9, 8, 3), flat, dtype=np.uint8)
    theirs = np.asarray(ImageOps.equalize(Image.fromarray(pixels))).astype(int)
    assert np.array_equal(as_pixels(tone.equalize(as_batch(pixels), EVERY)), theirs)


def test_gray_is_pillows_and_only_the_chosen_become_gray(rng):
    pixels = random_photo()
    theirs = np.asarray(Image.fromarray(pixels).convert("L").convert("RGB")).astype(int)
    assert np.abs(as_pixels(tone.grayscale(as_batch(pixels), EVERY)) - theirs).max() <= 1  # Pillow rounds weights
    images = bytes_of(rng, 2, 3, 30, 40).float() / 255
    for change in (tone.grayscale, tone.invert, tone.equalize):
        made = change(images, torch.tensor([False, True]))
        assert torch.equal(made[0], images[0])
        assert not torch.equal(made[1], images[1])


@pytest.mark.parametrize("factor", [0.0, 0.5, 1.0, 2.5])
def test_sharpness_is_pillows(factor):
    pixels = random_photo()
    theirs = np.asarray(ImageEnhance.Sharpness(Image.fromarray(pixels)).enhance(factor)).astype(int)
    mine = as_pixels(blur.sharpen(as_batch(pixels), torch.tensor([factor])))
    assert np.abs(mine - theirs).max() <= 1 + factor  # Pillow rounds the smoothed image before it moves away from it


def test_sharpness_gamma_and_solarizing_are_torchvisions(rng):
    reference = pytest.importorskip("torchvision.transforms.v2.functional")
    images = torch.rand(COUNT, 3, 12, 9, generator=rng, dtype=torch.float64)
    factors = torch.tensor([0.0, 0.4, 1.0, 1.7, 3.0], dtype=torch.float64)
    pairs = {
        "sharpness": (blur.sharpen, reference.adjust_sharpness),
        "gamma": (lambda x, f: tone.gamma_correction(x, f + 0.1), lambda x, f: reference.adjust_gamma(x, f + 0.1)),
        "solarize": (lambda x, f: tone.solarize(x, f / 3), lambda x, f: reference.solarize(x, f / 3)),
    }
    for name, (ours, theirs) in pairs.items():
        wanted = torch.stack([theirs(image, float(f)) for image, f in zip(images, factors, strict=True)])
        torch.testing.assert_close(ours(images, factors), wanted, rtol=0, atol=1e-7, msg=name)


@pytest.mark.parametrize("channels", [1, 3])
def test_blur_is_torchvisions_with_a_width_for_each_image(rng, channels):
    reference = pytest.importorskip("torchvision.transforms.v2.functional")
    images = torch.rand(4, channels, 15, 20, generator=rng, dtype=torch.float64)
    sigma = torch.tensor([0.3, 0.8, 1.3, 2.0], dtype=torch.float64)
    ours = blur.gaussian_blur(images, sigma, 2.0)
    theirs = [reference.gaussian_blur(one, [13, 13], [float(s)] * 2) for one, s in zip(images, sigma, strict=True)]
    torch.testing.assert_close(ours, torch.stack(theirs), rtol=0, atol=1e-7)
    torch.testing.assert_close(blur.gaussian_blur(images, torch.zeros(4), 2.0), images, rtol=0, atol=1e-12)
    assert blur.gaussian_blur(images, torch.zeros(4), 0.0) is images


def test_blur_wider_than_the_image_is_refused():
    with pytest.raises(ConfigError, match=r"blur: got 5.0, need at most 2 pixels for images of 9 pixels"):
        blur.gaussian_blur(torch.rand(1, 1, 9, 9), torch.ones(1), 5.0)


@pytest.mark.parametrize("quality", [5, 30, 50, 75, 95])
@pytest.mark.parametrize("channels", [1, 3])
def test_jpeg_is_what_pillow_reads_back(quality, channels):
    """Within what whole-number transforms and color conversions of libjpeg are off, far below what JPEG does."""
    pixels = photo()
    picture = Image.fromarray(pixels if channels == 3 else pixels[..., 0])
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality)
    theirs = np.asarray(Image.open(io.BytesIO(file.getvalue()))).astype(int).reshape(*pixels.shape[:2], channels)
    mine = as_pixels(jpeg(as_batch(pixels[..., :channels]), torch.tensor([quality])))
    lost = np.abs(theirs - pixels[..., :channels])
    apart = np.abs(mine - theirs)
    assert apart.mean() < 0.1 * lost.mean() + 0.4
    assert np.quantile(apart, 0.99) <= (3 if channels == 1 else 6)  # a wave that is rounded the other way


def test_each_image_has_its_own_quality(rng):
    one = as_batch(photo()).float()
    images = one.expand(3, -1, -1, -1)
    made = jpeg(images, torch.tensor([100, 40, 3]))
    errors = (made - images).square().mean((1, 2, 3))
    assert errors[0] < errors[1] < errors[2]
    torch.testing.assert_close(made[1:2], jpeg(one, torch.tensor([40])))


def test_noise_has_the_deviation_of_its_image(rng):
    images = torch.full((3, 3, 60, 60), 0.5)
    made = noise.gaussian_noise(images, torch.tensor([0.0, 0.02, 0.1]), rng) - 0.5
    assert torch.equal(made[0], torch.zeros_like(made[0]))
    for number, deviation in ((1, 0.02), (2, 0.1)):
        assert float(made[number].std()) == pytest.approx(deviation, rel=0.03)
        assert stats.kstest((made[number] / deviation).flatten().numpy(), "norm").pvalue > 1e-3
    assert abs(np.corrcoef(made[1].flatten(), made[2].flatten())[0, 1]) < 0.05
    bright = noise.gaussian_noise(torch.ones(1, 1, 30, 30), torch.tensor([0.5]), rng)
    assert bright.max() == 1
    assert bright.min() >= 0


def test_salt_and_pepper_are_as_frequent_as_stated(rng):
    images = torch.full((3, 3, 80, 80), 0.5)
    shares = torch.tensor([0.0, 0.1, 0.5])
    made = noise.salt_and_pepper(images, shares, rng)
    assert (made == made[:, :1]).all()  # a dead pixel is dead in every channel
    for number, share in enumerate(shares.tolist()):
        for value in (0.0, 1.0):
            hits = int((made[number, 0] == value).sum())
            assert stats.binomtest(hits, 6400, share / 2).pvalue > 1e-3


def test_coarse_dropout_hides_whole_cells(rng):
    images = torch.rand(400, 2, 24, 32, generator=rng)
    made = noise.coarse_dropout(images, torch.full((400,), 0.3), 8, rng, fill=2.0)
    hidden = (made == 2.0).view(400, 2, 8, 3, 8, 4).permute(0, 2, 4, 1, 3, 5).flatten(3)
    assert torch.equal(hidden.all(3), hidden.any(3))
    assert stats.binomtest(int(hidden.all(3).sum()), 400 * 64, 0.3).pvalue > 1e-3
    assert torch.equal(noise.coarse_dropout(images, torch.zeros(400), 8, rng), images)
