"""Chapter 17: operations in a queue, and transfers in many pieces or few."""

import os
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from statistics import median

import torch

from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence
from d2lab.core.device import devices, synchronize
from d2lab.core.timing import median_seconds, time_interleaved
from d2lab.parallel.work_queue import queued_s, run_queue

SIZE, PIECE = 1 << 24, 1 << 10  # bytes: 16 MiB, in one transfer or in 16,384
OPERATIONS, ISSUE_S, WORK_S = 20, 0.001, 0.002  # of the back end that is a thread; it sleeps, so that no core is short
Transfer = Callable[[], object]


def accelerators() -> list[torch.device]:
    """List the devices of this machine but its processor."""
    return [device for device in devices() if device.type != "cpu"]


def returned_share(device: torch.device, side: int = 512) -> float:
    """Return how far into its time a product has come when the call returns, from 0 to 1; median of 15."""
    a, shares = torch.randn(side, side, device=device), []
    for _ in range(16):
        synchronize(device)
        begin = time.perf_counter()
        product = a @ a
        returned = time.perf_counter()
        product[0, 0].item()  # waits, wherever the product is computed
        shares.append((returned - begin) / (time.perf_counter() - begin))
    return median(shares[1:])


def issued_share(side: int = 512, operations: int = 10) -> float:
    """Return the same of products that a thread computes from a queue, issued one after the other; median of 9."""
    a, shares = torch.randn(side, side), []
    with ThreadPoolExecutor(1) as back_end:
        for _ in range(10):
            begin = time.perf_counter()
            last = [back_end.submit(torch.mm, a, a) for _ in range(operations)][-1]
            issued = time.perf_counter()
            last.result()[0, 0].item()
            shares.append((issued - begin) / (time.perf_counter() - begin))
    return median(shares[1:])


@claim(
    chapter=17,
    kind="measurement",
    budget_s=1,
    en="Computation is asynchronous: operations are put into a queue, and Python goes on before they are done.",
    zh="异步计算：运算先排进队列，没算完，Python 就接着往下走。",
    scope="accelerators, and whatever works off a queue; torch on a processor computes before the call returns",
    scope_zh="GPU 这类加速器，以及一切从队列里取任务的后端；在 CPU 上，torch 算完才返回",
)
def operations_are_queued_and_python_goes_on() -> Evidence:
    processor, thread = returned_share(torch.device("cpu")), issued_share()
    others = [returned_share(device) for device in accelerators()]
    early = [share for share in others if share < 0.5]
    waits, goes_on = processor > 0.5, thread < 0.5 and len(early) == len(others)
    return Evidence(
        value={"processor": processor, "thread": thread, "accelerators": len(others), "early": len(early)},
        bound="asynchronous: returned before half of the time is over. Holds if the processor's calls do; depends on "
        "hardware if they do not, and a queue worked off by a thread, and each accelerator here, do",
        bound_zh="时间没过一半就返回，算异步。CPU 上的调用若是异步，成立；若不是，而线程处理的队列以及这台机器上的每个"
        "加速器都是，则视硬件而定",
        verdict="depends on hardware" if waits and goes_on else "does not hold" if waits else "holds",
        n=15,
        why_en="A product of 512 x 512 on the processor has taken {processor:.0%} of its time when the call returns: "
        "torch computes first. Ten of them handed to a thread are issued in {thread:.1%} of the time until the last "
        "is done. Accelerators on this machine: {accelerators}, of which {early} returned early; that CUDA and MPS do "
        "is what torch documents. A clock that does not wait shows the issuing alone there.",
        why_zh="在 CPU 上算 512 × 512 的乘积，调用返回时已经用掉了 {processor:.0%} 的时间：torch 是算完才返回的。"
        "交给一个线程去算十次，下发只用了全部时间的 {thread:.1%}。这台机器上的加速器有 {accelerators} 个，提前返回的有 "
        "{early} 个；CUDA 和 MPS 会提前返回，是 torch 文档的说法。在那里不等就看表，量到的只是下发的时间。",
    )


