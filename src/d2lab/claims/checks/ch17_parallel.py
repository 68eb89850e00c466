"""Chapter 17: data and model parallelism, when they pay, and a network that matches its devices."""

import math
from itertools import pairwise
from statistics import median

import torch
from torch import Tensor, nn
from torch.nn import functional

from d2lab.claims.claim import claim
from d2lab.claims.decide import Verdict
from d2lab.claims.evidence import Evidence
from d2lab.parallel.cost import Link, all_reduce_s, busiest_bytes, step_s
from d2lab.parallel.pipeline import gpipe
from d2lab.parallel.pipeline_run import pipeline_gradients
from d2lab.parallel.processes import in_processes
from d2lab.parallel.split_batch import replicate, split_batch_gradients
from d2lab.parallel.stages import balanced_stages
from d2lab.parallel.trials import step_seconds, trained_alone, trained_each

SIZES = 784, 1024, 1024, 10
BATCH = 256


def gradients_of(model: nn.Module) -> Tensor:
    """Return the gradients of all parameters as one vector."""
    return torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])


def parameters_of(model: nn.Module) -> int:
    """Count the parameters."""
    return sum(p.numel() for p in model.parameters())


@claim(
    chapter=17,
    kind="identity",
    budget_s=2,
    en="Data parallelism splits the batch: each GPU has all parameters, and it is usually the faster way. Model "
    "parallelism splits the model over GPUs, for models that do not fit into one.",
    zh="数据并行切分小批量，每个 GPU 都有全部参数，通常更快；模型并行把模型切到几个 GPU 上，用于放不下的模型。",
    scope="speed counted in ticks, with a network that costs nothing; without micro-batches the stages of a split "
    "model take turns",
    scope_zh="速度按时钟拍数，不计通信；不切微批量时，模型并行的各段轮流工作",
)
def data_parallelism_splits_the_batch_model_parallelism_the_model() -> Evidence:
    torch.manual_seed(0)
    layers = [nn.Linear(a, b) for a, b in pairwise(SIZES)]
    model = nn.Sequential(layers[0], nn.ReLU(), layers[1], nn.ReLU(), layers[2]).double()
    inputs, targets = torch.randn(BATCH, SIZES[0], dtype=torch.float64), torch.randint(SIZES[-1], (BATCH,))
    functional.cross_entropy(model(inputs), targets).backward()  # type: ignore[no-untyped-call]
    whole, count = gradients_of(model).clone(), parameters_of(model)

    data_gap, copies = of_replicas(model, inputs, targets, whole)
    model_gap, fullest, same = of_stages(model, inputs, targets, whole)
    sent, activations = 4 * busiest_bytes("ring", 2, float(count)), 4 * 2 * BATCH * SIZES[1]
    idle, idle_of_eight = gpipe(2, 1).bubble_share, gpipe(2, 8).bubble_share
    right = max(data_gap, model_gap) <= 1e-12 and same and copies == 1 and fullest < 0.6
    slower = idle >= 0.5 > idle_of_eight > 0  # two stages in turn are as slow as one device; a half batch is not
    return Evidence(
        value={
            "difference": max(data_gap, model_gap),
            "fullest": fullest,
            "copies": copies,
            "idle": idle,
            "idle_of_eight": idle_of_eight,
            "data_mb": sent / 1e6,
            "model_mb": activations / 1e6,
        },
        bound="gradients of both at most 1e-12 from those of one device; every replica has all parameters, no stage "
        "0.6 of them; of two stages without micro-batches half the ticks are idle",
        bound_zh="两种方法的梯度与单设备相差至多 1e-12；每个副本有全部参数，每段都不到 0.6；不切微批量时两段有一半的拍"
        "闲着",
        verdict="does not hold" if not right else "holds in scope" if slower else "not decided",
        n=count,
        why_en="Both give the gradient of one device. A replica holds all parameters and sends {data_mb:.1f} MB a "
        "step, however small the batch; the larger stage holds {fullest:.0%} of them, and {model_mb:.1f} MB cross the "
        "cut, which grow with the batch. Two halves of a batch run at once; two stages take turns and idle for "
        "{idle:.0%} of the time, with eight micro-batches for {idle_of_eight:.0%}.",
        why_zh="两种方法都得到单设备的梯度。副本有全部参数，每步发送 {data_mb:.1f} MB，批量再小也一样；较大的一段只有 "
        "{fullest:.0%} 的参数，收发共 {model_mb:.1f} MB，随批量增长。两半小批量同时算；两段模型轮流算，闲着 {idle:.0%}"
        " 的时间，切成八个微批量还闲 {idle_of_eight:.0%}。",
    )


def of_replicas(model: nn.Sequential, inputs: Tensor, targets: Tensor, whole: Tensor) -> tuple[float, float]:
    """Split the batch; return how far gradients are from the whole one, and the least share of parameters held."""
    replicas = replicate(model, [torch.device("cpu")] * 2)
    split_batch_gradients(replicas, functional.cross_entropy, inputs, targets)
    gap = max(float((gradients_of(each) - whole).abs().max()) for each in replicas)
    return gap, min(parameters_of(each) for each in replicas) / parameters_of(model)


