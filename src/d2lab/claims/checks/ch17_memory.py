"""Chapter 17: the order of memory, loops and vectors."""

from statistics import median

import psutil
import torch

from d2lab.claims.claim import claim
from d2lab.claims.decide import Verdict
from d2lab.claims.evidence import Evidence
from d2lab.core.timing import time_interleaved
from d2lab.inspection.cache_lines import fetched_lines, traversal
from d2lab.train.threads import using_threads

ROUNDS = 5
FIRST_LEVEL = 768  # lines, 48 KiB: of a recent core of Intel's


def order_seconds(side: int, rounds: int = ROUNDS) -> dict[str, float]:
    """Time the sums of a float64 matrix: row by row, column by column, and both by one call; the fastest of each."""
    matrix = torch.ones(side, side, dtype=torch.float64)
    laps = time_interleaved(
        {
            "rows": lambda: [row.sum() for row in matrix],
            "columns": lambda: [column.sum() for column in matrix.T],
            "rows at once": lambda: matrix.sum(1),
            "columns at once": lambda: matrix.sum(0),
        },
        rounds,
    )
    return {name: min(seconds) for name, seconds in laps.items()}


def stride_seconds(numbers: int, rounds: int = ROUNDS) -> dict[int, float]:
    """Time the sum of every s-th float64, seconds for each number that is added, the fastest."""
    memory = torch.ones(numbers, dtype=torch.float64)
    views = {str(stride): memory[::stride] for stride in (1, 8, 64)}
    actions = {name: (lambda view=view: view.sum()) for name, view in views.items()}
    laps = time_interleaved(actions, rounds)
    return {int(name): min(seconds) / len(views[name]) for name, seconds in laps.items()}


def verdict_on_order(columns: float) -> Verdict:
    """Return what a ratio of times says: below 1.2 nothing was saved, below 2 the machine is too noisy to tell."""
    return "holds in scope" if columns >= 2 else "not decided" if columns > 1.2 else "does not hold"


@claim(
    chapter=17,
    kind="measurement",
    budget_s=10,
    en="To keep a CPU busy, use its caches: read a matrix in the order in which it is stored, row by row.",
    zh="要提升 CPU 的利用率，就要利用缓存的局部性：矩阵按行存储，就按行访问。",
    scope="one thread of a CPU; the latencies in nanoseconds that the notes list, and a GPU, were not measured",
    scope_zh="一个 CPU 线程；笔记列出的各级延迟（纳秒）和 GPU 没有测",
    covers=("use all cores: see one-operator-uses-all-cores", "thousands of threads and little control flow on a GPU"),
)
def reading_in_stored_order_is_faster(side: int = 4000, numbers: int = 2**24) -> Evidence:
    seconds, strided = order_seconds(side), stride_seconds(numbers)
    columns = seconds["columns"] / seconds["rows"]
    few = (2 * FIRST_LEVEL, 16), (side, 1)
    by_rows, by_columns = (fetched_lines(traversal(*few, by_columns=way), lines=FIRST_LEVEL) for way in (False, True))
    return Evidence(
        value={
            "columns": columns,
            "lines": by_columns / by_rows,
            "stride_8": strided[8] / strided[1],
            "stride_64": strided[64] / strided[1],
            "at_once": seconds["columns at once"] / seconds["rows at once"],
        },
        bound="sums column by column take 2 times those row by row, or more; not decided above 1.2",
        bound_zh="逐列求和的时间是逐行的 2 倍或更多；1.2 到 2 之间不作判断",
        verdict=verdict_on_order(columns),
        n=ROUNDS,
        why_en="Of 4,000 x 4,000 numbers, columns took {columns:.1f} times as long as rows. A line of 64 bytes has 8 "
        "float64, and a simulated cache of 48 KiB fetches {lines:.0f} times as many lines by columns. With every 8th "
        "number each takes {stride_8:.1f} times as long, with every 64th {stride_64:.1f} times. sum(0) in one call is "
        "less affected, {at_once:.1f} times, as torch may choose the order itself.",
        why_zh="4,000 × 4,000 个数，逐列的时间是逐行的 {columns:.1f} 倍。一个 64 字节的缓存行有 8 个 float64，模拟的 "
        "48 KiB 缓存，按列要搬 {lines:.0f} 倍的缓存行。隔 8 个取一个，每个数用时是连续时的 {stride_8:.1f} 倍，隔 64 个 "
        "是 {stride_64:.1f} 倍。一次调用 sum(0) 受的影响小些，{at_once:.1f} 倍，因为 torch 可以自己选次序。",
    )


