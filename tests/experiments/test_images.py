"""Recipes for images: the notes' settings, sizes resized once or at each step, augmentation in a run."""

import dataclasses

import pytest
import torch

from d2lab.core.errors import ConfigError, NonFiniteError
from d2lab.core.settings import change, leaves
from d2lab.data.split import Split
from d2lab.experiments import data as run_data
from d2lab.experiments import load_run, train
from d2lab.experiments.build import build_train_step, new_model
from d2lab.experiments.data import build_batches, fit_images, load_data
from d2lab.experiments.plan import plan
from d2lab.layers import to_scratch
from d2lab.recipes import find_recipe
from d2lab.train.evaluate import evaluate
from d2lab.vision.augment import Augment
from d2lab.vision.preparation import Preparation

NOTES = {  # recipe: side, learning rate, batch size, and what the notes' model has
    "lenet-sigmoid": (28, 0.9, 256, {"activation": "sigmoid", "pooling": "average", "norm": False}),
    "alexnet": (224, 0.01, 128, {"hidden": 4096, "dropout": 0.5, "widths": (96, 256, 384, 384, 256)}),
    "vgg11": (224, 0.05, 128, {"depth": 11, "width": 0.25, "hidden": 4096, "dropout": 0.5, "norm": False}),
    "nin": (224, 0.1, 128, {"widths": (96, 256, 384), "dropout": 0.5, "relu_scores": True}),
    "googlenet": (96, 0.1, 128, {}),
    "lenet-norm": (28, 1.0, 256, {"activation": "sigmoid", "pooling": "average", "norm": True}),
    "resnet18": (96, 0.05, 256, {"depth": 18, "stem": "large", "shortcut": "project"}),
    "densenet": (96, 0.1, 256, {"blocks": (4, 4, 4, 4), "growth": 32, "stem": 64, "bottleneck": False}),
}
PLAIN = {  # plain gradient descent from Xavier's start, ten epochs, images as they are
    "init": "xavier",
    "optimizer.name": "sgd",
    "optimizer.momentum": 0.0,
    "optimizer.weight_decay": 0.0,
    "optimizer.clip_norm": None,
    "schedule.name": "constant",
    "schedule.warmup_steps": 0,
    "loop.epochs": 10,
    "label_smoothing": 0.0,
}
CHAPTER_16 = ["alexnet", "densenet", "googlenet", "lenet-norm", "nin", "resnet18", "resnet20", "vgg11"]


@pytest.mark.parametrize("name", list(NOTES))
@pytest.mark.parametrize("data", ["fashion-mnist", "mnist"])
def test_on_fashion_mnist_a_recipe_is_the_notes_own(name, data):
    side, rate, size, model = NOTES[name]
    planned = plan(name, data=data, device="cpu").settings
    settings = dict(leaves(planned))
    expected = PLAIN | {"model.side": side, "optimizer.learning_rate": rate, "loop.batch_size": size}
    expected |= {f"model.{key}": value for key, value in model.items()}
    assert {key: settings[key] for key in expected} == expected
    assert planned.augment.idle
    assert settings["model.channels"] == 1


