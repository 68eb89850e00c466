"""Dynamic loss scaling does what torch's GradScaler does, over steps that are finite and steps that are not."""

import pytest
import torch

from d2lab.core.errors import ConfigError
from d2lab.optimizers import LossScaler


def test_scale_weights_and_skipped_steps_are_those_of_torch(rng):
    ours, theirs = (torch.ones(3, requires_grad=True) for _ in range(2))
    mine, library = (torch.optim.SGD([w], lr=0.1, momentum=0.9) for w in (ours, theirs))
    scaler = LossScaler(scale=1024.0, growth=3.0, backoff=0.25, interval=4)
    twin = torch.amp.GradScaler("cpu", 1024.0, growth_factor=3.0, backoff_factor=0.25, growth_interval=4)
    for step in range(40):
        coefficients = torch.randn(3, generator=rng)
        coefficients[step % 3] = {7: float("inf"), 12: float("nan"), 13: 1e38, 30: 1e38}.get(step, 1.0)
        before = ours.detach().clone()
        mine.zero_grad()
        scaler.scale((coefficients * ours).sum()).backward()
        taken = scaler.step(mine)
        library.zero_grad()
        twin.scale((coefficients * theirs).sum()).backward()
        twin.step(library)
        twin.update()
        assert taken != before.equal(ours.detach())
        assert scaler.factor == twin.get_scale()
        torch.testing.assert_close(ours, theirs, rtol=1e-6, atol=0)
    assert scaler.skipped == 4


def test_unscaled_gradients_may_be_clipped_before_the_step():
    w = torch.tensor([3.0, 4.0], requires_grad=True)
    optimizer, scaler = torch.optim.SGD([w], lr=1.0), LossScaler(scale=256.0)
    scaler.scale((w**2).sum() / 2).backward()
    assert scaler.unscale_([w, torch.ones(1)])
    assert w.grad.tolist() == [3.0, 4.0]
    torch.nn.utils.clip_grad_norm_([w], 1.0)
    assert scaler.step(optimizer)
    torch.testing.assert_close(w.detach(), torch.tensor([2.4, 3.2]))
    scaler.unscale_([w])
    with pytest.raises(ConfigError, match="one call"):
        scaler.unscale_([w])


def test_the_scale_stays_finite():
    w = torch.zeros(1, requires_grad=True)
    scaler = LossScaler(scale=2.0**127, interval=1)
    (w * 0).sum().backward()
    assert scaler.step(torch.optim.SGD([w], lr=1.0))
    assert scaler.factor == 2.0**127


@pytest.mark.parametrize(
    "wrong",
    [{"scale": 0.0}, {"scale": float("inf")}, {"growth": 1.0}, {"backoff": 1.0}, {"backoff": 0.0}, {"interval": 0}],
)
def test_refuses_arguments_out_of_range(wrong):
    with pytest.raises(ConfigError, match="LossScaler"):
        LossScaler(**wrong)
