"""Norms of vectors and matrices, from their definitions."""

import torch
from jaxtyping import Float
from torch import Tensor

from d2lab.core.errors import ConfigError

Matrix = Float[Tensor, "row column"]


def vector_norm(x: Float[Tensor, " n"], p: float = 2.0) -> Float[Tensor, ""]:
    """Compute the p-norm (sum |x_i|^p)^(1/p); for p = inf, the largest |x_i|.

    Entries are divided by the largest one first, so that no power overflows or vanishes.

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
    """Compute the Frobenius norm, the square root of the sum of all squared entries.

    Source: Golub and Van Loan 2013, eq. 2.3.1.
    """
    return vector_norm(matrix.flatten())


def induced_norm(matrix: Matrix, p: float) -> Float[Tensor, ""]:
    """Compute the norm induced by the p-norm of vectors, max |Ax|_p / |x|_p.

    It is the largest column sum of absolute values for p = 1, the largest row sum for p = inf, and the largest singular
    value for p = 2.

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
    """Compute the spectral norm max |Ax| / |x|, the largest singular value, by power iteration on A^T A.

    Each step shrinks the component along the second singular vector, relative to the first, by the ratio of their
    squared singular values.

    Source: Golub and Van Loan 2013, sections 2.3.1 and 7.3.1.

    Args:
        matrix: A.
        rtol: stop where a step changes the value by a smaller relative amount.
        max_steps: raise after so many steps.

    Raises:
        ConfigError: the value still changes after max_steps.
    """
    draw = torch.Generator().manual_seed(0)  # a constant vector could be orthogonal to the singular vector
    x = torch.randn(matrix.shape[1], generator=draw, dtype=torch.float64).to(matrix)
    value = matrix.new_zeros(())
    for _ in range(max_steps):
        x = matrix.T @ (matrix @ (x / vector_norm(x)))
        before, value = value, vector_norm(x).sqrt()
        if (value - before).abs() <= rtol * value:
            return value
    raise ConfigError("power iteration", got=f"{max_steps} steps", need="more of them, or a larger rtol")


def nuclear_norm(matrix: Matrix) -> Float[Tensor, ""]:
    """Compute the nuclear norm, the sum of the singular values: the trace of the square root of A^T A.

    Source: Fazel 2002, "Matrix Rank Minimization with Applications", section 5.1.
    """
    squares: Tensor = torch.linalg.eigvalsh(matrix.T @ matrix)
    return squares.clamp(min=0).sqrt().sum()
