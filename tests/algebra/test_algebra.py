"""Norms, products and special matrices against the library and against what they are for."""

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from d2lab import algebra
from d2lab.core.errors import ConfigError


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("p", [1.0, 1.5, 2.0, 7.0, float("inf")])
@pytest.mark.parametrize("scale", [1.0, 1e200, 1e-200, 0.0])
def test_vector_norms_are_the_librarys_and_neither_overflow_nor_vanish(p, scale):
    x = drawn(6)
    assert float(algebra.vector_norm(scale * x, p)) == pytest.approx(scale * float(torch.linalg.vector_norm(x, p)))


@given(st.integers(0, 500), st.sampled_from([1.0, 2.0, 3.5, float("inf")]))
@settings(deadline=None, max_examples=60)
def test_a_norm_is_a_norm_and_falls_with_p(seed, p):
    x, y = drawn(2, 5, seed=seed)
    norm = algebra.vector_norm
    assert norm(x + y, p) <= norm(x, p) + norm(y, p) + 1e-12
    assert float(norm(-3 * x, p)) == pytest.approx(3 * float(norm(x, p)))
    assert norm(x, float("inf")) <= norm(x, p) + 1e-12 <= norm(x, 1.0) + 2e-12


def test_matrix_norms_are_the_librarys():
    matrix = drawn(5, 3)
    for mine, name in (
        (algebra.frobenius_norm(matrix), "fro"),
        (algebra.nuclear_norm(matrix), "nuc"),
        (algebra.spectral_norm(matrix), 2),
        (algebra.induced_norm(matrix, 1.0), 1),
        (algebra.induced_norm(matrix, 2.0), 2),
        (algebra.induced_norm(matrix, float("inf")), float("inf")),
    ):
        assert float(mine) == pytest.approx(float(torch.linalg.matrix_norm(matrix, name)), rel=1e-9)


def test_an_induced_norm_is_the_largest_stretch_and_is_reached():
    matrix = drawn(3, 3)
    corners = torch.tensor(list(itertools.product([-1.0, 1.0], repeat=3)), dtype=torch.float64)
    stretched = (corners @ matrix.T).abs().amax(1)
    assert float(stretched.max()) == pytest.approx(float(algebra.induced_norm(matrix, float("inf"))))


def test_the_spectral_norm_of_zero_and_of_equal_values():
    assert algebra.spectral_norm(torch.eye(4)) == pytest.approx(1)
    with pytest.raises(ConfigError, match="power iteration: got '2 steps'"):
        algebra.spectral_norm(torch.diag(torch.tensor([1.0, 0.999, 0.5])), max_steps=2)


@pytest.mark.parametrize("multiply", [algebra.matmul_loop, algebra.matmul_inner, algebra.matmul_outer])
def test_three_orders_of_loops_give_one_product(multiply):
    left, right = drawn(3, 4), drawn(4, 2)
    torch.testing.assert_close(multiply(left, right), left @ right, rtol=1e-13, atol=1e-14)
    with pytest.raises(ConfigError, match="as many columns on the left"):
        multiply(left, right.T)


def test_identities_of_products():
    a, b, c, d = drawn(2, 2, seed=1), drawn(2, 3, seed=2), drawn(3, 2, seed=3), drawn(3, 2, seed=4)
    kron = algebra.kronecker
    torch.testing.assert_close(kron(a, b), torch.kron(a, b))
    torch.testing.assert_close(kron(a, b) @ kron(a, c), kron(a @ a, b @ c))
    torch.testing.assert_close((b @ c).T, c.T @ b.T)
    torch.testing.assert_close((b @ c).trace(), (c @ b).trace())
    torch.testing.assert_close((d.T @ d).trace().sqrt(), algebra.frobenius_norm(d))


def test_special_matrices_do_what_they_are_for():
    x = drawn(3)
    permutation = algebra.permutation_matrix([2, 0, 1])
    torch.testing.assert_close(permutation @ x, x[[2, 0, 1]])
    reflection, projection = algebra.householder(x), algebra.projection(drawn(4, 2))
    torch.testing.assert_close(reflection @ x, -x)
    torch.testing.assert_close(projection @ projection, projection)
    assert algebra.is_symmetric(projection)
    for matrix in (permutation, reflection, algebra.rotation(0.7)):
        assert algebra.is_orthogonal(matrix)
    rotated = algebra.rotation(math.pi / 2) @ torch.tensor([1.0, 0.0], dtype=torch.float64)
    np.testing.assert_allclose(rotated, [0, 1], atol=1e-15)


def test_what_is_not_special_is_told_apart():
    matrix = drawn(3, 3)
    assert not algebra.is_symmetric(matrix)
    assert not algebra.is_orthogonal(2 * torch.eye(3, dtype=torch.float64))
    assert not algebra.is_orthogonal(torch.eye(3, dtype=torch.float64)[:, :2])
    assert algebra.is_positive_definite(matrix @ matrix.T + 1e-3 * torch.eye(3))
    assert not algebra.is_positive_definite(torch.diag(torch.tensor([1.0, -1.0])))
    assert not algebra.is_positive_definite(torch.tensor([[1.0, 3.0], [0.0, 1.0]]))


@pytest.mark.parametrize(
    ("mistake", "sentence"),
    [
        (lambda: algebra.vector_norm(torch.ones(2), 0.5), "the p of a norm: got 0.5, need 1 or more."),
        (lambda: algebra.induced_norm(torch.ones(2, 2), 3.0), "the p of an induced norm: got 3.0, need 1, 2 or inf."),
        (lambda: algebra.permutation_matrix([0, 0]), "a permutation: got [0, 0], need every number 0 to 1 once."),
        (
            lambda: algebra.householder(torch.zeros(2)),
            "the normal of a reflection: got '0', need a vector that is not 0.",
        ),
        (
            lambda: algebra.projection(torch.ones(3, 2)),
            "the columns to project on: got 'linearly dependent ones', need independent ones.",
        ),
    ],
)
def test_bad_input_is_refused_with_the_whole_sentence(mistake, sentence):
    with pytest.raises(ConfigError) as caught:
        mistake()
    assert str(caught.value) == sentence
