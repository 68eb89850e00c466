"""Mistakes in the queue of operations and in the claims about queues and copies: one that each must not survive."""

from tests.mutants.mutant import Mutant

QUEUE, QUEUE_TESTS = "parallel/work_queue.py", "tests/parallel/test_work_queue.py"
FILE, TESTS = "claims/checks/ch17_queues.py", "tests/claims/test_queues.py -k"
MUTANTS = [
    Mutant("work before it is issued", QUEUE, "begin = max(now, done)", "begin = done", QUEUE_TESTS),
    Mutant("operations that overlap on the device", QUEUE, "begin = max(now, done)", "begin = now", QUEUE_TESTS),
    Mutant("a queue one place too long", QUEUE, "number >= depth:", "number > depth:", QUEUE_TESTS),
    Mutant("one operation too few in closed form", QUEUE, "(operations - 1) * max", "operations * max", QUEUE_TESTS),
    Mutant("reading does not hold up the processor", QUEUE, "now = done + read_s\n", "now = done\n", QUEUE_TESTS),
    Mutant("a clock that starts late", FILE, "        begin = time.perf_counter()\n        product = a @ a\n", "        product = a @ a\n        begin = time.perf_counter()\n", f"{TESTS} computes_first"),
    Mutant("a thread that is waited for each time", FILE, "back_end.submit(torch.mm, a, a) for", "back_end.submit(torch.mm(a, a).clone) for", f"{TESTS} computes_first"),
    Mutant("accelerators left out", FILE, "len(early) == len(others)", "bool(early) or not others", f"{TESTS} asynchronous_calls"),
    Mutant("the issuing lane not counted", FILE, "(large if work >= issue else small)", "(large if issue < 9 else small)", f"{TESTS} hides_the_front"),
    Mutant("every result waited for", FILE, "waits=[operations - 1], read_s=read", "waits=range(operations), read_s=read", f"{TESTS} hides_the_front"),
    Mutant("half of the file", FILE, "range(0, SIZE, piece)", "range(0, SIZE // 2, piece)", f"{TESTS} all_bytes"),
    Mutant("one way is enough", FILE, "least = min(memory, file, network)", "least = max(memory, file, network)", f"{TESTS} every_way"),
    Mutant("the ratio upside down", FILE, 'median(laps["pieces"]) / median(laps["whole"])', 'median(laps["whole"]) / median(laps["pieces"])', f"{TESTS} pieces_are_slow"),
    Mutant("nobody waits in between", FILE, "if waits or number", "if number", f"{TESTS} adds_the_lanes"),
    Mutant("decided without an accelerator", FILE, '"not decided" if not found else', '"holds in scope" if not found else', f"{TESTS} not_decided"),
]  # fmt: skip
