"""The two-sample test: exact under the null hypothesis, its AUC counted by hand, planted shifts found and named."""

import numpy as np
import pytest
from scipy.stats import binomtest, chi2_contingency, ks_2samp, kstest
from sklearn.linear_model import Ridge
from sklearn.metrics import roc_auc_score

from d2lab.core.errors import DataError
from d2lab.tables import two_sample
from d2lab.tables.column_shift import column_shifts, holm
from d2lab.tables.frame import frame_of
from d2lab.tables.two_sample import stacked, tell_apart


def drawn(rng, rows, shift=0.0, gone=0.2):
    """Numbers, some of them missing, and words."""
    return {
        "a": rng.normal(size=rows),
        "b": np.where(rng.random(rows) < gone, np.nan, rng.exponential(size=rows) + shift),
        "c": rng.choice(["x", "y", "z"], rows),
    }


def pair(seed, rows=(60, 50), **moved):
    rng = np.random.default_rng(seed)
    return frame_of(drawn(rng, rows[0])), frame_of(drawn(rng, rows[1], **moved))


def test_p_is_uniform_where_nothing_differs():
    ps = np.array([tell_apart(*pair(seed), seed=seed, permutations=39).p for seed in range(200)])
    assert ps.min() >= 1 / 40
    assert binomtest(int((ps <= 0.05).sum()), len(ps), 0.05).pvalue > 0.01
    assert binomtest(int((ps <= 0.5).sum()), len(ps), 0.5).pvalue > 0.01
    assert kstest(ps - np.random.default_rng(0).uniform(0, 1 / 40, len(ps)), "uniform").pvalue > 0.01


def test_the_interval_mostly_holds_one_half_where_nothing_differs():
    found = [tell_apart(*pair(seed), seed=seed, permutations=99) for seed in range(100)]
    assert sum(one.low <= 0.5 <= one.high for one in found) >= 85
    assert abs(np.mean([one.auc for one in found]) - 0.5) < 0.02


@pytest.mark.parametrize("seed", range(5))
def test_a_shift_of_one_column_is_found_and_named(seed):
    one, other = pair(seed, (300, 200), shift=0.7)
    found = tell_apart(one, other, seed=seed)
    assert found.p < 0.01
    assert 0.5 < found.low < found.auc < found.high < 1
    assert [shift.name for shift in column_shifts(one, other) if shift.adjusted < 0.05] == ["b"]


def test_a_shift_that_no_single_column_shows_is_found():
    rng = np.random.default_rng(0)
    tables = []
    for correlation in (0.0, 0.9):
        x = rng.normal(size=300)
        y = correlation * x + (1 - correlation**2) ** 0.5 * rng.normal(size=300)
        tables.append(frame_of({"x": x, "y": y}))
    assert all(shift.adjusted > 0.05 for shift in column_shifts(*tables))
    assert tell_apart(*tables).p < 0.01


def test_the_area_is_the_share_of_pairs_in_order():
    rng = np.random.default_rng(1)
    scores, labels = rng.integers(0, 6, (40, 3)).astype(float), rng.integers(0, 2, (40, 3)).astype(float)
    areas, variances = two_sample._areas(scores, labels)
    for column in range(3):
        ones, zeros = (scores[labels[:, column] == side, column] for side in (1, 0))
        pairs = np.sign(ones[:, None] - zeros[None]) / 2 + 0.5
        assert areas[column] == pytest.approx(pairs.mean(), abs=1e-12)
        assert areas[column] == pytest.approx(roc_auc_score(labels[:, column], scores[:, column]), abs=1e-12)
    ones, zeros = (scores[labels[:, 0] == side, 0] for side in (1, 0))
    pairs = np.sign(ones[:, None] - zeros[None]) / 2 + 0.5
    by_hand = pairs.mean(axis=1).var(ddof=1) / len(ones) + pairs.mean(axis=0).var(ddof=1) / len(zeros)
    assert variances[0] == pytest.approx(by_hand, abs=1e-12)


def test_the_scores_are_those_of_ridge_regression():
    rng = np.random.default_rng(2)
    x, held_out, labels = rng.normal(size=(50, 4)), rng.normal(size=(20, 4)), rng.integers(0, 2, (50, 3)).astype(float)
    mine = two_sample._scores(x, labels, held_out)
    theirs = Ridge(alpha=two_sample.PENALTY).fit(x, labels).predict(held_out)
    for column in range(3):
        assert (np.argsort(mine[:, column]) == np.argsort(theirs[:, column])).all()
        assert np.corrcoef(mine[:, column], theirs[:, column])[0, 1] == pytest.approx(1, abs=1e-9)


def test_labels_are_permuted_inside_the_folds():
    domain, rng = np.repeat([0.0, 1.0], [6, 4]), np.random.default_rng(0)
    folds = [np.array([0, 1, 6, 7, 8]), np.array([2, 3, 4, 5, 9])]
    labels = two_sample._permuted(domain, folds, 200, rng)
    assert (labels[:, 0] == domain).all()
    assert all((labels[rows].sum(axis=0) == domain[rows].sum()).all() for rows in folds)
    assert labels[0, 1:].mean() == pytest.approx(0.6, abs=0.12)


