import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def chunks_and_step(draw: RandomInputs):
    processes = draw.size(3, 5)
    return draw.normal(processes, processes), draw.size(0, processes - 2)


@exercise("all-reduce", order=1, zh="环的一步", en="One step of the ring", arguments=chunks_and_step)
def ring_step(chunks: Tensor, t: int) -> Tensor:
    """Return what all processes hold after step t of reduce-scatter; t counts from 0.

    求归约-散播第 t 步（从 0 数起）之后，各进程的块。

    Process r sends its chunk r - t, modulo n, to process r + 1, which adds it to its own. All send at the same time.
    进程 r 把自己的第 r − t 块（对 n 取模）发给进程 r + 1，后者加到自己的那块上。大家同时发。

    Args:
        chunks: (n, n); row r has the chunks of process r, one number each. 第 r 行是进程 r 的各块，一块一个数。
        t: step, from 0 to n - 2. 第几步，0 到 n − 2。

    >>> ring_step(torch.tensor([[1.0, 1.0], [10.0, 10.0]]), 0).tolist()
    [[1.0, 11.0], [11.0, 10.0]]
    """
    raise NotImplementedError


@ring_step.solution(
    en="Receiver and chunk move on together, so what is added in one step is sent on in the next.",
    zh="接收者和块号一起往前走，所以这一步加好的块，下一步正好接着发。",
)
def ring_step(chunks, t):
    n = len(chunks)
    after = chunks.clone()
    for r in range(n):
        chunk = (r - t) % n
        after[(r + 1) % n, chunk] += chunks[r, chunk]
    return after


@ring_step.mistake(
    en="Sent to process r - 1: the ring goes to r + 1.",
    zh="发给了进程 r − 1：环是往 r + 1 走的。",
)
def other_way_round(chunks, t):
    n = len(chunks)
    after = chunks.clone()
    for r in range(n):
        after[(r - 1) % n, (r - t) % n] += chunks[r, (r - t) % n]
    return after


@ring_step.mistake(
    en="The wrong chunk, off by one: process r sends chunk r - t.",
    zh="块号差了一：进程 r 发的是第 r − t 块。",
)
def chunk_off_by_one(chunks, t):
    n = len(chunks)
    after = chunks.clone()
    for r in range(n):
        after[(r + 1) % n, (r - t - 1) % n] += chunks[r, (r - t - 1) % n]
    return after


@ring_step.mistake(
    en="The receiver replaced its chunk: it must add. Replacing comes in all-gather.",
    zh="接收者把自己的块换掉了：应当相加。替换是全收集的做法。",
)
def replaced(chunks, t):
    n = len(chunks)
    after = chunks.clone()
    for r in range(n):
        after[(r + 1) % n, (r - t) % n] = chunks[r, (r - t) % n]
    return after


@ring_step.mistake(
    en="The sender's chunk is gone: what is sent is a copy.",
    zh="发送者的块没了：发出去的是副本。",
)
def sender_cleared(chunks, t):
    n = len(chunks)
    after = chunks.clone()
    for r in range(n):
        after[(r + 1) % n, (r - t) % n] += chunks[r, (r - t) % n]
        after[r, (r - t) % n] -= chunks[r, (r - t) % n]
    return after


@ring_step.mistake(
    en="All sent chunk t: each process sends another one, so that all links and all sums share the work.",
    zh="大家都发第 t 块：应当各发各的，工作才分得匀。",
)
def the_same_chunk(chunks, t):
    n = len(chunks)
    after = chunks.clone()
    for r in range(n):
        after[(r + 1) % n, t] += chunks[r, t]
    return after
