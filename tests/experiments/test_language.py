"""Recipes on texts and series: perplexities side by side, honest parts, samples apart, a kill that changes no bit."""

import json
import math
import signal
from pathlib import Path

import pytest
import torch
from tests.experiments.killed import killed_run

from d2lab.core.errors import ConfigError, DataError, RunError
from d2lab.experiments import load_run, resume, train
from d2lab.experiments.plan import plan
from d2lab.experiments.quick_run import quick_run
from d2lab.experiments.tokens import token_parts, with_tokenizer
from d2lab.train.checkpoint import load_checkpoint

TINY = {"examples": 3000, "batch_size": 8, "epochs": 2, "threads": 1, "sample": 20}
SIZES = {
    "rnn": {"hidden": 16, "steps": 16},
    "lstm": {"hidden": 16, "steps": 16},
    "gpt-char": {"width": 16, "layers": 1, "heads": 2, "context": 16},
}


def run_of(recipe, root, **changes):
    return train(recipe, device="cpu", changes={**TINY, **SIZES[recipe], **changes}, root=root)


def epochs_of(run):
    return [{k: v for k, v in row.items() if k != "seconds"} for row in run.record.rows() if "epoch" in row]


def weights(run):
    return load_checkpoint(run.record.checkpoint).tensors


@pytest.mark.parametrize("recipe", SIZES)
def test_perplexities_stand_side_by_side_with_a_sample(recipe, tmp_path):
    run = run_of(recipe, tmp_path)
    for row in epochs_of(run):
        assert row["train_perplexity"] == pytest.approx(math.exp(row["train_loss"]))
        for part in ("valid", "test"):
            assert row[f"{part}_perplexity"] == pytest.approx(math.exp(row[f"{part}_loss"]), rel=1e-5)
        assert row["sample"].startswith("Looking")  # how the held-out lessons begin
    steps = [row for row in run.record.rows() if "loss" in row]
    assert all(row["gradient_norm"] > 0 for row in steps)
    assert epochs_of(run)[-1]["train_perplexity"] < epochs_of(run)[0]["train_perplexity"] < 96


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="a kill that nothing can catch is POSIX's")
@pytest.mark.parametrize(("recipe", "step"), [("rnn", 30), ("lstm", 9), ("gpt-char", 30)])
def test_a_kill_within_an_epoch_changes_no_bit(recipe, step, tmp_path):
    whole = run_of(recipe, tmp_path / "whole", checkpoint_every_s=0)
    folder = killed_run(recipe, tmp_path / "killed", step, {**TINY, **SIZES[recipe]})
    kept = load_checkpoint(folder / "checkpoint")
    assert 0 < kept.step <= step
    assert ("state.0" in kept.tensors) == (recipe != "gpt-char")
    again = resume(folder)
    ours, theirs = weights(again), weights(whole)
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    assert epochs_of(again) == epochs_of(whole)


def test_samples_change_no_bit_of_the_weights(tmp_path):
    with_samples, without = (run_of("rnn", tmp_path / str(n), sample=n) for n in (20, 0))
    assert "sample" not in epochs_of(without)[0]
    for name, value in weights(with_samples).items():
        assert torch.equal(value, weights(without)[name])


def test_no_text_is_trained_on_and_held_out():
    experiment = with_tokenizer(plan("rnn", device="cpu", changes={"steps": 16}))
    train_part, valid, test = token_parts(experiment)
    gap = 16
    spelled = [experiment.tokenizer.decode(part) for part in (train_part, valid, test)]
    whole = experiment.tokenizer.decode(torch.cat([train_part, valid]))
    assert len(valid) == pytest.approx(0.1 * (len(train_part) + gap + len(valid)), abs=1)
    assert spelled[1][:200] not in spelled[0] and spelled[2][:200] not in whole  # noqa: PT018
    assert experiment.settings.model.vocabulary == len(experiment.tokenizer)


def test_the_best_weights_by_validation_are_kept(tmp_path):
    run = run_of("rnn", tmp_path, learning_rate=0.05, epochs=60, patience=2, examples=1500)
    losses = [row["valid_loss"] for row in epochs_of(run)]
    assert run.status == "stopped early"
    assert losses.index(min(losses)) == len(losses) - 3
    found = load_run(run.record.folder).evaluate()
    assert found["loss"] == pytest.approx(epochs_of(run)[len(losses) - 3]["test_loss"], rel=1e-6)


