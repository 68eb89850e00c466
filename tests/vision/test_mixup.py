"""Mixed images: the shares in the targets are those of the pixels; the distributions the shares are drawn from."""

import pytest
import torch
from scipy import stats
from torch.nn import functional

from d2lab.vision.mixup import cutmix, mixup
from d2lab.vision.sampling import beta


def flat_images(count, height=10, width=7):
    """Return images that are one number all over, each its own, and targets that say which."""
    values = torch.arange(1.0, count + 1, dtype=torch.float64)
    return values.view(-1, 1, 1, 1).expand(-1, 3, height, width).clone(), torch.eye(count)


def test_mixup_is_the_stated_mean_of_image_and_target(rng):
    images, targets = flat_images(50)
    shares = torch.rand(50, generator=rng)
    mixed, soft = mixup(images, targets, shares, rng)
    torch.testing.assert_close(soft.sum(1), torch.ones(50))
    # An image that is its number all over: the mixture must be the mean number that its target states.
    torch.testing.assert_close(mixed[:, 0, 0, 0], soft.double() @ torch.arange(1.0, 51).double(), rtol=1e-5, atol=0)
    assert torch.equal(mixed, mixed[:, :1, :1, :1].expand_as(mixed))
    own = soft.diagonal()
    others = (soft > 0).sum(1) == 2
    torch.testing.assert_close(own[others], shares[others])
    assert others.sum() > 40  # hardly anyone is laid over itself


def test_a_whole_share_leaves_images_and_targets_bit_for_bit(rng):
    images, targets = torch.rand(9, 3, 8, 6, generator=rng), torch.eye(9)
    for mix in (mixup, cutmix):
        mixed, soft = mix(images, targets, torch.ones(9), rng)
        assert torch.equal(mixed, images)
        assert torch.equal(soft, targets)


@pytest.mark.parametrize("mix", [mixup, cutmix])
def test_no_share_hands_the_partner_over(rng, mix):
    images, targets = flat_images(40)
    mixed, soft = mix(images, targets, torch.zeros(40), rng)
    if mix is mixup:
        assert torch.equal(soft.sort(0).values, targets.sort(0).values)
        assert torch.equal(mixed[:, 0, 0, 0], soft.argmax(1).double() + 1)
    else:  # a box as large as the image, but not in its middle
        assert ((mixed == images).double().mean((1, 2, 3)) < 1).sum() > 30


@pytest.mark.parametrize(("height", "width"), [(10, 7), (32, 32), (1, 1), (3, 50)])
def test_cutmix_targets_are_the_shares_of_the_pixels(rng, height, width):
    count = 200
    images, targets = flat_images(count, height, width)
    mixed, soft = cutmix(images, targets, torch.rand(count, generator=rng), rng)
    torch.testing.assert_close(soft.sum(1), torch.ones(count))
    for number, (image, target) in enumerate(zip(mixed, soft, strict=True)):
        for kind in target.nonzero().flatten().tolist():
            pixels = int((image[0] == kind + 1).sum())
            assert float(target[kind]) == pytest.approx(pixels / (height * width), abs=2e-7), number
        assert torch.equal(image, image[:1].expand_as(image))  # all channels have the same box


def test_a_pasted_box_is_one_box_of_the_stated_sides_unless_the_border_cuts_it(rng):
    count, side = 4000, 20
    images, targets = flat_images(count, side, side)
    mixed, _ = cutmix(images, targets, torch.full((count,), 0.75), rng)  # sides of sqrt(0.25) * 20 = 10
    pasted = (mixed != images)[:, 0]
    rows, columns = pasted.any(2).sum(1), pasted.any(1).sum(1)
    assert torch.equal(pasted.sum((1, 2)), rows * columns)  # a full box
    assert rows.max() == columns.max() == 10
    # The middle is anywhere: rounded, 11 of 20 leave a line whole, the others cut off up to half of the box.
    for lengths in (rows, columns):
        assert float((lengths == 10).double().mean()) == pytest.approx(0.55, abs=0.04)
        assert lengths[rows > 0].min() == 5
        assert float(lengths[rows > 0].double().mean()) == pytest.approx(8.75, abs=0.1)


def test_boxes_are_pasted_everywhere_alike(rng):
    count = 6000
    images, targets = flat_images(count, 12, 12)
    pasted = (cutmix(images, targets, torch.full((count,), 0.5), rng)[0] != images)[:, 0].double().mean(0)
    torch.testing.assert_close(pasted, pasted.flip(0), rtol=0, atol=0.05)
    torch.testing.assert_close(pasted, pasted.T, rtol=0, atol=0.05)
    assert pasted[6, 6] > pasted[0, 6] > pasted[0, 0] > 0.1


@pytest.mark.parametrize("mix", [mixup, cutmix])
@pytest.mark.parametrize("count", [0, 1])
def test_alone_there_is_nothing_to_mix_with(rng, mix, count):
    images, targets = torch.rand(count, 1, 5, 5, generator=rng), torch.ones(count, 2)
    mixed, soft = mix(images, targets, torch.full((count,), 0.3), rng)
    torch.testing.assert_close(mixed, images)
    torch.testing.assert_close(soft, targets)


@pytest.mark.parametrize("alpha", [0.1, 0.2, 1.0, 4.0])
def test_shares_follow_the_beta_distribution(rng, alpha):
    distribution = stats.beta(alpha, alpha).cdf
    shares = beta(alpha, 6000, rng).double()
    assert 0 <= shares.min() <= shares.max() <= 1
    lower = shares[shares < 0.5]  # the distribution is symmetric; near 1 float32 has no numbers left for a small alpha
    assert stats.kstest(lower.numpy(), lambda x: 2 * distribution(x)).pvalue > 1e-3
    assert float(len(lower)) == pytest.approx(3000, abs=5 * 6000**0.5 / 2)
    for border in (0.6, 0.9, 0.999):
        chance = float(distribution(border))
        spread = (chance * (1 - chance) / 6000) ** 0.5
        assert float((shares <= border).double().mean()) == pytest.approx(chance, abs=5 * spread)


def test_mixed_targets_are_a_loss_that_torch_knows(rng):
    logits, hard = torch.randn(6, 4, generator=rng, dtype=torch.float64), torch.randint(0, 4, (6,), generator=rng)
    shares = torch.rand(6, generator=rng)
    one_hot = functional.one_hot(hard, 4).double()
    _, soft = mixup(torch.rand(6, 1, 2, 2), one_hot, shares.double(), rng)
    by_hand = -(soft * logits.log_softmax(1)).sum(1).mean()
    torch.testing.assert_close(functional.cross_entropy(logits, soft), by_hand)
