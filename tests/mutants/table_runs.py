"""Mistakes in runs on tables: one that each of their tests must not survive."""

from tests.mutants.mutant import Mutant

DATA, RUNS = "tests/tables/test_table_data.py -x", "tests/experiments/test_table_runs.py -x -k"
ENSEMBLE, MEMBERS = "tests/tables/test_ensemble.py -x", "tests/models/test_table_members.py -x"
FIT, SOURCE = "experiments/table_fit.py", "tables/table_data.py"
MUTANTS = [
    Mutant("statistics of all rows", SOURCE, "fit_preparation(table.inputs(table.train), skew", "fit_preparation(table.inputs(table.test), skew", DATA),
    Mutant("numbers of three values are classes", SOURCE, "if len(different) > 2:", "if len(different) > 3:", DATA),
    Mutant("rows without a target are kept", SOURCE, "np.flatnonzero(~wanted.missing)", "np.arange(len(frame))", DATA),
    Mutant("a class of one row", SOURCE, "CLASS_ROWS = 2", "CLASS_ROWS = 1", DATA),
    Mutant("the target beside a path with a hash", SOURCE, '.rpartition("#")', '.partition("#")', DATA),
    Mutant("logarithms of negative numbers", "tables/preparation.py", "(there >= 0).all() and ", "", DATA),
    Mutant("the last model counts, not the best", "tables/ensemble.py", "if losses[least] < best:", "if True:", ENSEMBLE),
    Mutant("a model is added once", "tables/ensemble.py", "counts[least] += 1", "counts[least] = 1", ENSEMBLE),
    Mutant("held-out rows in another order", "tables/ensemble.py", "whole[held] = np.concatenate(parts)", "whole[:] = np.concatenate(parts)", ENSEMBLE),
    Mutant("rows that are trained on are held out", "tables/ensemble.py", "if len(np.intersect1d(train, out)):", "if False:", ENSEMBLE),
    Mutant("right where it is equal", "models/table_members.py", "asked <= self.threshold", "asked < self.threshold", MEMBERS),
    Mutant("one step too few", "models/table_members.py", "range(int(self.depth))", "range(int(self.depth) - 1)", MEMBERS),
    Mutant("the learning rate is forgotten", "models/table_members.py", "values[:, 0] * fitted.learning_rate", "values[:, 0]", MEMBERS),
    Mutant("the kernel without its width", "models/table_members.py", "(-self.gamma * squared)", "(-squared)", MEMBERS),
    Mutant("members in the order of a file", "models/table_ensemble.py", "for name in MEMBERS if name in members}", "for name in members}", MEMBERS),
    Mutant("a logarithm that stays", "models/table_ensemble.py", "(numbers.exp() if self.log else numbers)", "numbers", MEMBERS),
    Mutant("the preparation sees the fold", FIT, "prepare = fit_preparation(self.frame.take(train), skew", "prepare = fit_preparation(self.frame, skew", f"{RUNS} of_a_fold"),
    Mutant("the target's scale sees the fold", FIT, "scale = self.scale.fitted(self.targets[train])", "scale = self.scale.fitted(self.targets)", f"{RUNS} of_a_fold"),
    Mutant("logarithms of any target", FIT, 'if setting != "auto" or not positive:', 'if setting != "auto":', f"{RUNS} undone"),
]  # fmt: skip
