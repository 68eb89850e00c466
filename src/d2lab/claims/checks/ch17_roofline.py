"""Chapter 17: how much of a processor one operator uses."""

from functools import partial

import torch
from torch import Tensor

from d2lab.claims.claim import claim
from d2lab.claims.decide import Verdict
from d2lab.claims.evidence import Evidence
from d2lab.core.machine import usable_cores
from d2lab.core.matrix_rate import product_operations
from d2lab.core.timing import time_interleaved
from d2lab.inspection.threads_used import threads_used
from d2lab.train.threads import using_threads

LARGE, SMALL = 1024, 16  # rows of square matrices
MOST_THREADS = 8


def verdict_on_threads(large: float, small: float, threads: int) -> Verdict:
    """Return what threads at work say: large operators must use most of them, and small ones set the scope."""
    if large < 1 + 0.5 * (threads - 1):
        return "not decided" if large > 1.2 else "does not hold"
    return "holds in scope" if small < 1.2 else "holds"


def operations_per_second(sizes: dict[str, Tensor], calls: dict[str, int]) -> dict[str, float]:
    """Time the squares of matrices on this thread, interleaved: of each the fastest of nine laps of so many calls."""

    def square(name: str) -> None:
        for _ in range(calls[name]):
            torch.mm(sizes[name], sizes[name])

    laps = time_interleaved({name: partial(square, name) for name in sizes})
    counted = {name: calls[name] * product_operations(*[len(matrix)] * 3) for name, matrix in sizes.items()}
    return {name: counted[name] / min(seconds) for name, seconds in laps.items()}


@claim(
    chapter=17,
    kind="measurement",
    budget_s=5,
    en="One operator usually uses all the cores of a CPU, or a whole GPU.",
    zh="通常一个操作符就会用上 CPU 的所有核，或整个 GPU。",
    scope="large operators on a CPU; small ones stay on one thread, and no GPU was measured",
    scope_zh="CPU 上的大操作；小操作只用一个线程，GPU 没有测",
)
def one_operator_uses_all_cores(seconds: float = 0.5) -> Evidence:
    threads = min(MOST_THREADS, max(2, usable_cores()))  # two share one core, too, and both are seen at work
    sizes = {"large": torch.rand(LARGE, LARGE), "small": torch.rand(SMALL, SMALL)}
    vectors = {"large sum": torch.rand(2**22), "small sum": torch.rand(1000)}
    with using_threads(threads):
        used = {name: threads_used(partial(torch.mm, x, x), seconds) for name, x in sizes.items()}
        used |= {name: threads_used(partial(torch.add, x, x), seconds) for name, x in vectors.items()}
    rate = operations_per_second(sizes, {"large": 1, "small": 500})
    large, small = min(used["large"], used["large sum"]), max(used["small"], used["small sum"])
    return Evidence(
        value={"large": large, "small": small, "threads": threads, "share": rate["small"] / rate["large"]},
        bound="a large product and a large sum share their processor time among more than half of the further "
        "threads; in scope if small ones use fewer than 1.2",
        bound_zh="大的乘积和大的加法，把处理器时间分给一半以上的其余线程；小的只用到不足 1.2 个，就有范围",
        verdict=verdict_on_threads(large, small, threads),
        n=4,
        counterexample="a product of 16 x 16 and a sum of 1,000 numbers, on one thread" if small < 1.2 else "",
        counterexample_zh="16 × 16 的乘积和 1,000 个数的加法，只用一个线程" if small < 1.2 else "",
        why_en="Of {threads} threads, a product of 1,024 x 1,024 and a sum of 4 million numbers keep {large:.1f} busy, "
        "by processor time. A product of 16 x 16 and a sum of 1,000 keep {small:.1f}: torch does not split what costs "
        "less than to wake a thread. Nor does one thread compute all it could: the small product reaches {share:.0%} "
        "of the rate of the large one, as its call takes longer than its arithmetic.",
        why_zh="{threads} 个线程里，1,024 × 1,024 的乘积和四百万个数的加法，按处理器时间算用到 {large:.1f} 个；16 × 16 "
        "的乘积和 1,000 个数的加法用到 {small:.1f} 个：比唤醒一个线程还便宜的活，torch 不去分。一个线程也没有用足：小的"
        "乘积，每秒运算次数只有大的 {share:.0%}，因为调用比运算还费时间。",
    )
