"""Chapter 19: Markov models, and models that keep a state."""

from collections.abc import Callable, Sequence
from statistics import fmean

import torch
from torch import Tensor, nn
from torch.nn import functional

from d2lab import text
from d2lab.claims.claim import claim
from d2lab.claims.decide import at_least
from d2lab.claims.evidence import Evidence
from d2lab.claims.sequential import by_looks
from d2lab.core.seed import derive, stream
from d2lab.data.series import noisy_sine
from d2lab.metrics.paired import mean_interval, paired
from d2lab.models.autoregression import Autoregression, AutoregressionConfig
from d2lab.models.language_rnn import LanguageRNN, LanguageRNNConfig

FIRST = torch.tensor([[0.9, 0.1], [0.5, 0.5]], dtype=torch.float64)  # a chain of order 1: from row to column
SECOND = torch.tensor([[[0.9, 0.1], [0.3, 0.7]], [[0.4, 0.6], [0.8, 0.2]]], dtype=torch.float64)  # of order 2
RATES = (0.01, 0.03, 0.1, 0.3)
STAY, SHOWN = 0.95, 0.8  # of a hidden state: probability to stay, and to show itself


def sample(table: Tensor, count: int) -> Tensor:
    """Draw a chain of zeros and ones, from the probabilities after the last one or two."""
    seen = [0, 0]
    ones = table[..., 1].tolist()
    for drawn in torch.rand(count).tolist():
        likely = ones[seen[-1]] if table.ndim == 2 else ones[seen[-2]][seen[-1]]
        seen.append(int(drawn < likely))
    return torch.tensor(seen[2:])


def memory_of_two(states: Tensor) -> float:
    """Return how much P(next | last two) differs from P(next | last), in standard errors, where it differs most."""
    triples = (4 * states[:-2] + 2 * states[1:-1] + states[2:]).bincount(minlength=8).view(2, 2, 2).double()
    alone = triples.sum(0) / triples.sum((0, 2))[:, None]
    both = triples / triples.sum(2, keepdim=True)
    error = (alone * (1 - alone) / triples.sum(2, keepdim=True)).sqrt()
    return float(((both - alone).abs() / error).max())


@claim(
    chapter=19,
    kind="identity",
    en="A Markov model assumes that the present depends on a few recent values only, which makes the model simpler.",
    zh="马尔可夫模型假设当前只与最近少数几个数据相关，从而简化模型。",
    scope="where the assumption is true; a chain of order 2 has a memory that a model of order 1 misses",
    scope_zh="假设属实时；二阶的链有一阶模型看不到的记忆",
)
def markov_models_look_at_few_recent_values() -> Evidence:
    count = 40_000
    first, second = sample(FIRST, count), sample(SECOND, count)
    twice = text.count_transitions(first[::2], 2).double()
    apart = float((twice / twice.sum(1, keepdim=True) - torch.linalg.matrix_power(FIRST, 2)).abs().max())
    memory, more = memory_of_two(first), memory_of_two(second)
    right = memory < 4 and apart < 0.02
    return Evidence(
        value={"memory": memory, "memory_second": more, "two_steps": apart, "numbers": 2, "history": 2**10},
        bound="P(next | last two) within 4 standard errors of P(next | last), and two steps within 0.02 of P^2; in "
        "scope if a chain of order 2 is beyond 4",
        bound_zh="P(下一个|前两个) 与 P(下一个|前一个) 相差不到 4 个标准误，两步转移与 P² 相差不到 0.02；若二阶的链超过"
        " 4，则只在范围内成立",
        verdict="does not hold" if not right else "holds in scope" if more > 4 else "holds",
        n=count,
        why_en="In a chain of order 1 the value before the last tells nothing more ({memory:.1f} standard errors), and "
        "{numbers} numbers describe it, where a table of the last ten values has {history:,}. In one of order 2 it "
        "tells much ({memory_second:.0f}).",
        why_zh="在一阶的链里，再往前的那个值不提供新信息（{memory:.1f} 个标准误），{numbers} 个数就能描述它；按前十个值"
        "列表则要 {history} 个。在二阶的链里，它提供的信息很多（{memory_second:.0f}）。",
    )


