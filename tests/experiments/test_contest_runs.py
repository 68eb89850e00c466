"""Contests from folder to submission: trained, epochs chosen, trained anew on all but the test part, answered."""

import csv
import math
import shutil

import pytest
import torch
from tests.data.contests import LAYOUTS, dogs, numbered

from d2lab.core.errors import ConfigError, DataError, RunError
from d2lab.experiments import load_run, resume, train
from d2lab.experiments.data import load_data
from d2lab.experiments.retrain import best_epoch, retrain
from d2lab.experiments.submission import submit

SETTINGS = {"epochs": 6, "batch_size": 8, "learning_rate": 0.05, "validation": 0.25, "checkpoint_every_s": 0}


def learn(root, **changes):
    return train("softmax", data=f"kaggle:{root}", changes={**SETTINGS, **changes}, device="cpu", seed=1)


def table(path):
    with path.open(newline="") as file:
        head, *rows = csv.reader(file)
    return head, rows


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_run_is_trained_trained_anew_and_answers_in_the_form_of_the_contest(layout, tmp_path, cache, runs):
    root = LAYOUTS[layout](tmp_path / "contest")
    first = learn(root)
    second = retrain(first.record.folder)
    assert submit(second.record.folder, root, tmp_path / "out.csv") == 12
    head, rows = table(tmp_path / "out.csv")
    columns = {"numbered": ["id", "label"], "dogs": ["id", "owl", "cat", "dog"], "leaves": ["image", "label"]}
    assert head == columns[layout]
    opened = load_run(second.record.folder)
    folder, ending = {"numbered": ("test/", ".png"), "dogs": ("test/", ".jpg"), "leaves": ("", "")}[layout]
    images = opened.read_images([root / f"{folder}{row[0]}{ending}" for row in rows])
    expected = opened.predict(images)
    truth = images.inputs.float().mean((2, 3)).argmax(1)
    if layout == "dogs":
        written = torch.tensor([[float(value) for value in row[1:]] for row in rows])
        assert torch.allclose(written, expected[:, [2, 0, 1]], atol=1e-6)
        assert written.sum(1).sub(1).abs().max() < 1e-5
        answers = torch.tensor([2, 0, 1])[written.argmax(1)]
    else:
        answers = torch.tensor([opened.classes.index(row[1]) for row in rows])
        assert torch.equal(answers, expected.argmax(1))
    assert (answers == truth).float().mean() > 0.9  # chance is 1/3


def test_training_anew_learns_from_both_parts_for_the_epochs_that_validation_chose(tmp_path, cache, runs):
    first = learn(numbered(tmp_path / "contest"), patience=5)
    parts = load_data(load_run(first.record.folder).experiment)
    assert [len(part) for part in parts] == [20, 7, 3]
    losses = [row["valid_loss"] for row in first.record.rows() if "epoch" in row]
    second = retrain(first.record.folder)
    settings = load_run(second.record.folder).experiment.settings
    assert settings.loop.epochs == losses.index(min(losses)) + 1 == second.last["epoch"]
    assert (settings.loop.validation, settings.loop.patience) == (0, None)
    train_part, none, test = load_data(load_run(second.record.folder).experiment)
    assert (len(train_part), none, len(test)) == (27, None, 3)
    assert torch.equal(test.inputs, parts[2].inputs)
    assert second.record.folder != first.record.folder
    third = learn(numbered(tmp_path / "contest"), epochs=settings.loop.epochs, validation=0)
    for name, value in third.model.state_dict().items():
        assert torch.equal(value, second.model.state_dict()[name])


def test_the_best_epoch_is_the_first_of_the_lowest():
    losses = [0.5, 0.3, math.nan, 0.3, 0.4, None]
    rows = [{"epoch": n + 1, "valid_loss": loss} for n, loss in enumerate(losses)]
    assert best_epoch([{"step": 1}, *rows]) == 2
    assert best_epoch([{"epoch": 1, "train_loss": 1.0}]) is None
    assert best_epoch([]) is None


def test_a_run_that_cannot_choose_is_refused(tmp_path, cache, runs):
    root = numbered(tmp_path / "contest")
    run = learn(root, validation=0)
    with pytest.raises(ConfigError, match=r"no validation part.*validation=0\.1"):
        retrain(run.record.folder)
    with pytest.raises(RunError):
        retrain(tmp_path)
    run = learn(root)
    (root / "train/30.png").write_bytes((root / "train/30.png").read_bytes() + b" ")
    with pytest.raises(DataError, match="other files"):
        retrain(run.record.folder)
    shutil.rmtree(run.record.checkpoint)
    with pytest.raises(RunError, match="a run that has ended"):
        retrain(run.record.folder)


def test_a_run_finds_its_contest_again_and_elsewhere_but_not_with_another_seed(tmp_path, cache, runs):
    run = learn(dogs(tmp_path / "contest"))
    folder = run.record.folder
    assert load_run(folder).evaluate()["loss"] == pytest.approx(run.last["test_loss"])
    shutil.move(tmp_path / "contest", tmp_path / "moved")
    assert resume(folder, data=f"kaggle:{tmp_path / 'moved'}").status == "finished"
    with pytest.raises(DataError, match="other files"):
        resume(folder, data=f"kaggle:{tmp_path / 'moved'}#1")


def test_columns_of_other_classes_are_refused_before_anything_is_written(tmp_path, cache, runs):
    run = learn(numbered(tmp_path / "contest"), epochs=1)
    root = dogs(tmp_path / "dogs")
    sample = root / "sample_submission.csv"
    sample.write_text(sample.read_text().replace("owl", "elk"))
    with pytest.raises(DataError, match="class without a column: owl"):
        submit(run.record.folder, root, tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()
