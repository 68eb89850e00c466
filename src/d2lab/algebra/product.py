"""Matrix products: one definition, three orders of its loops; and the Kronecker product."""

import torch
from jaxtyping import Float
from torch import Tensor

from d2lab.core.errors import ConfigError

Left = Float[Tensor, "row inner"]
Right = Float[Tensor, "inner_ column"]
Product = Float[Tensor, "row column"]


def _check(left: Tensor, right: Tensor) -> None:
    if left.shape[1] != right.shape[0]:
        got = f"{tuple(left.shape)} times {tuple(right.shape)}"
        raise ConfigError("a matrix product", got=got, need="as many columns on the left as rows on the right")


def matmul_loop(left: Left, right: Right) -> Product:
    """Compute the matrix product [row, inner] @ [inner, column] entry by entry: c_ij = sum over k of a_ik b_kj.

    Source: Golub and Van Loan 2013, "Matrix Computations", algorithm 1.1.5.

    Args:
        left: a, of shape [row, inner].
        right: b, of shape [inner, column].

    Raises:
        ConfigError: the inner lengths differ.
    """
    _check(left, right)
    product = left.new_zeros(left.shape[0], right.shape[1])
    for i in range(left.shape[0]):
        for j in range(right.shape[1]):
            for k in range(left.shape[1]):
                product[i, j] += left[i, k] * right[k, j]
    return product


def matmul_inner(left: Left, right: Right) -> Product:
    """Compute the matrix product by inner products: each entry is a row of a times a column of b.

    Source: Golub and Van Loan 2013, section 1.1.11.

    Args:
        left: a, of shape [row, inner].
        right: b, of shape [inner, column].

    Raises:
        ConfigError: the inner lengths differ.
    """
    _check(left, right)
    rows = [torch.stack([(row * column).sum() for column in right.T]) for row in left]
    return torch.stack(rows)


def matmul_outer(left: Left, right: Right) -> Product:
    """Compute the matrix product as a sum of outer products, of column k of a with row k of b.

    Source: Golub and Van Loan 2013, section 1.1.13.

    Args:
        left: a, of shape [row, inner].
        right: b, of shape [inner, column].

    Raises:
        ConfigError: the inner lengths differ.
    """
    _check(left, right)
    product = left.new_zeros(left.shape[0], right.shape[1])
    for column, row in zip(left.T, right, strict=True):
        product = product + column[:, None] * row
    return product


def kronecker(left: Float[Tensor, "p q"], right: Float[Tensor, "r s"]) -> Float[Tensor, "pr qs"]:
    """Compute the Kronecker product: every entry of `left` becomes that entry times the whole of `right`.

    Source: Golub and Van Loan 2013, section 1.3.6.

    Args:
        left: of shape [p, q]; its entries become blocks.
        right: of shape [r, s], the block.
    """
    blocks = left[:, None, :, None] * right[None, :, None, :]  # p r q s
    return blocks.reshape(left.shape[0] * right.shape[0], left.shape[1] * right.shape[1])