@claim(
    chapter=17,
    kind="identity",
    budget_s=2,
    en="A front end issues operations and a back end executes them: 10,000 operations take 10,000 t2 instead of 10,000 "
    "(t1 + t2 + t3).",
    zh="前端下发，后端执行：10000 次运算的时间从 10000 (t1 + t2 + t3) 变成 10000 t2。",
    scope="t2 at least t1 (the notes ask for 10,000 t2 > 9,999 t1), results read once at the end; short of t1 + t3",
    scope_zh="t2 不小于 t1（笔记的条件是 10000 t2 > 9999 t1），而且只在最后取一次结果；另差 t1 + t3",
)
def front_and_back_end_work_at_once(draws: int = 100, operations: int = 10_000) -> Evidence:
    times = torch.rand(draws, 3, dtype=torch.float64).add(0.01).tolist()
    gaps: list[float] = []
    large: list[float] = []
    small: list[float] = []
    rest: list[float] = []
    for issue, work, read in times:
        equal = [issue] * operations, [work] * operations
        queued = run_queue(*equal, waits=[operations - 1], read_s=read).total_s
        gaps.append(abs(queued / queued_s(issue, work, read, operations) - 1))
        (large if work >= issue else small).append(queued / (operations * work))
        if work >= issue:
            rest.append(abs(queued - operations * work - issue - read))
    as_said = max(gaps) < 1e-9 and max(rest) < 1e-6 and max(large) < 1.1 and min(small) > 1
    return Evidence(
        value={"large": max(large), "small": max(small), "gap": max(gaps), "rest": max(rest), "cases": len(large)},
        bound="simulated time equals t1 + t2 + t3 + (n - 1) max(t1, t2) to 1e-9; where t2 >= t1 it is n t2 + t1 + t3, "
        "and elsewhere longer than n t2",
        bound_zh="模拟的时间与 t1 + t2 + t3 + (n − 1) max(t1, t2) 相差不到 1e-9；t2 ≥ t1 时等于 n t2 + t1 + t3，否则比 "
        "n t2 长",
        verdict="holds in scope" if as_said else "does not hold",
        n=draws,
        why_en="In {cases} of 100 drawn cases t2 is t1 or more: the back end is never idle, and the time is n t2 and "
        "the first issue and the last result, at most {large:.3f} times n t2. In the others issuing is the slower "
        "lane and the time is n t1, up to {small:.1f} times n t2: the back end waits.",
        why_zh="抽的 100 组里有 {cases} 组 t2 不小于 t1：后端一刻不闲，时间是 n t2 加上第一次下发和最后一次取结果，"
        "最多是 n t2 的 {large:.3f} 倍。其余各组下发更慢，时间约为 n t1，最多是 n t2 的 {small:.1f} 倍：轮到后端等。",
    )


def memory_transfer(piece: int) -> Transfer:
    """Return a copy within memory in pieces of so many bytes."""
    source, target = torch.ones(SIZE, dtype=torch.uint8), torch.zeros(SIZE, dtype=torch.uint8)
    pieces = list(zip(target.view(-1, piece), source.view(-1, piece), strict=True))
    return lambda: [there.copy_(here) for there, here in pieces]


@contextmanager
def file_transfer() -> Iterator[Callable[[int], Transfer]]:
    """Open a file without a buffer of Python's; yield what makes a transfer of writes of so many bytes."""
    with tempfile.TemporaryFile(buffering=0) as file:

        def transfer(piece: int) -> Transfer:
            pieces = pieces_of(piece)

            def write() -> None:
                file.seek(0)
                for part in pieces:
                    file.write(part)

            return write

        yield transfer


