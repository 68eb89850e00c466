"""Chapter 19: the state before the first letter: carried, reset, warmed up."""

from collections.abc import Iterable, Iterator, Sequence
from statistics import fmean

import torch
from torch import Tensor
from torch.nn import functional

from d2lab import text
from d2lab.claims.checks.ch19_text import KINDS, letters
from d2lab.claims.claim import claim
from d2lab.claims.decide import alike, at_least
from d2lab.claims.evidence import Evidence
from d2lab.claims.sequential import by_looks
from d2lab.core.seed import derive
from d2lab.data.batch import Batch
from d2lab.metrics.paired import mean_interval, paired
from d2lab.models.language_rnn import LanguageRNN, LanguageRNNConfig

HELD_OUT = 4000  # letters to test on; as many after them choose the learning rates
RATES = (0.005, 0.01, 0.02, 0.04)


def read(model: LanguageRNN, batches: Iterable[Batch], *, carry: bool, rate: float = 0.0) -> float:
    """Read batches, from zeros or from the state before, and train where there is a rate; return mean nats a letter."""
    optimizer = torch.optim.Adam(model.parameters(), lr=rate, fused=True) if rate else None
    state, nats = None, []
    for inputs, targets in batches:
        logits, after = model(inputs, state)
        loss = functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
        nats.append(float(loss.detach()))
        if optimizer is not None:
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()
        state = after.detach() if carry else None
    return sum(nats) / len(nats)


def batches_of(ids: Tensor, way: str, seed: int) -> Iterator[Batch]:
    """Return windows of five letters, 64 a batch, in order or at random."""
    if way == "order":
        return text.sequential_batches(ids, 64, 5)
    return text.random_batches(ids, 64, 5, seed=seed)


@claim(
    chapter=19,
    kind="experiment",
    en="The state of a recurrent network must be initialized before training, in another way for sequential "
    "partitioning, where it is carried on, than for random sampling, where it begins from zeros in every minibatch.",
    zh="循环神经网络训练前要初始化状态，方法因采样方式而异：顺序分区时接着用上一批的状态，随机采样时每个小批量都从零开"
    "始。",
    scope="windows of five letters, an RNN of 64 units, held-out text read as in training; 250 steps of Adam, the "
    "learning rate of each arm tuned over four values",
    scope_zh="窗口长五个字母，64 个单元的 RNN，留出文本的读法与训练时相同；各用 Adam 训练 250 步，各自的学习率在四"
    "个值中选",
    covers=("the notes say that random sampling begins anew in each epoch; it must in each minibatch",),
    budget_s=30,
    smoke={"seeds": range(2), "steps": 5},
)
def states_are_carried_between_neighbors_only(
    seeds: Sequence[int] = range(10), steps: int = 250, smallest_effect: float = 0.02
) -> Evidence:
    ids, later = letters()
    held_out, validation = later[:HELD_OUT], later[HELD_OUT : 2 * HELD_OUT]
    states = {"carried": True, "reset": False}
    arms = {f"{way}_{kept}": (way, carry) for way in ("order", "random") for kept, carry in states.items()}

    def nats(arm: str, rate: float, seed: int, part: Tensor) -> float:
        way, carry = arms[arm]
        torch.manual_seed(derive(seed, "state"))
        model = LanguageRNN(LanguageRNNConfig(vocabulary=KINDS, hidden=64))
        read(model, batches_of(ids[: 320 * steps + 330], way, seed), carry=carry, rate=rate)
        with torch.no_grad():
            return read(model, batches_of(part, way, seed), carry=carry)

    rates = {arm: min((nats(arm, rate, 1000, validation), rate) for rate in RATES)[1] for arm in arms}

    def measure(seeds: Sequence[int]) -> dict[str, list[float]]:
        return {arm: [nats(arm, rates[arm], seed, held_out) for seed in seeds] for arm in arms}

    runs, decision = by_looks(
        measure,
        lambda runs: [
            at_least(paired(runs["order_reset"], runs["order_carried"]), smallest_effect, "gain"),
            at_least(paired(runs["random_carried"], runs["random_reset"]), smallest_effect, "harm"),
        ],
        seeds,
        scoped=True,
    )
    means = {name: fmean(values) for name, values in runs.items()}
    gain, harm = means["order_reset"] - means["order_carried"], means["random_carried"] - means["random_reset"]
    return Evidence(
        value={"gain": gain, "harm": harm, **means, **{f"rate_{arm}": rate for arm, rate in rates.items()}},
        decision=decision,
        data="notes-en",
        why_en="In order, carrying the state on saves {gain:.3f} nats a letter, for it tells what came before the "
        "window. At random it tells of another place in the text, and costs {harm:.3f}.",
        why_zh="顺序读时，把状态传下去，每个字母省 {gain:.3f} 纳特，因为它记着窗口之前的内容；随机读时，它记着的是别处"
        "的内容，要多花 {harm:.3f}。",
    )


