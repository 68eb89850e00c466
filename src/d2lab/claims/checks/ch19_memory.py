"""Chapter 19: a page memorized, and how long that takes."""

from collections.abc import Callable, Iterator, Sequence
from math import exp, log, log2
from statistics import fmean

import torch
from torch import Tensor
from torch.nn import functional
from torch.optim import Optimizer

from d2lab import text
from d2lab.claims.checks.ch19_text import KINDS, letters
from d2lab.claims.claim import claim
from d2lab.claims.decide import at_least
from d2lab.claims.evidence import Evidence
from d2lab.claims.sequential import by_looks
from d2lab.core.seed import derive
from d2lab.metrics.paired import mean_interval, paired
from d2lab.models.language_rnn import LanguageRNN, LanguageRNNConfig
from d2lab.optimizers import clip_grad_norm_


def epochs_of(model: LanguageRNN, optimizer: Optimizer, ids: Tensor) -> Iterator[float]:
    """Train on a text again and again, read in order, gradients clipped to norm 1; yield the nats of each epoch."""
    while True:
        state, nats = None, []
        for inputs, targets in text.sequential_batches(ids, 8, 25):
            logits, state = model(inputs, state)
            loss = functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            state = state.detach()
            nats.append(float(loss.detach()))
        yield sum(nats) / len(nats)


