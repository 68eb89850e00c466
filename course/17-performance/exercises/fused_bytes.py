from d2lab.exercises import RandomInputs, exercise


def operations_and_size(draw: RandomInputs):
    first = [draw.choice(["ab", "ax", "bx"])]
    return first + [draw.choice(["r", "ra", "rb", "rx"]) for _ in range(draw.size(2, 6))] + ["ra"], draw.size(10, 99)


@exercise(
    "graphs", order=2, zh="融合以后搬多少字节", en="Bytes that a fused group moves", arguments=operations_and_size
)
def fused_bytes(ops: list[str], n: int) -> int:
    """Count the bytes that move when elementwise operations that follow each other are fused into one.

    Each operation is a string of its inputs: "r" is the result of the operation before it, any other letter is an array
    in memory. All arrays have n floats of 32 bits. Only the last result is needed afterwards.

    数一数把一串逐元素操作融合成一个之后，要搬多少字节。每个操作写成它的输入："r" 是上一个操作的结果，别的字母是内存里的数
    组。每个数组有 n 个 32 位浮点数。以后只用到最后一个结果。

    Args:
        ops: inputs of each operation, in order. 依次是每个操作的输入。
        n: numbers of an array. 一个数组有多少个数。

    >>> fused_bytes(["ab", "r", "ra"], 10)
    120
    """
    raise NotImplementedError


@fused_bytes.solution(
    en="Read each array from outside once, however many operations use it; write the last result: (2 + 1) * 10 * 4 bytes "
    "in the example. What is in between never reaches memory.",
    zh="组外来的每个数组只读一次，不管几个操作用它；只写最后的结果：例中是 (2 + 1) × 10 × 4 字节。中间结果不到内存里去。",
)
def fused_bytes(ops, n):
    outside = set("".join(ops)) - {"r"}
    return (len(outside) + 1) * n * 4


@fused_bytes.mistake(
    en="This is what eager moves: fused, the results in between stay in registers or in the cache.",
    zh="这是命令式搬的：融合以后，中间结果留在寄存器或缓存里。",
)
def eager_bytes(ops, n):
    return sum(len(op) + 1 for op in ops) * n * 4


@fused_bytes.mistake(
    en="An array that several operations use was counted each time: it is read once and kept at hand.",
    zh="几个操作都用的数组，每次都算了：读一次就留在手边。",
)
def read_each_time(ops, n):
    reads = sum(len(op.replace("r", "")) for op in ops)
    return (reads + 1) * n * 4


@fused_bytes.mistake(
    en="The result is missing: it has to be written, too.",
    zh="漏了结果：它也要写回去。",
)
def nothing_written(ops, n):
    return len(set("".join(ops)) - {"r"}) * n * 4


@fused_bytes.mistake(
    en="These are numbers, not bytes: a float of 32 bits has 4.",
    zh="这是数的个数，不是字节：32 位浮点数有 4 字节。",
)
def numbers_not_bytes(ops, n):
    return (len(set("".join(ops)) - {"r"}) + 1) * n


@fused_bytes.mistake(
    en='Results in between were counted among the arrays from outside: "r" is in none of them.',
    zh='把中间结果也算成了组外的数组："r" 不是。',
)
def with_results_between(ops, n):
    return (len(set("".join(ops))) + 1) * n * 4


@fused_bytes.mistake(
    en="Every operation writes here: only the last result is needed afterwards.",
    zh="每个操作都写了一次：以后只用到最后一个结果。",
)
def every_result_written(ops, n):
    return (len(set("".join(ops)) - {"r"}) + len(ops)) * n * 4
