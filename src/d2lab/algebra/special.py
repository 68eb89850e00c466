"""Special matrices: constructors, and tests for their properties."""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from d2lab.core.errors import ConfigError

Matrix = Float[Tensor, "row column"]


def is_symmetric(matrix: Matrix, rtol: float = 1e-9) -> bool:
    """Return whether A = A^T, up to rtol times the largest absolute entry.

    Args:
        matrix: A.
        rtol: relative tolerance for rounding.
    """
    square = matrix.shape[0] == matrix.shape[1]
    return square and bool((matrix - matrix.T).abs().amax() <= rtol * matrix.abs().amax())


def is_orthogonal(matrix: Matrix, atol: float = 1e-9) -> bool:
    """Return whether A is square and A^T A = I: its columns are orthonormal.

    Args:
        matrix: A.
        atol: absolute tolerance for rounding, in every entry of the product.
    """
    unit = torch.eye(matrix.shape[1], dtype=matrix.dtype)
    square = matrix.shape[0] == matrix.shape[1]
    return square and bool((matrix.T @ matrix - unit).abs().amax() <= atol)


def is_positive_definite(matrix: Matrix) -> bool:
    """Return whether A is symmetric and x^T A x > 0 for every x but 0: whether it has a Cholesky factor.

    Source: Golub and Van Loan 2013, "Matrix Computations", theorem 4.2.7.
    """
    return is_symmetric(matrix) and int(torch.linalg.cholesky_ex(matrix).info) == 0


def permutation_matrix(order: Sequence[int]) -> Matrix:
    """Build the permutation matrix P with (P x)_i = x_order[i].

    Source: Golub and Van Loan 2013, section 1.2.8.

    Args:
        order: every number from 0 to n - 1 once.

    Raises:
        ConfigError: a number is missing or occurs twice.
    """
    if sorted(order) != list(range(len(order))):
        raise ConfigError("a permutation", got=list(order), need=f"every number 0 to {len(order) - 1} once")
    return torch.eye(len(order), dtype=torch.float64)[list(order)]


def rotation(angle: float) -> Float[Tensor, "2 2"]:
    """Build the rotation matrix of the plane by an angle in radians, counterclockwise.

    Source: Golub and Van Loan 2013, section 5.1.8.
    """
    cos, sin = math.cos(angle), math.sin(angle)
    return torch.tensor([[cos, -sin], [sin, cos]], dtype=torch.float64)


def householder(normal: Float[Tensor, " n"]) -> Float[Tensor, "n n"]:
    """Build the Householder reflection I - 2 v v^T / v^T v across the plane orthogonal to v, the `normal`.

    Source: Householder 1958, "Unitary Triangularization of a Nonsymmetric Matrix".

    Raises:
        ConfigError: the normal is 0.
    """
    length = normal @ normal
    if length == 0:
        raise ConfigError("the normal of a reflection", got="0", need="a vector that is not 0")
    return torch.eye(len(normal), dtype=normal.dtype) - 2 * normal[:, None] * normal / length


def projection(columns: Matrix) -> Float[Tensor, "row row"]:
    """Build the orthogonal projection onto the span of the columns: A (A^T A)^-1 A^T.

    Source: Strang 2016, "Introduction to Linear Algebra", section 4.2.

    Raises:
        ConfigError: the columns are linearly dependent.
    """
    if int(torch.linalg.matrix_rank(columns)) < columns.shape[1]:
        raise ConfigError("the columns to project on", got="linearly dependent ones", need="independent ones")
    matrix: Tensor = columns @ torch.linalg.solve(columns.T @ columns, columns.T)
    return matrix
