"""Mistakes in what several processes do together."""

from tests.mutants.mutant import Mutant

RANKS = "tests/train/test_ranks.py -x"
MUTANTS = [
    Mutant("unequal parts weighed alike", "train/train_step.py", "weight / of_all", "weight / own", RANKS),
    Mutant(
        "sum of the processes' gradients",
        "train/train_step.py",
        "self.ranks.sum(total) / self.ranks.world",
        "self.ranks.sum(total)",
        RANKS,
    ),
    Mutant("a mean over nothing", "train/train_step.py", "if not share:", "if False:", RANKS),
    Mutant(
        "generators of the first process alone",
        "train/train_step.py",
        'f"rng.{self.ranks.rank}." if self.ranks.rank else "rng."',
        '"rng."',
        RANKS,
    ),
    Mutant(
        "statistics of each process",
        "parallel/sync_batch_norm.py",
        "_SumOverProcesses.apply(squares) / total",
        "squares / total",
        RANKS,
    ),
    Mutant(
        "gradient of the own sum alone",
        "parallel/sync_batch_norm.py",
        "total = gradient.contiguous().clone()\n        torch.distributed.all_reduce(total)",
        "total = gradient.contiguous().clone()",
        RANKS,
    ),
    Mutant(
        "parts that overlap",
        "data/batches.py",
        "(self.number + 1) // self.of)",
        "(self.number + 1) // self.of + 1)",
        RANKS,
    ),
    Mutant("metrics of the first process", "train/of_all.py", "        parts[0].merge(part)", "        pass", RANKS),
    Mutant("restored sums counted by all", "train/of_all.py", "if state and ranks.leads:", "if state:", RANKS),
    Mutant("a flag that all must set", "parallel/ranks.py", "count > 0", "count == self.world", RANKS),
]
