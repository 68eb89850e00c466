from d2lab.exercises import RandomInputs, exercise


def processes_and_size(draw: RandomInputs):
    processes = draw.size(3, 9)
    return processes, processes * draw.size(2, 99)


@exercise("all-reduce", order=2, zh="环上发多少字节", en="Bytes round the ring", arguments=processes_and_size)
def ring_bytes(n: int, size: int) -> float:
    """Return the bytes that each of n processes sends in a ring all-reduce of `size` bytes.

    求 n 个进程的环形全归约中，每个进程发送的字节数；张量共 size 字节。

    Args:
        n: processes, at least 2. 进程数，至少 2。
        size: bytes of the tensor. 张量的字节数。

    >>> ring_bytes(4, 100)
    150.0
    """
    raise NotImplementedError


@ring_bytes.solution(
    en="n - 1 steps of reduce-scatter and n - 1 of all-gather, with a chunk of size / n in each.",
    zh="归约-散播 n − 1 步，全收集 n − 1 步，每步发一块，大小是 size / n。",
)
def ring_bytes(n, size):
    return 2 * (n - 1) * size / n


@ring_bytes.mistake(
    en="Only one half: all-gather sends as much as reduce-scatter.",
    zh="只算了一半：全收集发的和归约-散播一样多。",
)
def one_half(n, size):
    return (n - 1) * size / n


@ring_bytes.mistake(
    en="One step too many in each half: a chunk has n - 1 links to go, not n.",
    zh="每半多了一步：一块只需走 n − 1 条链路，不是 n 条。",
)
def one_step_more(n, size):
    return 2 * size


@ring_bytes.mistake(
    en="A message is a chunk, not the whole tensor: divide by n.",
    zh="一条消息是一块，不是整个张量：要除以 n。",
)
def whole_tensors(n, size):
    return 2 * (n - 1) * size


@ring_bytes.mistake(
    en="One chunk each way: each half has n - 1 steps.",
    zh="每半只发了一块：每半有 n − 1 步。",
)
def one_chunk(n, size):
    return 2 * size / n


@ring_bytes.mistake(
    en="The fraction is upside down: the bytes stay below twice the size.",
    zh="分数弄反了：发送的字节不会超过两倍。",
)
def upside_down(n, size):
    return 2 * n * size / (n - 1)
