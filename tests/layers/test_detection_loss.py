"""What focal losses mean: limits, and gradients where careless code has none."""

import math

import pytest
import torch

from d2lab import layers
from d2lab.core.errors import ConfigError


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0])
def test_focal_losses_have_a_gradient_where_the_answer_is_sure(gamma, dtype):
    scores = torch.tensor([1000.0, -1000.0, 1000.0, -1000.0], dtype=dtype, requires_grad=True)
    layers.FocalLoss(gamma=gamma)(scores, torch.tensor([1, 0, 0, 1], dtype=dtype)).sum().backward()
    assert scores.grad.isfinite().all()
    assert (scores.grad[2:] != 0).all()
    logits = torch.tensor([[1000.0, 0.0], [0.0, 1000.0]], dtype=dtype, requires_grad=True)
    layers.SoftmaxFocalLoss(gamma)(logits, torch.tensor([0, 0])).backward()
    assert logits.grad.isfinite().all()
    assert (logits.grad[1] != 0).all()


@pytest.mark.parametrize("gamma", [0.0, 0.7, 2.0])
def test_two_classes_of_the_softmax_are_one_logit(gamma, rng):
    scores, targets = 3 * torch.randn(50, generator=rng, dtype=torch.float64), torch.arange(50) % 2
    logits = torch.stack([torch.zeros_like(scores), scores], 1)
    weight = torch.tensor([0.75, 0.25], dtype=torch.float64)
    mine = layers.SoftmaxFocalLoss(gamma, weight, reduction="none")(logits, targets)
    reference = layers.FocalLoss(0.25, gamma)(scores, targets.double())
    torch.testing.assert_close(mine, reference, rtol=1e-10, atol=1e-14)


def test_focal_loss_weighs_sure_answers_down():
    """The loss at p = .9 over that at p = .1 falls as gamma rises: .046, .0051, .00057, .00000077."""
    logits = torch.tensor([[0.9, 0.1], [0.1, 0.9]], dtype=torch.float64).log()
    ratios = []
    for gamma in (0.0, 1.0, 2.0, 5.0):
        sure, wrong = layers.SoftmaxFocalLoss(gamma, reduction="none")(logits, torch.tensor([0, 0])).tolist()
        ratios.append(sure / wrong)
    expected = [math.log(0.9) / math.log(0.1) * (0.1 / 0.9) ** gamma for gamma in (0, 1, 2, 5)]
    assert ratios == pytest.approx(expected, rel=1e-9)


REFUSED = {
    "gamma": (lambda: layers.SoftmaxFocalLoss(-1.0), "SoftmaxFocalLoss.gamma: got -1.0, need 0 or more."),
    "gamma that is no number": (
        lambda: layers.FocalLoss(gamma=math.nan),
        "FocalLoss: got (0.25, nan), need alpha up to 1 and gamma of 0 or more.",
    ),
    "reduction": (
        lambda: layers.SoftmaxFocalLoss(reduction="avg"),
        "SoftmaxFocalLoss.reduction: got 'avg', need one of mean, sum, none.",
    ),
    "class index": (
        lambda: layers.SoftmaxFocalLoss()(torch.zeros(2, 3), torch.tensor([0, 3])),
        "the target of CrossEntropyLoss: got (2,), need class indices 0 to 2 of shape (2,).",
    ),
}


@pytest.mark.parametrize(("mistake", "sentence"), REFUSED.values(), ids=REFUSED)
def test_bad_input_is_refused_with_the_whole_sentence(mistake, sentence):
    with pytest.raises(ConfigError) as caught:
        mistake()
    assert str(caught.value) == sentence