def hidden_chain(count: int) -> Tensor:
    """Draw symbols of a hidden state that stays for a while and shows itself most of the time."""
    drawn = torch.rand(2, count)
    state = (drawn[0] >= STAY).long().cumsum(0) % 2
    return torch.where(drawn[1] < SHOWN, state, 1 - state)


def forward_nats(symbols: Tensor) -> float:
    """Return the mean negative log-likelihood under the true hidden Markov model."""
    transition = torch.tensor([[STAY, 1 - STAY], [1 - STAY, STAY]], dtype=torch.float64).log()
    shown = torch.tensor([[SHOWN, 1 - SHOWN], [1 - SHOWN, SHOWN]], dtype=torch.float64).log()  # state symbol
    start = torch.full((2,), 0.5, dtype=torch.float64).log()
    return -text.forward_log_likelihood(start, transition, shown.T[symbols]) / len(symbols)


def recurrent_nats(train: Tensor, test: Tensor, epochs: int) -> float:
    """Train a GRU of eight units on a stream of symbols; return its mean negative log-likelihood on another."""
    model = LanguageRNN(LanguageRNNConfig(vocabulary=2, cell="gru", hidden=8))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02, fused=True)
    for epoch in range(epochs):
        for inputs, targets in text.random_batches(train, 64, 30, seed=0, epoch=epoch):
            optimizer.zero_grad()
            torch.autograd.backward(functional.cross_entropy(model(inputs)[0].flatten(0, 1), targets.flatten()))
            optimizer.step()
    with torch.no_grad():
        return float(functional.cross_entropy(model(test[None, :-1])[0][0], test[1:]))


@claim(
    chapter=19,
    kind="experiment",
    en="Latent-variable models summarize the past in a latent variable.",
    zh="潜变量模型用潜变量来概括历史信息。",
    scope="symbols of a hidden state that changes rarely: a GRU of eight units, which is fed one symbol at a time, "
    "against a Markov model that looks at one",
    scope_zh="由很少变化的隐藏状态产生的符号：八个单元的 GRU 每次读一个符号，与只看前一个符号的马尔可夫模型相比",
    budget_s=12,
    smoke={"seeds": range(2), "count": 2500, "epochs": 1},
)
def latent_variables_summarize_the_past(
    seeds: Sequence[int] = range(10), count: int = 5000, epochs: int = 15, smallest_effect: float = 0.01
) -> Evidence:
    def measure(seeds: Sequence[int]) -> dict[str, list[float]]:
        found: dict[str, list[float]] = {"markov": [], "latent": [], "true": []}
        for seed in seeds:
            torch.manual_seed(derive(seed, "hidden"))
            train, test = hidden_chain(count), hidden_chain(count)
            pairs = text.NGram(train, order=2, size=2, smoothing="add-k")
            found["markov"].append(-float(pairs.log_probabilities(test).mean()))
            found["latent"].append(recurrent_nats(train, test, epochs))
            found["true"].append(forward_nats(test))
        return found

    runs, decision = by_looks(
        measure,
        lambda runs: [at_least(paired(runs["markov"], runs["latent"]), smallest_effect, "gain")],
        seeds,
        scoped=True,
    )
    means = {name: fmean(values) for name, values in runs.items()}
    return Evidence(
        value={"gain": means["markov"] - means["latent"], **means},
        decision=decision,
        why_en="Both read one symbol at a time. The Markov model pays {markov:.3f} nats a symbol, the GRU "
        "{latent:.3f}: its state carries what earlier symbols told. The true model, whose state is the probability of "
        "each hidden state, pays {true:.3f}.",
        why_zh="两者每次都只读一个符号。马尔可夫模型每个符号要 {markov:.3f} 纳特，GRU 只要 {latent:.3f}：更早的符号所透"
        "露的，都存在它的状态里。真实模型以各隐藏状态的概率为状态，要 {true:.3f}。",
    )


