"""Mistakes in the checks of chapter 17 on batch size and learning rate."""

from tests.mutants.mutant import Mutant

FILE, TESTS = "claims/checks/ch17_batch.py", "tests/claims/test_batch_and_rate.py -k"
MUTANTS = [
    Mutant("second training of other seeds", FILE, "(trained(\"which digit\", 32, [0.5], seeds, updates) for _ in range(2))", "(trained(\"which digit\", 32, [0.5], [seed + i for seed in seeds], updates) for i in range(2))", f"{TESTS} same_seeds"),
    Mutant("summed loss", FILE, "reduction=\"sum\") / size", "reduction=\"sum\")", f"{TESTS} side_by_side"),
    Mutant("rates and seeds in another order", FILE, "torch.tensor(rates).repeat_interleave(len(seeds))", "torch.tensor(rates).repeat(len(seeds))", f"{TESTS} side_by_side"),
    Mutant("every epoch in the same order", FILE, "generator=draw) for draw in draws])  # of one epoch", "generator=stream(seed, \"order\")) for seed in seeds])", f"{TESTS} epoch_sees"),
    Mutant("gain with the wrong sign", FILE, "(rows[1] - rows[0]).tolist()", "(rows[0] - rows[1]).tolist()", f"{TESTS} mistake"),
    Mutant("small and large batch swapped", FILE, "zip((small, large), counts, strict=True)", "zip((large, small), counts, strict=True)", f"{TESTS} mistake"),
    Mutant("as many epochs instead of updates", FILE, "[updates if same_updates else", "[epochs * TRAIN // size if same_updates else", f"{TESTS} mistake"),
    Mutant("ten classes for two", FILE, "return 2, digit % 2", "return 2, digit", f"{TESTS} its_classes"),
]  # fmt: skip
