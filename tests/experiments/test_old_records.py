"""A record of d2lab 0.1 (format 1), broken off in its second epoch: it opens, and goes on as if nothing had changed."""

import json
import shutil
from pathlib import Path

import pytest
import torch

from d2lab.experiments import load_run, resume, train

OLD = Path(__file__).parent / "records" / "format-1"  # mlp on 100 digits, dropout and momentum, stopped after step 7
CHANGES = {
    "epochs": 3,
    "threads": 1,
    "hidden": (4,),
    "examples": 100,
    "batch_size": 20,
    "dropout": 0.5,
    "momentum": 0.9,
}


@pytest.fixture
def record(tmp_path):
    return Path(shutil.copytree(OLD, tmp_path / "mlp-old"))


def test_it_has_the_names_of_its_time(record):
    recipe = json.loads((record / "recipe.json").read_text())
    assert recipe["format"] == 1
    assert {"start.source", "start.head_rate", "optimizer.rest_factor"} <= recipe["settings"].keys()
    assert json.loads((record / "checkpoint" / "state.json").read_text())["format"] == 1


def test_it_opens(record):
    trained = load_run(record)
    assert trained.step == 7
    assert trained.preparation.shape == (1, 8, 8)
    assert set(trained.evaluate()) == {"loss", "accuracy"}


def test_it_goes_on_to_the_weights_of_a_run_of_today(record, tmp_path):
    again, today = resume(record), train("mlp", device="cpu", changes=CHANGES, root=tmp_path / "runs")
    assert again.status == "finished"
    for name, value in today.model.state_dict().items():  # its first steps were taken on another processor, perhaps
        torch.testing.assert_close(again.model.state_dict()[name], value, rtol=1e-4, atol=1e-6)
    ours, theirs = ([row for row in run.record.rows() if "epoch" in row] for run in (again, today))
    assert [row["train_accuracy"] for row in ours] == [row["train_accuracy"] for row in theirs]
    assert [row["train_loss"] for row in ours] == pytest.approx([row["train_loss"] for row in theirs], rel=1e-4)
