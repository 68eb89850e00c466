"""Norms: how long a vector is, and how much a matrix can stretch one."""

import torch
from jaxtyping import Float
from torch import Tensor

from d2lab.core.errors import ConfigError

Matrix = Float[Tensor, "row column"]


def vector_norm(x: Float[Tensor, " n"], p: float = 2.0) -> Float[Tensor, ""]:
    """Return (sum |x_i|^p)^(1/p); the largest |x_i| for p = inf. Scaled by the largest entry, so that nothing overflows.

    Source: Golub and Van Loan 2013, "Matrix Computations", section 2.2.1.

    Args:
        x: the vector.
        p: 1 or more.

    Raises:
        ConfigError: p is below 1, where the triangle inequality fails.
    """
    if not p >= 1:
        raise ConfigError("the p of a norm", got=p, need="1 or more")
    size = x.abs().amax() if len(x) else x.sum()
    if p == float("inf") or size == 0:
        return size
    return size * ((x.abs() / size) ** p).sum() ** (1 / p)


def frobenius_norm(matrix: Matrix) -> Float[Tensor, ""]:
    """Return the root of the sum of all squares: the length of the matrix seen as one vector.

    Source: Golub and Van Loan 2013, eq. 2.3.1.
    """
    return vector_norm(matrix.flatten())


def induced_norm(matrix: Matrix, p: float) -> Float[Tensor, ""]:
    """Return the largest |Ax|_p / |x|_p: the largest column sum for p = 1, the largest row sum for p = inf.

    Source: Golub and Van Loan 2013, eq. 2.3.9 and 2.3.10.

    Args:
        matrix: A.
        p: 1, 2 or inf.

    Raises:
        ConfigError: p is another number.
    """
    if p == 2:
        return spectral_norm(matrix)
    if p not in (1, float("inf")):
        raise ConfigError("the p of an induced norm", got=p, need="1, 2 or inf")
    return matrix.abs().sum(0 if p == 1 else 1).amax()


def spectral_norm(matrix: Matrix, rtol: float = 1e-12, max_steps: int = 100_000) -> Float[Tensor, ""]:
    """Return the largest |Ax| / |x|, the largest singular value, by power iteration on A^T A.

    The part along the best direction grows fastest, by the ratio of the two largest squared values at each step.

    Source: Golub and Van Loan 2013, sections 2.3.1 and 7.3.1.

    Args:
        matrix: A.
        rtol: stops where a step changes the value relatively less.
        max_steps: gives up behind these.

    Raises:
        ConfigError: the value still changes after max_steps.
    """
    draw = torch.Generator().manual_seed(0)  # a fixed start could be blind to the best direction; chance is not
    x = torch.randn(matrix.shape[1], generator=draw, dtype=torch.float64).to(matrix)
    value = matrix.new_zeros(())
    for _ in range(max_steps):
        x = matrix.T @ (matrix @ (x / vector_norm(x)))
        before, value = value, vector_norm(x).sqrt()
        if (value - before).abs() <= rtol * value:
            return value
    raise ConfigError("power iteration", got=f"{max_steps} steps", need="more of them, or a larger rtol")


def nuclear_norm(matrix: Matrix) -> Float[Tensor, ""]:
    """Return the sum of the singular values: the trace of the root of A^T A.

    Source: Fazel 2002, "Matrix Rank Minimization with Applications", section 5.1.
    """
    squares: Tensor = torch.linalg.eigvalsh(matrix.T @ matrix)
    return squares.clamp(min=0).sqrt().sum()
