"""Mistakes in metrics, tasks, the loop and the preparation."""

from tests.mutants.mutant import Mutant

METRIC = "tests/metrics/test_metric.py"
EVERY = "tests/experiments/test_every_task.py"

MUTANTS = [
    Mutant("another process forgotten", "metrics/metric.py", "        for name, value in other.sums.items():", "        for name, value in ():", f"{METRIC} -k merge"),
    Mutant("padding counted", "metrics/language.py", 'self.add("tokens", (targets != self.ignore).sum())', 'self.add("tokens", (targets == targets).sum())', f"{METRIC} -k library"),
    Mutant("void pixels that hit", "metrics/classification.py", "            hits = hits & counted\n", "", f"{METRIC} -k library"),
    Mutant("the last of equal classes", "metrics/classification.py", "scores.max(1).indices", "scores.shape[1] - 1 - scores.flip(1).max(1).indices", "tests/metrics/test_classification.py -k ties"),
    Mutant("parts of the truth merged as if around one mean", "metrics/regression.py", "self._all() + part if self.sums else part", "part", f"{METRIC} -k add_up"),
    Mutant("a state that holds the graph", "train/train_step.py", "result.weight, detach(result.state), batch)", "result.weight, result.state, batch)", f"{EVERY} -k carried"),
    Mutant("pieces weighed alike", "train/train_step.py", "self._backward(piece, weight / of_all)", "self._backward(piece, 1 / len(pieces))", "tests/train/test_train_step.py -k pieces"),
    Mutant("a photo padded where training cropped", "vision/read.py", 'if fit in ("crop", "letterbox") and height == width:', "if False:", "tests/experiments/test_preparation.py"),
    Mutant("a file changed and still run", "experiments/recorded.py", "if find_file(file).sha256 != kept.sha256:", "if False:", f"{EVERY} -k record_never"),
]  # fmt: skip