def add_seconds(numbers: int, rounds: int = ROUNDS) -> dict[str, float]:
    """Time adds and dot products of float32: loops over lists, over tensors, and one call; the fastest of each."""
    left, right = torch.rand(numbers), torch.rand(numbers)
    a, b, out = left.tolist(), right.tolist(), torch.empty(numbers)
    few = max(1, numbers // 50)  # a loop over a tensor is slow enough at a part

    def over_tensors() -> None:
        for i in range(few):
            out[i] = left[i] + right[i]

    laps = time_interleaved(
        {
            "add, lists": lambda: [x + y for x, y in zip(a, b, strict=True)],
            "add, tensors": over_tensors,
            "add": lambda: torch.add(left, right, out=out),
            "dot, lists": lambda: sum(x * y for x, y in zip(a, b, strict=True)),
            "dot": lambda: torch.dot(left, right),
        },
        rounds,
    )
    seconds = {name: min(found) for name, found in laps.items()}
    return seconds | {"add, tensors": seconds["add, tensors"] * numbers / few}


@claim(
    chapter=17,
    kind="measurement",
    budget_s=1,
    en="A loop in Python is far slower than one vectorized addition.",
    zh="Python 的循环远慢于一次矢量化的加法。",
    scope="200,000 float32 numbers, one thread",
    scope_zh="200,000 个 float32 数，单线程",
)
def a_python_loop_is_far_slower_than_a_vectorized_addition(numbers: int = 200_000) -> Evidence:
    seconds = add_seconds(numbers)
    lists, tensors = (seconds[f"add, {over}"] / seconds["add"] for over in ("lists", "tensors"))
    least = min(lists, tensors)
    return Evidence(
        value={"lists": lists, "tensors": tensors},
        bound="10 times as slow or more, both over lists and over tensors; not decided above 3",
        bound_zh="遍历列表、遍历张量都慢 10 倍以上；3 到 10 之间不作判断",
        verdict="holds in scope" if least >= 10 else "not decided" if least > 3 else "does not hold",
        n=ROUNDS,
        why_en="A loop over lists takes {lists:.0f} times as long as one torch.add, and a loop that indexes tensors "
        "{tensors:,.0f} times: each index makes a tensor, and each sum is a call of torch. The arithmetic is the same.",
        why_zh="遍历列表的时间是一次 torch.add 的 {lists:.0f} 倍，逐个索引张量是 {tensors:,.0f} 倍：每次索引都新建一个"
        "张量，每次相加都调用一次 torch。做的加法一样多。",
    )


def gain_of_threads(few: int, many: int, side: int) -> float:
    """Return how many times as fast a product of matrices is with many threads as with few; medians, interleaved."""
    matrix = torch.rand(side, side)

    def product(threads: int) -> None:
        with using_threads(threads):
            torch.mm(matrix, matrix)

    laps = time_interleaved({"few": lambda: product(few), "many": lambda: product(many)}, ROUNDS)
    return median(laps["few"]) / median(laps["many"])


def verdict_on_hyper_threads(logical: int, physical: int, gain: float) -> Verdict:
    """Return what more threads than cores say: nothing where a core runs one thread, else whether they were no use."""
    if logical <= physical:
        return "depends on hardware"
    return "holds" if gain < 1.1 else "depends on hardware"


@claim(
    chapter=17,
    kind="measurement",
    budget_s=1,
    en="Hyper-threading does not necessarily help.",
    zh="超线程不一定提升性能。",
)
def hyper_threading_does_not_necessarily_help(side: int = 1024) -> Evidence:
    logical = psutil.cpu_count() or 1
    physical = psutil.cpu_count(logical=False) or logical
    gain = gain_of_threads(physical, logical, side) if logical > physical else 1.0
    return Evidence(
        value={"logical": logical, "physical": physical, "gain": gain},
        bound="with a thread for each logical processor a product is less than 1.1 times as fast as with one a core",
        bound_zh="每个逻辑处理器一个线程，矩阵乘法比每个核一个线程快不到 1.1 倍",
        verdict=verdict_on_hyper_threads(logical, physical, gain),
        n=ROUNDS,
        why_en="Two hyper-threads share one core's multipliers and caches; one can work while the other waits for "
        "memory. A product of matrices hardly waits, so it gains little. The machine of this record shows {logical} "
        "logical processors on {physical} cores: where the two are equal, there is nothing to compare.",
        why_zh="两个超线程共用一个核的乘法器和缓存：一个等内存时，另一个可以干活。矩阵乘法几乎不等，所以得不到多少。这条"
        "记录所在的机器，{physical} 个核上有 {logical} 个逻辑处理器：两者相等，就没有什么可比。",
    )


@claim(
    chapter=17,
    kind="measurement",
    budget_s=3,
    en="Vectorization is the key to performance.",
    zh="矢量化是性能的关键。",
    scope="Python and one CPU thread: of what was tried, it gains most; it is not the only thing that counts",
    scope_zh="Python 和一个 CPU 线程：试过的几样里它最要紧，但不是唯一要紧的",
)
def vectorization_is_the_key_to_performance(numbers: int = 200_000, side: int = 2000) -> Evidence:
    seconds, order = add_seconds(numbers), order_seconds(side)
    add, dot = (seconds[f"{name}, lists"] / seconds[name] for name in ("add", "dot"))
    columns = order["columns"] / order["rows"]
    wide = {
        name: torch.rand(2**13, dtype=kind) for name, kind in (("double", torch.float64), ("single", torch.float32))
    }
    actions = {name: (lambda x=x: [torch.exp(x, out=x) for _ in range(50)]) for name, x in wide.items()}
    laps = time_interleaved(actions, 25)  # short ones, of which some are not interrupted
    width = min(laps["double"]) / min(laps["single"])
    least = min(add, dot)
    first = least >= 10 and least >= 2 * columns
    return Evidence(
        value={"add": add, "dot": dot, "columns": columns, "width": width},
        bound="add and dot gain 10 times or more, and twice what the order of reading does; else not decided above 3",
        bound_zh="加法和点积都快 10 倍以上，并且是访问次序之差的两倍以上；否则，3 以上不作判断",
        verdict="holds in scope" if first else "not decided" if least > 3 else "does not hold",
        n=ROUNDS,
        why_en="One call instead of a loop over lists is {add:.0f} times as fast for 200,000 sums and {dot:.0f} times "
        "for a dot product; reading by rows instead of columns gains {columns:.1f} times. Most of it is that Python "
        "handles each number by itself. Wide registers are a part: exp of float64, half as many to a register, takes "
        "{width:.1f} times as long as of float32.",
        why_zh="一次调用代替遍历列表：200,000 个加法快 {add:.0f} 倍，点积快 {dot:.0f} 倍；按行代替按列读，快 "
        "{columns:.1f} 倍。大头是 Python 要逐个处理每个数。宽寄存器也占一份：float64 一个寄存器只放得下一半，算 exp 的"
        "时间是 float32 的 {width:.1f} 倍。",
    )
