"""The fast recipe for CIFAR-10: settings by data and budget, the fixed first layer, its optimizer through a stop."""

import torch

from d2lab.experiments import train
from d2lab.experiments.build import SHOWN, build_train_step
from d2lab.experiments.data import build_batches, load_data
from d2lab.experiments.plan import plan
from d2lab.models.cifarnet import CifarNet, whitening_filters
from d2lab.optimizers.muon import MuonAdamW

SMALL = {"examples": 96, "batch_size": 32, "widths": "4,8,8", "epochs": 2, "threads": 1}


def test_cifar10_and_its_like_take_the_settings_it_is_made_for():
    for data in ("cifar10", "cifar10-jpeg"):
        planned = [plan("cifar10-fast", data=data, budget=b, device="cpu") for b in ("full", "lesson")]
        full, lesson = (experiment.settings for experiment in planned)
        assert (full.model.widths, full.model.channels, full.loop.epochs) == ((64, 256, 256), 3, 10)
        assert (lesson.model.widths, lesson.loop.epochs, lesson.loop.batch_size) == ((24, 64, 64), 4, 500)
        assert full.loop.test_flips
        assert full.augment.flip == 0.5
    digits = plan("cifar10-fast", device="cpu").settings
    assert digits.augment.flip == 0  # a mirrored 2 is no digit
    assert not digits.loop.test_flips


def test_the_first_layer_is_computed_from_training_images_and_stays(tmp_path):
    run = train("cifar10-fast", changes=SMALL, device="cpu", root=tmp_path)
    experiment = plan("cifar10-fast", changes=SMALL, device="cpu")
    images = experiment.preparation(load_data(experiment)[0].inputs[:SHOWN])
    filters, _ = whitening_filters(images, 2)
    expected = torch.cat([filters, -filters])
    torch.testing.assert_close(run.model.whitening.weight.detach().flatten(1), expected, rtol=1e-5, atol=1e-5)
    assert isinstance(run.model, CifarNet)
    assert run.model.out.weight.abs().sum() > 0  # which began at 0


def test_muon_goes_on_after_a_stop_as_if_there_had_been_none():
    experiment = plan("cifar10-fast", changes=SMALL, device="cpu")
    training = load_data(experiment)[0]
    batches = list(build_batches(experiment, training, 1).epoch(0))
    torch.manual_seed(0)
    whole, broken, again = (build_train_step(experiment, training) for _ in range(3))
    assert isinstance(whole.optimizer, MuonAdamW)
    for batch in batches:
        whole(batch)
    broken(batches[0])
    again.restore(1, {name: value.clone() for name, value in broken.state().items()}, broken.values())
    for batch in batches[1:]:
        again(batch)
    first, second = whole.state(), again.state()
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)
