"""Chapter 8: training on several devices."""

import copy
from statistics import median

import torch
from torch import nn
from torch.nn import functional

from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence
from d2lab.core.timing import time_interleaved
from d2lab.models.mlp import MLP, MLPConfig
from d2lab.parallel import all_reduce_sum, replicate, split_batch_gradients


@claim(
    chapter=8,
    kind="identity",
    en="In data parallelism the average of the devices' gradients is the gradient of the whole batch.",
    zh="数据并行时，各设备梯度的平均值就是整个批量的梯度。",
    scope="parts of equal size; else each counts by its share of the batch",
    covers=("hybrid parallelism is data parallelism between groups, each a model split over devices",),
)
def averaged_gradients_are_those_of_the_batch() -> Evidence:
    model = MLP(MLPConfig(inputs=20, hidden=(16,), classes=5, activation="tanh")).double()
    inputs, targets = torch.randn(9, 20, dtype=torch.float64), torch.randint(5, (9,))

    def gradient(part: slice) -> torch.Tensor:
        loss = functional.cross_entropy(model(inputs[part]), targets[part])
        return torch.cat([each.flatten() for each in torch.autograd.grad(loss, list(model.parameters()))])

    equal = (gradient(slice(0, 4)) + gradient(slice(4, 8))) / 2 - gradient(slice(0, 8))
    unequal = (gradient(slice(0, 5)) + gradient(slice(5, 9))) / 2 - gradient(slice(0, 9))
    replicas = replicate(model, [torch.device("cpu")] * 2)
    split_batch_gradients(replicas, functional.cross_entropy, inputs, targets)  # 5 and 4, each by its share
    sums = [parameter.grad.flatten() for parameter in replicas[1].parameters() if parameter.grad is not None]
    shared = torch.cat(sums) - gradient(slice(0, 9))
    difference, plain, weighted = (float(apart.abs().max()) for apart in (equal, unequal, shared))
    right = max(difference, weighted) <= 1e-12
    return Evidence(
        value={"difference": difference, "unequal": plain, "weighted": weighted},
        bound="at most 1e-12; in scope if parts of 5 and 4 are further off by a plain average",
        verdict="does not hold" if not right else "holds in scope" if plain > 1e-6 else "holds",
        n=sum(p.numel() for p in model.parameters()),
        counterexample="9 examples in parts of 5 and 4" if plain > 1e-6 else "",
        why_en="A mean of means is the mean only of parts of equal size (else off by {unequal:.1g}); weighted by their "
        "shares, the parts give the batch's gradient again. Two copies on one processor, not two machines.",
        why_zh="只有各份一样大时，平均值的平均才是总平均，否则相差 {unequal:.1g}；按份额加权便又得到整个批量的梯度。"
        "这里是同一处理器上的两个副本，并非两台机器。",
    )


@claim(
    chapter=8,
    kind="identity",
    en="In model parallelism, too, the devices average their gradients.",
    zh="模型并行时，各设备同样要对梯度取平均。",
)
def model_parallelism_averages_gradients() -> Evidence:
    model = nn.Sequential(nn.Linear(20, 16), nn.Tanh(), nn.Linear(16, 5)).double()
    inputs, targets = torch.randn(8, 20, dtype=torch.float64), torch.randint(5, (8,))
    whole = torch.autograd.grad(functional.cross_entropy(model(inputs), targets), list(model.parameters()))
    split = copy.deepcopy(model)
    first, second = split[:2], split[2:]  # a device each
    sent = first(inputs)
    received = sent.detach().requires_grad_()  # over the wire: activations one way,
    loss = functional.cross_entropy(second(received), targets)
    returned, *behind = torch.autograd.grad(loss, [received, *second.parameters()])
    ahead = torch.autograd.grad(sent, list(first.parameters()), returned)  # and their gradient the other
    parts = zip(whole, (*ahead, *behind), strict=True)
    difference = max(float((expected - found).abs().max()) for expected, found in parts)
    common = len({id(p) for p in first.parameters()} & {id(p) for p in second.parameters()})
    otherwise = difference <= 1e-12 and common == 0
    return Evidence(
        value={"difference": difference, "common": common},
        bound="without any averaging, at most 1e-12 from the whole model's gradient: then nothing is averaged",
        verdict="does not hold" if otherwise else "holds",
        n=sum(p.numel() for p in model.parameters()),
        counterexample="a first layer of 16 x 20 weights and a second of 5 x 16: they have no average"
        if otherwise
        else "",
        why_en="Each device holds other weights ({common} in common), whose gradient is complete on that device; what "
        "is sent is the activation at the cut and its gradient.",
        why_zh="每个设备拥有不同的参数（共有 {common} 个），梯度在本地就已完整；在设备之间传递的是切口处的激活值及其梯"
        "度。",
    )


@claim(
    chapter=8,
    kind="measurement",
    en="What data parallelism gains is limited by communication: the sum of the gradients costs the same "
    "however small the batch.",
    zh="数据并行的收益受通信限制：无论批量多小，汇总梯度的开销都一样。",
    scope="one processor: half a batch and the sum over two copies, timed one after the other",
    budget_s=20,
)
def communication_limits_data_parallelism() -> Evidence:
    model = MLP(MLPConfig(inputs=784, hidden=(1024, 1024)))
    flat = [torch.zeros(sum(p.numel() for p in model.parameters())) for _ in range(2)]

    def step(batch: int) -> None:
        loss = functional.cross_entropy(model(torch.zeros(batch, 784)), torch.zeros(batch, dtype=torch.int64))
        torch.autograd.grad(loss, list(model.parameters()))

    laps = time_interleaved(
        {"sum": lambda: all_reduce_sum(flat), "half of 16": lambda: step(8), "half of 512": lambda: step(256)}, rounds=9
    )
    seconds = {name: median(times) for name, times in laps.items()}
    small, large = (seconds["sum"] / seconds[f"half of {batch}"] for batch in (16, 512))
    return Evidence(
        value={"times": small / large, "small": small, "large": large},
        bound="the sum costs at least twice as much, in units of a device's own work, at batch 16 as at 512",
        verdict="holds" if small > 2 * large else "does not hold",
        n=9,
        why_en="The gradient is as long as the model, whatever the batch: summing it over two devices costs "
        "{large:.2f} of their own work at 512 examples and {small:.2f} at 16. A network is slower than this memory.",
        why_zh="梯度的长度等于参数量，与批量无关：在两个设备间求和的开销，批量为 512 时是各自计算量的 {large:.2f} 倍，"
        "批量为 16 时是 {small:.2f} 倍。而网络比这里的内存还要慢。",
    )
