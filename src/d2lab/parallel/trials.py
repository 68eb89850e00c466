"""Small trainings that several processes share: what a step takes, and what each process holds after some.

They are called by `processes.in_processes`, for lessons and claims; all processes run on one machine, so a time is that
of its cores and of its loopback, not of a network.
"""

import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from d2lab.data.batches import Part
from d2lab.parallel.data_parallel import shard_weights, whole

KINDS = "one", "apart", "shared", "exchange"


def step_seconds(
    rank: int, processes: int, width: int, layers: int, batch: int, rounds: int = 7, steps: int = 3
) -> dict[str, list[float]]:
    """Time steps of gradient descent, four kinds interleaved within each round; the same numbers on each process.

    - one: process 0 computes the gradient of the whole batch, the others wait;
    - apart: each computes that of its part of the batch, and nothing is exchanged;
    - shared: each computes that of its part, and all average it: data parallelism;
    - exchange: all average a gradient of that size, and nothing is computed.

    Args:
        rank: number of this process.
        processes: how many there are, in the default group.
        width: units of each layer and of the inputs.
        layers: number of linear layers.
        batch: examples of the whole batch.
        rounds: how often each kind is timed, after a first round that is not counted.
        steps: of a lap.

    Returns:
        Seconds a step by kind, one for each round, between two moments at which all processes were ready.
    """
    import torch.distributed as dist

    torch.manual_seed(0)
    model = nn.Sequential(*(part for _ in range(layers) for part in (nn.Linear(width, width), nn.ReLU())))
    inputs, empty = torch.randn(batch, width), [torch.zeros_like(p) for p in model.parameters()]
    own = inputs[Part(rank, processes).rows(batch)]

    def gradient(some: Tensor) -> list[Tensor]:
        return list(torch.autograd.grad(model(some).square().mean(), list(model.parameters())))

    work: dict[str, Callable[[], object]] = {
        "one": lambda: gradient(inputs) if rank == 0 else None,
        "apart": lambda: gradient(own),
        "shared": lambda: average(gradient(own)),
        "exchange": lambda: average(empty),
    }
    laps: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for turn in range(rounds + 1):
        for kind in KINDS:
            dist.barrier()
            begin = time.perf_counter()
            for _ in range(steps):
                work[kind]()
            dist.barrier()
            if turn:
                laps[kind].append((time.perf_counter() - begin) / steps)
    everywhere: list[Any] = [laps]
    dist.broadcast_object_list(everywhere, src=0)
    return everywhere[0]  # type: ignore[no-any-return]


def average(gradients: list[Tensor]) -> Tensor:
    """Return the mean over all processes of what each computed, in one flat tensor and one all-reduce.

    Args:
        gradients: of this process, the same shapes everywhere.
    """
    import torch.distributed as dist

    flat = torch.cat([each.flatten() for each in gradients])
    dist.all_reduce(flat)
    return flat / dist.get_world_size()


def trained(rank: int, processes: int, rows: list[int], steps: int, method: str) -> dict[str, Any]:
    """Train a small network on nine examples in double precision; return the weights that a process ends with.

    Args:
        rank: number of this process.
        processes: how many there are, in the default group.
        rows: how many of the nine examples each process has, one after the other.
        steps: of gradient descent.
        method: "plain" averages gradients, "weighted" weighs each by its share of the batch, "sharded" is torch's
            `fully_shard`, which averages.

    Returns:
        weights: all of them, as one list; held: how many of these numbers the process keeps.
    """
    import torch.distributed as dist

    model, inputs, targets = nine_examples()
    first = sum(rows[:rank])
    inputs, targets = inputs[first : first + rows[rank]], targets[first : first + rows[rank]]
    share = rows[rank] * processes / sum(rows)
    if method == "sharded":
        shard_weights(model, torch.device("cpu"))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = functional.cross_entropy(model(inputs), targets) * (share if method == "weighted" else 1)
        loss.backward()  # type: ignore[no-untyped-call]
        if method != "sharded":  # which averages by itself
            gradients = [p.grad for p in model.parameters() if p.grad is not None]
            for gradient in gradients:
                dist.all_reduce(gradient)
                gradient.div_(processes)
        optimizer.step()
    parts = [p.to_local() if hasattr(p, "to_local") else p for p in model.parameters()]
    weights = torch.cat([whole(p.detach()).flatten() for p in model.parameters()])
    return {"weights": weights.tolist(), "held": sum(part.numel() for part in parts)}


def trained_each(rank: int, processes: int, parts: dict[str, list[int]], steps: int) -> dict[str, dict[str, Any]]:
    """Call `trained` by several methods, one after the other: starting a group once is cheaper.

    Args:
        rank: number of this process.
        processes: how many there are, in the default group.
        parts: by method, how many examples each process has.
        steps: of gradient descent.
    """
    return {method: trained(rank, processes, rows, steps, method) for method, rows in parts.items()}


def nine_examples() -> tuple[nn.Sequential, Tensor, Tensor]:
    """Return a network, nine inputs and their classes: the same in every process."""
    draw = torch.Generator().manual_seed(0)
    model = nn.Sequential(nn.Linear(20, 16), nn.Tanh(), nn.Linear(16, 5)).double()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(0.3 * torch.randn(parameter.shape, generator=draw))
    inputs = torch.randn(9, 20, generator=draw, dtype=torch.float64)
    return model, inputs, torch.randint(5, (9,), generator=draw)


def trained_alone(steps: int) -> list[float]:
    """Return the weights after as many steps on the whole batch, in one process without a group.

    Args:
        steps: of gradient descent.
    """
    model, inputs, targets = nine_examples()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    for _ in range(steps):
        optimizer.zero_grad()
        functional.cross_entropy(model(inputs), targets).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return torch.cat([p.detach().flatten() for p in model.parameters()]).tolist()
