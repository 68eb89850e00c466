"""A batch split over devices: the same gradients and steps as the whole batch. Two devices are the CPU twice."""

import copy

import pytest
import torch
from torch import nn
from torch.nn import functional

from d2lab.core.errors import ConfigError
from d2lab.parallel import all_reduce_sum, gather, replicate, scatter, split_batch_gradients

CPU = torch.device("cpu")


def make_model():
    torch.manual_seed(0)
    layers = nn.Conv2d(1, 3, 3), nn.Tanh(), nn.Flatten(), nn.Linear(3 * 36, 5), nn.Tanh(), nn.Linear(5, 4)
    return nn.Sequential(*layers).double()


def make_batch(rng, count=10):
    images = torch.randn(count, 1, 8, 8, generator=rng, dtype=torch.float64)
    return images, torch.randint(4, (count,), generator=rng)


def gradients(model):
    return [p.grad for p in model.parameters()]


@pytest.mark.parametrize(("count", "parts"), [(10, 1), (10, 2), (10, 3), (2, 3), (1, 2)])
def test_the_gradient_is_that_of_the_whole_batch(rng, count, parts):
    model, (inputs, targets) = make_model(), make_batch(rng, count)
    replicas = replicate(model, [CPU] * parts)
    loss = split_batch_gradients(replicas, functional.cross_entropy, inputs, targets)
    whole = functional.cross_entropy(model(inputs), targets)
    whole.backward()
    torch.testing.assert_close(loss, whole.detach(), rtol=1e-12, atol=1e-14)
    for replica in replicas:
        torch.testing.assert_close(gradients(replica), gradients(model), rtol=1e-9, atol=1e-12)


def test_steps_stay_those_of_one_device_and_the_copies_stay_equal_to_the_bit(rng):
    model = make_model()
    replicas = replicate(model, [CPU] * 3)
    optimizers = [torch.optim.SGD(r.parameters(), lr=0.1, momentum=0.9) for r in replicas]
    reference = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for _ in range(5):
        inputs, targets = make_batch(rng)
        reference.zero_grad()
        functional.cross_entropy(model(inputs), targets).backward()
        split_batch_gradients(replicas, functional.cross_entropy, inputs, targets)
        for optimizer in [reference, *optimizers]:
            optimizer.step()
    for mine, theirs in zip(replicas[0].parameters(), model.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-9, atol=1e-12)
    for other in replicas[1:]:
        assert all(torch.equal(a, b) for a, b in zip(other.parameters(), replicas[0].parameters(), strict=True))


def test_copies_share_nothing_not_even_gradients(rng):
    replicas = replicate(make_model(), [CPU, CPU])
    split_batch_gradients(replicas, functional.cross_entropy, *make_batch(rng))
    before = replicas[1][0].weight.grad.clone()
    with torch.no_grad():
        replicas[0][0].weight.zero_()
        replicas[0][0].weight.grad.zero_()
    assert replicas[1][0].weight.abs().sum() > 0
    assert torch.equal(replicas[1][0].weight.grad, before)


def test_gradients_of_an_earlier_step_are_not_added(rng):
    replicas, (inputs, targets) = replicate(make_model(), [CPU, CPU]), make_batch(rng)
    split_batch_gradients(replicas, functional.cross_entropy, inputs, targets)
    first = [g.clone() for g in gradients(replicas[0])]
    split_batch_gradients(replicas, functional.cross_entropy, inputs, targets)
    assert all(torch.equal(a, b) for a, b in zip(first, gradients(replicas[0]), strict=True))


def test_a_frozen_layer_keeps_no_gradient(rng):
    model = make_model()
    model[0].requires_grad_(False)
    replicas = replicate(model, [CPU, CPU])
    split_batch_gradients(replicas, functional.cross_entropy, *make_batch(rng))
    assert all(r[0].weight.grad is None and r[3].weight.grad is not None for r in replicas)


def test_batch_normalization_sees_its_part_only(rng):
    """The caveat, exactly: not the whole batch's gradient, but that of gradient accumulation over the parts."""
    model = nn.Sequential(nn.Linear(6, 5), nn.BatchNorm1d(5), nn.Tanh(), nn.Linear(5, 3)).double()
    inputs = torch.randn(8, 6, generator=rng, dtype=torch.float64)
    targets = torch.randint(3, (8,), generator=rng)
    whole, accumulated = copy.deepcopy(model), copy.deepcopy(model)
    replicas = replicate(model, [CPU, CPU])
    split_batch_gradients(replicas, functional.cross_entropy, inputs, targets)
    functional.cross_entropy(whole(inputs), targets).backward()
    for part, wanted in zip(inputs.chunk(2), targets.chunk(2), strict=True):
        (functional.cross_entropy(accumulated(part), wanted) / 2).backward()
    torch.testing.assert_close(gradients(replicas[0]), gradients(accumulated), rtol=1e-9, atol=1e-12)
    apart = (replicas[0][0].weight.grad - whole[0].weight.grad).abs().max()
    assert apart > 1e-3
    first, second = (replica[1].running_mean for replica in replicas)
    assert not torch.equal(first, second)  # each copy's own
    torch.testing.assert_close((first + second) / 2, whole[1].running_mean)  # equal parts: the means' mean


def test_parts_go_out_and_come_back(rng):
    batch = torch.randn(7, 2, generator=rng)
    parts = scatter(batch, [CPU] * 3)
    assert [len(part) for part in parts] == [3, 2, 2]
    assert torch.equal(gather(parts, CPU), batch)
    assert [len(part) for part in scatter(batch[:1], [CPU] * 3)] == [1, 0, 0]
    assert [part.device.type for part in scatter(batch, [CPU, torch.device("meta")])] == ["cpu", "meta"]


def test_every_device_gets_a_sum_of_its_own(rng):
    parts = [torch.randn(3, generator=rng) for _ in range(4)]
    kept = [part.clone() for part in parts]
    sums = all_reduce_sum(parts)
    assert all(torch.equal(s, torch.stack(kept).sum(0)) for s in sums)
    sums[0].zero_()
    assert torch.equal(sums[1], torch.stack(kept).sum(0))
    assert all(torch.equal(a, b) for a, b in zip(parts, kept, strict=True))


def test_what_can_not_be_split_is_refused(rng):
    model, (inputs, targets) = make_model(), make_batch(rng)
    for action in (
        lambda: replicate(model, []),
        lambda: scatter(inputs, []),
        lambda: gather([], CPU),
        lambda: all_reduce_sum([]),
        lambda: split_batch_gradients([], functional.cross_entropy, inputs, targets),
    ):
        with pytest.raises(ConfigError, match=r"the number of devices: got 0, need at least 1\."):
            action()
    with pytest.raises(ConfigError, match="the batch: got 'no example'"):
        split_batch_gradients(replicate(model, [CPU]), functional.cross_entropy, inputs[:0], targets[:0])
    with pytest.raises(ConfigError, match="need one shape"):
        all_reduce_sum([torch.zeros(2), torch.zeros(3)])


@pytest.mark.gpu
def test_cpu_and_gpu_share_a_batch(rng):
    model, (inputs, targets) = make_model(), make_batch(rng)
    replicas = replicate(model, [CPU, torch.device("cuda")])
    split_batch_gradients(replicas, functional.cross_entropy, inputs, targets)
    functional.cross_entropy(model(inputs), targets).backward()
    for replica in replicas:
        home = next(replica.parameters()).device
        torch.testing.assert_close(gradients(replica), [g.to(home) for g in gradients(model)], rtol=1e-9, atol=1e-12)
