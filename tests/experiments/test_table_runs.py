"""Runs on tables: any CSV with one command, models judged on rows they have not seen, answers to new rows."""

import csv
import math

import numpy as np
import pytest
import torch

from d2lab import experiments
from d2lab.core.errors import ConfigError, D2labError, DataError, RunError
from d2lab.experiments.export import export_run
from d2lab.experiments.plan import plan
from d2lab.experiments.run import train
from d2lab.experiments.table_answers import answer_rows
from d2lab.experiments.table_fit import Fitting, TargetScale, log_is_better
from d2lab.models.table_ensemble import TableEnsembleConfig
from d2lab.reports.figures import draw_run
from d2lab.tables.table_data import table_of

FEW = {"rounds": 8, "trees": 4, "folds": 2}


def write(path, header, rows, delimiter=","):
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=delimiter).writerows([header, *rows])
    return path


def shapes():
    """Yield ten kinds of tables that people have: name, header, rows, target, task."""
    rng = np.random.default_rng(0)
    x, z = rng.normal(size=(2, 80))
    word = rng.choice(["red", "green", "blue"], 80)
    day = [f"2026-{1 + n % 12:02}-{1 + n % 28:02}" for n in range(80)]
    rows = range(80)
    yield "numbers", "ab", [(x[n], z[n]) for n in rows], x + z, "regression"
    yield "words", "ab", [(word[n], x[n]) for n in rows], x + (word == "red"), "regression"
    yield (
        "missing",
        "ab",
        [("" if n % 3 == 0 else x[n], "NA" if n % 5 == 0 else word[n]) for n in rows],
        x,
        "regression",
    )
    yield "dates", "ab", [(day[n], x[n]) for n in rows], x + np.arange(80) % 12, "regression"
    yield "prices", "ab", [(x[n], word[n]) for n in rows], np.exp(12 + x), "regression"
    yield "constant", "abc", [(1, "same", x[n]) for n in rows], x, "regression"
    yield "identifiers", "ab", [(f"row-{n}", x[n]) for n in rows], x, "regression"
    yield "wide", [f"c{k}" for k in range(150)], rng.normal(size=(80, 150)).tolist(), x, "regression"
    yield "two classes", "ab", [(x[n], word[n]) for n in rows], (x > 0).astype(int), "classification"
    yield (
        "several classes",
        "ab",
        [(x[n], z[n]) for n in rows],
        np.array(list("pqr"))[np.digitize(x, [-0.4, 0.4])],
        "classification",
    )


@pytest.mark.parametrize("shape", list(shapes()), ids=lambda shape: shape[0])
def test_any_table_trains_and_answers_new_rows(shape, tmp_path):
    _, header, rows, targets, task = shape
    file = write(tmp_path / "t.csv", [*header, "y"], [(*row, y) for row, y in zip(rows, targets, strict=True)], ";")
    run = train("table", data=f"table:{file}#y", changes=FEW, root=tmp_path, device="cpu")
    assert run.status == "finished"
    assert all(math.isfinite(value) for value in run.last.values())
    trained = experiments.load_run(run.record.folder)
    assert trained.experiment.card.task == task
    assert trained.evaluate()["loss"] == pytest.approx(run.last["test_loss"], rel=1e-6)
    new = write(tmp_path / "new.csv", header, [("",) * len(header), *rows[:5]])
    answers = answer_rows(trained, new)
    assert answers.rows == ["1", "2", "3", "4", "5", "6"]
    if task == "classification":
        torch.testing.assert_close(answers.values.sum(1), torch.ones(6), atol=1e-4, rtol=0)
    table = [*answers.table()]
    assert table[0][:2] == ["row", "y"]
    assert len(table) == 7


@pytest.fixture
def houses(tmp_path):
    """A table with words, gaps and a skewed target, and the folder of its runs."""
    rng = np.random.default_rng(1)
    area, kind = rng.lognormal(5, 0.4, 120).round(1), rng.choice(["old", "new"], 120)
    price = (area * np.where(kind == "new", 2000, 1200) * rng.lognormal(0, 0.1, 120)).round()
    rows = [(1000 + n, area[n], "" if n % 7 == 0 else kind[n], price[n]) for n in range(120)]
    return write(tmp_path / "houses.csv", ["Id", "area", "kind", "price"], rows)


