"""Positions: attention alone does not know the order of a sequence, so its inputs carry it or are turned by it."""

import torch
from jaxtyping import Float
from torch import Tensor

from d2lab.core.errors import ConfigError

BASE = 10_000.0  # of the wavelengths, from 2 pi to 2 pi BASE positions


def angles(steps: int, width: int, *, base: float = BASE) -> Float[Tensor, "steps half"]:
    """Compute position times frequency: frequency i of width / 2 is base^(-2i / width).

    Args:
        steps: number of positions, from 0 on.
        width: of a vector, even.
        base: ratio of the longest to the shortest wavelength, almost.

    Raises:
        ConfigError: the width is odd or below 2.
    """
    if width < 2 or width % 2:
        raise ConfigError("width", got=width, need="an even number from 2 on")
    frequencies = base ** (-torch.arange(0, width, 2, dtype=torch.float64) / width)  # half
    return torch.arange(steps, dtype=torch.float64)[:, None] * frequencies


def sinusoidal_positions(
    steps: int, width: int, *, base: float = BASE, dtype: torch.dtype = torch.float32
) -> Float[Tensor, "steps width"]:
    """Compute a vector for each position: sine and cosine of its angles in turn.

    The vector of position t + k is that of t, each pair turned by an angle that depends on k alone.

    Source: Vaswani et al. 2017, "Attention Is All You Need", section 3.5.

    Args:
        steps: number of positions.
        width: of a vector, even.
        base: of the wavelengths.
        dtype: of the result; angles are computed in float64.
    """
    turned = angles(steps, width, base=base)
    return torch.stack([turned.sin(), turned.cos()], -1).flatten(1).to(dtype)  # steps width


def rotary_positions(
    steps: int, width: int, *, base: float = BASE, dtype: torch.dtype = torch.float32
) -> tuple[Float[Tensor, "steps half"], Float[Tensor, "steps half"]]:
    """Compute cosine and sine of every position's angles, for `rotate`.

    Args:
        steps: number of positions.
        width: of a head, even.
        base: of the wavelengths.
        dtype: of the results; angles are computed in float64.
    """
    turned = angles(steps, width, base=base)
    return turned.cos().to(dtype), turned.sin().to(dtype)


def rotate(
    input: Float[Tensor, "*batch steps width"], cosine: Float[Tensor, "steps half"], sine: Float[Tensor, "steps half"]
) -> Float[Tensor, "*batch steps width"]:
    """Turn each pair of entries (i, i + width / 2) by its angle.

    Lengths stay, and the dot product of a query at m with a key at n depends on n - m alone.

    Source: Su et al. 2021, "RoFormer: Enhanced Transformer with Rotary Position Embedding", eq. 34.
    Changed: entry i is paired with i + width / 2, not with its neighbor: a permutation of the width.

    Args:
        input: queries or keys.
        cosine: of the angles, by `rotary_positions`.
        sine: of the angles.
    """
    first, second = input.chunk(2, -1)  # each *batch steps half
    return torch.cat([first * cosine - second * sine, first * sine + second * cosine], -1)