def of_stages(model: nn.Sequential, inputs: Tensor, targets: Tensor, whole: Tensor) -> tuple[float, float, bool]:
    """Split the model; return the same gap, the largest share of parameters held, and whether outputs are equal."""
    stages = [model[cut] for cut in balanced_stages([parameters_of(layer) for layer in model], 2)]
    same = torch.equal(stages[1](stages[0](inputs)), model(inputs))
    pipeline_gradients(stages, functional.cross_entropy, inputs, targets, gpipe(2, 4))
    gap = float((torch.cat([gradients_of(stage) for stage in stages]) - whole).abs().max())
    return gap, max(parameters_of(stage) for stage in stages) / parameters_of(model), same


@claim(
    chapter=17,
    kind="measurement",
    budget_s=25,
    en="In data parallelism every GPU gets all parameters.",
    zh="数据并行时，每个 GPU 会得到所有的参数。",
    scope="replicas, as DDP keeps them; fully sharded data parallelism keeps a part in each",
    scope_zh="DDP 那样的副本；完全分片的数据并行（FSDP）每个设备只存一份",
    covers=("GPUs of different speed may get parts of different size: then gradients must be weighed by them",),
)
def every_gpu_gets_all_parameters_in_data_parallelism() -> Evidence:
    parts = {"weighted": [6, 3], "plain": [6, 3], "sharded": [4, 4]}
    answers = in_processes(trained_each, 2, parts, 3)
    alone = trained_alone(3)

    def off(name: str) -> float:
        return float(max(abs(a - b) for a, b in zip(answers[0][name]["weights"], alone, strict=True)))

    apart = sum(answers[0][name]["weights"] != answers[1][name]["weights"] for name in parts)
    held, sharded = (answers[0][name]["held"] / len(alone) for name in ("weighted", "sharded"))
    right = apart == 0 and held == 1 and off("weighted") <= 1e-12
    scoped = sharded < 0.75 and off("plain") > 1e-6
    return Evidence(
        value={
            "held": held,
            "sharded": sharded,
            "apart": apart,
            "plain": off("plain"),
            "weighted": off("weighted"),
        },
        bound="after three steps of two processes: equal weights on both, all of them on each; in scope if sharded "
        "processes hold less than 0.75",
        bound_zh="两个进程走三步之后：两边的参数相同，每边都有全部；分片时若每个进程不到 0.75，就只在范围内成立",
        verdict="does not hold" if not right else "holds in scope" if scoped else "holds",
        n=len(alone),
        counterexample="fully_shard: each of two processes holds half" if scoped else "",
        counterexample_zh="fully_shard：两个进程各存一半" if scoped else "",
        why_en="Each of two processes (gloo, one processor) holds {held:.0%} of the weights, and both are equal to "
        "the bit after every run. With fully_shard each holds {sharded:.0%}. With parts of 6 and 3 examples a plain "
        "mean of gradients ends {plain:.1g} from one process; weighed by their sizes it ends {weighted:.1g} from it.",
        why_zh="两个进程（gloo，同一处理器）各有 {held:.0%} 的参数，每次训练后两边逐位相同；用 fully_shard 时各存 "
        "{sharded:.0%}。两份是 6 个和 3 个样本时，直接平均梯度，与单进程相差 {plain:.1g}；按份额加权，相差 "
        "{weighted:.1g}。",
    )


@claim(
    chapter=17,
    kind="measurement",
    budget_s=15,
    en="Parallelism pays where computation takes longer than synchronizing the parameters.",
    zh="计算所需的时间长于同步参数所需的时间，并行化开销的相关性较小时，并行化才能体现出优势。",
    scope="two processes of one processor over gloo, where nothing overlaps",
    scope_zh="同一处理器的两个进程，用 gloo，计算与通信不重叠",
    smoke={"rounds": 1, "large": (64, 2, 512)},
)
def parallelism_pays_where_computation_outlasts_the_exchange(
    rounds: int = 9, small: tuple[int, int, int] = (64, 2, 64), large: tuple[int, int, int] = (256, 2, 8192)
) -> Evidence:
    seconds = []
    for width, layers, batch in (small, large):
        laps = in_processes(step_seconds, 2, width, layers, batch, rounds)[0]
        seconds.append({kind: median(times) for kind, times in laps.items()})
    gains = [each["one"] / each["shared"] for each in seconds]
    shares = [each["exchange"] / each["apart"] for each in seconds]
    ceiling = seconds[1]["one"] / seconds[1]["apart"]
    return Evidence(
        value={
            "large_gain": gains[1],
            "small_gain": gains[0],
            "large_share": shares[1],
            "small_share": shares[0],
            "ceiling": ceiling,
        },
        bound="the exchange takes longer than a half's computation, and two processes are slower than one; it takes "
        "less than 0.3 of it, and they are at least 1.1 times as fast. Not decided where two that exchange nothing "
        "are not 1.2 times as fast, for then no two cores are free",
        bound_zh="同步比计算半个小批量还久，两个进程就比一个慢；同步不到它的 0.3，两个就至少快到 1.1 倍。若互不通信的"
        "两个进程也快不到 1.2 倍，说明没有两个空闲的核，不作判断",
        verdict=paying(gains, shares, ceiling),
        n=rounds,
        why_en="A small network exchanges for {small_share:.1f} times as long as it computes, and two processes have "
        "{small_gain:.2f} times the speed of one. A large batch exchanges for {large_share:.2f} of that time, and they "
        "have {large_gain:.2f} times the speed; {ceiling:.2f} would be the most on these two cores. For n devices "
        "without overlap the limit is not 1 but n - 1: the exchange may take n - 1 times a part's computation.",
        why_zh="小网络同步的时间是计算的 {small_share:.1f} 倍，两个进程的速度是一个的 {small_gain:.2f} 倍。大批量时同步"
        "只是计算的 {large_share:.2f}，速度是 {large_gain:.2f} 倍；这两个核上最多能到 {ceiling:.2f} 倍。n 个设备又不"
        "重叠时，界限不是 1，而是 n − 1：同步可以长到一份计算的 n − 1 倍。",
    )


