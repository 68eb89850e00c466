"""Mistakes in finding a shift between two tables, and in correcting it."""

from tests.mutants.mutant import Mutant

SAMPLE, REPORT, VERB = (
    "tests/tables/test_two_sample.py -x",
    "tests/tables/test_shift_report.py -x",
    "tests/cli/test_shift.py -x",
)
MUTANTS = [
    Mutant("p below what the permutations allow", "tables/two_sample.py", "p = (1 + int(", "p = (int(", SAMPLE),
    Mutant("labels permuted across folds", "tables/two_sample.py", "labels[rows, 1:] = rng.permuted(labels[rows, 1:], axis=0)", "labels[:, 1:] = rng.permuted(labels[:, 1:], axis=0)", SAMPLE),
    Mutant("trained on the rows that are scored", "tables/two_sample.py", "scores = _scores(x[train], labels[train], x[test])", "scores = _scores(x, np.repeat(labels[:, :1], labels.shape[1], axis=1), x[test])", SAMPLE),
    Mutant("ties count for one side", "tables/two_sample.py", "ranks = rankdata(scores, axis=0)", 'ranks = rankdata(scores, axis=0, method="max")', SAMPLE),
    Mutant("no kernel: correlations are not seen", "tables/two_sample.py", "return np.concatenate([x, kernel * kernel.shape[1] ** 0.5], axis=1)", "return np.asarray(x + 0 * kernel.sum())", SAMPLE),
    Mutant("scores without a penalty", "tables/two_sample.py", "+ PENALTY * np.eye", "+ 1e-9 * PENALTY * np.eye", SAMPLE),
    Mutant("folds count as independent", "tables/two_sample.py", "variance *= max(1.0, float(aucs[1:].var()) / expected)", "variance *= max(0.5, 0 * expected)", SAMPLE),
    Mutant("words keep the codes of their own table", "tables/two_sample.py", "parts.append(number[column.values])", "parts.append(column.values)", SAMPLE),
    Mutant("Bonferroni for Holm", "tables/column_shift.py", "(len(order) - rank) * p_values[number]", "len(order) * p_values[number]", SAMPLE),
    Mutant("adjusted p-values that fall", "tables/column_shift.py", "largest = max(largest, min(1.0,", "largest = max(0.0, min(1.0,", SAMPLE),
    Mutant("missing words are not counted", "tables/column_shift.py", "np.where(column.missing, len(column.levels), column.values)", "column.values[~column.missing]", SAMPLE),
    Mutant("rare words have columns of their own", "tables/column_shift.py", "if pair.sum() * share.min() >= EXPECTED}", "if pair.sum() > 0}", SAMPLE),
    Mutant("Yates's correction", "tables/column_shift.py", "chi2_contingency(table, correction=False)", "chi2_contingency(table, correction=True)", SAMPLE),
    Mutant("ratios for shares", "tables/shift_report.py", "after, tries = _cut(ratios * before), []", "after, tries = _cut(ratios), []", REPORT),
    Mutant("a confusion matrix on its side", "tables/shift_report.py", "np.bincount(out_of_fold * number + y,", "np.bincount(y * number + out_of_fold,", REPORT),
    Mutant("weights that are never too few", "tables/shift_report.py", "self.effective < LEAST_SHARE * len(self.weights)", "self.effective < LEAST_SHARE", REPORT),
    Mutant("the median weight for the mean", "tables/shift_report.py", "covered=float(weights.mean())", "covered=float(weights.median())", REPORT),
    Mutant("the labels of use leak into the features", "tables/shift_report.py", "train.without(target) if target else train, rest)", "train, use)", REPORT),
    Mutant("channels mixed up", "tables/image_frame.py", "red - green, blue - green, float(", "blue - green, red - green, float(", REPORT),
    Mutant("the table of use is overwritten", "cli/shift.py", "for place in (train, test)):\n            raise ConfigError(\"the file to write\", got=str(out), need=\"another", "for place in ()):\n            raise ConfigError(\"the file to write\", got=str(out), need=\"another", VERB),
    Mutant("Chinese letters of one column", "cli/lines.py", "return cell_len(text", "return len(text", VERB),
    Mutant("a closing mark begins a line", "cli/lines.py", " and part not in CLOSING:", ":", "tests/cli/test_lines.py"),
    Mutant("a space that must not break breaks", "cli/lines.py", 'r"[\\0!-', 'r"[!-', "tests/cli/test_lines.py"),
]  # fmt: skip
