"""Mistakes in the early chapters: fits, folds, shifts, Bayes, the perceptron."""

from tests.mutants.mutant import Mutant

FIT, CHANCE = "tests/tables/test_fit.py", "tests/tables/test_chance.py"
FOLDS, ALGEBRA, RULE = (
    "tests/data/test_folds.py",
    "tests/algebra/test_algebra.py",
    "tests/models/test_perceptron_rule.py",
)
MUTANTS = [
    Mutant("bias penalized", "tables/fit.py", "means = Centering(features.mean(0), targets.mean())", "means = Centering(0 * features.mean(0), 0 * targets.mean())", FIT),
    Mutant("penalty divided by n", "tables/fit.py", "+ penalty * unit", "+ penalty / len(inputs) * unit", FIT),
    Mutant("shrinks by s instead of s squared", "tables/fit.py", "values / (values**2 + amounts)", "values / (values + amounts)", FIT),
    Mutant("factorial of the power below", "tables/fit.py", "(powers + 1).lgamma()", "powers.lgamma()", FIT),
    Mutant("penalty without n", "tables/lasso.py", "soft_threshold(correlation, penalty * len(inputs))", "soft_threshold(correlation, penalty)", FIT),
    Mutant("own part left in the residual", "tables/lasso.py", "column @ residual + lengths[number] * before", "column @ residual", FIT),
    Mutant("step longer than the curvature allows", "tables/lasso.py", "soft_threshold(weights - gradient / curvature, penalty / float(curvature))", "soft_threshold(weights - gradient / curvature, penalty)", FIT),
    Mutant("sizes of the two sets forgotten", "tables/shift.py", "odds * (len(train) / len(use))", "odds", CHANCE),
    Mutant("odds of training instead of use", "tables/shift.py", ".to(train).exp()", ".to(train).neg().exp()", CHANCE),
    Mutant("sum of squares upside down", "tables/shift.py", "weights.sum().square() / weights.square().sum()", "weights.square().sum() / weights.sum().square()", CHANCE),
    Mutant("confusion matrix read by columns", "tables/shift.py", "torch.linalg.solve(confusion, predicted)", "torch.linalg.solve(confusion.T, predicted)", CHANCE),
    Mutant("prior forgotten", "tables/bayes.py", "Joint(prior[:, None] * likelihood)", "Joint(likelihood / len(prior))", CHANCE),
    Mutant("conditional the wrong way round", "tables/bayes.py", "return self.table / self.effects()", "return self.table / self.causes()[:, None]", CHANCE),
    Mutant("second test counted once", "tables/bayes.py", "false_positive_rate**positives", "false_positive_rate", CHANCE),
    Mutant("one fold too few", "data/folds.py", "torch.arange(count) % k", "torch.arange(count) % (k - 1)", FOLDS),
    Mutant("validation examples train", "data/folds.py", "(part != turn).nonzero().flatten(), (part == turn)", "(part >= 0).nonzero().flatten(), (part == turn)", FOLDS),
    Mutant("classes not mixed before dealing", "data/folds.py", "order = order[classes[order].argsort(stable=True)]", "order = order[classes.argsort(stable=True)]", FOLDS),
    Mutant("share of the rest, not of the whole", "data/folds.py", "validation / (1 - test)", "validation", FOLDS),
    Mutant("scored on what was fitted", "data/folds.py", "split.subset(validation))", "split.subset(train))", FOLDS),
    Mutant("border only touched is right", "models/perceptron_rule.py", "(weights @ point) <= 0", "(weights @ point) < 0", RULE),
    Mutant("turned away from the point", "models/perceptron_rule.py", "weights + sign * point", "weights - sign * point", RULE),
    Mutant("bound not squared", "models/perceptron_rule.py", "inputs.norm(dim=1).amax() / margin) ** 2", "inputs.norm(dim=1).amax() / margin) ** 1", RULE),
    Mutant("margin not divided by the length", "models/perceptron_rule.py", ".amin() / separator.norm()", ".amin()", RULE),
    Mutant("columns for rows", "algebra/norm.py", "matrix.abs().sum(0 if p == 1 else 1)", "matrix.abs().sum(1 if p == 1 else 0)", ALGEBRA),
    Mutant("norm overflows", "algebra/norm.py", "size * ((x.abs() / size) ** p).sum() ** (1 / p)", "(x.abs() ** p).sum() ** (1 / p)", ALGEBRA),
    Mutant("half a reflection", "algebra/special.py", "- 2 * normal[:, None]", "- normal[:, None]", ALGEBRA),
    Mutant("rotated clockwise", "algebra/special.py", "[[cos, -sin], [sin, cos]]", "[[cos, sin], [-sin, cos]]", ALGEBRA),
]  # fmt: skip
