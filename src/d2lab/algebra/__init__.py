"""Linear algebra from scratch: norms, matrix products and special matrices, each tested against torch's."""

from d2lab.algebra.norm import frobenius_norm, induced_norm, nuclear_norm, spectral_norm, vector_norm
from d2lab.algebra.product import kronecker, matmul_inner, matmul_loop, matmul_outer
from d2lab.algebra.special import (
    householder,
    is_orthogonal,
    is_positive_definite,
    is_symmetric,
    permutation_matrix,
    projection,
    rotation,
)

__all__ = [
    "frobenius_norm",
    "householder",
    "induced_norm",
    "is_orthogonal",
    "is_positive_definite",
    "is_symmetric",
    "kronecker",
    "matmul_inner",
    "matmul_loop",
    "matmul_outer",
    "nuclear_norm",
    "permutation_matrix",
    "projection",
    "rotation",
    "spectral_norm",
    "vector_norm",
]