def held_out_nats(model: LanguageRNN, ids: Tensor) -> float:
    """Return the mean nats of a text that is read as eight long strands."""
    (whole,) = text.sequential_batches(ids, 8, (len(ids) - 1) // 8)
    with torch.no_grad():
        return float(functional.cross_entropy(model(whole.inputs)[0].flatten(0, 1), whole.targets.flatten()))


def memorized(ids: Tensor, held_out: Tensor, seed: int, most: int) -> tuple[list[float], dict[int, float]]:
    """Train until the training perplexity is 1.05; return the nats of each epoch, and held-out ones of every fifth.

    Args:
        ids: to learn.
        held_out: to predict after every fifth epoch and the last.
        seed: of the initialization.
        most: epochs.
    """
    torch.manual_seed(derive(seed, "memory"))
    model = LanguageRNN(LanguageRNNConfig(vocabulary=KINDS, hidden=128))
    trains: list[float] = []
    tests: dict[int, float] = {}
    for nats in epochs_of(model, torch.optim.Adam(model.parameters(), lr=0.003, fused=True), ids):
        trains.append(nats)
        ended = exp(nats) <= 1.05 or len(trains) == most
        if ended or len(trains) % 5 == 0:
            tests[len(trains)] = held_out_nats(model, held_out)
        if ended:
            break
    return trains, tests


@claim(
    chapter=19,
    kind="experiment",
    en="A recurrent network whose training perplexity is 1.05 is worse than uniform guessing on text that it has not "
    "seen.",
    zh="训练困惑度降到 1.05 的循环神经网络，在没见过的文本上还不如均匀猜测。",
    scope="1,000 letters learned by an RNN of 128 units, 1,000 held out; the best model was there long before",
    scope_zh="128 个单元的 RNN 学 1000 个字母，另留 1000 个；最好的模型早就出现过",
    covers=("the notes' result, perplexity 1.0, is a page that was memorized",),
    budget_s=30,
    smoke={"seeds": range(2), "count": 450, "most": 3},
)
def training_perplexity_near_one_is_memorized(
    seeds: Sequence[int] = range(10), count: int = 1001, most: int = 200, smallest_effect: float = 0.1
) -> Evidence:
    ids, held_out = (part[:count] for part in letters())

    def measure(seeds: Sequence[int]) -> dict[str, list[float]]:
        found: dict[str, list[float]] = {"excess": [], "train": [], "best": [], "best_epoch": [], "epochs": []}
        for seed in seeds:
            trains, tests = memorized(ids, held_out, seed, most)
            best = min(tests, key=tests.__getitem__)
            found["excess"].append(tests[len(trains)] - log(KINDS))
            found["train"].append(exp(trains[-1]))
            found["best"].append(exp(tests[best]))
            found["best_epoch"].append(float(best))
            found["epochs"].append(float(len(trains)))
        return found

    runs, decision = by_looks(
        measure,
        lambda runs: [at_least(mean_interval(runs["excess"]), smallest_effect, "excess")],
        seeds,
        scoped=True,
        stuck=lambda runs: ["not memorized"] if max(runs["train"]) > 1.05 else [],
    )
    means = {name: fmean(values) for name, values in runs.items()}
    return Evidence(
        value={"excess": means["excess"], "held_out": KINDS * exp(means["excess"]), "guessing": KINDS, **means},
        decision=decision,
        data="notes-en",
        why_en="Perplexity {train:.2f} on its own page after {epochs:.0f} epochs, {held_out:.0f} on another, where "
        "guessing has {guessing}. The best held-out value, {best:.1f}, was there after {best_epoch:.0f} epochs: both "
        "perplexities must be shown, and training must stop by the second.",
        why_zh="{epochs:.0f} 个周期后，在学过的一页上困惑度为 {train:.2f}，在另一页上是 {held_out:.0f}，而猜测只有 "
        "{guessing}。留出文本上的最好成绩 {best:.1f}，第 {best_epoch:.0f} 个周期就出现了：两个困惑度要并排看，并按后者"
        "停止训练。",
    )


OPTIMIZERS: dict[str, tuple[Callable[..., Optimizer], tuple[float, ...]]] = {
    "sgd": (torch.optim.SGD, (0.25, 0.5, 1.0, 2.0)),
    "adam": (torch.optim.Adam, (0.005, 0.01, 0.02, 0.04)),
}


def epochs_until(ids: Tensor, make: Callable[..., Optimizer], rate: float, seed: int, most: int) -> int:
    """Return after how many epochs the training perplexity is at most 1.1; at most so many."""
    torch.manual_seed(derive(seed, "epochs"))
    model = LanguageRNN(LanguageRNNConfig(vocabulary=KINDS, hidden=48))
    for count, nats in enumerate(epochs_of(model, make(model.parameters(), lr=rate, fused=True), ids), 1):
        if exp(nats) <= 1.1 or count == most:
            return count
    return most


@claim(
    chapter=19,
    kind="experiment",
    en="Adam needs far fewer epochs than stochastic gradient descent to bring down the training perplexity.",
    zh="要把训练困惑度降下来，Adam 所需的周期远少于随机梯度下降。",
    scope="400 letters, an RNN of 48 units, training perplexity 1.1, both clipped to norm 1; the learning rate of each "
    "tuned over four values",
    scope_zh="400 个字母，48 个单元的 RNN，训练困惑度到 1.1，都裁剪到范数 1；各自的学习率在四个值中选",
    budget_s=22,
    smoke={"seeds": range(2), "most": 3},
)
def adam_needs_fewer_epochs_than_sgd(
    seeds: Sequence[int] = range(10), most: int = 250, smallest_effect: float = 1.0
) -> Evidence:
    ids = letters()[0][:401]

    def epochs(name: str, rate: float, seed: int) -> int:
        return epochs_until(ids, OPTIMIZERS[name][0], rate, seed, most)

    rates = {name: min((epochs(name, rate, 1000), rate) for rate in grid)[1] for name, (_, grid) in OPTIMIZERS.items()}

    def measure(seeds: Sequence[int]) -> dict[str, list[float]]:
        return {name: [log2(epochs(name, rates[name], seed)) for seed in seeds] for name in OPTIMIZERS}

    runs, decision = by_looks(
        measure,
        lambda runs: [at_least(paired(runs["sgd"], runs["adam"]), smallest_effect, "doublings")],
        seeds,
        scoped=True,
    )
    means = {name: fmean(values) for name, values in runs.items()}
    return Evidence(
        value={
            "doublings": means["sgd"] - means["adam"],
            "times": 2 ** (means["sgd"] - means["adam"]),
            **{f"epochs_{name}": 2**mean for name, mean in means.items()},
            **{f"rate_{name}": rate for name, rate in rates.items()},
        },
        decision=decision,
        data="notes-en",
        why_en="{epochs_sgd:.0f} epochs at a learning rate of {rate_sgd}, {epochs_adam:.0f} with Adam at {rate_adam}: "
        "{times:.1f} times as many. Where most gradients are small and a few are huge, a step size of its own for each "
        "weight pays. It is the same page memorized, only sooner.",
        why_zh="梯度下降（学习率 {rate_sgd}）要 {epochs_sgd:.0f} 个周期，Adam（{rate_adam}）要 {epochs_adam:.0f} 个，前"
        "者是后者的 {times:.1f} 倍。多数梯度很小、少数极大时，给每个权重各自的步长就有好处。不过背下的还是同一页，只是"
        "更快。",
    )
