"""Chapter 13: devices and the ways between them."""

import threading
import time
from collections.abc import Callable
from statistics import median

import torch
from torch import nn

from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence
from d2lab.core.device import PREFERENCE, available_devices, numbered, require_same_device, resolve_device
from d2lab.core.errors import ConfigError
from d2lab.core.timing import time_interleaved


@claim(
    chapter=13,
    kind="definition",
    en="The devices cuda and cuda:0 are the same.",
    zh="cuda 与 cuda:0 是同一个设备。",
    covers=("cpu means all processors and their memory, however many there are",),
)
def cuda_and_cuda_0_are_the_same() -> Evidence:
    bare, first = torch.device("cuda"), torch.device("cuda:0")
    equal = int(bare == first)
    processor = int(numbered(torch.device("cpu:0")) == torch.device("cpu") == torch.ones(1).device)
    return Evidence(
        value={"equal": equal, "processor": processor},
        bound="equal: 1",
        verdict="holds" if equal else "does not hold",
        n=1,
        counterexample="" if equal else "torch.device('cuda') != torch.device('cuda:0')",
        why_en="A bare cuda has no number: it means the present card, which is card 0 only until set_device names "
        "another, and a comparison of the two says no. The processor is one device by any name.",
        why_zh="不带编号的 cuda 指当前的卡，只有在没用 set_device 换卡之前才是 0 号；直接比较两者，结果是不相等。"
        "CPU 则不管怎么写都是同一个设备。",
    )


@claim(
    chapter=13,
    kind="definition",
    en="A program that asks for the best device runs anywhere: where there is no accelerator it gets the processor.",
    zh="向程序要“最好的设备”，代码在哪里都能跑：没有加速卡时就退回 CPU。",
)
def the_best_device_falls_back_to_the_processor() -> Evidence:
    chosen, here = resolve_device(), available_devices()
    refused = 0
    for name in ("cuda:99", "mps" if "mps" not in here else "xpu"):  # asked for by name and not there
        try:
            resolve_device(name)
        except ConfigError:
            refused += 1
    falls_back = chosen.type == here[0] and here[-1] == "cpu" and float(torch.ones(2, device=chosen).sum()) == 2
    return Evidence(
        value={"refused": refused, "kinds": len(PREFERENCE)},
        bound="the first of the kinds that work here, the processor last; 2 absent devices named are refused",
        verdict="holds" if falls_back and refused == 2 else "does not hold",
        n=len(here),
        why_en="The processor ends the list of {kinds} kinds, Apple's and Intel's among them, which the notes' try_gpu "
        "leaves out. A device asked for by name is no wish for the best: absent ones are refused, not replaced.",
        why_zh="列表共 {kinds} 种设备，以 CPU 收尾，其中有笔记的 try_gpu 没有考虑的苹果与英特尔的卡。指名要某个设备则"
        "另当别论：没有就报错，不会自动换成别的设备。",
    )


@claim(
    chapter=13,
    kind="identity",
    budget_s=20,
    en="Tensors on different devices can't be combined; torch refuses rather than copy them by itself.",
    zh="不同设备上的张量不能一起运算：torch 会报错，而不会自作主张地复制。",
    scope="all but a processor's tensor without axes, which is a mere number",
)
def tensors_of_two_devices_do_not_combine() -> Evidence:
    here, there = torch.ones(3, 3), torch.ones(3, 3, device="meta")  # a device that is everywhere
    refused = 0
    for combine in (torch.add, torch.mul, torch.matmul, torch.dot):
        try:
            combine(here[0], there[0])
        except (RuntimeError, NotImplementedError):
            refused += 1
    try:
        require_same_device(nn.Linear(3, 3), there)
    except ConfigError:
        refused += 1
    number = torch.tensor(2.0) * there
    return Evidence(
        value={"refused": refused, "exceptions": int(number.device == there.device)},
        bound="5 of 5 refused, and a number taken along",
        verdict="holds in scope" if refused == 5 and number.device == there.device else "does not hold",
        n=5,
        why_en="A copy between devices is slow, so that torch wants it written where one sees it. A tensor without "
        "axes costs nothing to hand over, and is the exception.",
        why_zh="设备之间的复制很慢，torch 要求把它写在明处。不带轴的张量只是一个数，传过去不费事，是唯一的例外。",
    )


