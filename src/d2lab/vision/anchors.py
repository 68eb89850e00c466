"""Anchor boxes: boxes of several sizes and aspect ratios around the center of every cell of a feature map."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, get_args

import torch
from jaxtyping import Float
from torch import Tensor

from d2lab.core.errors import ConfigError
from d2lab.layers.arguments import check_choice, check_counts

Formula = Literal["code", "text"]
FORMULAS: tuple[str, ...] = get_args(Formula)
Numbers = Sequence[float | int]
Grid = tuple[int, int]  # height and width of a feature map, cells


def anchor_boxes(
    grid: Grid,
    sizes: Numbers,
    ratios: Numbers,
    *,
    formula: Formula = "code",
    dtype: torch.dtype = torch.float32,
    device: torch.device | str | None = None,
) -> Float[Tensor, "anchor 4"]:
    """Build n + m - 1 anchors around the center of each cell: n sizes with the first ratio, the first with m ratios.

    A cell's anchors stand together: first the sizes, then the further ratios; cells follow row by row. Size s and
    ratio r have the height s / sqrt(r), a share of the image's height, by both formulas. The width differs:

    - "code": s sqrt(r) times height / width, so that r is width over height in pixels, on an oblong image too. This is
      what the book's `multibox_prior` computes.
    - "text": s sqrt(r), so that s is the square root of the share of the image's area. This is what the book's text
      said; r is width over height on a square image alone.

    Source: Ren, He, Girshick, Sun 2015, "Faster R-CNN", section 3.1.1; sizes as shares: Liu et al. 2016, "SSD", section
        2.2.
    Changed: n + m - 1 anchors instead of n m, as in Dive into Deep Learning, section "Anchor Boxes".
    Twin: the book's `multibox_prior`, bit for bit, with "code".

    Args:
        grid: height and width of the feature map, or of the image for an anchor at every pixel.
        sizes: shares of the image's height, above 0.
        ratios: aspect ratios, above 0.
        formula: how the width is computed.
        dtype: of the result.
        device: of the result.

    Returns:
        Boxes in the form "relative-xyxy"; those at the edge reach beyond [0, 1].

    Raises:
        ConfigError: a side of the grid is below 1, a size or ratio is missing or not above 0, or the formula is
            unknown.

    >>> anchor_boxes((1, 1), [0.5], [1.0, 4.0]).tolist()
    [[0.25, 0.25, 0.75, 0.75], [0.0, 0.375, 1.0, 0.625]]
    """
    check_counts("anchor_boxes", grid=grid)
    check_choice("formula", formula, FORMULAS)
    _check_positive("sizes", sizes)
    _check_positive("ratios", ratios)
    (height, width), kind = grid, {"dtype": dtype, "device": device}
    size, roots = torch.tensor(sizes, **kind), torch.tensor(ratios, **kind).sqrt()  # type: ignore[arg-type]
    wide = torch.cat([size * roots[0], sizes[0] * roots[1:]])
    high = torch.cat([size / roots[0], sizes[0] / roots[1:]])
    if formula == "code":
        wide = wide * height / width
    around = torch.stack([-wide, -high, wide, high], 1) / 2  # shape 4
    y, x = ((torch.arange(count, **kind) + 0.5) * (1.0 / count) for count in grid)  # type: ignore[arg-type]
    y, x = torch.meshgrid(y, x, indexing="ij")  # row column
    centers = torch.stack([x, y, x, y], -1).view(-1, 1, 4)  # cell 1 4
    return (centers + around).view(-1, 4)


def anchors_per_cell(sizes: Numbers, ratios: Numbers) -> int:
    """Count the anchors around one center: n sizes and m ratios make n + m - 1.

    Raises:
        ConfigError: a size or ratio is missing or not above 0.
    """
    _check_positive("sizes", sizes)
    _check_positive("ratios", ratios)
    return len(sizes) + len(ratios) - 1


def multiscale_anchors(
    grids: Sequence[Grid],
    sizes: Sequence[Numbers],
    ratios: Numbers,
    *,
    formula: Formula = "code",
    dtype: torch.dtype = torch.float32,
    device: torch.device | str | None = None,
) -> Float[Tensor, "anchor 4"]:
    """Build the anchors of several feature maps, one after the other: small anchors on fine maps, large on coarse.

    Source: Liu et al. 2016, "SSD", section 2.1, "Multi-scale feature maps for detection".

    Args:
        grids: height and width of each feature map.
        sizes: of each, as in `anchor_boxes`.
        ratios: of all.
        formula: how the width is computed.
        dtype: of the result.
        device: of the result.

    Raises:
        ConfigError: there are more or fewer grids than lists of sizes, or one of them is refused by `anchor_boxes`.
    """
    if len(grids) != len(sizes):
        raise ConfigError("the sizes of anchors", got=f"{len(sizes)} lists", need=f"one for each of {len(grids)} grids")
    levels = [
        anchor_boxes(grid, level, ratios, formula=formula, dtype=dtype, device=device)
        for grid, level in zip(grids, sizes, strict=True)
    ]
    return torch.cat(levels) if levels else torch.zeros(0, 4, dtype=dtype, device=device)


def pixel_anchors(
    grids: Sequence[Grid],
    sizes: Sequence[Numbers],
    ratios: Numbers,
    size: Grid,
    *,
    dtype: torch.dtype = torch.float32,
    device: torch.device | str | None = None,
) -> Float[Tensor, "anchor 4"]:
    """Build the anchors of several feature maps in pixels; a ratio is width over height in pixels on every map.

    `multiscale_anchors` takes it in cells with "code", and in shares of the image with "text".

    Args:
        grids: height and width of each feature map.
        sizes: of each, shares of the image's height.
        ratios: of all.
        size: height and width of the image, pixels.
        dtype: of the result.
        device: of the result.

    Raises:
        ConfigError: `multiscale_anchors` refuses them.

    >>> pixel_anchors([(1, 1)], [[0.5]], [1.0], (40, 80)).tolist()
    [[30.0, 10.0, 50.0, 30.0]]
    """
    shares = multiscale_anchors(grids, sizes, ratios, formula="text", dtype=dtype, device=device)
    low, high = shares[:, :2], shares[:, 2:]
    center = (low + high) / 2 * shares.new_tensor([size[1], size[0]])  # anchor 2
    half = (high - low) / 2 * size[0]  # anchor 2
    return torch.cat([center - half, center + half], 1)


def level_sizes(levels: int, smallest: float = 0.2, largest: float = 0.88) -> tuple[tuple[float, float], ...]:
    """Return two anchor sizes for each feature map: its own, spaced evenly, and the geometric mean with the next.

    The defaults with 5 levels are the book's TinySSD: (.2, .272), (.37, .447), ... (.88, .961).

    Source: Liu et al. 2016, "SSD", eq. 4 and the extra scale below it.

    Args:
        levels: number of feature maps.
        smallest: size on the first, a share of the image's height.
        largest: size on the last.

    Raises:
        ConfigError: there is no level, or the sizes are not above 0 and growing.
    """
    check_counts("level_sizes", levels=levels)
    if not 0 < smallest <= largest < math.inf:
        need = "smallest above 0, largest not below it"
        raise ConfigError("the sizes of anchors", got=(smallest, largest), need=need)
    step = (largest - smallest) / max(1, levels - 1)
    own = [smallest + step * level for level in range(levels + 1)]
    return tuple((size, math.sqrt(size * following)) for size, following in pairwise(own))


def _check_positive(what: str, values: Numbers) -> None:
    if not len(values) or not all(0 < value < math.inf for value in values):
        raise ConfigError(f"the {what} of anchors", got=tuple(values), need="one or more numbers above 0")