def test_on_cifar_resnet20_is_the_papers_own():
    recipe = find_recipe("resnet20")
    settings = dict(leaves(change(recipe.settings, recipe.on["cifar10"])))
    paper = {"optimizer.learning_rate": 0.1, "optimizer.momentum": 0.9, "optimizer.weight_decay": 1e-4}
    paper |= {"loop.batch_size": 128, "schedule.milestones": (32_000, 48_000), "schedule.gamma": 0.1}
    paper |= {"augment.flip": 0.5, "augment.translate": 4, "augment.border": "zeros", "model.depth": 20}
    assert {key: settings[key] for key in paper} == paper
    assert 164 * -(-50_000 // 128) >= 64_000  # epochs that hold the paper's steps


@pytest.mark.slow
@pytest.mark.parametrize("name", CHAPTER_16)
def test_a_recipes_net_answers_alike_on_our_own_layers(name):
    net = new_model(plan(name, device="cpu")).double().eval()
    side = plan(name, device="cpu").settings.model.side
    images = torch.rand(2, 1, side, side, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    with torch.no_grad():
        torch.testing.assert_close(to_scratch(net)(images), net(images), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("augment", [{}, {"flip": 0.5}])
def test_resized_once_or_at_each_step_a_run_has_the_same_numbers(monkeypatch, augment):
    changes = {"side": 32, "examples": 64, "batch_size": 16, "loop.layout": "plain", "validation": 0.25, **augment}
    seen = []
    for limit in (run_data.RESIDENT_BYTES, 0):
        monkeypatch.setattr(run_data, "RESIDENT_BYTES", limit)
        planned = plan("lenet", changes=changes, device="cpu")
        training, validation, test = load_data(planned)
        resident = training.inputs.shape[-1] == 32
        assert resident == (limit > 0 and not augment)  # what is augmented is resized afterwards
        assert validation.inputs.shape[-1] == test.inputs.shape[-1] == (32 if limit else 8)
        torch.manual_seed(0)
        train_step = build_train_step(planned, training)
        losses = [train_step(batch).loss for batch in build_batches(planned, training, 1).epoch(0)]
        how = {"prepare": planned.preparation, "device": torch.device("cpu")}
        seen.append((torch.stack(losses), evaluate(train_step.model, test, planned.task, **how)))
    assert torch.equal(seen[0][0], seen[1][0])
    assert seen[0][1] == seen[1][1]


def fitted(side):
    return Preparation(shape=(3, 8, 8), side=side, fit="crop")


def test_a_set_that_would_fill_the_memory_stays_as_it_is():
    small = Split(torch.zeros(4, 3, 8, 8, dtype=torch.uint8), torch.zeros(4, dtype=torch.int64))
    assert fit_images(small, fitted(None)) is small
    assert fit_images(small, fitted(16)).inputs.shape == (4, 3, 16, 16)
    assert fit_images(small, fitted(16_000)) is small  # 3 GB
    table = Split(torch.zeros(4, 3), torch.zeros(4, dtype=torch.int64))
    assert fit_images(table, fitted(16)) is table


@pytest.mark.parametrize(
    ("name", "changes", "words"),
    [
        ("linear", {"flip": 0.5}, "augment: got 'synthetic-linear, a table', need images"),
        ("linear", {"mixup": 0.5}, "augment.mixup: got 0.5, need 0 for regression"),
        ("perceptron", {"cutmix": 0.5}, "augment.cutmix: got 0.5, need 0 for perceptron"),
        ("linear", {"label_smoothing": 0.1}, "label_smoothing: got 0.1, need 0 for regression"),
        ("lenet", {"label_smoothing": 1.5}, "label_smoothing: got 1.5"),
        ("linear", {"test_flips": True}, "test_flips: got 'true for synthetic-linear, a table', need images"),
        ("lenet", {"translate": 8}, "fewer pixels than the images have, 8x8"),
        ("lenet", {"border": "black"}, "one of reflect, zeros"),
        ("lenet", {"mixup": 0.2, "cutmix": 1}, "an image is mixed once"),
    ],
)
def test_what_suits_no_image_is_refused_before_a_byte_is_read(monkeypatch, runs, name, changes, words):
    monkeypatch.setattr("d2lab.data.catalog.load", None)
    with pytest.raises(ConfigError, match="got") as refusal:
        train(name, changes=changes, device="cpu")
    assert words in str(refusal.value)
    assert not runs.exists()


@pytest.mark.parametrize("mix", [{"mixup": 0.4}, {"cutmix": 1.0}])
def test_a_run_learns_from_mixed_images_with_smoothed_labels(runs, mix):
    changes = {"translate": 1, "label_smoothing": 0.1, "test_flips": True, "epochs": 2, "accumulate": 2, **mix}
    run = train("lenet", changes=changes, device="cpu")
    assert run.last["test_loss"] < 2  # below ln 10 = 2.3, that of a guess
    assert load_run(run.record.folder).evaluate()["loss"] == pytest.approx(run.last["test_loss"], rel=1e-4)


def test_a_broken_augmented_image_is_named(runs, monkeypatch):
    change = Augment.__call__

    def poisoned(self, images, targets, step):
        seen, wanted = change(self, images, targets, step)
        return seen * float("nan") if step == 2 else seen, wanted

    monkeypatch.setattr(Augment, "__call__", poisoned)
    with pytest.raises(NonFiniteError, match=r"step 3 .*the input batch itself"):
        train("lenet", changes={"flip": 0.5, "examples": 128}, device="cpu")


def test_pictures_from_files_are_resized_as_the_test_set_is(runs, tmp_path):
    from PIL import Image

    run = train("lenet", budget="smoke", changes={"side": 32, "flip": 0.5}, device="cpu")
    Image.new("L", (40, 40)).save(tmp_path / "black.png")
    split = load_run(run.record.folder).read_images([tmp_path / "black.png"])
    assert split.inputs.shape == (1, 1, 32, 32)


def test_the_settings_of_a_run_are_all_in_its_record(runs):
    changes = {"flip": 0.25, "border": "zeros", "translate": 1, "label_smoothing": 0.1}
    run = train("lenet", budget="smoke", changes=changes, device="cpu")
    settings = dict(leaves(load_run(run.record.folder).experiment.settings))
    for name, value in changes.items():
        assert settings[name if name == "label_smoothing" else f"augment.{name}"] == value
    assert dataclasses.is_dataclass(load_run(run.record.folder).experiment.settings.augment)
