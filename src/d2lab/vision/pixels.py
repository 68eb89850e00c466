"""Changes of pixels where they are: settings of blur, noise, JPEG and tones, and their draws; no target is moved."""

from dataclasses import dataclass
from typing import Annotated

from jaxtyping import Float
from msgspec import Meta
from torch import Tensor

from d2lab.core.bounds import Portion, check_bounds
from d2lab.vision import blur, noise, tone
from d2lab.vision.jpeg import jpeg
from d2lab.vision.sampling import StepGenerators, bernoulli, integers, uniform

Images = Float[Tensor, "batch channel height width"]
Width = Annotated[float, Meta(ge=0, le=64, description="pixels")]
Exponent = Annotated[float, Meta(ge=0, le=3, description="logarithm")]
Bits = Annotated[int, Meta(ge=0, le=7, description="bits")]
Loss = Annotated[int, Meta(ge=0, le=99, description="steps of quality")]
Factor = Annotated[float, Meta(ge=0, le=100, description="factor")]
CELLS = 8  # along each side of the grid of coarse dropout


@dataclass(frozen=True, kw_only=True, slots=True)
class PixelConfig:
    """Settings of changes that leave every pixel where it is, in the order in which they are applied.

    Source: each change names its own; see vision.tone, blur, noise and jpeg.

    Raises:
        ConfigError: an amount is outside its range.
    """

    invert: Portion = 0.0  # share of images whose dark and bright are swapped
    solarize: Portion = 0.0  # thresholds are drawn from 1 - this to 1: brighter pixels are inverted
    posterize: Bits = 0  # bits of a byte that are dropped, from none to this
    gray: Portion = 0.0  # share of images whose color is taken away
    gamma_correction: Exponent = 0.0  # exponents from exp(-this) to exp(this)
    equalize: Portion = 0.0  # share of images whose tones are spread
    blur: Width = 0.0  # standard deviations from 0 to this, pixels of the image as the model sees it
    sharpen: Factor = 0.0  # sharpness from 1, which changes nothing, to 1 + this
    noise: Portion = 0.0  # standard deviations from 0 to this
    salt_and_pepper: Portion = 0.0  # shares of white and black pixels from 0 to this
    jpeg: Loss = 0  # qualities from 100 - this to 100
    coarse_dropout: Portion = 0.0  # shares of the cells of an 8 x 8 grid that are hidden, from 0 to this

    def __post_init__(self) -> None:
        check_bounds(self, "augment.pixels.")


def change_pixels(images: Images, config: PixelConfig, generators: StepGenerators) -> Images:
    """Apply every change that is set, each image by its own draw.

    Source: each change names its own; see vision.tone, blur, noise and jpeg.

    Args:
        images: numbers in [0, 1].
        config: what is changed, and how much.
        generators: of the step.
    """
    count = len(images)

    def drawn(name: str, low: float, high: float) -> Float[Tensor, " batch"]:
        return uniform((count,), low, high, generators.of(name))

    images = _change_tones(images, config, generators)
    if config.blur:
        images = blur.gaussian_blur(images, drawn("blur", 0.0, config.blur), config.blur)
    if config.sharpen:
        images = blur.sharpen(images, drawn("sharpen", 1.0, 1.0 + config.sharpen))
    if config.noise:
        generator = generators.of("noise")
        images = noise.gaussian_noise(images, uniform((count,), 0.0, config.noise, generator), generator)
    if config.salt_and_pepper:
        generator = generators.of("salt_and_pepper")
        images = noise.salt_and_pepper(images, uniform((count,), 0.0, config.salt_and_pepper, generator), generator)
    if config.jpeg:
        images = jpeg(images, 100 - integers(count, config.jpeg + 1, generators.of("jpeg")))
    if config.coarse_dropout:
        generator = generators.of("coarse_dropout")
        shares = uniform((count,), 0.0, config.coarse_dropout, generator)
        images = noise.coarse_dropout(images, shares, CELLS, generator)
    return images


def _change_tones(images: Images, config: PixelConfig, generators: StepGenerators) -> Images:
    count = len(images)
    if config.invert:
        images = tone.invert(images, bernoulli(count, config.invert, generators.of("invert")))
    if config.solarize:
        thresholds = uniform((count,), 1 - config.solarize, 1.0, generators.of("solarize"))
        images = tone.solarize(images, thresholds)
    if config.posterize:
        images = tone.posterize(images, 8 - integers(count, config.posterize + 1, generators.of("posterize")))
    if config.gray:
        images = tone.grayscale(images, bernoulli(count, config.gray, generators.of("gray")))
    if config.gamma_correction:
        most = config.gamma_correction
        images = tone.gamma_correction(images, uniform((count,), -most, most, generators.of("gamma")).exp())
    if config.equalize:
        images = tone.equalize(images, bernoulli(count, config.equalize, generators.of("equalize")))
    return images
