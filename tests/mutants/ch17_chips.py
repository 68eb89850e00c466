"""Mistakes in the claims about systolic arrays and chips: one that each of their checks must not survive."""

from tests.mutants.mutant import Mutant

FILE, TESTS = "claims/checks/ch17_chips.py", "tests/claims/test_chips.py -k"
MUTANTS = [
    Mutant("delay of one side alone", FILE, "tiles * (a + height + width - 2)", "tiles * (a + height - 1)", f"{TESTS} cycles"),
    Mutant("padding of whole tiles", FILE, "systolic_use(1024, SIDE + 1, SIDE, SIDE)", "systolic_use(1024, SIDE, SIDE, SIDE)", f"{TESTS} cycles"),
    Mutant("attention without its scores", FILE, "heads * [(tokens, each, tokens), (tokens, tokens, each)]", "heads * [(tokens, tokens, each)]", f"{TESTS} nearly"),
    Mutant("windows of one channel", FILE, "weight[0].numel(), len(weight)", "weight[0, 0].numel(), len(weight)", f"{TESTS} convolution"),
    Mutant("softmax of one head", FILE, "heads * tokens + 4 * width", "tokens + 4 * width", f"{TESTS} nearly"),
    Mutant("use of products of equal weight", FILE, "sum(systolic_cycles(*size, SIDE) for size in sizes)", "systolic_cycles(*sizes[0], SIDE)", f"{TESTS} convolution"),
    Mutant("words left in their order", FILE, "cut[torch.randperm(WORDS, generator=draw)]", "cut", f"{TESTS} shuffled"),
    Mutant("one word at a time", FILE, "x = x + branch(x)", "x = x", f"{TESTS} reads"),
    Mutant("another chip's share", FILE, '"use": systolic_use(1024, SIDE, SIDE)}', '"use": systolic_use(1, SIDE, SIDE)}', f"{TESTS} opinions"),
    Mutant("watts for kilowatts", FILE, "watts * cards * hours / 1000", "watts * cards * hours", f"{TESTS} opinions"),
    Mutant("channels together", FILE, "systolic_use(12_544, 9, 1, SIDE)", "systolic_use(12_544, 9, SIDE, SIDE)", f"{TESTS} opinions"),
]  # fmt: skip
