"""Mistakes in the code about cache lines, threads and loops: each must be caught by its tests."""

from tests.mutants.mutant import Mutant

LINES, THREADS, CLAIMS = "inspection/cache_lines.py", "inspection/threads_used.py", "claims/checks/ch17_memory.py"
BY_LINES, BY_CLAIMS = "tests/inspection/test_cache_lines.py -k", "tests/claims/test_memory.py -k"
MUTANTS = [
    Mutant("the newest line is forgotten", LINES, "popitem(last=False)", "popitem(last=True)", f"{BY_LINES} list"),
    Mutant("a line that was used stays old", LINES, "        held.move_to_end(line)\n", "", f"{BY_LINES} list"),
    Mutant("columns read by rows", LINES, "(shape[::-1], strides[::-1]) if by_columns", "(shape, strides) if by_columns", f"{BY_LINES} columns"),
    Mutant("the right matrix read by rows", LINES, "(n * n + k * n + j)", "(n * n + j * n + k)", f"{BY_LINES} formula"),
    Mutant("blocks overwrite each other", LINES, "j : j + block] += part", "j : j + block] = part", f"{BY_LINES} blocked"),
    Mutant("time since the process began", THREADS, "now - before.get(thread, 0.0)", "now", "tests/inspection/test_threads_used.py"),
    Mutant("busiest thread twice", THREADS, "sum(spent) / max(spent) if", "2 * sum(spent) / max(spent) if", "tests/inspection/test_threads_used.py"),
    Mutant("rows over columns", CLAIMS, 'columns = seconds["columns"] / seconds["rows"]', 'columns = seconds["rows"] / seconds["columns"]', f"{BY_CLAIMS} ratio"),
    Mutant("columns over rows both times", CLAIMS, '"columns": lambda: [column.sum() for column in matrix.T]', '"columns": lambda: [column.sum() for column in matrix]', f"{BY_CLAIMS} longer"),
    Mutant("a part of the loop for the whole", CLAIMS, "* numbers / few}", "}", f"{BY_CLAIMS} longer"),
    Mutant("the larger of two ratios", CLAIMS, "least = min(lists, tensors)", "least = max(lists, tensors)", f"{BY_CLAIMS} slighter"),
    Mutant("no comparison with the order", CLAIMS, "and least >= 2 * columns", "", f"{BY_CLAIMS} gain"),
    Mutant("judged without hyper-threads", CLAIMS, "if logical <= physical:", "if logical < physical:", f"{BY_CLAIMS} hyper"),
]  # fmt: skip
