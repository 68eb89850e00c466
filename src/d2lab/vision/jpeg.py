"""What JPEG leaves of an image: blocks of 8 x 8 pixels in cosine waves, rounded by a table; a whole batch at once.

Only what is lost is computed: the bytes of a file, which lose nothing, are never written.
"""

import functools
import math

import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn import functional

Images = Float[Tensor, "batch channel height width"]
Planes = Float[Tensor, "batch plane height width"]
SIDE = 8  # of a block, pixels
# Steps to which waves are rounded at quality 50, rows from slow to fast: brightness, then color.
BRIGHTNESS = (
    (16, 11, 10, 16, 24, 40, 51, 61), (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56), (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77), (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101), (72, 92, 95, 98, 112, 100, 103, 99),
)  # fmt: skip
COLOR = (
    (17, 18, 24, 47, 99, 99, 99, 99), (18, 21, 26, 66, 99, 99, 99, 99),
    (24, 26, 56, 99, 99, 99, 99, 99), (47, 66, 99, 99, 99, 99, 99, 99),
    *((99,) * 8 for _ in range(4)),
)  # fmt: skip
# Brightness, and how far blue and red are from it. Source: the JFIF standard, by BT.601.
TO_YCC = ((0.299, 0.587, 0.114), (-0.168736, -0.331264, 0.5), (0.5, -0.418688, -0.081312))
FROM_YCC = ((1.0, 0.0, 1.402), (1.0, -0.344136, -0.714136), (1.0, 1.772, 0.0))


def jpeg(images: Images, qualities: Int64[Tensor, " batch"]) -> Images:
    """Return images as they come out of a JPEG file, color at half the resolution, as files usually have it.

    Source: Wallace 1992, IEEE Transactions on Consumer Electronics 38(1), sections 4 and 5; tables: ITU-T T.81, annex
        K; qualities as the Independent JPEG Group scales them.
    Changed: the cosine transform is exact, where libjpeg computes it in whole numbers; sides are filled up to whole
        blocks with the last pixel.

    Args:
        images: numbers in [0, 1], gray or color, taken for bytes over 255.
        qualities: of each image, 1 to 100.
    """
    if not len(images):
        return images
    height, width = images.shape[2:]
    block = 2 * SIDE if images.shape[1] == 3 else SIDE
    right, below = -width % block, -height % block
    x = functional.pad((images * 255).round_(), (0, right, 0, below), mode="replicate")
    scale = _scales(qualities)
    if images.shape[1] != 3:
        x = _as_bytes(_rounded(x - 128, _table(BRIGHTNESS, scale, x))) + 128
    else:
        ycc = _mixed(x, TO_YCC).round_()
        bright = _as_bytes(_rounded(ycc[:, :1] - 128, _table(BRIGHTNESS, scale, x))) + 128
        tints = _as_bytes(_rounded(_halved(ycc[:, 1:]), _table(COLOR, scale, x)))
        tints = functional.interpolate(tints, scale_factor=2, mode="bilinear", align_corners=False)
        x = _mixed(torch.cat([bright, tints], 1), FROM_YCC)
    return x[..., :height, :width].round().clamp_(0, 255) / 255


def _halved(planes: Planes) -> Float[Tensor, "batch plane rows columns"]:
    """Take means of 2 x 2 pixels; a mean between two whole numbers goes down in even columns, up in odd ones."""
    means = functional.avg_pool2d(planes, 2)
    column = torch.arange(means.shape[3], device=means.device)
    return (means + (1 + column % 2) / 4).floor_()


def _scales(qualities: Tensor) -> Int64[Tensor, " batch"]:
    """Return percents of the tables: 50 is all of them, 100 none of them."""
    quality = qualities.clamp(1, 100)
    return torch.where(quality < 50, 5000 // quality, 200 - 2 * quality)


def _table(rows: tuple[tuple[int, ...], ...], scale: Tensor, like: Tensor) -> Float[Tensor, "batch 1 1 1 8 8"]:
    table = _numbers(rows, like.device, torch.int64)
    steps = ((table * scale.view(-1, 1, 1) + 50) // 100).clamp(1, 255)
    return steps.to(like.dtype).view(-1, 1, 1, 1, SIDE, SIDE)


def _rounded(planes: Planes, steps: Tensor) -> Planes:
    """Round the waves of each block to multiples of the steps."""
    batch, channels, height, width = planes.shape
    waves = _waves(planes)
    blocks = planes.reshape(batch, channels, height // SIDE, SIDE, width // SIDE, SIDE).transpose(3, 4)
    spectrum = waves @ blocks @ waves.mT  # batch plane down across 8 8
    kept = (spectrum / steps).round_() * steps
    back = waves.mT @ kept @ waves
    return back.transpose(3, 4).reshape(batch, channels, height, width)


def _as_bytes(planes: Planes) -> Planes:
    """Round and cut off what does not fit into a byte, as a decoder does before it mixes colors."""
    return planes.round_().clamp_(-128, 127)


def _waves(like: Tensor) -> Float[Tensor, "8 8"]:
    """Return the cosine waves of eight pixels as rows, an orthogonal matrix."""
    number = torch.arange(SIDE, device=like.device, dtype=like.dtype)
    waves = ((2 * number + 1) * number.view(-1, 1) * (math.pi / (2 * SIDE))).cos() * 0.5
    return torch.where(number.view(-1, 1) == 0, waves * math.sqrt(0.5), waves)


def _mixed(images: Tensor, matrix: tuple[tuple[float, ...], ...]) -> Tensor:
    """Make three channels of three others."""
    return torch.einsum("ij,bjhw->bihw", _numbers(matrix, images.device, images.dtype), images)


@functools.cache
def _numbers(rows: tuple[tuple[float | int, ...], ...], device: torch.device, dtype: torch.dtype) -> Tensor:
    """Bring a table to the device, once."""
    return torch.tensor(rows, device=device, dtype=dtype)