def test_the_tests_of_columns_are_those_of_scipy():
    one, other = pair(3, (80, 70), shift=0.3, gone=0.5)
    found = {(shift.name, shift.kind): shift for shift in column_shifts(one, other)}
    assert set(found) == {("a", "number"), ("b", "number"), ("b", "missing"), ("c", "category")}
    theirs = ks_2samp(one["a"].values, other["a"].values)
    assert found["a", "number"].p == pytest.approx(theirs.pvalue, rel=1e-9)
    assert found["a", "number"].distance == pytest.approx(theirs.statistic)
    table = np.array([np.bincount(column.values, minlength=3) for column in (one["c"], other["c"])])
    assert found["c", "category"].p == pytest.approx(chi2_contingency(table, correction=False).pvalue)
    shares = table / table.sum(axis=1, keepdims=True)
    events = [np.array([bool(number & 1 << word) for word in range(3)]) for number in range(8)]
    largest = max(abs((shares[0] - shares[1])[event].sum()) for event in events)
    assert found["c", "category"].distance == pytest.approx(largest)
    gone = [column.missing.mean() for column in (one["b"], other["b"])]
    assert found["b", "missing"].distance == pytest.approx(abs(gone[0] - gone[1]))
    assert found["b", "missing"].before == f"{100 * gone[0]:.1f} %"


def test_two_words_and_missing_ones_are_counted_as_scipy_does():
    one, other = frame_of({"w": ["u"] * 25 + ["v"] * 15}), frame_of({"w": ["u"] * 12 + ["v"] * 18})
    (shift,) = column_shifts(one, other)
    assert shift.p == pytest.approx(chi2_contingency([[25, 15], [12, 18]], correction=False).pvalue)
    gone = frame_of({"w": ["u"] * 12 + ["v"] * 8 + [None] * 20})
    (shift,) = column_shifts(one, gone)
    assert shift.p == pytest.approx(chi2_contingency([[25, 15, 0], [12, 8, 20]], correction=False).pvalue)
    assert (shift.distance, shift.before, shift.after) == (0.5, "(missing) 0.0 %", "(missing) 50.0 %")


def test_holm_counts_each_p_as_often_as_it_must():
    assert holm([]) == []
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    rng = np.random.default_rng(0)
    for _ in range(20):
        ps = rng.random(6).round(2)
        for level in (0.05, 0.3, 0.7):  # step down: reject while p is at most level / (tests left)
            rejected, order = set(), np.argsort(ps, kind="stable")
            for rank, number in enumerate(order):
                if (6 - rank) * ps[number] > level:
                    break
                rejected.add(int(number))
            assert {n for n, p in enumerate(holm(ps.tolist())) if p <= level} == rejected


def test_words_and_dates_of_two_tables_are_put_together():
    one = frame_of({"w": ["b", None, "a"], "d": ["2026-01-01", "", "2026-01-03"]})
    other = frame_of({"w": ["c", "b"], "d": ["2026-02-01", "2026-02-02"]})
    both = stacked(one, other)
    assert both["w"].words() == ["b", None, "a", "c", "b"]
    assert both["d"].kind == "date"
    (shift,) = [shift for shift in column_shifts(one, other) if shift.kind == "date"]
    assert (shift.before, shift.distance) == ("2026-01-02", 1.0)


def test_columns_that_say_nothing_are_not_tested():
    one = frame_of({"same": [1.0] * 30, "name": [f"a{n}" for n in range(30)], "gone": [None] * 30})
    other = frame_of({"same": [1.0] * 30, "name": [f"b{n}" for n in range(30)], "gone": [None] * 30})
    assert column_shifts(one, other) == []
    assert tell_apart(one, other).p > 0.05


def test_large_tables_are_sampled(monkeypatch):
    monkeypatch.setattr(two_sample, "MOST_ROWS", 100)
    assert tell_apart(*pair(0, (150, 70)), permutations=19).rows == (100, 70)


def test_many_columns_become_principal_components():
    rng = np.random.default_rng(0)
    wide = [frame_of({f"x{n}": rng.normal(size=40) + moved for n in range(320)}) for moved in (0.0, 1.0)]
    assert tell_apart(*wide, permutations=39).p == 1 / 40


def test_tables_that_can_not_be_compared_are_refused():
    one, other = pair(0)
    with pytest.raises(DataError, match="got '60 and 10 rows', need 20 or more in each"):
        tell_apart(one, other.take(np.arange(10)))
    with pytest.raises(DataError, match="no column in common"):
        tell_apart(one, frame_of({"z": np.arange(30)}))
    with pytest.raises(DataError, match="column a: got 'a category', need a number"):
        column_shifts(one, frame_of({"a": ["word"] * 30}))
