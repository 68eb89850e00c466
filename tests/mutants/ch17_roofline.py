"""Mistakes in the claim that one operator uses all cores."""

from tests.mutants.mutant import Mutant

FILE, TESTS = "claims/checks/ch17_roofline.py", "tests/claims/test_roofline.py -k"
MUTANTS = [
    Mutant("the better of two large ones", FILE, 'large, small = min(used["large"]', 'large, small = max(used["large"]', f"{TESTS} operators"),
    Mutant("half of all threads", FILE, "1 + 0.5 * (threads - 1)", "0.5 * threads", f"{TESTS} judged"),
    Mutant("the small product as large", FILE, 'rate["small"] / rate["large"]', 'rate["large"] / rate["large"]', f"{TESTS} operators"),
]  # fmt: skip
