"""Runs on a folder of pictures: trained, found again, refused when the folder changed, submitted to Kaggle."""

import json
import os
import shutil
import sys

import pytest
import torch
from tests.data.pictures import draw, fill

from d2lab.core.errors import DataError, RunError
from d2lab.experiments import load_run, resume, train
from d2lab.experiments.data import describe_data, load_data
from d2lab.experiments.plan import plan
from d2lab.experiments.recorded import from_json
from d2lab.experiments.submission import submit

SMALL = {"epochs": 2, "batch_size": 8, "checkpoint_every_s": 0}


@pytest.fixture
def root(tmp_path, cache, runs):
    return fill(tmp_path / "set", {"train/cat": 12, "train/dog": 12, "test/cat": 4, "test/dog": 4}, size=(20, 20))


def learn(root, **changes):
    return train("lenet", data=f"folder:{root}", changes={**SMALL, **changes}, device="cpu", seed=1)


def weights(run):
    return run.model.state_dict()


@pytest.mark.parametrize("workers", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_a_streamed_run_ends_with_the_weights_of_one_in_memory(root, workers):
    held, streamed = learn(root), learn(root, stream_workers=workers)
    for name, value in weights(held).items():
        assert torch.equal(value, weights(streamed)[name])
    assert held.last["test_loss"] == streamed.last["test_loss"]


def test_a_run_finds_its_folder_again(root, monkeypatch, tmp_path):
    monkeypatch.chdir(root.parent)
    run = train("lenet", data="folder:set", changes=SMALL, device="cpu")
    monkeypatch.chdir(tmp_path)
    opened = load_run(run.record.folder)
    assert opened.experiment.card.classes == ("cat", "dog")
    assert opened.evaluate()["loss"] == pytest.approx(run.last["test_loss"])
    assert resume(run.record.folder).status == "finished"


def test_a_run_whose_folder_changed_still_predicts_and_says_why_it_cannot_go_on(root, tmp_path):
    run = learn(root)
    one = root / "train" / "cat" / "000.png"
    shutil.copy(one, tmp_path / "one.png")
    one.unlink()
    for again in (lambda: load_run(run.record.folder).evaluate(), lambda: resume(run.record.folder)):
        with pytest.raises(DataError, match=r"got 'other files', need those that the run knows"):
            again()
    shutil.rmtree(root)
    opened = load_run(run.record.folder)
    assert opened.predict(opened.read_images([tmp_path / "one.png"])).shape == (1, 2)
    with pytest.raises(DataError, match="nothing there"):
        opened.evaluate()


def test_images_redrawn_since_the_run_are_told_of(root, recwarn):
    run = learn(root)
    load_run(run.record.folder).evaluate()
    assert not recwarn
    for path in root.rglob("*.png"):
        size = path.stat().st_size
        with path.open("r+b") as file:  # the same bytes: only the time tells
            file.write(path.read_bytes())
        os.utime(path, ns=(path.stat().st_mtime_ns + 10**6,) * 2)
        assert path.stat().st_size == size
    for again in (lambda: load_run(run.record.folder).evaluate(), lambda: resume(run.record.folder)):
        with pytest.warns(UserWarning, match="files were written anew since the run"):
            again()


def test_a_run_says_what_it_read_and_what_was_left_out(root):
    (root / "train" / "cat" / "phone.heic").write_bytes(b"x")
    (root / "train" / "cat" / "Thumbs.db").write_bytes(b"x")
    experiment = plan("lenet", data=f"folder:{root}", changes=SMALL, device="cpu")
    line = describe_data(experiment, load_data(experiment))
    assert "24 training and 8 test images of 3x20x20; 2 classes (cat, dog)" in line
    assert line.endswith("left out: 1 .heic, a format not read here, 1 not an image")
    assert "\n" not in line


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_classes_whose_names_are_not_utf8_are_trained_on_by_escaped_names(root):
    for part in ("train", "test"):
        for name, bytes_ in (("cat", "猫".encode("gbk")), ("dog", "狗".encode("gbk"))):
            (root / part / name).rename(os.fsdecode(os.fsencode(root / part) + b"/" + bytes_))
    run = learn(root, epochs=1)
    opened = load_run(run.record.folder)
    assert opened.classes == ("\\xb9\\xb7", "è")
    assert opened.evaluate()["loss"] == pytest.approx(run.last["test_loss"])


def test_a_folder_that_cannot_be_used_leaves_no_run(root, runs):
    (root / "test" / "cat").rename(root / "test" / "Cat2")
    with pytest.raises(DataError, match="with other classes"):
        learn(root)
    assert not runs.exists() or not list(runs.iterdir())


@pytest.mark.parametrize("change", [{"module": "os"}, {"listing": ""}, {"name": "digits"}, {"classes": 3}])
def test_a_record_with_a_wrong_card_is_refused_and_never_says_which_code_runs(root, change):
    value = plan("lenet", data=f"folder:{root}", device="cpu").to_json()
    value = json.loads(json.dumps(value))
    value["card"] |= change
    if "module" in change:
        assert from_json(value, "it").card.module == "d2lab.data.image_folder"
    else:
        with pytest.raises(RunError, match=r"recipe.json that d2lab wrote"):
            from_json(value, "it")


def test_pictures_of_many_sizes_are_decoded_to_the_side_of_the_net_unless_augmented(root):
    draw(root / "train/cat/wide.png", 5, size=(40, 30))
    name = f"folder:{root}"
    sides = {}
    for key, changes in {"idle": {}, "flipped": {"flip": 0.5}}.items():
        experiment = plan("alexnet", data=name, changes={"side": 80, **changes}, device="cpu")
        sides[key] = load_data(experiment)[0].shape[-1]
    assert sides == {"idle": 80, "flipped": 224}


def test_a_run_answers_kaggle(root, tmp_path):
    folder = tmp_path / "kaggle"
    for n in range(1, 13):
        draw(folder / "test" / f"{n}.png", n, size=(20, 20))
    run = learn(root)
    assert submit(run.record.folder, folder, tmp_path / "out.csv") == 12
    lines = (tmp_path / "out.csv").read_text().splitlines()
    assert [line.partition(",")[0] for line in lines] == ["id", *map(str, range(1, 13))]
    opened = load_run(run.record.folder)
    answers = opened.predict(opened.read_images([folder / "test" / f"{n}.png" for n in range(1, 13)]))
    assert [line.partition(",")[2] for line in lines[1:]] == [("cat", "dog")[i] for i in answers.argmax(1)]
