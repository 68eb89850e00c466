"""Losses of style transfer: by hand, by brute force, by finite differences, and what they must not notice."""

import math

import pytest
import torch

from d2lab.core.errors import D2labError
from d2lab.vision.style_loss import content_loss, gram_matrix, style_loss, total_variation

FLOAT = torch.float64


def drawn(rng, *shape):
    return torch.randn(*shape, generator=rng, dtype=FLOAT)


def test_the_gram_matrix_of_the_lesson_by_hand():
    features = torch.tensor([[[[1.0, 0.0, 2.0, 1.0]], [[0.0, 1.0, 1.0, 0.0]]]])
    assert (8 * gram_matrix(features)).tolist() == [[[6, 2], [2, 2]]]
    assert gram_matrix(features).tolist() == [[[0.75, 0.25], [0.25, 0.25]]]


def test_the_gram_matrix_is_a_sum_over_pixels_for_each_image_alone(rng):
    features = drawn(rng, 2, 3, 4, 5)
    got = gram_matrix(features)
    for image in range(2):
        for i in range(3):
            for j in range(3):
                pixels = [(y, x) for y in range(4) for x in range(5)]
                total = math.fsum(float(features[image, i, y, x] * features[image, j, y, x]) for y, x in pixels)
                assert got[image, i, j].item() == pytest.approx(total / 60, abs=1e-12)


def test_the_gram_matrix_does_not_notice_where_anything_is(rng):
    features = drawn(rng, 1, 6, 5, 7)
    order = torch.randperm(35, generator=rng)
    shuffled = features.flatten(2)[..., order].view_as(features)
    torch.testing.assert_close(gram_matrix(shuffled), gram_matrix(features), rtol=1e-12, atol=1e-14)
    torch.testing.assert_close(gram_matrix(features.repeat(1, 1, 3, 2)), gram_matrix(features), rtol=1e-12, atol=0)
    assert content_loss(shuffled, features) > 1
    assert style_loss(shuffled, gram_matrix(features)) < 1e-24


def test_the_gram_matrix_is_symmetric_and_has_no_negative_eigenvalue(rng):
    got = gram_matrix(drawn(rng, 3, 9, 2, 3))  # rank 6 at most
    torch.testing.assert_close(got, got.mT, rtol=0, atol=1e-15)
    values = torch.linalg.eigvalsh(got)
    assert values.min() > -1e-12
    assert ((values > 1e-9).sum(1) == 6).all()
    assert got.min() < 0  # its entries do not lie between 0 and 1


def test_the_layout_in_memory_changes_neither_values_nor_gradients_and_is_kept(rng):
    features, marks = drawn(rng, 2, 3, 4, 5), drawn(rng, 2, 3, 3)
    found = []
    for layout in (torch.contiguous_format, torch.channels_last):
        leaf = features.clone(memory_format=layout).requires_grad_()
        gram = gram_matrix(leaf)
        (gradient,) = torch.autograd.grad((gram * marks).sum(), leaf)
        assert gradient.is_contiguous(memory_format=layout)
        found.append((gram.detach(), gradient))
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-14)
    assert torch.autograd.gradgradcheck(gram_matrix, features.requires_grad_())


@pytest.mark.parametrize("relative", [False, True])
def test_gradients_are_finite_differences(rng, relative):
    features, target = (drawn(rng, 1, 3, 4, 5) for _ in range(2))
    leaf = features.requires_grad_()
    assert torch.autograd.gradcheck(lambda x: content_loss(x, target, relative=relative), leaf)
    assert torch.autograd.gradcheck(lambda x: style_loss(x, gram_matrix(target), relative=relative), leaf)
    assert torch.autograd.gradcheck(total_variation, leaf)
    assert torch.autograd.gradcheck(lambda x: total_variation(x, "mean"), leaf)


def test_relative_losses_do_not_depend_on_the_unit_of_the_features(rng):
    features, target = (drawn(rng, 1, 3, 4, 5) for _ in range(2))
    for loss, wanted, power in ((content_loss, lambda x: x, 2), (style_loss, gram_matrix, 4)):
        one, far = (float(loss(k * features, wanted(k * target))) for k in (1, 100))
        assert far == pytest.approx(100.0**power * one, rel=1e-9)
        near = float(loss(features, wanted(target), relative=True))
        assert float(loss(100 * features, wanted(100 * target), relative=True)) == pytest.approx(near, rel=1e-9)
        assert float(loss(0 * features, wanted(target), relative=True)) == pytest.approx(1, rel=1e-12)
        assert loss(features, wanted(0 * target), relative=True) == loss(features, wanted(0 * target))


def test_images_of_a_style_may_differ_in_size(rng):
    small, large = drawn(rng, 1, 4, 3, 3), drawn(rng, 1, 4, 30, 20)
    assert torch.isfinite(style_loss(small, gram_matrix(large)))


def test_the_total_variation_of_the_lesson_by_hand():
    image = torch.tensor([[[[0.0, 0.0, 1.0], [0.0, 1.0, 1.0]]]])
    assert total_variation(image) == 3
    # columns: 0, 1, 0 of three pairs; rows: 0, 1, 1, 0 of four
    assert total_variation(image, "mean") == pytest.approx((1 / 3 + 2 / 4) / 2)


def test_total_variation_knows_noise_from_an_edge_and_counts_each_pair_once(rng):
    edge = torch.zeros(1, 1, 8, 8)
    edge[..., 4:] = 1
    assert total_variation(edge) == 8
    assert total_variation(edge + 5) == 8
    assert total_variation(edge.mT) == 8
    assert total_variation(torch.cat([edge, edge], 1)) == 16
    noisy = edge + 0.3 * torch.randn(edge.shape, generator=rng)
    assert total_variation(noisy) > 20


def test_total_variation_of_a_line_and_of_a_pixel():
    line = torch.tensor([[[[0.0, 2.0, 1.0]]]])
    assert total_variation(line) == total_variation(line.mT) == 3
    assert total_variation(line, "mean") == total_variation(line.mT, "mean") == 0.75
    pixel = torch.ones(1, 1, 1, 1, requires_grad=True)
    for reduction in ("sum", "mean"):
        assert total_variation(pixel, reduction) == 0
        total_variation(pixel, reduction).backward()
    assert pixel.grad == 0


REFUSED = {
    "features": (
        lambda: content_loss(torch.zeros(1, 2, 3, 3), torch.zeros(1, 2, 3, 4)),
        "features: got (1, 2, 3, 3), need the target's shape (1, 2, 3, 4).",
    ),
    "channels": (
        lambda: style_loss(torch.zeros(1, 2, 3, 3), torch.zeros(1, 3, 3)),
        "Gram matrices: got (1, 2, 2), need the target's shape (1, 3, 3).",
    ),
    "no pixel": (
        lambda: gram_matrix(torch.zeros(1, 2, 0, 3)),
        "features: got (1, 2, 0, 3), need one channel and one pixel or more.",
    ),
    "reduction": (
        lambda: total_variation(torch.zeros(1, 1, 2, 2), "none"),
        "total_variation.reduction: got 'none', need sum or mean.",
    ),
}


@pytest.mark.parametrize(("mistake", "sentence"), REFUSED.values(), ids=REFUSED)
def test_bad_input_is_refused_with_the_whole_sentence(mistake, sentence):
    with pytest.raises(D2labError) as caught:
        mistake()
    assert str(caught.value) == sentence