def paying(gains: list[float], shares: list[float], ceiling: float) -> Verdict:
    """Return the verdict on a small and a large network, from gains over one process and exchange over computation."""
    if shares[0] <= 1 or shares[1] >= 0.3 or ceiling < 1.2:
        return "not decided"
    return "holds in scope" if gains[0] < 1 and gains[1] >= 1.1 else "does not hold"


@claim(
    chapter=17,
    kind="identity",
    budget_s=1,
    en="The speed of GPUs and that of the network must match.",
    zh="GPU 的速度和网络的带宽要互相匹配。",
    scope="a model of latency and bandwidth, eight devices and a ring, exchange overlapped with computation",
    scope_zh="延迟加带宽的模型，八个设备的环，通信与计算重叠",
)
def speed_of_gpus_and_network_must_match() -> Evidence:
    devices, gradient, compute = 8, 4.0 * 25_557_032, 0.1  # a ResNet-50 in 32 bits, seconds a step

    def seconds(bandwidth: float, faster: float = 1.0) -> float:
        exchange = all_reduce_s("ring", devices, gradient, Link(1e-5, bandwidth))
        return step_s(compute / faster, exchange, overlap=True)

    sweep = [10 ** (8 + step / 40) for step in range(121)]  # 0.1 to 100 GB/s
    knee = min(bandwidth for bandwidth in sweep if seconds(bandwidth) <= compute)
    exact = busiest_bytes("ring", devices, gradient) / (compute - 2 * (devices - 1) * 1e-5)
    off = abs(math.log10(knee / exact))
    below, above = knee / 4, 4 * knee
    gpu = [seconds(bandwidth) / seconds(bandwidth, faster=2.0) for bandwidth in (below, above)]
    network = [seconds(bandwidth) / seconds(2 * bandwidth) for bandwidth in (below, above)]
    matches = max(gpu[0], network[1]) < 1.01 and min(gpu[1], network[0]) > 1.9 and off <= 1 / 40
    return Evidence(
        value={
            "knee": knee / 1e9,
            "gpu_below": gpu[0],
            "gpu_above": gpu[1],
            "network_below": network[0],
            "network_above": network[1],
            "efficiency_below": compute / seconds(below),
        },
        bound="below the knee twice the GPU gains at most 1.01 and twice the network at least 1.9 times; above it the "
        "other way round; the knee lies where the exchange takes as long as the computation",
        bound_zh="拐点以下，GPU 快一倍至多快到 1.01 倍，网络快一倍至少快到 1.9 倍；拐点以上正好相反；拐点处同步与计算"
        "一样久",
        verdict="holds in scope" if matches else "does not hold",
        n=len(sweep),
        why_en="Computing 0.1 s a step and averaging the gradients of a ResNet-50, eight devices need {knee:.2f} GB/s. "
        "At a quarter of that they compute {efficiency_below:.0%} of the time, twice as fast a GPU gains "
        "{gpu_below:.2f} times and twice the network {network_below:.2f}; at four times that it is {gpu_above:.2f} and "
        "{network_above:.2f}. Money for the faster of the two is lost.",
        why_zh="每步计算 0.1 秒、平均 ResNet-50 的梯度，八个设备需要 {knee:.2f} GB/s。带宽只有四分之一时，"
        "{efficiency_below:.0%} 的时间在计算，GPU 快一倍只快到 {gpu_below:.2f} 倍，网络快一倍快到 "
        "{network_below:.2f} 倍；带宽四倍时是 {gpu_above:.2f} 和 {network_above:.2f}。"
        "钱花在本来就快的那一边，等于白花。",
    )