def test_random_sampling_resets_the_state_and_sequential_carries_it(tmp_path):
    carried = {mode: run_of("rnn", tmp_path / mode, sampling=mode, epochs=1) for mode in ("random", "sequential")}
    assert {mode: "state.0" in weights(run) for mode, run in carried.items()} == {"random": False, "sequential": True}


@pytest.mark.parametrize("unit", ["words", "bytes", "bpe"])
def test_every_unit_trains_and_is_loaded_again(unit, tmp_path):
    run = run_of("rnn", tmp_path, unit=unit, merges=50, epochs=1, min_count=2 if unit == "words" else 1)
    trained = load_run(run.record.folder)
    assert len(trained.experiment.tokenizer) == trained.experiment.settings.model.vocabulary
    assert trained.evaluate()["perplexity"] == pytest.approx(run.last["test_perplexity"], rel=1e-6)


def test_counts_are_a_run_as_others_are(tmp_path):
    run = train("ngram", device="cpu", changes={"examples": 5000, "order": 3}, root=tmp_path)
    assert run.status == "finished"
    assert run.last["train_perplexity"] < run.last["valid_perplexity"] < 96
    trained = load_run(run.record.folder)
    assert trained.evaluate()["loss"] == pytest.approx(run.last["test_loss"], rel=1e-6)
    again = resume(run.record.folder)
    assert (again.status, again.trained) == ("finished", False)
    assert torch.equal(again.model.stream, run.model.stream)
    for file in (run.record.checkpoint).iterdir():  # as a kill before the first checkpoint leaves it
        file.unlink()
    assert epochs_of(resume(run.record.folder)) == epochs_of(run)
    rows = quick_run("ngram", changes={"examples": 5000, "order": 3})
    assert rows[0]["test_loss"] == run.last["test_loss"]
    with pytest.raises(ConfigError, match="the same after every pass"):
        plan("ngram", changes={"epochs": 2})


def test_forecasts_grow_worse_the_further_they_look(tmp_path):
    run = train("ar", device="cpu", changes={"threads": 1, "tau": 6}, root=tmp_path)
    errors = [run.last[f"test_rmse_{ahead}"] for ahead in (1, 4, 16, 64)]
    assert errors == sorted(errors)
    assert errors[0] == pytest.approx(run.last["test_loss"] ** 0.5, rel=1e-5)
    assert load_run(run.record.folder).evaluate()["rmse_64"] == pytest.approx(errors[-1], rel=1e-6)
    with pytest.raises(ConfigError, match="a series"):
        plan("ar", data="synthetic-linear")
    with pytest.raises(ConfigError, match="longer stretch"):
        quick_run("ar", changes={"horizon": 1000})


def test_own_text_is_trained_on_and_found_again(tmp_path):
    place = tmp_path / "mine.txt"
    place.write_text("山重水复疑无路，柳暗花明又一村。\n" * 300, encoding="utf-8")
    run = train("rnn", data=f"text:{place}", device="cpu", changes={**TINY, **SIZES["rnn"]}, root=tmp_path / "runs")
    assert load_run(run.record.folder).evaluate()["perplexity"] == pytest.approx(run.last["test_perplexity"])
    moved = Path(place.rename(tmp_path / "moved.txt"))
    other = tmp_path / "other.txt"
    other.write_text("山重水复疑无路，柳暗花明又一村！\n" * 300, encoding="utf-8")
    with pytest.raises(DataError, match="other files"):
        resume(run.record.folder, data=f"text:{other}", epochs=3)
    assert resume(run.record.folder, data=f"text:{moved}", epochs=3).status == "finished"


def test_settings_that_do_not_go_together_are_one_line(tmp_path):
    for recipe, changes, words in [
        ("gpt-char", {"steps": 65}, "at most 64, the model's context"),
        ("rnn", {"steps": None}, "a number of tokens"),
        ("rnn", {"batch_size": 4000}, "Set a smaller batch_size or steps"),
        ("rnn", {"vocabulary": 50}, "the text decides it"),
        ("rnn", {"prompt": "\u4e2d"}, "unknown to the model"),
    ]:
        with pytest.raises(ConfigError, match=words) as caught:
            train(recipe, device="cpu", changes={"threads": 1, **changes}, root=tmp_path / "runs")
        assert "\n" not in str(caught.value)
        assert not (tmp_path / "runs").exists()


def test_a_record_without_its_tokenizer_says_so(tmp_path):
    run = run_of("rnn", tmp_path, epochs=1)
    recipe = run.record.recipe()
    del recipe["tokenizer"]
    (run.record.folder / "recipe.json").write_text(json.dumps(recipe))
    with pytest.raises(RunError):
        load_run(run.record.folder)