@claim(
    chapter=13,
    kind="identity",
    en="Moving a tensor to the device where it already lies copies nothing and gives the tensor itself.",
    zh="把张量移到它本来所在的设备上，不会复制，得到的就是它自己。",
)
def moving_to_where_it_lies_copies_nothing() -> Evidence:
    given = [torch.randn(4, 4), torch.randn(4, 4, dtype=torch.float64), torch.arange(5)]
    same = sum(tensor.to(tensor.device) is tensor and tensor.cpu() is tensor for tensor in given)
    copied = sum(tensor.to(tensor.device, copy=True).data_ptr() != tensor.data_ptr() for tensor in given)
    model = nn.Linear(4, 4)
    kept = int(model.to("cpu").weight is model.weight)
    return Evidence(
        value={"same": same, "copied": copied, "model": kept},
        bound="3 of 3 the tensor itself, 3 of 3 copied where a copy is asked for, a model's weights kept",
        verdict="holds" if same == copied == 3 and kept else "does not hold",
        n=3,
        why_en="There is nothing to do, so torch does nothing: `.to(device)` may stand before every step. A change in "
        "what comes out is then a change in what went in.",
        why_zh="无事可做，torch 就什么也不做，所以每一步之前都可以放心写 `.to(device)`；不过返回的既是同一个张量，"
        "改它也就改了原来的。",
    )


@claim(
    chapter=13,
    kind="measurement",
    en="Many small copies take far longer than one large copy of as many bytes.",
    zh="字节总数相同，许多次小的复制远比一次大的复制慢。",
    budget_s=20,
)
def many_small_copies_are_slower_than_one() -> Evidence:
    source, target = torch.randn(1 << 20), torch.zeros(1 << 20)  # 4 MiB
    pieces = list(zip(target.view(-1, 256), source.view(-1, 256), strict=True))  # 4,096 of 1 KiB

    def piecemeal() -> None:
        for there, here in pieces:
            there.copy_(here)

    laps = time_interleaved({"large": lambda: target.copy_(source), "small": piecemeal}, rounds=15)
    ratio = median(laps["small"]) / median(laps["large"])
    return Evidence(
        value={"ratio": ratio, "each_us": median(laps["small"]) / len(pieces) * 1e6},
        bound="more than 3 times as long",
        verdict="holds" if ratio > 3 else "does not hold",
        n=15,
        why_en="Every call has an overhead, here {each_us:.1f} microseconds, in which memory could have moved many "
        "kilobytes. An accelerator's calls are more expensive still.",
        why_zh="每次调用本身都有开销，这里是 {each_us:.1f} 微秒，够内存搬运许多 KB；加速卡上的一次调用还要更贵。",
    )


def longest_pause(work: Callable[[], object]) -> float:
    """Return the longest pause of this thread while another works, as a share of that thread's time; median of 5."""
    shares = []
    for _ in range(5):
        other, longest = threading.Thread(target=work), 0.0
        begin = now = time.perf_counter()
        other.start()
        while other.is_alive():  # each turn is a step that another thread of Python could do
            before, now = now, time.perf_counter()
            longest = max(longest, now - before)
        shares.append(longest / (now - begin))
    return median(shares)


@claim(
    chapter=13,
    kind="measurement",
    en="Work on a tensor in one thread holds Python's global lock, so that all other threads, and the cards they feed, "
    "stand still until it ends.",
    zh="一个线程对张量的操作会占住 Python 的全局锁（GIL），其他线程以及它们驱动的 GPU 都得停下来等。",
    covers=("to print a tensor, or to read one number of it, makes the processor wait for the card",),
    budget_s=30,
)
def work_on_a_tensor_stalls_all_threads() -> Evidence:
    large = torch.randn(3_000_000)
    stalled, listed = longest_pause(large.sort), longest_pause(large.tolist)
    return Evidence(
        value={"stalled": stalled, "listed": listed},
        bound="longest pause of another thread above half of the time that the work takes",
        verdict="holds" if stalled > 0.5 else "does not hold",
        n=5,
        counterexample="a sort in one thread, a counting loop in another" if stalled <= 0.5 else "",
        why_en="Torch lets go of the lock while it computes or copies: the other thread paused for {stalled:.0%} of a "
        "sort. Only the making of Python objects keeps it ({listed:.0%} of tolist); to read one number waits for one "
        "card.",
        why_zh="torch 在计算和复制时会放开这把锁：排序期间，另一线程最长只停了其中 {stalled:.0%} 的时间。"
        "占住锁的是生成 Python 对象（tolist 期间停了 {listed:.0%}）；取一个数，要等的也只是它所在的那张卡。",
    )
