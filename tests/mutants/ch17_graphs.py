"""Mistakes in the claims about compiled graphs and saved programs: some that each of their checks must not survive."""

from tests.mutants.mutant import Mutant

FILE, TESTS = "claims/checks/ch17_graphs.py", "tests/claims/test_graphs.py -k"
MUTANTS = [
    Mutant("faster on one is faster", FILE, '"holds" if all(faster)', '"holds" if any(faster)', f"{TESTS} rule"),
    Mutant("outputs that are no numbers are equal", FILE, "if not difference <= ALIKE:", "if difference > ALIKE:", f"{TESTS} rule"),
    Mutant("eager's share of the compiled time", FILE, "mine / theirs for mine, theirs", "theirs / mine for mine, theirs", f"{TESTS} share"),
    Mutant("absolute difference of large numbers", FILE, "expected.abs().clamp(min=1)", "expected.abs().clamp(max=1)", f"{TESTS} polynomial"),
    Mutant("eager compared with itself", FILE, "max(apart(way(x), eager(x))", "max(apart(eager(x), eager(x))", f"{TESTS} something"),
    Mutant("decided without a compiler", FILE, '"not decided" if missing else', '"not decided" if not used else', f"{TESTS} nothing"),
    Mutant("one batch size alone", FILE, "dynamic_shapes=({0: batch},)", "dynamic_shapes=None", f"{TESTS} process"),
    Mutant("the process has the class", FILE, 'sys.modules["d2lab"] = None  # as if it were not installed', "", f"{TESTS} process"),
]  # fmt: skip
