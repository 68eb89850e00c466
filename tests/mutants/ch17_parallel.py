"""Mistakes in trials of several processes, and in the claims that rest on them."""

from tests.mutants.mutant import Mutant

FILE, TESTS = "claims/checks/ch17_parallel.py", "tests/claims/test_parallel_claims.py -k"
TRIALS, TRIED = "parallel/trials.py", "tests/parallel/test_trials.py"
PROCESSES, CALLED = "parallel/processes.py", "tests/parallel/test_processes.py -k"
MUTANTS = [
    Mutant("bytes of one device alone", FILE, '4 * busiest_bytes("ring", 2, float(count))', '4 * busiest_bytes("ring", 1, float(count))', f"{TESTS} splits"),
    Mutant("activations one way", FILE, "4 * 2 * BATCH * SIZES[1]", "4 * BATCH * SIZES[1]", f"{TESTS} splits"),
    Mutant("the smallest stage", FILE, "return gap, max(", "return gap, min(", f"{TESTS} splits"),
    Mutant("idle with micro-batches", FILE, "gpipe(2, 1).bubble_share", "gpipe(2, 2).bubble_share", f"{TESTS} splits"),
    Mutant("a knee of the last bandwidth", FILE, "knee = min(", "knee = max(", f"{TESTS} network"),
    Mutant("gradients in 16 bits", FILE, "4.0 * 25_557_032", "2.0 * 25_557_032", f"{TESTS} network"),
    Mutant("a sum of both times", FILE, "overlap=True", "overlap=False", f"{TESTS} network"),
    Mutant("a gain upside down", FILE, 'each["one"] / each["shared"]', 'each["shared"] / each["one"]', f"{TESTS} steps"),
    Mutant("computation of the whole batch", FILE, 'each["exchange"] / each["apart"]', 'each["exchange"] / each["one"]', f"{TESTS} steps"),
    Mutant("a verdict without free cores", FILE, " or ceiling < 1.2:", ":", f"{TESTS} verdict"),
    Mutant("no need of a loss on small networks", FILE, "gains[0] < 1 and", "gains[0] < 2 and", f"{TESTS} verdict"),
    Mutant("weights that are not compared", FILE, 'answers[0][name]["weights"] != answers[1][name]["weights"]', "name", f"{TESTS} replicas"),
    Mutant("a share that is none", TRIALS, "rows[rank] * processes / sum(rows)", "rows[rank] / rows[0]", TRIED),
    Mutant("sums for means", TRIALS, "                gradient.div_(processes)\n", "", TRIED),
    Mutant("whole tensors for shares", TRIALS, 'p.to_local() if hasattr(p, "to_local") else p', "whole(p)", TRIED),
    Mutant("times of each process", TRIALS, "    dist.broadcast_object_list(everywhere, src=0)\n", "", TRIED),
    Mutant("answers without their order", PROCESSES, "answers[rank][2] for rank in range(len(pipes))", "answer[2] for answer in reversed(answers.values())", f"{CALLED} order"),
    Mutant("processes that stay", PROCESSES, "                process.kill()\n", "", f"{CALLED} long"),
    Mutant("the last failure", PROCESSES, "= min((when,", "= max((when,", f"{CALLED} word"),
]  # fmt: skip