@contextmanager
def socket_transfer() -> Iterator[Callable[[int], Transfer]]:
    """Open a TCP connection on this machine, whose other end answers when all has come."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as near:
        near.settimeout(60)
        far, _ = server.accept()
        near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # each piece leaves at once
        reader = threading.Thread(target=receive, args=(far,))
        reader.start()

        def transfer(piece: int) -> Transfer:
            pieces = pieces_of(piece)

            def send() -> None:
                for part in pieces:
                    near.sendall(part)
                near.recv(1)

            return send

        try:
            yield transfer
        finally:
            near.shutdown(socket.SHUT_WR)
            reader.join()


def pieces_of(piece: int) -> list[memoryview]:
    """Cut random bytes into pieces."""
    data = memoryview(os.urandom(SIZE))
    return [data[at : at + piece] for at in range(0, SIZE, piece)]


def receive(connection: socket.socket) -> None:
    """Take in what comes, and answer after every SIZE bytes, until the other end is closed."""
    left, buffer = SIZE, bytearray(1 << 20)
    with connection:
        while got := connection.recv_into(buffer):
            left -= got
            if left <= 0:
                left += SIZE
                connection.sendall(b"!")


def slower_in_pieces(transfer: Callable[[int], Transfer], rounds: int = 9) -> float:
    """Return how many times as long a transfer takes in small pieces as in one; medians, interleaved."""
    laps = time_interleaved({"whole": transfer(SIZE), "pieces": transfer(PIECE)}, rounds)
    return median(laps["pieces"]) / median(laps["whole"])


@claim(
    chapter=17,
    kind="measurement",
    budget_s=5,
    en="Devices have an overhead, so transfer much at a time and seldom, not little and often: in RAM, on solid state "
    "drives, networks and GPUs.",
    zh="设备有运行开销，因此数据传输要争取量大次少，而不是量少次多：RAM、固态硬盘、网络和 GPU 都是如此。",
    scope="memory, writes to a file through the system's cache, TCP within one machine; no GPU, drive or cable",
    scope_zh="内存、经过系统缓存写文件、本机之内的 TCP；没有测 GPU、硬盘本身和网线",
)
def few_large_transfers_beat_many_small_ones() -> Evidence:
    memory = slower_in_pieces(memory_transfer)
    with file_transfer() as transfer:
        file = slower_in_pieces(transfer)
    with socket_transfer() as transfer:
        network = slower_in_pieces(transfer)
    least = min(memory, file, network)
    return Evidence(
        value={"least": least, "memory": memory, "file": file, "network": network},
        bound="16,384 transfers of 1 KiB take more than 1.5 times as long as one of 16 MiB, each of three ways",
        bound_zh="三种途径都是：16,384 次 1 KiB，用时超过一次 16 MiB 的 1.5 倍",
        verdict="holds in scope" if least > 1.5 else "does not hold",
        n=9,
        why_en="Every call has a latency whatever its bytes. In 1 KiB pieces the same 16 MiB took {memory:.1f} times "
        "as long within memory, {file:.0f} times into a file, {network:.1f} times through a socket. Most of it is the "
        "call itself, into Python, torch and the system, not the medium; a drive, a cable or a GPU adds latency of its "
        "own, which was not measured here.",
        why_zh="每次调用都有一份与字节数无关的延迟。同样是 16 MiB，切成 1 KiB 一块，在内存里复制用了 {memory:.1f} 倍的"
        "时间，写文件 {file:.0f} 倍，走套接字 {network:.1f} 倍。这里大半是调用本身（Python、torch、操作系统）的开销，"
        "不是介质的；硬盘、网线、GPU 还有自己的延迟，这里没有测。",
    )


def slower_when_waiting() -> float:
    """Return how many times as long a queue takes whose every result is waited for as one waited for at the end."""
    with ThreadPoolExecutor(1) as back_end:

        def run(waits: bool) -> None:
            for number in range(OPERATIONS):
                time.sleep(ISSUE_S)
                result = back_end.submit(time.sleep, WORK_S)
                if waits or number == OPERATIONS - 1:
                    result.result()

        laps = time_interleaved({"each": lambda: run(True), "last": lambda: run(False)}, 9)
    return median(laps["each"]) / median(laps["last"])


def slower_across(device: torch.device, pieces: int = 4096) -> float:
    """Return how many times as long 4 MiB take to a device in pieces as in one, read back by a wait at the end."""
    source, target = torch.ones(pieces, 256), torch.zeros(pieces, 256, device=device)
    pairs = list(zip(target, source, strict=True))
    small = median_seconds(lambda: [there.copy_(here) for there, here in pairs], device)
    return small / median_seconds(lambda: target.copy_(source), device)


@claim(
    chapter=17,
    kind="measurement",
    budget_s=3,
    en="Do not transfer data between CPU and GPU often.",
    zh="不要频繁在 CPU 和 GPU 之间传输数据。",
    scope="an accelerator with memory of its own",
    scope_zh="有自己内存的加速器",
)
def copying_between_processor_and_gpu_often_is_slow() -> Evidence:
    found = [slower_across(device) for device in accelerators()]
    waiting, within = slower_when_waiting(), slower_across(torch.device("cpu"))
    slow = min(found, default=0.0)
    return Evidence(
        value={"across": slow, "accelerators": len(found), "waiting": waiting, "within": within},
        bound="4,096 copies to an accelerator take more than 3 times as long as one of as many bytes, on each that is "
        "here; without one, not decided, whatever the stand-ins say",
        bound_zh="这台机器上的每个加速器：同样多的字节，4,096 次复制用时超过一次的 3 倍；没有加速器就是尚无定论，替代的"
        "测量不算",
        verdict="not decided" if not found else "holds in scope" if slow > 3 else "depends on hardware",
        n=9,
        why_en="Accelerators here: {accelerators}; with none, nothing was copied between two memories (shown as "
        "{across:.0f}). Two stand-ins on the processor: 4,096 copies of 1 KiB within memory took {within:.0f} times as "
        "long as one of 4 MiB, and a queue whose every result is waited for {waiting:.1f} times as long as one that is "
        "waited for at the end. Where processor and GPU share a memory the first cost can vanish, the second does not.",
        why_zh="这台机器上的加速器有 {accelerators} 个；没有的话，两块内存之间什么都没有复制过（记作 {across:.0f}）。"
        "CPU 上有两个替代：在内存里复制 4,096 次 1 KiB，用时是一次 4 MiB 的 {within:.0f} 倍；一个队列，每个结果都等，"
        "用时是只在最后等一次的 {waiting:.1f} 倍。CPU 与 GPU 共用内存时，前一种代价可能消失，后一种不会。",
    )
