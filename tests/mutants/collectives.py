"""Mistakes about several devices: who sends which chunk, what it costs, what is lost, and how stale it is."""

from tests.mutants.mutant import Mutant

RING, STEPS = "tests/parallel/test_ring.py", "tests/parallel/test_schedules.py"
COST, SPARSE, SERVER = (f"tests/parallel/test_{name}.py" for name in ("cost", "compression", "local_sgd"))
MUTANTS = [
    Mutant("incomplete chunks go round", "parallel/schedules.py", "step(1 - time, adds=False)", "step(-time, adds=False)", STEPS),
    Mutant("a tree for powers of two", "parallel/schedules.py", "range((ranks - 1).bit_length())", "range(ranks.bit_length() - 1)", STEPS),
    Mutant("empty chunks counted", "parallel/simulation.py", "for message in step if sizes[message.chunk]]", "for message in step]", STEPS),
    Mutant("the last sum only passed on", "parallel/ring.py", "own += _pass_on(sent, torch.empty_like(own))", "own.copy_(_pass_on(sent, torch.empty_like(own)))", RING),
    Mutant("incomplete chunks go round", "parallel/ring.py", "chunks[(rank - time + 1) % ranks], chunks[(rank - time) % ranks]", "chunks[(rank - time) % ranks], chunks[(rank - time - 1) % ranks]", RING),
    Mutant("a process's own gradient changed", "parallel/ring.py", "tensor.detach().flatten().clone()", "tensor.detach().flatten()", RING),
    Mutant("a ring of whole tensors", "parallel/cost.py", 'size_bytes / devices if method == "ring" else size_bytes', "size_bytes", COST),
    Mutant("overlap hides the longer one", "parallel/cost.py", "max(compute_s, exchange_s)", "min(compute_s, exchange_s)", COST),
    Mutant("large messages alone decide", "parallel/cost.py", "1 / times if relative else", "np.ones_like(times) if relative else", COST),
    Mutant("large, not of large magnitude", "parallel/compression.py", "vector.abs().argsort", "vector.argsort", SPARSE),
    Mutant("what was sent is remembered", "parallel/compression.py", "total.index_fill(0, sent.indices, 0)", "total", SPARSE),
    Mutant("memory of one step", "parallel/compression.py", "else self.memory + gradient", "else gradient", SPARSE),
    Mutant("every gradient is fresh", "parallel/local_sgd.py", "points[number - staleness]", "points[-1]", SERVER),
    Mutant("its own update counted as stale", "parallel/local_sgd.py", "read_at[worker] = number + 1", "read_at[worker] = number", SERVER),
    Mutant("local steps from the average", "parallel/local_sgd.py", "rate * _evaluated(gradient, own)", "rate * _evaluated(gradient, points[-1])", SERVER),
]  # fmt: skip