def test_a_run_is_kept_whole_and_opened_again(houses, tmp_path):
    run = train("table", data=f"table:{houses}#price", changes=FEW, root=tmp_path, device="cpu")
    assert run.last["test_r2"] > 0.5
    names = [name.removeprefix("weight_") for name in run.last if name.startswith("weight_")]
    assert run.last["valid_log_rmse"] == run.last["held_out_mean"]
    assert run.last["held_out_mean"] <= min(run.last[f"held_out_{name}"] for name in names)
    for name in (*names, "mean"):
        low, high = run.last[f"held_out_{name}_low"], run.last[f"held_out_{name}_high"]
        assert low < run.last[f"held_out_{name}"] < high
    weights = [run.last[name] for name in run.last if name.startswith("weight_")]
    assert sum(weights) == pytest.approx(1)
    assert [path.name for path in draw_run(run.record.folder)] == ["members.png", "fit.png"]
    assert "their mean" in (run.record.folder / "members.svg").read_text()
    trained = experiments.load_run(run.record.folder)
    split = trained.test_split()
    with torch.no_grad():
        assert torch.equal(trained.model(split.inputs), run.model(split.inputs))
    assert experiments.resume(run.record.folder).trained is False
    for form in ("onnx", "torch-export"):
        with pytest.raises(ConfigError, match="need a model that is trained by steps"):
            export_run(run.record.folder, form)
    # answers to the file's own rows are those to the split
    answers = answer_rows(trained, houses)
    own = {row: float(value) for row, value in zip(answers.rows, answers.values[:, 0], strict=True)}
    table = table_of(trained.experiment.card)
    held = [own[f"{value:.15g}"] for value in table.test["Id"].values]
    np.testing.assert_allclose(held, trained.predict(split)[:, 0], rtol=1e-6)
    answers.write(tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text().startswith("Id,price\n1000,")


def test_a_run_that_was_killed_is_fitted_again(houses, tmp_path):
    run = train("table", data=f"table:{houses}#price", changes=FEW, root=tmp_path, device="cpu")
    inputs = experiments.load_run(run.record.folder).test_split().inputs
    for file in run.record.checkpoint.iterdir():
        file.unlink()
    again = experiments.resume(run.record.folder)
    with torch.no_grad():
        assert torch.equal(again.model(inputs), run.model(inputs))


def test_rows_of_a_fold_learn_nothing_from_each_other(houses):
    """Another value in one held-out row changes the answer to that row alone: no statistic has seen it."""
    table = table_of(plan("table", data=f"table:{houses}#price").card)
    config = TableEnsembleConfig(inputs=3, rounds=5, trees=3, folds=3)

    def held_out(change):
        fitting = Fitting(table, config, seed=0)
        row = int(fitting.folds[0][1][0])
        if change:
            fitting.frame["area"].values[row] = 1e12
            fitting.targets[row] = 1e9
        try:
            return row, fitting.folds[0][1], [fitting.held_out(name) for name in ("ridge", "kernel", "boosting")]
        finally:
            if change:
                fitting.frame["area"].values[row], fitting.targets[row] = before

    row = int(Fitting(table, config, seed=0).folds[0][1][0])
    before = table.train["area"].values[row], table.train["price"].values[row]
    _, fold, plain = held_out(change=False)
    _, _, poisoned = held_out(change=True)
    others = fold[fold != row]
    for one, other in zip(plain, poisoned, strict=True):
        np.testing.assert_array_equal(one[others], other[others])
        assert one[row] != other[row]


def test_the_target_scale_is_undone_exactly():
    values = np.array([1.0, 10.0, 100.0])
    scale = TargetScale(log=True).fitted(values)
    np.testing.assert_allclose(np.exp(scale(values) * scale.scale + scale.mean), values)
    assert TargetScale(log=False).fitted(np.ones(3)).scale == 1
    skewed, even = np.exp(np.random.default_rng(0).normal(size=200)), np.linspace(1, 2, 50)
    assert [log_is_better(v, "auto") for v in (skewed, even, skewed - 1)] == [True, False, False]
    assert (log_is_better(even, "yes"), log_is_better(skewed, "no")) == (True, False)
    with pytest.raises(ConfigError, match="log_target"):
        log_is_better(skewed - 1, "yes")


def test_other_recipes_read_tables_too(houses, tmp_path):
    file = write(tmp_path / "c.csv", ["a", "y"], [(n, "hi" if n > 30 else "lo") for n in range(60)])
    run = train("softmax", data=f"table:{file}#y", changes={"epochs": 2}, root=tmp_path, device="cpu")
    assert experiments.load_run(run.record.folder).experiment.table is not None
    assert answer_rows(experiments.load_run(run.record.folder), file).classes == ("hi", "lo")


@pytest.mark.parametrize(
    ("data", "changes", "said"),
    [
        ("digits", {}, "need a table with columns"),
        ("diabetes", {"examples": 100}, "100 of 354 rows"),
        ("diabetes", {"members": "logistic"}, "model of a table"),
        ("diabetes", {"epochs": 2}, "epochs"),
        ("diabetes", {"log_target": "maybe"}, "log_target"),
        ("diabetes", {"folds": 1}, "folds"),
    ],
)
def test_what_does_not_go_together_is_one_line(data, changes, said, tmp_path):
    with pytest.raises(D2labError, match=said) as caught:
        train("table", data=data, changes=changes, root=tmp_path, device="cpu")
    assert "\n" not in str(caught.value)
    assert not [folder for folder in tmp_path.iterdir() if (folder / "checkpoint" / "state.json").exists()]


def test_tables_of_other_columns_are_refused(houses, tmp_path):
    run = train("table", data=f"table:{houses}#price", changes=FEW, root=tmp_path, device="cpu")
    trained = experiments.load_run(run.record.folder)
    for header, row, said in (
        (["Id", "area"], [1, 2], "no column 'kind'"),
        (["Id", "area", "kind"], [1, "large", "new"], "column area: got 'large'"),
    ):
        with pytest.raises(DataError, match=said):
            answer_rows(trained, write(tmp_path / "other.csv", header, [row]))
    houses.write_text("Id,area,kind,price\n")
    with pytest.raises(DataError):
        trained.evaluate()
    images = experiments.load_run(train("softmax", budget="smoke", root=tmp_path, device="cpu").record.folder)
    with pytest.raises(ConfigError, match="a run on a table"):
        answer_rows(images, houses)


def test_a_record_of_another_kind_of_model_is_refused(houses, tmp_path):
    run = train("table", data=f"table:{houses}#price", changes=FEW, root=tmp_path, device="cpu")
    recipe = run.record.folder / "recipe.json"
    recipe.write_text(recipe.read_text().replace('"log"', '"lag"'))
    with pytest.raises((RunError, DataError), match=r"a preparation that d2lab wrote|sha256"):
        experiments.load_run(run.record.folder)
