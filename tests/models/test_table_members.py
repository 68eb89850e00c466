"""Fitted models of tables as tensors: equal to scikit-learn's estimators on rows that neither has seen."""

import numpy as np
import pytest
import torch

from d2lab.core.errors import ConfigError
from d2lab.models.catalog import build_model
from d2lab.models.table_ensemble import TableEnsembleConfig
from d2lab.models.table_members import Linear, member_of
from d2lab.tables.estimators import Size, fit_member, members

SMALL = Size(rounds=25, trees=7)


def rows(count, seed):
    """Features as float32 holds them, some of them equal to a split between two others."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(count, 6)).round(2).astype(np.float32).astype(np.float64)


@pytest.mark.parametrize("classes", [0, 2, 4])
def test_members_answer_as_the_estimators_do(classes):
    train, new = rows(150, 0), rows(80, 1)
    score = train[:, 0] + np.sin(2 * train[:, 1])
    targets = np.digitize(score, np.quantile(score, np.arange(1, classes) / classes)) if classes else score
    for name in members(classes, len(train)):
        fitted = fit_member(name, train, targets, classes=classes, size=SMALL)
        found = member_of(fitted, classes=classes)(torch.from_numpy(new)).numpy()
        wanted = fitted.predict_proba(new) if classes else fitted.predict(new)[:, None]
        assert found.shape == (80, max(1, classes)), name
        np.testing.assert_allclose(found, wanted, atol=1e-13, err_msg=name)


def test_trees_of_other_depths_are_padded_without_a_trace():
    """A tree that is a leaf, beside deeper ones: a constant target makes it."""
    from sklearn.ensemble import ExtraTreesRegressor, GradientBoostingRegressor

    x = rows(40, 2)
    constant = GradientBoostingRegressor(n_estimators=3).fit(x, np.full(40, 2.5))
    assert member_of(constant, classes=0)(torch.from_numpy(x)).unique().tolist() == [2.5]
    deep = ExtraTreesRegressor(n_estimators=3, random_state=0).fit(x, x[:, 0])
    np.testing.assert_allclose(member_of(deep, classes=0)(torch.from_numpy(x))[:, 0], deep.predict(x))


def test_other_estimators_are_refused():
    from sklearn.neighbors import KNeighborsRegressor
    from sklearn.svm import SVR

    x = rows(20, 0)
    for other in (SVR(kernel="linear"), KNeighborsRegressor()):
        with pytest.raises(ConfigError, match="an estimator"):
            member_of(other.fit(x, x[:, 0]), classes=0)
    with pytest.raises(ConfigError, match="no bias"):
        Linear().fill({"weight": torch.zeros(1, 2)})


def ensemble(log=False, answers=1):
    train = rows(60, 3)
    targets = np.digitize(train[:, 0], [-0.5, 0.5]) if answers > 1 else train[:, 0]
    classes = answers if answers > 1 else 0
    made = {
        name: member_of(fit_member(name, train, targets, classes=classes, size=SMALL), classes=classes)
        for name in members(classes, len(train))
    }
    model = build_model(TableEnsembleConfig(inputs=6, answers=answers))
    model.fill(made, torch.full((len(made),), 1 / len(made)), 2.0, 0.5, log)
    return model, made


@pytest.mark.parametrize("log", [False, True])
def test_an_ensemble_answers_in_the_unit_of_the_target(log):
    model, made = ensemble(log)
    assert set(model.members) == set(made)
    x = torch.from_numpy(rows(9, 4))
    mean = sum(member(x) for member in made.values()) / len(made) * 0.5 + 2.0
    torch.testing.assert_close(model(x.float()), (mean.exp() if log else mean).float(), atol=1e-5, rtol=1e-5)


def test_examples_do_not_see_each_other():
    model, _ = ensemble()
    batch = torch.from_numpy(rows(7, 5)).float()
    torch.testing.assert_close(model(batch), torch.cat([model(one[None]) for one in batch]), rtol=1e-6, atol=1e-6)
    assert model(batch[:0]).shape == (0, 1)


def test_an_ensemble_of_classes_answers_with_logarithms_of_mean_probabilities():
    model, made = ensemble(answers=3)
    x = torch.from_numpy(rows(9, 4))
    mean = sum(member(x) for member in made.values()) / len(made)
    torch.testing.assert_close(model(x.float()).softmax(1).double(), mean, atol=1e-5, rtol=1e-5)


def test_a_kept_ensemble_answers_the_same_to_the_bit():
    for answers in (1, 3):
        model, _ = ensemble(answers=answers)
        model.weights = torch.rand(len(model.members), dtype=torch.float64)
        kept = {name: value.clone() for name, value in sorted(model.state_dict().items())}  # as a file has them
        again = build_model(model.config)
        again.allocate(kept)
        again.load_state_dict(kept)
        x = torch.from_numpy(rows(9, 4)).float()
        assert torch.equal(model(x), again(x))


def test_what_no_ensemble_is_made_of_is_refused():
    empty = build_model(TableEnsembleConfig(inputs=6))
    with pytest.raises(ConfigError, match="no model"):
        empty(torch.zeros(1, 6))
    with pytest.raises(ConfigError, match="a model of a table: got 'os'"):
        empty.allocate({"members.os.weight": torch.zeros(1)})
    with pytest.raises(ConfigError, match="no bias"):
        empty.allocate({"members.ridge.weight": torch.zeros(1)})


@pytest.mark.parametrize(
    ("classes", "count", "wanted", "said"),
    [
        (0, 100, ("boostin",), "Did you mean 'boosting'"),
        (3, 100, ("ridge",), "model of a table"),
        (0, 20_000, ("kernel",), "20,000 rows"),
    ],
)
def test_models_that_do_not_suit_are_refused(classes, count, wanted, said):
    with pytest.raises(ConfigError, match=said):
        members(classes, count, wanted)
    assert "kernel" not in members(0, 20_000)
    assert members(0, 100, ("lasso",)) == ("lasso",)