def nats_after(model: LanguageRNN, ids: Tensor, warm_up: int) -> float:
    """Return the mean nats of the same letters, each predicted after reading so many before its last one."""
    windows = ids.unfold(0, 22, 7)  # the last is predicted, the one before it read at least
    with torch.no_grad():
        logits, _ = model(windows[:, 20 - warm_up : 21])
    return float(functional.cross_entropy(logits[:, -1], windows[:, 21]))


@claim(
    chapter=19,
    kind="experiment",
    en="Before it predicts, a model updates itself in a warm-up period: its hidden state becomes better than the "
    "initial one.",
    zh="在进行任何预测之前，模型要经过预热期自我更新，得到比初始值更好的隐状态。",
    scope="a trained RNN of 64 units, 20 letters of warm-up against none; an untrained one gains nothing",
    scope_zh="训练过的 RNN（64 个单元），预热 20 个字母与不预热相比；未训练的模型没有收获",
    budget_s=10,
    smoke={"seeds": range(2), "steps": 2},
)
def warm_up_improves_the_hidden_state(
    seeds: Sequence[int] = range(40), steps: int = 60, smallest_effect: float = 0.1
) -> Evidence:
    ids, later = letters()
    held_out = later[:HELD_OUT]

    def measure(seeds: Sequence[int]) -> dict[str, list[float]]:
        found: dict[str, list[float]] = {"gain": [], "untrained": [], "after_0": [], "after_5": [], "after_20": []}
        for seed in seeds:
            torch.manual_seed(derive(seed, "warm-up"))
            model = LanguageRNN(LanguageRNNConfig(vocabulary=KINDS, hidden=64))
            found["untrained"].append(nats_after(model, held_out, 0) - nats_after(model, held_out, 20))
            read(model, text.sequential_batches(ids[: 16 * (32 * steps + 1)], 16, 32), carry=True, rate=0.005)
            for count in (0, 5, 20):
                found[f"after_{count}"].append(nats_after(model, held_out, count))
            found["gain"].append(found["after_0"][-1] - found["after_20"][-1])
        return found

    runs, decision = by_looks(
        measure,
        lambda runs: [
            at_least(mean_interval(runs["gain"]), smallest_effect, "gain"),
            alike(mean_interval(runs["untrained"]), smallest_effect / 2, "untrained"),
        ],
        seeds,
        scoped=True,
    )
    return Evidence(
        value={name: fmean(values) for name, values in runs.items()},
        decision=decision,
        data="notes-en",
        why_en="The same letters cost {after_0:.2f} nats each without warm-up, {after_5:.2f} after five letters and "
        "{after_20:.2f} after twenty. The weights stay: what is updated is the state. Untrained it changes "
        "{untrained:+.3f}.",
        why_zh="同样的字母，不预热每个要 {after_0:.2f} 纳特，预热五个字母后 {after_5:.2f}，二十个后 {after_20:.2f}。权"
        "重没有变，更新的只是状态。未训练的模型变化 {untrained:+.3f}。",
    )