class Latent(nn.Module):
    """A latent autoregression: a recurrent state, from which the next value is predicted; 61 parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.rnn, self.out = nn.RNN(1, 6, batch_first=True), nn.Linear(6, 1)

    def forward(self, values: Tensor) -> Tensor:
        """Return the prediction after each value."""
        predicted: Tensor = self.out(self.rnn(values[..., None])[0])
        return predicted[..., 0]


class Recent(nn.Module):
    """An autoregression of the last four values; 61 parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.model = Autoregression(AutoregressionConfig(tau=4))

    def forward(self, values: Tensor) -> Tensor:
        """Return the prediction after each value, from the fourth on."""
        windows = values.unfold(1, 4, 1)
        predicted: Tensor = self.model(windows.flatten(0, 1))
        return predicted.view(windows.shape[:2])


def gain_over_last(make: Callable[[], nn.Module], rate: float, seed: int, steps: int) -> float:
    """Train a model on a noisy sine; return by how much its error is below that of repeating the last value."""
    torch.manual_seed(derive(seed, "latent"))
    series, model = noisy_sine(1000, stream(seed, "sine")), make()
    strands, test = series[:600].view(15, 40), series[None, 600 - 32 :]
    optimizer = torch.optim.Adam(model.parameters(), lr=rate, fused=True)
    for _ in range(steps):
        optimizer.zero_grad()
        predicted = model(strands[:, :-1])
        torch.autograd.backward(functional.mse_loss(predicted, strands[:, -predicted.shape[1] :]))
        optimizer.step()
    with torch.no_grad():
        errors = (model(test[:, :-1])[:, -400:] - test[:, -400:]).square().mean().sqrt()
    return 1 - float(errors / (test[:, -401:-1] - test[:, -400:]).square().mean().sqrt())


@claim(
    chapter=19,
    kind="experiment",
    en="Two choices for modeling a sequence are autoregressive and latent autoregressive models.",
    zh="为序列建模，自回归模型和隐变量自回归模型是两种可行的选择。",
    scope="a noisy sine, 61 parameters each, one step ahead, against repeating the last value; the learning rate of "
    "each tuned over 0.01, 0.03, 0.1 and 0.3. How popular they are no check can tell",
    scope_zh="带噪声的正弦，参数各 61 个，预测一步，与重复前一个值相比；各自的学习率在 0.01、0.03、0.1、0.3 中选。至"
    "于是否流行，无法检验",
    budget_s=14,
    smoke={"seeds": range(2), "steps": 2},
)
def autoregressive_and_latent_models_both_predict(
    seeds: Sequence[int] = range(10), steps: int = 100, smallest_effect: float = 0.05
) -> Evidence:
    arms: dict[str, Callable[[], nn.Module]] = {"recent": Recent, "latent": Latent}
    rates = {
        name: max(RATES, key=lambda rate: sum(gain_over_last(make, rate, s, steps) for s in (1000, 1001)))
        for name, make in arms.items()
    }

    def measure(seeds: Sequence[int]) -> dict[str, list[float]]:
        return {name: [gain_over_last(make, rates[name], s, steps) for s in seeds] for name, make in arms.items()}

    runs, decision = by_looks(
        measure,
        lambda runs: [at_least(mean_interval(runs[name]), smallest_effect, name) for name in arms],
        seeds,
        scoped=True,
    )
    means = {name: fmean(values) for name, values in runs.items()}
    sizes = {f"parameters_{name}": sum(p.numel() for p in make().parameters()) for name, make in arms.items()}
    return Evidence(
        value={**means, **sizes, "rate_recent": rates["recent"], "rate_latent": rates["latent"]},
        decision=decision,
        data="noisy-sine",
        why_en="With {parameters_recent} and {parameters_latent} parameters the errors are {recent:.0%} and "
        "{latent:.0%} below that of the last value repeated: one looks at four values, the other keeps a state of six "
        "numbers.",
        why_zh="参数分别为 {parameters_recent} 和 {parameters_latent} 个，误差比重复前一个值分别小 {recent:.0%} 和 "
        "{latent:.0%}：一个看前四个值，一个保存六个数的状态。",
    )
